//! Forms: a label, a hint, what was typed, and what was wrong with it, in one place.

use crate::error::Refusal;
use leptos::prelude::*;

/// A value that goes with a form unseen.
#[component]
pub fn Hidden(
    /// The name of the argument.
    name: &'static str,
    /// Its value.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}

/// The refusal of a field, to stand beneath it.
#[component]
pub fn FieldError(
    /// What the input names in its `aria-describedby`.
    #[prop(into)]
    id: String,
    /// The refusal, if there is one.
    refusal: Option<Refusal>,
) -> impl IntoView {
    refusal.map(|refusal| view! { <p class="error" id=id>{refusal.message}</p> })
}

/// A labelled one-line input.
#[component]
pub fn Field(
    /// What it is for.
    label: &'static str,
    /// The name of the argument, which is also the input's id.
    name: &'static str,
    /// What stands in it: the present value, or what was typed when it was refused.
    #[prop(optional, into)]
    value: String,
    /// One sentence of help.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// `text`, `email`, `password` or `number`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What a browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// The most characters.
    #[prop(optional)]
    maxlength: Option<u16>,
    /// Why the form was refused, if it was; shown when it concerns this field.
    #[prop(optional_no_strip)]
    refusal: Option<Refusal>,
) -> impl IntoView {
    let refusal = refusal.filter(|refusal| refusal.field == name);
    let hint_id = hint.map(|_| format!("{name}-hint"));
    let error_id = refusal.as_ref().map(|_| format!("{name}-error"));
    let described = described_by(&[&hint_id, &error_id]);
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <input
                id=name
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                maxlength=maxlength
                required
                aria-describedby=described
                aria-invalid=refusal.is_some().then_some("true")
            />
            <FieldError id=error_id.unwrap_or_default() refusal/>
        </div>
    }
}

/// The ids that are there, as `aria-describedby` wants them; `None` without any.
pub fn described_by(ids: &[&Option<String>]) -> Option<String> {
    let present: Vec<&str> = ids.iter().filter_map(|id| id.as_deref()).collect();
    (!present.is_empty()).then(|| present.join(" "))
}

/// One of several answers, of which one is chosen.
#[component]
pub fn Choice(
    /// The name of the argument.
    name: &'static str,
    /// Its value when this is chosen.
    value: &'static str,
    /// Whether it is.
    checked: bool,
    /// What it means.
    label: &'static str,
    /// What it entails.
    #[prop(optional, into)]
    small: Option<String>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input type="radio" name=name value=value checked=checked/>
            <span>{label}{small.map(|small| view! { <small>{small}</small> })}</span>
        </label>
    }
}

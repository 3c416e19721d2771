//! The fields of a rule.

use crate::alerts::form::RuleForm;
use crate::alerts::model::{Class, Kind};
use crate::error::Refusal;
use crate::ui::form::{Field, FieldError, described_by};
use leptos::prelude::*;

/// A one-line input that may stay empty.
#[component]
pub fn OptionalField(
    /// What it is for.
    label: &'static str,
    /// The name of the argument, which is also the input's id.
    name: &'static str,
    /// What stands in it.
    value: String,
    /// One sentence of help.
    #[prop(into)]
    hint: String,
    /// `text`, `time` or `datetime-local`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The most characters.
    #[prop(optional)]
    maxlength: Option<u16>,
    /// Why the form was refused, if it was; shown when it concerns this field.
    refusal: Option<Refusal>,
) -> impl IntoView {
    let refusal = refusal.filter(|refusal| refusal.field == name);
    let hint_id = Some(format!("{name}-hint"));
    let error_id = refusal.as_ref().map(|_| format!("{name}-error"));
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <p class="hint" id=hint_id.clone()>{hint}</p>
            <input
                id=name
                name=name
                type=kind
                value=value
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength=maxlength
                aria-describedby=described_by(&[&hint_id, &error_id])
                aria-invalid=refusal.is_some().then_some("true")
            />
            <FieldError id=error_id.unwrap_or_default() refusal/>
        </div>
    }
}

/// What a rule is made of, but for its kind.
#[component]
pub fn RuleFields(
    /// How it tells.
    kind: Kind,
    /// What stands in the fields.
    form: RuleForm,
    /// Where it sends to now, as far as that is shown; none for a new rule.
    #[prop(optional_no_strip)]
    shown: Option<String>,
    /// Why the form was refused, if it was.
    refusal: Option<Refusal>,
) -> impl IntoView {
    let RuleForm { name, destination, tag, site, classes, quiet_from, quiet_to } = form;
    let of = |field: &str| refusal.clone().filter(|refusal| refusal.field == field);
    view! {
        <Field
            label="Name"
            name="name"
            value=name
            hint="What the receivers and this list call it, such as On call."
            maxlength=120
            refusal=refusal.clone()
        />
        <DestinationField kind value=destination shown refusal=of("destination")/>
        <div class="pair">
            <OptionalField
                label="Only sites tagged"
                name="tag"
                value=tag
                hint="A tag. Empty for all sites."
                maxlength=40
                refusal=of("tag")
            />
            <OptionalField
                label="Only one site"
                name="site"
                value=site
                hint="Its name or number. Empty for all."
                maxlength=120
                refusal=of("site")
            />
        </div>
        <Classes chosen=classes refusal=of("classes")/>
        <div class="pair">
            <OptionalField
                label="Quiet from"
                name="quiet_from"
                kind="time"
                value=quiet_from
                hint="In UTC. Messages wait until the end."
                refusal=of("quiet_from")
            />
            <OptionalField
                label="Quiet until"
                name="quiet_to"
                kind="time"
                value=quiet_to
                hint="Leave both empty for none."
                refusal=of("quiet_to")
            />
        </div>
    }
}

#[component]
fn DestinationField(
    kind: Kind,
    value: String,
    shown: Option<String>,
    refusal: Option<Refusal>,
) -> impl IntoView {
    let (label, hint) = match kind {
        Kind::Webhook => (
            "Address",
            "Takes what Alertmanager sends to webhooks, as in https://hooks.example/alerts.",
        ),
        Kind::Slack => {
            ("Address", "The incoming webhook’s address, which Slack or Mattermost gave you.")
        }
        Kind::Email => ("E-mail addresses", "Up to ten, with commas between them."),
    };
    let hint = match (&shown, kind) {
        (None, _) => hint.to_owned(),
        (Some(shown), Kind::Email) => format!("Now {shown}. Empty to leave it so."),
        (Some(shown), _) => {
            format!(
                "Now at {shown}, whose rest may be secret and is not shown. Empty to leave it so."
            )
        }
    };
    let error = refusal.as_ref().map(|_| "destination-error".to_owned());
    let described = described_by(&[&Some("destination-hint".to_owned()), &error]);
    let input = if kind == Kind::Email { "text" } else { "url" };
    view! {
        <div class="field">
            <label for="destination">{label}</label>
            <p class="hint" id="destination-hint">{hint}</p>
            <input
                id="destination"
                name="destination"
                type=input
                value=value
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength="2000"
                required=shown.is_none()
                aria-describedby=described
                aria-invalid=refusal.is_some().then_some("true")
            />
            <FieldError id="destination-error" refusal/>
        </div>
    }
}

#[component]
fn Classes(chosen: Vec<String>, refusal: Option<Refusal>) -> impl IntoView {
    let boxes = Class::ALL.map(|class| {
        let name = class.as_str();
        let checked = chosen.iter().any(|chosen| chosen == name);
        view! {
            <label class="check">
                <input type="checkbox" name="classes[]" value=name checked=checked/>
                <span><code>{name}</code><small>{class.says()}</small></span>
            </label>
        }
    });
    let described = refusal.is_some().then_some("classes-error");
    view! {
        <fieldset class="field" aria-describedby=described>
            <legend>"Which incidents"</legend>
            {boxes.into_iter().collect_view()}
            <FieldError id="classes-error" refusal/>
        </fieldset>
    }
}

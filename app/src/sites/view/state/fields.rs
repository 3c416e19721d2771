//! What a pause and a deletion ask for.

use crate::ui::flash::Flash;
use crate::ui::form::{Choice, FieldError, described_by};
use crate::ui::time::moment;
use jiff::Timestamp;
use leptos::prelude::*;

/// How long a pause lasts: the value of the choice, and its words. The numbers are hours.
const LASTS: [(&str, &str); 6] = [
    ("", "Until I start it"),
    ("1", "For 1 hour"),
    ("8", "For 8 hours"),
    ("24", "For 24 hours"),
    ("168", "For 7 days"),
    ("at", "Until a time, in UTC"),
];

/// Why a site is paused, and until when. Keeps what was typed when the form was refused.
#[component]
pub fn PauseFields(
    /// The outcome of the last form.
    #[prop(optional_no_strip)]
    flash: Option<Flash>,
    /// The form they belong to.
    #[prop(default = "pause")]
    form: &'static str,
    /// When the page was made.
    now: Timestamp,
    /// The present reason.
    #[prop(optional_no_strip)]
    reason: Option<String>,
    /// The present start.
    #[prop(optional_no_strip)]
    starts_at: Option<Timestamp>,
) -> impl IntoView {
    let typed = |field| flash.as_ref().and_then(|flash| flash.typed_in(form, field));
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of(form)).cloned();
    let of = |field: &str| refusal.clone().filter(|refusal| refusal.field == field);
    let (bad_reason, bad_time) = (of("reason"), of("at"));
    let present = starts_at.map(|at| at.strftime("%FT%H:%M").to_string());
    let reason = typed("reason").map(ToOwned::to_owned).or(reason);
    let at = typed("at").map(ToOwned::to_owned).or(present);
    // A time that is filled in is meant, and so is its choice.
    let timed = at.as_ref().is_some_and(|at| !at.is_empty());
    let until = typed("until").filter(|until| !until.is_empty());
    let until = until.unwrap_or(if timed { "at" } else { "" }).to_owned();
    let lasts = LASTS.map(|(value, label)| {
        view! { <Choice name="until" value checked=value == until label/> }
    });
    let reason_error = bad_reason.as_ref().map(|_| "reason-error".to_owned());
    let time_error = bad_time.as_ref().map(|_| "at-error".to_owned());
    view! {
        <div class="field">
            <label for="reason">"Reason"</label>
            <p class="hint" id="reason-hint">"Optional. Shown on the site, in the list and in what the gate explains."</p>
            <input
                id="reason"
                name="reason"
                value=reason
                maxlength="200"
                autocomplete="off"
                aria-describedby=described_by(&[&Some("reason-hint".to_owned()), &reason_error])
                aria-invalid=bad_reason.is_some().then_some("true")
            />
            <FieldError id="reason-error" refusal=bad_reason/>
        </div>
        <fieldset class="field">
            <legend>"How long"</legend>
            {lasts.into_iter().collect_view()}
            <input
                id="at"
                name="at"
                type="datetime-local"
                value=at
                aria-label=format!("Time of the start, in UTC; now it is {}", moment(now, now))
                aria-describedby=time_error.clone()
                aria-invalid=bad_time.is_some().then_some("true")
            />
            <FieldError id="at-error" refusal=bad_time/>
        </fieldset>
    }
}

/// The name of the site, to be typed before it is deleted.
#[component]
pub fn NameField(
    /// The site's name.
    name: String,
    /// The outcome of the last form.
    #[prop(optional_no_strip)]
    flash: Option<Flash>,
) -> impl IntoView {
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of("state")).cloned();
    let refusal = refusal.filter(|refusal| refusal.field == "name");
    let typed = flash.as_ref().and_then(|flash| flash.typed_in("state", "name"));
    let typed = typed.unwrap_or_default().to_owned();
    let described = refusal.as_ref().map(|_| "name-error");
    view! {
        <div class="field">
            <label for="name">"Type "<code>{name}</code>" to delete it"</label>
            <input
                id="name"
                name="name"
                value=typed
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                required
                aria-describedby=described
                aria-invalid=refusal.is_some().then_some("true")
            />
            <FieldError id="name-error" refusal/>
        </div>
    }
}

//! What happened to an incident, and a note to add.

use crate::incidents::api::{AssignIncident, NOTE_FORM, NoteIncident};
use crate::incidents::model::{Incident, Step};
use crate::ui::escape::textarea_content;
use crate::ui::flash::Flash;
use crate::ui::form::{FieldError, Hidden};
use crate::ui::time::{moment, since, utc};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

const ONSET: &str = "Onset";

#[component]
pub(super) fn Timeline(
    incident: Incident,
    steps: Vec<Step>,
    now: Timestamp,
    administrators: Vec<String>,
    flash: Option<Flash>,
) -> impl IntoView {
    let mut lines: Vec<Line> = vec![Line {
        at: incident.onset,
        what: ONSET,
        told: "the first unusual minute".to_owned(),
        by: None,
    }];
    lines.extend(incident.explanation.change.as_ref().map(|change| Line {
        at: change.at,
        what: "Change",
        told: format!("{} ({})", change.told, change.entry),
        by: Some(change.actor.clone()),
    }));
    lines.extend(steps.into_iter().map(|Step { at, step, actor, told }| Line {
        at,
        what: step.label(),
        told,
        by: (actor != "sitekeeper").then_some(actor),
    }));
    // The onset is a whole minute: what happened within it led to it.
    lines.sort_by_key(|line| (line.at.as_second().div_euclid(60), line.what == ONSET));
    let lines = lines.into_iter().map(|line| line.view(now)).collect_view();
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of(NOTE_FORM)).cloned();
    let typed = flash.as_ref().and_then(|flash| flash.typed_in(NOTE_FORM, "text"));
    let typed = textarea_content(typed.unwrap_or_default());
    let described = refusal.is_some().then_some("text-error");
    let export = format!("{}/timeline.json", incident.path());
    let assign = incident.is_open().then(|| {
        let options = administrators.into_iter().map(|email| {
            let selected = incident.assignee.as_deref() == Some(email.as_str());
            view! { <option value=email.clone() selected=selected>{email.clone()}</option> }
        });
        view! {
            <form class="filters pad" method="post" action=AssignIncident::PATH>
                <Hidden name="incident" value=incident.id.0.to_string()/>
                <select name="to" aria-label="Who sees to it">
                    <option value="">"Nobody"</option>
                    {options.collect_view()}
                </select>
                <button>"Assign"</button>
            </form>
        }
    });
    view! {
        <section class="panel" aria-labelledby="timeline">
            <div class="panel-head">
                <h2 id="timeline">"Timeline"</h2>
                <div class="actions"><a class="btn small" href=export>"Export"</a></div>
            </div>
            <ol class="timeline">{lines}</ol>
            <form class="form pad" method="post" action=NoteIncident::PATH>
                <Hidden name="incident" value=incident.id.0.to_string()/>
                <div class="field">
                    <label for="text">"Note"</label>
                    <textarea id="text" name="text" rows="2" maxlength="2000" aria-describedby=described>{typed}</textarea>
                    <FieldError id="text-error" refusal/>
                </div>
                <div class="form-foot"><button>"Add note"</button></div>
            </form>
            {assign}
        </section>
    }
}

struct Line {
    at: Timestamp,
    what: &'static str,
    told: String,
    by: Option<String>,
}

impl Line {
    fn view(self, now: Timestamp) -> impl IntoView {
        let Self { at, what, told, by } = self;
        let recent = now.duration_since(at).as_hours() < 24;
        let shown = if recent { since(at, now) } else { moment(at, now) };
        let told = (!told.is_empty()).then(|| format!(": {told}"));
        let by = by.map(|by| view! { <span class="muted">", by "{by}</span> });
        view! {
            <li>
                <time datetime=at.to_string() title=utc(at)>{shown}</time>
                <div><strong>{what}</strong>{told}{by}</div>
            </li>
        }
    }
}

//! All incidents: those that go on, and those that are over.

use super::{lasting, standing};
use crate::incidents::api::{PATH, incidents_page};
use crate::incidents::model::{Incident, IncidentId, Remedy};
use crate::incidents::pages::IncidentsPageData;
use crate::sites::model::SiteId;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{loaded, query};
use crate::ui::time::{Since, utc};
use jiff::Timestamp;
use leptos::prelude::*;

/// `/incidents`
#[component]
pub fn IncidentsPage() -> impl IntoView {
    let site = query("site").map(SiteId);
    let before = query::<IncidentId>("before");
    loaded(incidents_page(site, before), move |page: IncidentsPageData| {
        let IncidentsPageData { flash, now, site, open, closed, older, fed } = page;
        let (title, crumbs) = match &site {
            Some((id, name)) => (
                format!("Incidents of {name}"),
                vec![
                    Crumb::link("Sites", "/sites"),
                    Crumb::link(name.clone(), format!("/sites/{id}")),
                    Crumb::here("Incidents"),
                ],
            ),
            None => ("Incidents".to_owned(), Vec::new()),
        };
        let of = site.as_ref().map(|(id, _)| format!("site={id}&")).unwrap_or_default();
        let older = older.map(|id| {
            let href = format!("{PATH}?{of}before={id}");
            view! { <div class="panel-foot"><a href=href>"Older incidents"</a></div> }
        });
        let quiet = if fed {
            (
                "Nothing unusual",
                "Every minute, each site and code is held against what this time of the week usually brings.",
            )
        } else {
            (
                "No events in the last hour",
                "Incidents are found in what verifiers report. Connect one, or look whether it is silent.",
            )
        };
        let going = if open.is_empty() {
            view! {
                <div class="state empty">
                    <h3>{quiet.0}</h3>
                    <p>{quiet.1}</p>
                    {(!fed).then(|| view! { <div class="actions"><a class="btn" href="/verifiers">"Verifiers"</a></div> })}
                </div>
            }
            .into_any()
        } else {
            view! { <IncidentList incidents=open now/> }.into_any()
        };
        let over = if closed.is_empty() {
            view! { <div class="state empty"><p>"None yet."</p></div> }.into_any()
        } else {
            view! { <IncidentList incidents=closed now/> }.into_any()
        };
        view! {
            <Frame here=Section::Incidents title=title.clone() crumbs flash>
                <div class="page-head">
                    <h1>{title}</h1>
                    <p class="sub">"Unusually many errors, or none of anything: what broke, why, and the fix."</p>
                </div>
                <section class="panel" aria-labelledby="open">
                    <div class="panel-head"><h2 id="open">"Open"</h2></div>
                    {going}
                </section>
                <section class="panel" aria-labelledby="over">
                    <div class="panel-head"><h2 id="over">"Over"</h2></div>
                    {over}
                    {older}
                </section>
            </Frame>
        }
    })
}

/// Incidents, each in two lines: what and since when; why and what to do.
#[component]
pub fn IncidentList(
    /// The incidents.
    incidents: Vec<Incident>,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    let rows = incidents.into_iter().map(|incident| row(incident, now)).collect_view();
    view! { <ul class="list incidents">{rows}</ul> }
}

fn row(incident: Incident, now: Timestamp) -> impl IntoView {
    let (badge, word) = standing(&incident, now);
    let (title, path, length) = (incident.title(), incident.path(), lasting(&incident, now));
    let explanation = &incident.explanation;
    let why = match (&explanation.change, explanation.cause()) {
        (Some(change), _) => format!("{} ({})", change.told, change.entry),
        (None, Some(cause)) => cause,
        (None, None) => String::new(),
    };
    let button = match &explanation.remedy {
        _ if incident.fixed_at.is_some() || !incident.is_open() => None,
        Remedy::Theft { .. } => Some("Look".to_owned()),
        remedy => remedy.button(),
    };
    let when = match incident.closed_at {
        Some(_) => view! { <time datetime=incident.onset.to_string() title=utc(incident.onset)>{crate::ui::time::moment(incident.onset, now)}</time> }.into_any(),
        None => view! { "since "<Since at=incident.onset now/> }.into_any(),
    };
    view! {
        <li>
            <span class=badge>{word}</span>
            <div class="grow">
                <a class="strong" href=path.clone()>{title}</a>
                <span class="sub">{why}</span>
            </div>
            <span class="muted nowrap">{when}" · "{length}</span>
            {button.map(|button| view! { <a class="btn small" href=path>{button}"…"</a> })}
        </li>
    }
}

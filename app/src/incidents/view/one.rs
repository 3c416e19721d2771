//! One incident: the card that reads in ten seconds, its course, its drivers, samples and timeline.

use super::chart::Course;
use super::fix::FixLine;
use super::timeline::Timeline;
use super::{lasting, standing};
use crate::audit::view::entry_path;
use crate::codes::view::Samples;
use crate::incidents::api::{
    AcknowledgeIncident, CloseIncident, EndSnoozeOfIncident, PATH, PlanIncident, SetSensitivity,
    SnoozeIncident, UnacknowledgeIncident, UnplanIncident, incident_page,
};
use crate::incidents::model::{Class, Driver, Incident, IncidentId, Remedy, SNOOZES, Sensitivity};
use crate::incidents::pages::{IncidentPageData, Recovery};
use crate::incidents::words::{extent, recovered};
use crate::sites::model::SiteId;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, NotFoundPage, Section};
use crate::ui::load::{loaded, param};
use crate::ui::number::{counted, grouped};
use crate::ui::table::TableWrap;
use crate::ui::time::{Since, moment, utc};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/incidents/:id`
#[component]
pub fn IncidentPage() -> impl IntoView {
    let Some(id) = param::<IncidentId>("id") else {
        return view! { <NotFoundPage/> }.into_any();
    };
    loaded(incident_page(id), |page: IncidentPageData| {
        let IncidentPageData {
            flash,
            now,
            incident,
            steps,
            course,
            recovery,
            samples,
            sample_days,
            sensitivity,
            administrators,
            me,
        } = page;
        let title = incident.title();
        let crumbs = vec![Crumb::link("Incidents", PATH), Crumb::here(format!("#{}", incident.id))];
        let drivers = incident.explanation.drivers.clone();
        let told_from = incident.explanation.events;
        let told_from = (0 < told_from && told_from < incident.count).then_some(told_from);
        let course = course.map(|course| view! { <Course incident=incident.clone() course now/> });
        let sensitivity = sensitivity.zip(incident.site);
        let id = incident.id;
        let shown = flash.clone();
        view! {
            <Frame here=Section::Incidents title=title crumbs flash=shown>
                <Card incident=incident.clone() recovery now me=me.clone()/>
                {course}
                <div class="cols">
                    <Drivers drivers told_from/>
                    <Timeline incident=incident.clone() steps now administrators flash/>
                </div>
                {incident.code.is_some().then(|| view! { <Samples samples days=sample_days now open=false/> })}
                {sensitivity.map(|(is, site)| view! { <SensitivityForm id site is/> })}
            </Frame>
        }
    })
    .into_any()
}

/// What broke, why, which change did it, and the fix.
#[component]
fn Card(
    incident: Incident,
    recovery: Option<Recovery>,
    now: Timestamp,
    me: String,
) -> impl IntoView {
    let (badge, word) = standing(&incident, now);
    let length = lasting(&incident, now);
    let explanation = &incident.explanation;
    let whole = explanation.whole_change().map(|change| {
        let href = entry_path(change.entry);
        view! {
            <p class="cause">
                {change.told.clone()}" at "<Since at=change.at now/>" by "{change.actor.clone()}
                " ("<a href=href>"audit "{change.entry.to_string()}</a>")."
            </p>
        }
    });
    let cause = explanation.leading().map(|driver| {
        view! { <p class=whole.is_none().then_some("cause")>{driver.sentence()}</p> }
    });
    let change = match &explanation.change {
        Some(change) if change.whole => ().into_any(),
        Some(change) => {
            let href = entry_path(change.entry);
            view! {
                <p>
                    "At "<Since at=change.at now/>": "{change.told.clone()}
                    " ("<a href=href>"audit "{change.entry.to_string()}</a>")"
                    ", by "{change.actor.clone()}"."
                </p>
            }
            .into_any()
        }
        None if incident.class == Class::Fixable
            || matches!(explanation.remedy, Remedy::Theft { .. }) =>
        {
            view! { <p class="muted">"No preceding change found."</p> }.into_any()
        }
        None => ().into_any(),
    };
    let when = match incident.closed_at {
        Some(end) => format!("{} to {}", moment(incident.onset, now), moment(end, now)),
        None => format!("since {}", crate::ui::time::since(incident.onset, now)),
    };
    let count = incident.code.is_some().then(|| extent(incident.count, incident.expected));
    let site = incident.site.filter(|site| site.0 > 0).map(|site| {
        view! { <a href=format!("/sites/{site}")>{incident.site_name.clone().unwrap_or_default()}</a>" · " }
    });
    let code = incident.code.clone().map(|code| {
        view! { <a class="mono" href=format!("/errors/{code}")>{code.clone()}</a>" · " }
    });
    let recovered = recovery
        .and_then(|recovery| recovered(&recovery, incident.is_open()))
        .map(|told| view! { <p class="recovery">{told}</p> });
    let notes = notes(&incident, now);
    let actions = incident.is_open().then(|| view! { <Actions incident=incident.clone() now me/> });
    let fix = incident.clone();
    view! {
        <section class="panel incident" aria-labelledby="incident">
            <div class="panel-head">
                <span class=badge>{word}</span>
                <h1 id="incident">{incident.title()}</h1>
                {actions}
            </div>
            <div class="pad stack-s">
                {whole}
                {cause}
                {change}
                <FixLine incident=fix/>
                {recovered}
                {notes}
                <p class="sub">
                    {code}{site}
                    <time datetime=incident.onset.to_string() title=utc(incident.onset)>{when}</time>
                    " · "{length}{count.map(|count| format!(" · {count}"))}
                    " · "<span class="tag">{incident.class.label()}</span>
                </p>
            </div>
        </section>
    }
}

/// Who said what of it, in a line each.
fn notes(incident: &Incident, now: Timestamp) -> impl IntoView + use<> {
    let mut lines: Vec<String> = Vec::new();
    if let Some((at, by)) = &incident.acknowledged {
        lines.push(format!("Acknowledged by {by}, {}.", crate::ui::time::ago(*at, now)));
    }
    if let Some(to) = &incident.assignee {
        lines.push(format!("{to} sees to it."));
    }
    if let Some(until) = incident.snoozed_until.filter(|_| incident.is_snoozed(now)) {
        lines.push(format!("Quiet until {}.", moment(until, now)));
    }
    if incident.planned {
        lines.push("Marked as expected: nobody is told of it.".to_owned());
    }
    (!lines.is_empty()).then(|| view! { <p class="muted">{lines.join(" ")}</p> })
}

#[component]
fn Actions(incident: Incident, now: Timestamp, me: String) -> impl IntoView {
    let id = incident.id.0.to_string();
    let hidden = move || view! { <Hidden name="incident" value=id.clone()/> };
    // A form of one button, which says all there is to say.
    let said = |path: &'static str, label: &'static str| {
        view! { <form method="post" action=path>{hidden()}<button>{label}</button></form> }
    };
    let acknowledge = incident.acknowledged.is_none().then(|| {
        view! {
            <form method="post" action=AcknowledgeIncident::PATH>
                {hidden()}<button class="small">"Acknowledge"</button>
            </form>
        }
    });
    let unacknowledge = incident
        .acknowledged
        .is_some()
        .then(|| said(UnacknowledgeIncident::PATH, "Take back the acknowledgement"));
    let assign = (incident.assignee.as_deref() != Some(me.as_str())).then(|| {
        view! {
            <form method="post" action=crate::incidents::api::AssignIncident::PATH>
                {hidden()}<Hidden name="to" value=me.clone()/>
                <button>"Assign to me"</button>
            </form>
        }
    });
    let end_snooze =
        incident.is_snoozed(now).then(|| said(EndSnoozeOfIncident::PATH, "End snooze"));
    let snoozes = SNOOZES.map(|hours| {
        view! {
            <form method="post" action=SnoozeIncident::PATH>
                {hidden()}<Hidden name="hours" value=hours.to_string()/>
                <button>{format!("Snooze for {}", counted(hours, "hour", "hours"))}</button>
            </form>
        }
    });
    let plan = if incident.planned {
        said(UnplanIncident::PATH, "Not expected after all")
    } else {
        said(PlanIncident::PATH, "Mark as expected")
    };
    view! {
        <div class="actions">
            {acknowledge}
            <details class="menu end" name="menu">
                <summary class="btn small">"More"</summary>
                <div class="menu-body">
                    {unacknowledge}
                    {assign}
                    {end_snooze}
                    {snoozes.into_iter().collect_view()}
                    {plan}
                    <hr/>
                    {said(CloseIncident::PATH, "Close by hand")}
                </div>
            </details>
        </div>
    }
}

/// Of each dimension, what explains most; `told_from` the first so many events, if more have come since.
#[component]
fn Drivers(drivers: Vec<Driver>, told_from: Option<i64>) -> impl IntoView {
    let note = match told_from {
        Some(events) => {
            let events = counted(events, "event", "events");
            format!("of the first {events}; clients and user agents by the samples")
        }
        None => "clients and user agents by the samples".to_owned(),
    };
    let body = if drivers.is_empty() {
        view! {
            <div class="state empty">
                <h3>"Nothing stands out"</h3>
                <p>"No host, sitekey, source, client or user agent has more than its usual part."</p>
            </div>
        }
        .into_any()
    } else {
        let rows = drivers.into_iter().map(driver).collect_view();
        view! {
            <TableWrap label="Drivers">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"What"</th>
                            <th scope="col" class="num">"Of the excess"</th>
                            <th scope="col" class="num">"Before"</th>
                            <th scope="col" class="num">"Events"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="drivers">
            <div class="panel-head">
                <h2 id="drivers">"Drivers"</h2>
                <p>{note}</p>
            </div>
            {body}
        </section>
    }
}

fn driver(driver: Driver) -> impl IntoView {
    let percent = |share: f64| format!("{:.0}\u{a0}%", share * 100.0);
    let name = driver.name();
    let strong = driver.explains();
    view! {
        <tr>
            <th scope="row" class=strong.then_some("strong")>{name}</th>
            <td class="num" data-label="Of the excess">{percent(driver.share)}</td>
            <td class="num" data-label="Before">{percent(driver.before)}</td>
            <td class="num" data-label="Events">{grouped(driver.count)}</td>
        </tr>
    }
}

/// How easily a site's incidents are opened.
#[component]
fn SensitivityForm(id: IncidentId, site: SiteId, is: Sensitivity) -> impl IntoView {
    let choices = Sensitivity::ALL.map(|sensitivity| {
        let label = match sensitivity {
            Sensitivity::Low => "Low: only what stands out a lot",
            Sensitivity::Normal => "Normal",
            Sensitivity::High => "High: small deviations, too",
        };
        let name = sensitivity.as_str();
        view! { <option value=name selected=sensitivity == is>{label}</option> }
    });
    view! {
        <section class="panel" aria-labelledby="sensitivity-head">
            <div class="panel-head"><h2 id="sensitivity-head">"Sensitivity of this site"</h2></div>
            <div class="pad">
                <form class="filters" method="post" action=SetSensitivity::PATH>
                    <Hidden name="site" value=site.0.to_string()/>
                    <Hidden name="incident" value=id.0.to_string()/>
                    <select name="sensitivity" aria-label="Sensitivity">{choices.into_iter().collect_view()}</select>
                    <button>"Save"</button>
                </form>
            </div>
        </section>
    }
}

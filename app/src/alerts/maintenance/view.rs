//! The maintenance windows: list, plan, end.

use super::api::{
    EndMaintenance, FORM, MaintenancePageData, PATH, PlanMaintenance, maintenance_page,
};
use super::model::Window;
use crate::alerts::view::OptionalField;
use crate::ui::flash::Flash;
use crate::ui::form::{Field, Hidden};
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::loaded;
use crate::ui::settings::SettingsTabs;
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::{Until, moment};
use jiff::Timestamp;
use leptos::prelude::*;
use server_fn::ServerFn;

/// `/settings/maintenance`
#[component]
pub fn MaintenancePage() -> impl IntoView {
    loaded(maintenance_page(), |MaintenancePageData { flash, now, ahead, past }| {
        let crumbs = vec![Crumb::link("Settings", "/settings/tokens"), Crumb::here("Maintenance")];
        let shown = flash.clone();
        let over = (!past.is_empty()).then(|| view! { <Past windows=past now/> });
        view! {
            <Frame here=Section::Settings title="Maintenance" crumbs=crumbs flash=shown>
                <div class="page-head">
                    <h1>"Maintenance"</h1>
                    <p class="sub">"Times in which incidents are recorded, but nobody is told. What is still open at the end is told then."</p>
                </div>
                <SettingsTabs here=PATH/>
                <Ahead windows=ahead now/>
                <Plan flash now/>
                {over}
            </Frame>
        }
    })
}

#[component]
fn Ahead(windows: Vec<Window>, now: Timestamp) -> impl IntoView {
    let body = if windows.is_empty() {
        view! {
            <div class="state empty">
                <h3>"No maintenance is planned"</h3>
                <p>"Plan one before you break something on purpose: a move, an upgrade, a test of failure."</p>
            </div>
        }
        .into_any()
    } else {
        view! { <Windows windows now label="Planned maintenance"/> }.into_any()
    };
    view! {
        <section class="panel" aria-labelledby="ahead">
            <div class="panel-head"><h2 id="ahead">"Now and ahead"</h2></div>
            {body}
        </section>
    }
}

#[component]
fn Past(windows: Vec<Window>, now: Timestamp) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="past">
            <div class="panel-head"><h2 id="past">"Past"</h2><p>"the last twenty"</p></div>
            <Windows windows now label="Past maintenance"/>
        </section>
    }
}

#[component]
fn Windows(windows: Vec<Window>, now: Timestamp, label: &'static str) -> impl IntoView {
    let acts = windows.iter().any(|window| !window.over(now));
    let rows = windows.into_iter().map(|window| row(window, now)).collect_view();
    view! {
        <TableWrap label>
            <table class="table stacked">
                <thead>
                    <tr>
                        <th scope="col">"Maintenance"</th>
                        <th scope="col">"Sites"</th>
                        <th scope="col">"From"</th>
                        <th scope="col">"To"</th>
                        {acts.then(|| view! { <ActionsHead/> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
    }
}

fn row(window: Window, now: Timestamp) -> impl IntoView {
    let state = if window.covers(now) {
        Some(view! { <span class="badge warn">"Nobody is told"</span> })
    } else {
        None
    };
    let button = if window.starts_at < now { "End now" } else { "Cancel" };
    let act = (!window.over(now)).then(|| {
        let label = format!("{button}: {}", window.name);
        view! {
            <td class="act">
                <div class="actions">
                    <form method="post" action=EndMaintenance::PATH>
                        <Hidden name="id" value=window.id.0.to_string()/>
                        <button class="small" aria-label=label>{button}</button>
                    </form>
                </div>
            </td>
        }
    });
    let Window { name, site, site_name, starts_at, ends_at, reason, .. } = window;
    let sites = match site {
        Some(id) => {
            let name = site_name.unwrap_or_else(|| id.to_string());
            view! { <a href=format!("/sites/{id}")>{name}</a> }.into_any()
        }
        None => "All sites".into_any(),
    };
    let reason = (!reason.is_empty()).then(|| view! { <span class="sub">{reason}</span> });
    view! {
        <tr>
            <th scope="row">{name}{reason}{state.map(|state| view! { <span class="sub">{state}</span> })}</th>
            <td data-label="Sites">{sites}</td>
            <td class="nowrap" data-label="From"><Until at=starts_at now/></td>
            <td class="nowrap" data-label="To"><Until at=ends_at now/></td>
            {act}
        </tr>
    }
}

#[component]
fn Plan(flash: Option<Flash>, now: Timestamp) -> impl IntoView {
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of(FORM)).cloned();
    let typed = |field| {
        let typed = flash.as_ref().and_then(|flash| flash.typed_in(FORM, field));
        typed.unwrap_or_default().to_owned()
    };
    let (name, site, from, to, reason) =
        (typed("name"), typed("site"), typed("from"), typed("to"), typed("reason"));
    view! {
        <section class="panel" aria-labelledby="plan">
            <div class="panel-head">
                <h2 id="plan">"Plan maintenance"</h2>
                <p>"now it is "{moment(now, now)}</p>
            </div>
            <div class="pad">
                <form class="form" method="post" action=PlanMaintenance::PATH>
                    <Field
                        label="Name"
                        name="name"
                        value=name
                        hint="What is done, such as Move to Frankfurt."
                        maxlength=120
                        refusal=refusal.clone()
                    />
                    <OptionalField
                        label="Only one site"
                        name="site"
                        value=site
                        hint="Its name or number. Empty for all sites."
                        maxlength=120
                        refusal=refusal.clone()
                    />
                    <div class="pair">
                        <OptionalField
                            label="From"
                            name="from"
                            kind="datetime-local"
                            value=from
                            hint="In UTC. Empty for now."
                            refusal=refusal.clone()
                        />
                        <OptionalField
                            label="To"
                            name="to"
                            kind="datetime-local"
                            value=to
                            hint="In UTC, up to 31 days later."
                            refusal=refusal.clone()
                        />
                    </div>
                    <OptionalField
                        label="Reason"
                        name="reason"
                        value=reason
                        hint="Optional. Shown in this list."
                        maxlength=200
                        refusal
                    />
                    <div class="form-foot"><button class="primary">"Plan maintenance"</button></div>
                </form>
            </div>
        </section>
    }
}

//! The page before a site is paused, started, deleted or restored.

use super::frame::{Tab, site_id};
use crate::auth::rules::way_back;
use crate::domains::host;
use crate::sites::api::{ChangeSiteState, state_page};
use crate::sites::model::{Site, SiteState};
use crate::sites::pages::SiteHead;
use crate::sites::pages::{StatePageData, Week};
use crate::sites::rules::{StateChange, restorable_until};
use crate::ui::confirm::Confirm;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, NotFoundPage, Section};
use crate::ui::load::{loaded, query};
use crate::ui::number::{a_day, counted};
use crate::ui::time::Until;
use leptos::either::Either;
use leptos::prelude::*;
use server_fn::ServerFn;

/// How many hosts are named; the rest are counted.
const NAMED: usize = 3;

/// Says what a change of state will do, and does it.
#[component]
pub fn ChangeStatePage() -> impl IntoView {
    let site = site_id();
    let Some(change) = query::<StateChange>("to") else {
        return Either::Left(view! { <NotFoundPage/> });
    };
    let back: Option<String> = query("back");
    Either::Right(loaded(state_page(site, change), move |StatePageData { head, refusal, week }| {
        let overview = Tab::Overview.path(site);
        let back = match way_back(back.as_deref().unwrap_or_default()) {
            "/" => overview.clone(),
            back => back.to_owned(),
        };
        let SiteHead { site, sitekeys, flash, now, .. } = head;
        let crumbs = vec![
            Crumb::link("Sites", "/sites"),
            Crumb::link(site.name.clone(), overview),
            Crumb::here(change.verb()),
        ];
        let title = format!("{} {}", change.verb(), site.name);
        let body = if let Some(refusal) = refusal {
            view! {
                <section class="panel confirm">
                    <h1>{title.clone()}</h1>
                    <p>{refusal.message}</p>
                    <div class="form-foot"><a class="btn" href=back>"Back to "{site.name}</a></div>
                </section>
            }
            .into_any()
        } else {
            let mut effects = traffic_effects(change, &site, &week);
            if matches!(change, StateChange::Pause | StateChange::Delete) {
                let keys = counted(sitekeys, "sitekey", "sitekeys");
                effects.push(
                    view! { "Affects "<strong>{keys}</strong>"; other sites are untouched" }
                        .into_any(),
                );
            }
            if change == StateChange::Delete {
                let until = restorable_until(now);
                effects.push(
                    view! { "Can be restored until "<strong><Until at=until now/></strong> }
                        .into_any(),
                );
            }
            view! {
                <Confirm
                    title=format!("{title}?")
                    intro=move || intro(change)
                    effects
                    action=ChangeSiteState::PATH
                    button=title.clone()
                    danger=matches!(change, StateChange::Pause | StateChange::Delete)
                    back
                    version=site.version
                >
                    <Hidden name="site" value=site.id.to_string()/>
                    <Hidden name="change" value=change.as_str()/>
                </Confirm>
            }
            .into_any()
        };
        view! { <Frame here=Section::Sites title crumbs flash=flash>{body}</Frame> }
    }))
}

fn intro(change: StateChange) -> AnyView {
    match change {
        StateChange::Pause => view! {
            "From then on the gate answers "<code>"site_paused"</code>
            " to every request with its sitekeys, until you start it again."
        }
        .into_any(),
        StateChange::Start => {
            "From then on the gate lets requests from its associated domains through again."
                .into_any()
        }
        StateChange::Delete => view! {
            "From then on the gate answers "<code>"site_deleted"</code>
            " to every request with its sitekeys. They are never issued again."
        }
        .into_any(),
        StateChange::Restore => {
            "The site gets back the state it had, with its domains and keys.".into_any()
        }
    }
}

fn traffic_effects(change: StateChange, site: &Site, week: &Week) -> Vec<AnyView> {
    let Week { requests, hosts } = week;
    let average = format!("{} requests a day", a_day(*requests, 7));
    let total = counted(*requests, "request", "requests");
    let amount = match (change, site.state) {
        (_, _) if *requests == 0 => {
            view! { "No request of the last 7 days is concerned" }.into_any()
        }
        (StateChange::Pause, _) | (StateChange::Delete, SiteState::Active) => {
            view! { "Denies "<strong>{average}</strong>", as of the last 7 days" }.into_any()
        }
        (StateChange::Delete, _) => view! {
            "Answers the "<strong>{average}</strong>" that are denied while it is paused with another code"
        }
        .into_any(),
        (StateChange::Start | StateChange::Restore, _) => view! {
            "Checks requests again: "<strong>{total}</strong>
            " of the last 7 days were denied for its state alone"
        }
        .into_any(),
    };
    let real = hosts.iter().filter(|host| !matches!(&*host.host, "" | "?" | "*"));
    let names: Vec<&str> = real.map(|host| &*host.host).collect();
    if names.is_empty() {
        return vec![amount];
    }
    let count = counted(i64::try_from(names.len()).unwrap_or(i64::MAX), "host", "hosts");
    let first = names.iter().take(NAMED).enumerate().map(|(at, name)| {
        view! { {if at == 0 { ": " } else { ", " }}<code>{host::unicode(name).into_owned()}</code> }
    });
    let first = first.collect_view();
    let rest = (names.len() > NAMED).then_some(" and others");
    vec![amount, view! { "From "<strong>{count}</strong>{first}{rest} }.into_any()]
}

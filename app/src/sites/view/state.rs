//! The page before a site is paused, started, deleted or restored.

mod fields;

use super::frame::{Tab, site_id};
use crate::auth::rules::way_back;
use crate::domains::host;
use crate::sites::model::{Site, SiteState};
use crate::sites::pages::SiteHead;
use crate::sites::pages::{StatePageData, Week};
use crate::sites::rules::{StateChange, restorable_until};
use crate::sites::state_api::{ChangeSiteState, PauseSite, state_page};
use crate::ui::confirm::Confirm;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, NotFoundPage, Section};
use crate::ui::load::{loaded, query};
use crate::ui::number::{a_day, counted};
use crate::ui::time::{Ago, Until};
use fields::NameField;
pub use fields::PauseFields;
use jiff::Timestamp;
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
        let crumbs = vec![
            Crumb::link("Sites", "/sites"),
            Crumb::link(head.site.name.clone(), overview),
            Crumb::here(change.verb()),
        ];
        let title = format!("{} {}", change.verb(), head.site.name);
        let flash = head.flash.clone();
        let state = head.site.state;
        let body = match (refusal, change) {
            (Some(_), StateChange::Pause) if state == SiteState::Paused => {
                view! { <PauseAgain head week back/> }.into_any()
            }
            (Some(refusal), _) => view! {
                <section class="panel confirm">
                    <h1>{title.clone()}</h1>
                    <p>{refusal.message}</p>
                    <div class="form-foot"><a class="btn" href=back>"Back to "{head.site.name}</a></div>
                </section>
            }
            .into_any(),
            (None, _) => view! { <Ask change head week back/> }.into_any(),
        };
        view! { <Frame here=Section::Sites title crumbs flash>{body}</Frame> }
    }))
}

/// The question before a change that can be made.
#[component]
fn Ask(change: StateChange, head: SiteHead, week: Week, back: String) -> impl IntoView {
    let SiteHead { site, sitekeys, flash, now, .. } = head;
    let stops = matches!(change, StateChange::Pause | StateChange::Delete);
    let mut effects = traffic_effects(change, &site, &week, now);
    if stops {
        let keys = counted(sitekeys, "sitekey", "sitekeys");
        effects.push(
            view! { "Affects "<strong>{keys}</strong>"; other sites are untouched" }.into_any(),
        );
    }
    if change == StateChange::Delete {
        let until = restorable_until(now);
        effects.push(
            view! { "Can be restored until "<strong><Until at=until now/></strong> }.into_any(),
        );
    }
    let fields = match change {
        StateChange::Pause => view! { <PauseFields flash=flash now/> }.into_any(),
        StateChange::Delete => view! { <NameField name=site.name.clone() flash=flash/> }.into_any(),
        StateChange::Start | StateChange::Restore => ().into_any(),
    };
    let action = if change == StateChange::Pause { PauseSite::PATH } else { ChangeSiteState::PATH };
    let title = format!("{} {}", change.verb(), site.name);
    view! {
        <Confirm
            title=format!("{title}?")
            intro=move || intro(change)
            effects
            action
            button=title
            danger=stops
            back
            version=site.version
        >
            <Hidden name="site" value=site.id.to_string()/>
            {(change != StateChange::Pause)
                .then(|| view! { <Hidden name="change" value=change.as_str()/> })}
            {fields}
        </Confirm>
    }
}

/// The form that says anew why a paused site is paused, and until when.
#[component]
fn PauseAgain(head: SiteHead, week: Week, back: String) -> impl IntoView {
    let SiteHead { site, flash, now, .. } = head;
    let Week { requests, hours, since, .. } = week;
    let time = counted_since(since, "paused", now);
    let effects = vec![
        view! {
            "Denies "<strong>{a_day(requests, hours)}" requests a day"</strong>", as of what came "{time}
        }
        .into_any(),
    ];
    let (reason, starts_at) = (site.pause_reason.clone(), site.starts_at);
    view! {
        <Confirm
            title=format!("Change the pause of {}", site.name)
            intro=|| "The site stays paused meanwhile."
            effects
            action=PauseSite::PATH
            button="Save the pause"
            back
            version=site.version
        >
            <Hidden name="site" value=site.id.to_string()/>
            <Hidden name="again" value="true"/>
            <PauseFields flash=flash now reason starts_at/>
        </Confirm>
    }
}

fn intro(change: StateChange) -> AnyView {
    match change {
        StateChange::Pause => view! {
            "From then on the gate answers "<code>"site_paused"</code>
            " to every request with its sitekeys, until it is started again."
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

/// What was counted over: the last seven days, or `since` the site was `done` something to.
fn counted_since(since: Option<Timestamp>, done: &'static str, now: Timestamp) -> AnyView {
    match since {
        Some(at) => view! { "since it was "{done}" "<Ago at now/> }.into_any(),
        None => "in the last 7 days".into_any(),
    }
}

fn traffic_effects(change: StateChange, site: &Site, week: &Week, now: Timestamp) -> Vec<AnyView> {
    let Week { requests, hosts, hours, since } = week;
    let done = if site.state == SiteState::Deleted { "deleted" } else { "paused" };
    let time = counted_since(*since, done, now);
    let average = format!("{} requests a day", a_day(*requests, *hours));
    let total = counted(*requests, "denial", "denials");
    let code = if change == StateChange::Restore { "site_deleted" } else { "site_paused" };
    let amount = match (change, site.state) {
        (StateChange::Start | StateChange::Restore, _) if *requests == 0 => view! {
            "Ends no denial that was reported: "{time}" no verifier reported "<code>{code}</code>
            " of this site. What they only ask "<code>"/v1/check"</code>" is not counted"
        }
        .into_any(),
        (StateChange::Start | StateChange::Restore, _) => view! {
            "Ends the "<strong>{total}</strong>" with "<code>{code}</code>
            " that verifiers reported "{time}", "{a_day(*requests, *hours)}" a day"
        }
        .into_any(),
        (_, _) if *requests == 0 => {
            view! {
                "Concerns no request that was reported "{time}". What verifiers only ask "
                <code>"/v1/check"</code>" is not counted"
            }
            .into_any()
        }
        (StateChange::Pause, _) | (StateChange::Delete, SiteState::Active) => {
            view! { "Denies "<strong>{average}</strong>", as of the last 7 days" }.into_any()
        }
        (StateChange::Delete, _) => view! {
            "Answers the "<strong>{average}</strong>" that are denied while it is paused with another code"
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

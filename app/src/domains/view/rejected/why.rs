//! What stops a rejected host, in words.

use crate::codes::likely::LikelySite;
use crate::domains::rejected::{Remedy, Standing};
use crate::domains::{Nearest, WhyNot};
use crate::ui::key::Copyable;
use crate::ui::time::{Ago, Until};
use jiff::Timestamp;
use leptos::prelude::*;

/// The entry that comes nearest and why it did not match.
pub(super) fn nearest(standing: &Standing, host: &str) -> impl IntoView + use<> {
    match standing {
        Standing::NoHost => ().into_any(),
        Standing::AllowedNow { by: None } => {
            view! { <span class="badge ok">"Allowed now"</span><span class="sub">"The domain check is off"</span> }
                .into_any()
        }
        Standing::AllowedNow { by: Some(by) } => {
            view! { <span class="badge ok">"Allowed now"</span><span class="sub">"by "<code>{by.clone()}</code></span> }
                .into_any()
        }
        Standing::Denied { nearest: None, .. } => {
            view! { <span class="muted">"The site has no entries"</span> }.into_any()
        }
        // An entry that has nothing to do with the host would only lead astray.
        Standing::Denied {
            nearest: Some(Nearest { why: WhyNot::OtherDomain, .. }),
            registrable,
        } => {
            let part = part_of(registrable.as_deref(), host);
            let part = part.map(|part| view! { <span class="sub">{part}</span> });
            view! { <span class="muted">"Not on the list, and nothing close"</span>{part} }
                .into_any()
        }
        Standing::Denied { nearest: Some(nearest), registrable } => {
            let why = why_not(nearest, host, registrable.as_deref());
            view! { <code>{nearest.pattern.to_string()}</code><span class="sub">{why}</span> }
                .into_any()
        }
    }
}

/// Why a host was denied that allowing would not help.
pub(super) fn why(remedy: &Remedy, host: &str, now: Timestamp) -> impl IntoView + use<> {
    match remedy {
        Remedy::Allow(standing) => nearest(standing, host).into_any(),
        Remedy::Start { since, then } => view! {
            "The site is paused"
            <span class="sub">"paused "<Ago at=*since now/>"; "{listed(then, "once started")}</span>
        }
        .into_any(),
        Remedy::Over { since, now: then } => view! {
            <span class="badge ok">"The site is active again"</span>
            <span class="sub">"it changed "<Ago at=*since now/>"; "{listed(then, "now")}</span>
        }
        .into_any(),
        Remedy::Restore { since, until, successor } => {
            let until = match until {
                Some(until) => view! { "; restorable until "<Until at=*until now/> }.into_any(),
                None => "; too long ago to restore it".into_any(),
            };
            view! {
                "The site is deleted"
                <span class="sub">"deleted "<Ago at=*since now/>{until}</span>
                {successor.as_ref().map(|site| right_key("On the list of ", site))}
            }
            .into_any()
        }
        Remedy::Key { sent, likely } => {
            let sent = sent.as_ref().map(|sent| view! { <span class="sub">{sent.clone()}</span> });
            match likely {
                Some(site) => view! { {right_key("Most likely ", site)}{sent} }.into_any(),
                None => view! { <span class="muted">"No site lists it"</span>{sent} }.into_any(),
            }
        }
    }
}

/// What the domain check makes of the host then.
fn listed(standing: &Standing, when: &'static str) -> impl IntoView + use<> {
    match standing {
        Standing::NoHost => ().into_any(),
        Standing::AllowedNow { .. } => format!("its list lets this host through {when}").into_any(),
        Standing::Denied { .. } => "this host is not on its list".into_any(),
    }
}

/// The site whose sitekey the pages should carry, and that sitekey.
fn right_key(said: &'static str, site: &LikelySite) -> impl IntoView + use<> {
    let href = format!("/sites/{}", site.site);
    let key = match &site.sitekey {
        Some(sitekey) => view! { <Copyable text=sitekey.clone()/> }.into_any(),
        None => view! { <span class="muted">"It has no active sitekey"</span> }.into_any(),
    };
    view! {
        <div>{said}<a href=href>{site.name.clone()}</a></div>
        <div>{key}</div>
    }
}

/// Why the nearest entry does not match, with the registrable domain where that is another name.
fn why_not(nearest: &Nearest, host: &str, registrable: Option<&str>) -> String {
    let why = nearest.message(host);
    match part_of(registrable, host) {
        Some(part) => format!("{why}; {part}"),
        None => why,
    }
}

/// What a host is a part of, where that is another name.
fn part_of(registrable: Option<&str>, host: &str) -> Option<String> {
    let registrable = registrable.filter(|registrable| *registrable != host)?;
    Some(format!("part of {registrable}"))
}

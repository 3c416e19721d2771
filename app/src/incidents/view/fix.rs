//! What to do about an incident: the prepared fix, with what it would have done.

use crate::audit::api::Undo;
use crate::domains::hosts_api::allow_path;
use crate::incidents::model::{Incident, Remedy, Replayed};
use crate::sites::model::SiteId;
use crate::ui::form::Hidden;
use crate::ui::number::{counted, grouped, percent};
use crate::ui::query::Address;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The fix, or what became of it.
#[component]
pub(super) fn FixLine(incident: Incident) -> impl IntoView {
    if let (Some(_), Some(entry)) = (incident.fixed_at, incident.fixed_by) {
        let href = crate::audit::view::entry_path(entry);
        let told = if incident.is_open() {
            " A fix was made. It closes by itself once it is as usual for ten minutes."
        } else {
            " A fix was made, and it helped."
        };
        return view! { <p><a href=href>"Fix "{entry.to_string()}</a>"."{told}</p> }.into_any();
    }
    if !incident.is_open() {
        return ().into_any();
    }
    let path = incident.path();
    let (button, told) = remedy(&incident.explanation.remedy, &incident, &path);
    view! { <div class="fix">{button}<p>{told}</p></div> }.into_any()
}

fn remedy(remedy: &Remedy, incident: &Incident, path: &str) -> (AnyView, AnyView) {
    let link = |href: String, label: String, class: &'static str| {
        view! { <a class=class href=href>{label}</a> }.into_any()
    };
    let state = |site: &SiteId, to: &str| {
        let pairs = [("to", to), ("back", path)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Address::new(format!("/sites/{site}/state"), pairs).href()
    };
    match remedy {
        Remedy::Undo { entry, button, replayed } => {
            let form = view! {
                <form method="post" action=Undo::PATH>
                    <Hidden name="entry" value=entry.0.to_string()/>
                    <Hidden name="back" value=path/>
                    <button class="primary">{button.clone()}</button>
                </form>
            };
            (form.into_any(), would_have(*replayed).into_any())
        }
        Remedy::Allow { site, host, replayed } => (
            link(allow_path(*site, host, false, path, None), format!("Allow {host}…"), "btn primary"),
            would_have(*replayed).into_any(),
        ),
        Remedy::Start { site, replayed } => {
            (link(state(site, "start"), "Start the site…".to_owned(), "btn primary"), would_have(*replayed).into_any())
        }
        Remedy::Restore { site, replayed } => (
            link(state(site, "restore"), "Restore the site…".to_owned(), "btn primary"),
            would_have(*replayed).into_any(),
        ),
        Remedy::Theft { site, host, hosts } => {
            let more = (*hosts > 1).then(|| format!(" and {} more", hosts - 1));
            let told = view! {
                <strong>"Looks like key theft: do not allow."</strong>" "
                <code>{host.clone()}</code>{more}
                " uses this site’s sitekey and is none of its domains. The gate denies it already. If it is yours, add it on the site’s domains."
            };
            (link(inbox(*site, host), "Look at the host".to_owned(), "btn"), told.into_any())
        }
        Remedy::Hosts { site } => (
            link(inbox(*site, ""), "Look at the rejected hosts".to_owned(), "btn"),
            "No single host explains it. Look at them one by one.".into_any(),
        ),
        Remedy::Key { sent, said, site, site_name } => key(sent.as_ref(), said, *site, site_name.as_ref(), incident),
        Remedy::Replays { reading, traces, clients } => {
            let told = format!(
                "{reading} {} from {} among the samples.",
                counted(*traces, "trace repeated", "traces repeated"),
                counted(*clients, "client", "clients")
            );
            (link(code_path(incident), "Look at the repeated traces".to_owned(), "btn"), told.into_any())
        }
        Remedy::Watch => (
            link(code_path(incident), "Look at the events".to_owned(), "btn"),
            "An attack on the challenge, which it wards off. Nothing to change; look whether visitors report trouble.".into_any(),
        ),
        Remedy::Platform => (
            link("/verifiers".to_owned(), "Look at the verifiers".to_owned(), "btn primary"),
            "It is ours, not the customers’: no site’s configuration explains it.".into_any(),
        ),
        Remedy::Ask => (
            link("/verifiers".to_owned(), "Look at the verifiers".to_owned(), "btn"),
            "Nothing comes, though something usually does at this time. Ask whoever runs the site whether the widget is still in its pages.".into_any(),
        ),
        Remedy::None => (
            ().into_any(),
            "Nothing in the console changes it: the client refreshes and tries again.".into_any(),
        ),
    }
}

fn key(
    sent: Option<&String>,
    said: &str,
    site: Option<SiteId>,
    site_name: Option<&String>,
    incident: &Incident,
) -> (AnyView, AnyView) {
    let sent = match sent {
        Some(sent) => view! { "Most sent: "<code>{sent.clone()}</code>". " }.into_any(),
        None => "Most send no sitekey at all. ".into_any(),
    };
    let (button, likely) = match (site, site_name) {
        (Some(site), Some(name)) => (
            view! { <a class="btn primary" href=format!("/sites/{site}/keys")>{format!("Copy a sitekey of {name}")}</a> }.into_any(),
            format!(" The traffic is most likely {name}’s."),
        ),
        _ => (
            view! { <a class="btn" href=code_path(incident)>"Look at the keys that were sent"</a> }.into_any(),
            " Its hosts are on no site’s list.".to_owned(),
        ),
    };
    (button, view! { {sent}{said.to_owned()}{likely} }.into_any())
}

fn inbox(site: SiteId, host: &str) -> String {
    let mut pairs = vec![("site".to_owned(), site.to_string())];
    if !host.is_empty() {
        pairs.push(("q".to_owned(), host.to_owned()));
    }
    Address::new("/errors/hosts", pairs).href()
}

fn code_path(incident: &Incident) -> String {
    let code = incident.code.clone().unwrap_or_default();
    let site = incident.site.map(|site| ("site".to_owned(), site.to_string()));
    Address::new(format!("/errors/{code}"), site).href()
}

/// As in `would have let 98.7 % of the last 1,000 denied requests through`.
fn would_have(Replayed { passed, of }: Replayed) -> String {
    match of {
        0 => "Nothing that was denied is known to try it on.".to_owned(),
        _ => format!(
            "would have let {} of the last {} denied requests through",
            percent(passed, of),
            grouped(of)
        ),
    }
}

//! What to fix: each kind of error as the thing to do about it, and the button that begins it.

use crate::codes::pages::{Todo, What};
use crate::codes::{Code, Fix};
use crate::domains::Warning;
use crate::domains::hosts_api::allow_path;
use crate::domains::rejected::anchor;
use crate::domains::view::WarningTags;
use crate::gate::DenyCode;
use crate::sites::model::SiteId;
use crate::ui::number::grouped;
use crate::ui::query::Address;
use crate::ui::range::Chosen;
use crate::ui::time::{Ago, Until, ago};
use jiff::Timestamp;
use leptos::prelude::*;

/// The list, or the good news that there is nothing to do.
#[component]
pub(super) fn Todos(
    todos: Vec<Todo>,
    chosen: Chosen,
    now: Timestamp,
    address: Address,
) -> impl IntoView {
    let any = !todos.is_empty();
    let rows = todos.into_iter().map(|todo| row(todo, now, chosen, &address)).collect_view();
    let errors = address.range_only().at("/errors").href();
    let hosts = address.range_only().at("/errors/hosts").href();
    let body = if any {
        view! { <ul class="list">{rows}</ul> }.into_any()
    } else {
        view! {
            <div class="state empty">
                <h3>"Nothing to fix"</h3>
                <p>"No error of this range can be fixed here."</p>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="what-to-fix">
            <div class="panel-head">
                <h2 id="what-to-fix">"What to fix"</h2>
                <p>"by denied requests, "{chosen.in_text()}</p>
            </div>
            {body}
            <div class="panel-foot">
                <a href=errors>"All errors"</a>
                <a href=hosts>"All rejected hosts"</a>
            </div>
        </section>
    }
}

fn row(todo: Todo, now: Timestamp, chosen: Chosen, address: &Address) -> impl IntoView + use<> {
    let code_href = |code: &str| address.range_only().at(format!("/errors/{code}")).href();
    let label = |fix: Fix| fix.button().unwrap_or("Look…");
    let count = grouped(todo.count);
    let entry = match todo.what {
        What::AllowHost { site, name, host, since, warnings } => {
            let back = address.href();
            // What may pose as the site is looked at among its likes, not allowed from here.
            let posing = warnings.iter().any(Warning::is_posing);
            let row = address
                .range_only()
                .at("/errors/hosts")
                .with("site", site.to_string())
                .with("q", host.clone())
                .href();
            Entry {
                href: row.clone(),
                mono: true,
                title: host.clone(),
                rest: "",
                sub: view! {
                    <WarningTags warnings/>" "
                    <code>"referer_denied"</code>" on "{name}", first "<Ago at=since now/>
                }
                .into_any(),
                fix_href: if posing {
                    format!("{row}#{}", anchor(site, DenyCode::RefererDenied, &host))
                } else {
                    allow_path(site, &host, false, &back, Some(chosen))
                },
                button: if posing { "Look…" } else { label(Fix::AllowHost) },
                about: host,
            }
        }
        What::SetPolicy { site, name, host, last } => {
            let href = code_href(Code::RefererDenied.as_str());
            without_host(site, name, &host, href, view! { <Ago at=last now/> }.into_any())
        }
        What::StartSite { site, name, since } => Entry {
            href: format!("/sites/{site}"),
            mono: false,
            title: name.clone(),
            rest: " is paused",
            sub: view! { <code>"site_paused"</code>", since "{ago(since, now)} }.into_any(),
            fix_href: state_path(site, "start", address),
            button: label(Fix::StartSite),
            about: name,
        },
        What::RestoreSite { site, name, until } => Entry {
            href: format!("/sites/{site}"),
            mono: false,
            title: name.clone(),
            rest: " was deleted",
            sub: match until {
                Some(until) => view! {
                    <code>"site_deleted"</code>", restorable until "<Until at=until now/>
                }
                .into_any(),
                None => view! {
                    <code>"site_deleted"</code>", its pages need another sitekey"
                }
                .into_any(),
            },
            fix_href: match until {
                Some(_) => state_path(site, "restore", address),
                None => code_href(Code::SiteDeleted.as_str()),
            },
            button: if until.is_some() { label(Fix::RestoreSite) } else { "Look…" },
            about: name,
        },
        What::FindSite { code, host, likely } => {
            let likely = likely.map(|name| format!(", most likely {name}")).unwrap_or_default();
            Entry {
                href: code_href(&code),
                mono: true,
                title: host.unwrap_or_else(|| code.clone()),
                rest: "",
                fix_href: code_href(&code),
                button: label(Fix::FindSite),
                about: code.clone(),
                sub: view! { <code>{code}</code>{likely} }.into_any(),
            }
        }
        What::Replay => Entry {
            href: code_href(Code::PayloadUsed.as_str()),
            mono: true,
            title: Code::PayloadUsed.to_string(),
            rest: "",
            sub: "Responses verified more than once: replay or retry".into_any(),
            fix_href: code_href(Code::PayloadUsed.as_str()),
            button: label(Fix::ReplayWarning),
            about: Code::PayloadUsed.to_string(),
        },
    };
    entry.view(count)
}

/// Requests that named no host, which a policy lets through and no entry. `last` says when.
fn without_host(site: SiteId, name: String, host: &str, href: String, last: AnyView) -> Entry {
    Entry {
        href,
        mono: false,
        title: if host.is_empty() { "No referer" } else { "Unusable referer" }.to_owned(),
        rest: "",
        about: format!("of {name} for requests without a referer"),
        sub: view! { <code>"referer_denied"</code>" on "{name}", last "{last} }.into_any(),
        fix_href: format!("/sites/{site}/settings#check"),
        button: "Set policy…",
    }
}

/// One line of the list.
struct Entry {
    href: String,
    mono: bool,
    title: String,
    rest: &'static str,
    sub: AnyView,
    fix_href: String,
    button: &'static str,
    about: String,
}

impl Entry {
    fn view(self, count: String) -> impl IntoView {
        let name = format!("{} {}", self.button.trim_end_matches('…'), self.about);
        view! {
            <li>
                <div class="grow">
                    <a class=self.mono.then_some("mono") href=self.href>{self.title}</a>
                    {self.rest}
                    <span class="sub">{self.sub}</span>
                </div>
                <span class="num">{count}</span>
                <a class="btn small" href=self.fix_href aria-label=name>{self.button}</a>
            </li>
        }
    }
}

/// The page that asks before a site's state is changed.
fn state_path(site: SiteId, change: &str, address: &Address) -> String {
    address
        .range_only()
        .at(format!("/sites/{site}/state"))
        .without(&crate::ui::range::NAMES)
        .with("to", change)
        .with("back", address.href())
        .href()
}

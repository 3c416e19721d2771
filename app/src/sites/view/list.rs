//! The list of sites.

use super::frame::StateBadge;
use crate::domains::host;
use crate::sites::api::sites_page;
use crate::sites::model::{SiteId, SiteState};
use crate::sites::pages::{SiteRow, SitesPageData};
use crate::ui::frame::{Frame, Section};
use crate::ui::load::{loaded, query};
use crate::ui::number::{counted, grouped, percent};
use crate::ui::query::Address;
use crate::ui::table::{Pager, TableWrap};
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;

/// The sites an operator looks for, with their last 24 hours.
#[component]
pub fn SitesPage() -> impl IntoView {
    let address = Address::current();
    let search: String = query("q").unwrap_or_default();
    let state: Option<SiteState> = query("state");
    let after = query("after").map(SiteId);
    let load = sites_page(search.clone(), state, after);
    loaded(load, move |data: SitesPageData| {
        let filtered = !search.trim().is_empty() || state.is_some();
        let none_at_all = data.by_state == [0; 3];
        let content = if data.sites.is_empty() {
            view! { <NoSites none_at_all filtered/> }.into_any()
        } else {
            view! { <SitesTable data=data.clone() address after=after.is_some()/> }.into_any()
        };
        view! {
            <Frame here=Section::Sites title="Sites" flash=data.flash>
                <div class="page-head">
                    <h1>"Sites"</h1>
                    <div class="actions">
                        <a class="btn primary" href="/sites/new">"Create a site"</a>
                    </div>
                </div>
                {(!none_at_all).then(|| view! { <Filters search state by_state=data.by_state/> })}
                <section class="panel" aria-label="Sites">{content}</section>
            </Frame>
        }
    })
}

#[component]
fn Filters(search: String, state: Option<SiteState>, by_state: [i64; 3]) -> impl IntoView {
    let [active, paused, deleted] = by_state;
    let options = [
        (None, "Active and paused", active + paused),
        (Some(SiteState::Active), "Active", active),
        (Some(SiteState::Paused), "Paused", paused),
        (Some(SiteState::Deleted), "Deleted", deleted),
    ];
    let options = options.map(|(value, label, count)| {
        view! {
            <option value=value.map_or("", SiteState::as_str) selected=value == state>
                {label}" ("{grouped(count)}")"
            </option>
        }
    });
    view! {
        <form class="filters" method="get">
            <input
                type="search"
                name="q"
                aria-label="Search sites"
                placeholder="Name, domain or sitekey"
                value=search
            />
            <select name="state" aria-label="State">{options.into_iter().collect_view()}</select>
            <button>"Filter"</button>
        </form>
    }
}

#[component]
fn NoSites(none_at_all: bool, filtered: bool) -> impl IntoView {
    let (title, text) = match (none_at_all, filtered) {
        (true, _) => (
            "No sites yet",
            "A site holds the sitekey your pages carry, the secret your server keeps, and the domains both may be used on.",
        ),
        (false, true) => (
            "No site matches",
            "Try a part of the name or of a domain, or a whole sitekey. Deleted sites are found under “Deleted”.",
        ),
        (false, false) => {
            ("No site is active or paused", "Deleted sites are found under “Deleted”.")
        }
    };
    let action = if none_at_all {
        view! { <a class="btn primary" href="/sites/new">"Create a site"</a> }.into_any()
    } else {
        view! { <a class="btn" href="/sites">"Show all sites"</a> }.into_any()
    };
    view! {
        <div class="state empty">
            <h2>{title}</h2>
            <p>{text}</p>
            <div class="actions">{action}</div>
        </div>
    }
}

#[component]
fn SitesTable(data: SitesPageData, address: Address, after: bool) -> impl IntoView {
    let SitesPageData { sites, next, now, .. } = data;
    let shown = counted(i64::try_from(sites.len()).unwrap_or(i64::MAX), "site", "sites");
    let next = next.map(|id| address.with("after", id.to_string()).href());
    let first = after.then(|| address.without(&["after"]).href());
    let rows = sites.into_iter().map(|row| view! { <Row row now/> }).collect_view();
    view! {
        <TableWrap label="Sites">
            <table class="table stacked">
                <thead>
                    <tr>
                        <th scope="col" aria-sort="ascending">"Site"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="num">"Attempts, 24 h"</th>
                        <th scope="col" class="num">"Errors, 24 h"</th>
                        <th scope="col" class="num">"Error rate"</th>
                        <th scope="col" class="num">"State since"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
        <Pager shown first next/>
    }
}

#[component]
fn Row(row: SiteRow, now: Timestamp) -> impl IntoView {
    let SiteRow { site, first_domain, domains, attempts, errors } = row;
    let listed = match (first_domain, domains) {
        (None, _) if site.any_hostname => "any hostname".to_owned(),
        (None, _) => "no domains".to_owned(),
        (Some(first), 1) => host::unicode(&first).into_owned(),
        (Some(first), count) => {
            format!("{} and {} more", host::unicode(&first), grouped(count - 1))
        }
    };
    view! {
        <tr class="opens">
            <th scope="row">
                <a href=format!("/sites/{}", site.id)>{site.name}</a>
                {site.sample.then(|| view! { " "<span class="tag">"sample"</span> })}
                <span class="sub">{listed}</span>
            </th>
            <td data-label="State"><StateBadge state=site.state/></td>
            <td class="num" data-label="Attempts, 24 h">{grouped(attempts)}</td>
            <td class="num" data-label="Errors, 24 h">{grouped(errors)}</td>
            <td class="num" data-label="Error rate">{percent(errors, attempts)}</td>
            <td class="num" data-label="State since"><Ago at=site.state_changed_at now/></td>
        </tr>
    }
}

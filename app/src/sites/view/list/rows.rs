//! The table of sites.

use super::super::frame::StateBadge;
use super::sorted;
use crate::domains::host;
use crate::sites::list::Order;
use crate::sites::model::{Site, SiteState};
use crate::sites::pages::{SiteRow, SitesPageData};
use crate::sites::rules::{days_left, restorable_until};
use crate::ui::number::{grouped, percent};
use crate::ui::query::Address;
use crate::ui::spark::Spark;
use crate::ui::table::TableWrap;
use crate::ui::time::{Ago, Since, Until};
use jiff::Timestamp;
use leptos::prelude::*;

/// The sites of a page.
#[component]
pub(super) fn SitesTable(data: SitesPageData, address: Address, selectable: bool) -> impl IntoView {
    let SitesPageData { sites, order, now, .. } = data;
    let head = |of: Order, label: &'static str, class: &'static str| {
        let href = address.with("order", of.as_str()).href();
        let sort = (of == order).then(|| sorted(of));
        view! { <th scope="col" class=class aria-sort=sort><a href=href>{label}</a></th> }
    };
    let heads = view! {
        {head(Order::Name, "Site", "")}
        <th scope="col">"State"</th>
        <th scope="col">"Last 24 h"</th>
        {head(Order::Attempts, "Attempts", "num")}
        {head(Order::Errors, "Errors", "num")}
        {head(Order::Rate, "Error rate", "num")}
        {head(Order::Newest, "Created", "num")}
    };
    let by_tag = address.without(&["tag"]);
    let rows = sites
        .into_iter()
        .map(|row| view! { <Row row now by_tag=by_tag.clone() selectable/> })
        .collect_view();
    view! {
        <TableWrap label="Sites">
            <table class="table stacked">
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
    }
}

#[component]
fn Row(row: SiteRow, now: Timestamp, by_tag: Address, selectable: bool) -> impl IntoView {
    let SiteRow { site, first_domain, domains, attempts, errors, trend, silent_since } = row;
    let silence = silent_since.map(|since| {
        view! {
            <span class="sub"><span class="badge warn">"Silent since "<Since at=since now/></span></span>
        }
    });
    let listed = match (first_domain, domains) {
        (None, _) if site.any_hostname => "any hostname".to_owned(),
        (None, _) => "no domains".to_owned(),
        (Some(first), 1) => host::unicode(&first).into_owned(),
        (Some(first), count) => {
            format!("{} and {} more", host::unicode(&first), grouped(count - 1))
        }
    };
    let tick = selectable.then(|| {
        view! {
            <input
                type="checkbox"
                class="tick"
                form="bulk"
                name="site"
                value=site.id.to_string()
                aria-label=format!("Select {}", site.name)
            />
        }
    });
    let tags = site.tags.iter().map(|tag| {
        let href = by_tag.with("tag", tag.clone()).href();
        view! { <a class="tag" href=href>{tag.clone()}</a> }
    });
    let tags =
        (!site.tags.is_empty()).then(|| view! { <span class="tags">{tags.collect_view()}</span> });
    view! {
        <tr class="opens">
            <th scope="row">
                <div class="ticked">
                    {tick}
                    <div>
                        <a href=format!("/sites/{}", site.id)>{site.name.clone()}</a>
                        {site.sample.then(|| view! { " "<span class="tag">"sample"</span> })}
                        <span class="sub">{listed}</span>
                        {tags}
                    </div>
                </div>
            </th>
            <td data-label="State"><State site=site.clone() now/>{silence}</td>
            <td class="fit" data-label="Last 24 h">
                {(attempts > 0).then(|| view! { <Spark counts=trend/> })}
            </td>
            <td class="num" data-label="Attempts, 24 h">{grouped(attempts)}</td>
            <td class="num" data-label="Errors, 24 h">{grouped(errors)}</td>
            <td class="num" data-label="Error rate">{percent(errors, attempts)}</td>
            <td class="num" data-label="Created"><Ago at=site.created_at now/></td>
        </tr>
    }
}

/// A site's state, since when, and what is to come.
#[component]
fn State(site: Site, now: Timestamp) -> impl IntoView {
    let state = site.state;
    let more = match state {
        SiteState::Active => None,
        SiteState::Paused => Some(
            view! {
                {site.pause_reason.map(|reason| view! { <span class="sub">{reason}</span> })}
                {site
                    .starts_at
                    .map(|at| view! { <span class="sub">"starts "<Until at now/></span> })}
            }
            .into_any(),
        ),
        SiteState::Deleted => {
            let until = restorable_until(site.state_changed_at);
            let left = if until < now {
                "for good".to_owned()
            } else {
                format!("{} left to restore", days_left(until, now))
            };
            Some(view! { <span class="sub">{left}</span> }.into_any())
        }
    };
    view! {
        <StateBadge state/>
        {(state != SiteState::Active)
            .then(|| view! { <span class="sub">"since "<Ago at=site.state_changed_at now/></span> })}
        {more}
    }
}

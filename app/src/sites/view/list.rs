//! The list of sites.

mod filters;
mod live;
mod rows;

use crate::sites::list::{Order, Paging, Wanted};
use crate::sites::list_api::sites_page;
use crate::sites::model::SiteState;
use crate::sites::pages::SitesPageData;
use crate::sites::selection::{BulkKind, MOST};
use crate::ui::frame::{Frame, Section};
use crate::ui::load::{loaded, query};
use crate::ui::number::{counted, grouped};
use crate::ui::query::Address;
use crate::ui::table::Pager;
use filters::Filters;
use leptos::prelude::*;
use live::LiveList;
use rows::SitesTable;

/// The part of the page that follows the filters.
const FOUND: &str = "found";

/// The sites an operator looks for, with their last 24 hours.
#[component]
pub fn SitesPage() -> impl IntoView {
    let address = Address::current();
    let wanted = wanted();
    let order = query("order").unwrap_or_default();
    let paging = match (query("after"), query("before")) {
        (Some(place), _) => Paging::After(place),
        (None, Some(place)) => Paging::Before(place),
        (None, None) => Paging::First,
    };
    loaded(sites_page(wanted, order, paging), move |data: SitesPageData| {
        let none_at_all = data.by_state == [0; 3];
        let flash = data.flash.clone();
        let filters = (!none_at_all).then(|| view! { <Filters data=data.clone()/> });
        view! {
            <Frame here=Section::Sites title="Sites" flash=flash>
                <div class="page-head">
                    <h1>"Sites"</h1>
                    <div class="actions">
                        <a class="btn" href="/keys">"Which key is this?"</a>
                        <a class="btn primary" href="/sites/new">"Create a site"</a>
                    </div>
                </div>
                {filters}
                <div id=FOUND class="stack-s">
                    <Found data address none_at_all/>
                </div>
                <LiveList/>
            </Frame>
        }
    })
}

/// The sites that the address of the page asks for.
pub fn wanted() -> Wanted {
    let tag: Option<String> = query("tag");
    Wanted {
        search: query("q").unwrap_or_default(),
        state: query("state"),
        tag: tag.filter(|tag| !tag.is_empty()),
        only: query("only"),
    }
}

/// What was found.
#[component]
fn Found(data: SitesPageData, address: Address, none_at_all: bool) -> impl IntoView {
    let SitesPageData { ref wanted, total, next, previous, as_of, .. } = data;
    if data.sites.is_empty() {
        let wanted = wanted.clone();
        return view! {
            <section class="panel" aria-label="Sites"><NoSites none_at_all wanted/></section>
        }
        .into_any();
    }
    let shown = match i64::try_from(data.sites.len()).unwrap_or(i64::MAX) {
        all if all == total => counted(total, "site", "sites"),
        some => format!("{} of {}", grouped(some), counted(total, "site", "sites")),
    };
    let shown = match as_of {
        Some(as_of) => {
            format!("{shown}, in the order of the counts as of {}", as_of.strftime("%T UTC"))
        }
        None => shown,
    };
    let unpaged = address.without(&["after", "before"]);
    let first = previous.map(|_| unpaged.href());
    let previous = previous.map(|place| unpaged.with("before", place.to_string()).href());
    let next = next.map(|place| unpaged.with("after", place.to_string()).href());
    // A deleted site can only be restored, on its own page.
    let selectable = wanted.state != Some(SiteState::Deleted);
    let found = shown.clone();
    let bulk = selectable.then(|| view! { <BulkBar wanted=wanted.clone() total/> });
    view! {
        <section class="panel" aria-label="Sites" data-found=found>
            {bulk}
            <SitesTable data=data.clone() address=unpaged selectable/>
            <Pager shown first previous next/>
        </section>
    }
    .into_any()
}

/// The form that the ticks belong to. It leads to a page that says what will happen.
#[component]
fn BulkBar(wanted: Wanted, total: i64) -> impl IntoView {
    let hidden = wanted.pairs().into_iter().map(|(name, value)| {
        view! { <input type="hidden" name=name value=value/> }
    });
    let kinds = BulkKind::ALL.map(|kind| {
        view! { <option value=kind.as_str()>{kind.label()}</option> }
    });
    let many = usize::try_from(total).unwrap_or(usize::MAX) > MOST;
    let all = if many {
        format!("All {} (at most {} at once)", grouped(total), grouped(1_000))
    } else {
        format!("All {} that match", grouped(total))
    };
    view! {
        <form id="bulk" class="bulk" method="get" action="/sites/bulk">
            {hidden.collect_view()}
            <label class="select-page">
                <input type="checkbox" data-select-page=""/>
                "Tick this page"
            </label>
            <select name="change" aria-label="Change">{kinds.into_iter().collect_view()}</select>
            <select name="all" aria-label="Which sites">
                <option value="">"The ticked sites"</option>
                <option value="1" disabled=many>{all}</option>
            </select>
            <button class="small">"Continue…"</button>
        </form>
    }
}

#[component]
fn NoSites(none_at_all: bool, wanted: Wanted) -> impl IntoView {
    let only =
        wanted.only.filter(|only| wanted == Wanted { only: Some(*only), ..Wanted::default() });
    let (title, text) = match (none_at_all, only) {
        (false, Some(only)) => only.none(),
        (true, _) => (
            "No sites yet",
            "A site holds the sitekey your pages carry, the secret your server keeps, and the domains both may be used on.",
        ),
        (false, None) if wanted.filters() => (
            "No site matches",
            "Try a part of the name or of a domain, or a whole sitekey. Deleted sites are found under “Deleted”.",
        ),
        (false, None) => {
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

/// The order of the list in a column's head.
const fn sorted(order: Order) -> &'static str {
    match order {
        Order::Name => "ascending",
        _ => "descending",
    }
}

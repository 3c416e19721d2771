//! The search as a page, which needs no script.

use crate::search::api::search_page;
use crate::search::model::Hit;
use crate::search::rules::holds_secret;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{loaded, query};
use leptos::prelude::*;

/// `/search?q=`
#[component]
pub fn SearchPage() -> impl IntoView {
    let asked = query::<String>("q").unwrap_or_default();
    // What should not have been sent is not repeated.
    let shown = if holds_secret(&asked) { String::new() } else { asked.clone() };
    loaded(search_page(asked), move |data| {
        let crumbs = vec![Crumb::here("Search")];
        let found = if data.hits.is_empty() {
            view! {
                <div class="state empty">
                    <h2>"Nothing found"</h2>
                    <p>
                        "Search for a part of a site’s name or domain, a whole sitekey, a host, or an error code."
                    </p>
                </div>
            }
            .into_any()
        } else {
            let hits = data.hits.into_iter().map(|hit| view! { <Line hit/> }).collect_view();
            view! { <ul class="list hits">{hits}</ul> }.into_any()
        };
        view! {
            <Frame here=Section::Overview title="Search" crumbs flash=data.flash>
                <div class="page-head"><h1>"Search"</h1></div>
                <form class="filters" method="get" action="/search" role="search">
                    <input
                        type="search"
                        name="q"
                        aria-label="Search for"
                        placeholder="Site, host, sitekey or code"
                        value=shown
                        autocomplete="off"
                        spellcheck="false"
                    />
                    <button>"Search"</button>
                </form>
                <section class="panel" aria-label="Found">{found}</section>
            </Frame>
        }
    })
}

#[component]
fn Line(hit: Hit) -> impl IntoView {
    let Hit { kind, label, detail, href } = hit;
    view! {
        <li>
            <a class="hit" href=href>
                <span class="hit-kind">{kind.label()}</span>
                <span class="hit-label">{label}</span>
                <span class="hit-detail">{detail}</span>
            </a>
        </li>
    }
}

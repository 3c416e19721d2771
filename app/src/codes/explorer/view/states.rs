//! Why there is nothing to show, and what to do next.

use crate::codes::explorer::model::{Nothing, Report};
use crate::codes::explorer::rules::at_range;
use crate::ui::number::counted;
use crate::ui::query::Address;
use crate::ui::range::Chosen;
use crate::ui::time::Ago;
use leptos::prelude::*;

/// What an address leaves out with, and what is hidden of that.
const FILTERS: [&str; 6] = ["code", "site", "host", "sitekey", "source", "hide"];

/// In place of errors: why there are none.
#[component]
pub(super) fn State(nothing: Nothing, report: Report, address: Address) -> impl IntoView {
    let has_filter = FILTERS.iter().any(|name| *name != "hide" && address.get(name).is_some());
    let without = address.without(&FILTERS).href();
    let all = has_filter.then(|| view! { <a class="btn" href=without>"Remove all filters"</a> });
    let (class, title, told, action) = match nothing {
        Nothing::AllPassed => {
            let attempts = counted(report.attempts.now, "attempt", "attempts");
            let told = match &report.wanted.filter.code {
                Some(code) => format!("None of {attempts} got {code}."),
                None => format!("All of {attempts} passed."),
            };
            ("state empty", "No errors in this time", told.into_any(), all.into_any())
        }
        Nothing::NoSite => (
            "state empty",
            "There is no such site",
            "No site has this number. Choose one from the list.".into_any(),
            view! { <a class="btn" href="/sites">"Show the sites"</a>{all} }.into_any(),
        ),
        Nothing::Never => (
            "state empty",
            "Nothing was reported yet",
            "Errors appear here as soon as a verifier reports outcomes, or an access log is replayed.".into_any(),
            view! { <a class="btn primary" href="/verifiers">"Connect a verifier"</a>{all} }.into_any(),
        ),
        Nothing::SilentSince(last) => {
            let now = report.now;
            let who = report.wanted.filter.source.clone().or_else(|| report.site_name());
            let who = who.unwrap_or_default();
            (
                "state silent",
                "Silent",
                view! {
                    {who}" reported nothing in this time. It was last heard of "<Ago at=last now/>
                    ". That is no good news: look whether its verifiers still run."
                }
                .into_any(),
                view! { <a class="btn primary" href="/verifiers">"Look at the verifiers"</a>{all} }.into_any(),
            )
        }
        Nothing::Elsewhere(range) => {
            // Whether any of those match is not known: they are shown without the filters.
            let href = at_range(&address.without(&FILTERS), range).href();
            let words = Chosen::Custom(range).label();
            (
                "state empty",
                "Nothing happened in this time",
                if has_filter {
                    format!("Nothing that matches was reported. There are other events from {words} UTC.")
                        .into_any()
                } else {
                    format!("There are events from {words} UTC.").into_any()
                },
                view! { <a class="btn primary" href=href>"Show them"</a>{all} }.into_any(),
            )
        }
    };
    view! {
        <section class="panel" aria-label="Nothing to show">
            <div class=class>
                <h2>{title}</h2>
                <p>{told}</p>
                <div class="actions">{action}</div>
            </div>
        </section>
    }
}

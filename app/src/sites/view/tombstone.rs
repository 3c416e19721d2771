//! What is left of a deleted site: who still calls it, and where they should go.

use crate::codes::view::Successors;
use crate::sites::model::SiteId;
use crate::sites::pages::Calling;
use crate::sites::state_api::still_calling;
use crate::stats::view::hosts::HostsTable;
use crate::ui::load::part;
use crate::ui::number::counted;
use crate::ui::time::Ago;
use leptos::prelude::*;

/// The hosts that still send the sitekeys of a deleted site.
#[component]
pub fn AfterDelete(
    /// The site.
    site: SiteId,
) -> impl IntoView {
    part("Hosts still calling", still_calling(site), content)
}

fn content(Calling { since, requests, hosts, successors, now }: Calling) -> impl IntoView {
    let head = view! {
        <div class="panel-head">
            <h2 id="still-calling">"Hosts still calling"</h2>
            <p>
                {counted(requests, "request", "requests")}" reported as "<code>"site_deleted"</code>
                " since the deletion "<Ago at=since now/>
            </p>
        </div>
    };
    let body = if requests == 0 {
        view! {
            <div class="state empty">
                <h3>"Nobody, as far as your verifiers report"</h3>
                <p>
                    "No verifier has reported a request with a sitekey of this site since. If one does, the host is listed here. Asking "
                    <code>"/v1/check"</code>" is not counted by itself."
                </p>
            </div>
        }
        .into_any()
    } else {
        view! {
            <HostsTable hosts of="Requests since" now/>
            <div class="panel-foot">
                <span>"Let their pages carry the sitekey of the site that took over."</span>
                <span>"Counted are the outcomes that your verifiers report, not what they ask "<code>"/v1/check"</code>"."</span>
            </div>
        }
        .into_any()
    };
    let successors = (requests > 0).then(|| {
        view! {
            <section class="panel" aria-labelledby="successors">
                <div class="panel-head">
                    <h2 id="successors">"Where they could go"</h2>
                    <p>"active sites that list these hosts"</p>
                </div>
                <Successors likely=successors/>
            </section>
        }
    });
    view! {
        <section class="panel" aria-labelledby="still-calling">{head}{body}</section>
        {successors}
    }
}

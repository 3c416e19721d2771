//! The verifiers: who reports, who fell silent, and how to connect another.

use super::api::verifiers_page;
use super::pages::{Verifier, VerifiersReport};
use super::rules::{Skew, Standing};
use crate::ui::frame::{Frame, Section};
use crate::ui::key::CopyButton;
use crate::ui::load::loaded;
use crate::ui::number::{grouped, percent};
use crate::ui::query::Address;
use crate::ui::range::{Chosen, RangeNote, RangePicker};
use crate::ui::spark::Spark;
use crate::ui::table::TableWrap;
use crate::ui::time::{Ago, Since};
use jiff::Timestamp;
use leptos::prelude::*;

/// `/verifiers`
#[component]
pub fn VerifiersPage() -> impl IntoView {
    let address = Address::current();
    let (chosen, problem) = Chosen::of(&address);
    loaded(verifiers_page(chosen), move |report| {
        let VerifiersReport { flash, now, base_url, verifiers } = report;
        let range = chosen.resolve(now);
        let tools = view! { <RangePicker address chosen range/> }.into_any();
        view! {
            <Frame here=Section::Verifiers title="Verifiers" flash=flash tools=tools>
                <div class="page-head">
                    <h1>"Verifiers"</h1>
                    <p class="sub">"The servers that report verification outcomes, by the source they name."</p>
                </div>
                <RangeNote problem/>
                <Sources verifiers now chosen/>
                <Connect base_url/>
            </Frame>
        }
    })
}

#[component]
fn Sources(verifiers: Vec<Verifier>, now: Timestamp, chosen: Chosen) -> impl IntoView {
    if verifiers.is_empty() {
        return view! {
            <section class="panel" aria-label="Sources">
                <div class="state empty">
                    <h2>"No verifier has reported yet"</h2>
                    <p>"Connect one as below, or replay an access log."</p>
                </div>
            </section>
        }
        .into_any();
    }
    let rows = verifiers.into_iter().map(|verifier| row(verifier, now)).collect_view();
    view! {
        <section class="panel" aria-labelledby="sources">
            <div class="panel-head">
                <h2 id="sources">"Sources"</h2>
                <p>"events of the "{chosen.in_text()}", by their own time"</p>
            </div>
            <TableWrap label="Sources">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"Source"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Clock"</th>
                            <th scope="col" class="num" aria-sort="descending">"Last heard of"</th>
                            <th scope="col" class="num">"Events"</th>
                            <th scope="col" class="num">"Error rate"</th>
                            <th scope="col">"Trend"</th>
                            <th scope="col" class="num">"First heard of"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        </section>
    }
    .into_any()
}

fn row(verifier: Verifier, now: Timestamp) -> impl IntoView {
    let Verifier { source, standing, new, skew, first_seen, last_seen, events, errors, trend } =
        verifier;
    let more = match standing {
        Standing::Silent | Standing::Gone => {
            view! { <span class="sub">"since "<Since at=last_seen now/></span> }.into_any()
        }
        Standing::Quiet if new => {
            view! { <span class="sub">"new: silent after an hour"</span> }.into_any()
        }
        Standing::Quiet => view! { <span class="sub">"as usual at this time"</span> }.into_any(),
        Standing::Reporting | Standing::Replay => ().into_any(),
    };
    // What is silent has no rate: zero would look healthy.
    let unheard = matches!(standing, Standing::Silent | Standing::Gone) && events == 0;
    let events_told = if unheard { "none".to_owned() } else { grouped(events) };
    let clock = match (standing, skew) {
        (Standing::Replay, _) | (_, Skew::Unknown) => {
            view! { <span class="muted">"–"</span> }.into_any()
        }
        (_, skew) => match skew.in_words() {
            Some((what, why)) => view! {
                <span class=skew.badge()>{what}</span>
                <span class="sub">{why}</span>
            }
            .into_any(),
            None => view! { "right" }.into_any(),
        },
    };
    view! {
        <tr>
            <th scope="row" class="wide"><code>{source}</code></th>
            <td data-label="State"><span class=standing.badge()>{standing.label()}</span>{more}</td>
            <td data-label="Clock">{clock}</td>
            <td class="num" data-label="Last heard of"><Ago at=last_seen now/></td>
            <td class="num" data-label="Events">{events_told}</td>
            <td class="num" data-label="Error rate">{percent(errors, events)}</td>
            <td class="fit" data-label="Trend"><Spark counts=trend/></td>
            <td class="num" data-label="First heard of"><Ago at=first_seen now/></td>
        </tr>
    }
}

/// How to have another server report.
#[component]
fn Connect(base_url: String) -> impl IntoView {
    let command = format!(
        "curl {base_url}/v1/events \\\n  \
         -H \"Authorization: Bearer $SITEKEEPER_TOKEN\" \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{{\"sitekey\":\"site_…\",\"code\":\"referer_denied\",\"referer\":\"https://www.shop.example/\",\"source\":\"edge-1\"}}'"
    );
    view! {
        <section class="panel" aria-labelledby="connect">
            <div class="panel-head">
                <h2 id="connect">"Connect a verifier"</h2>
                <p>"one request for each outcome, or many in one"</p>
            </div>
            <div class="pad stack-m">
                <p>
                    <a href="/settings/tokens">"Make a token"</a>
                    " with the scope "<code>"events:write"</code>
                    " and have the server send every outcome, "<code>"ok"</code>
                    " among them. Each is counted once, and answered when it is safe on disk."
                </p>
                <div class="code" role="region" aria-label="Example request" tabindex="0">
                    <pre><code>{command.clone()}</code></pre>
                </div>
                <div class="actions">
                    <CopyButton text=command/>
                    <a class="btn small" href="/v1/docs">"All of the machine API"</a>
                </div>
            </div>
        </section>
    }
}

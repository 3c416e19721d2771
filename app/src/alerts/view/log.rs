//! What a rule sent, and what waits.

use super::outcome;
use crate::alerts::model::{Delivery, Waiting, incident_path};
use crate::alerts::rules::TRIES;
use crate::ui::number::grouped;
use crate::ui::table::TableWrap;
use crate::ui::time::{Ago, Until};
use jiff::Timestamp;
use leptos::prelude::*;

/// The messages that wait: for their first try, or their next.
#[component]
pub fn WaitingPanel(
    /// Them.
    waiting: Vec<Waiting>,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    if waiting.is_empty() {
        return ().into_any();
    }
    let rows = waiting
        .into_iter()
        .map(|Waiting { incident, title, due_at, attempts }| {
            let why = if attempts == 0 {
                "Not tried yet".to_owned()
            } else {
                format!("Tried {attempts} of {TRIES} times")
            };
            let due = if due_at > now {
                view! { <Until at=due_at now/> }.into_any()
            } else {
                "now".into_any()
            };
            view! {
                <li>
                    <div class="grow">
                        <a href=incident_path(incident)>{title}</a>
                        <span class="sub">{why}</span>
                    </div>
                    <span>"Goes out "{due}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="waiting">
            <div class="panel-head">
                <h2 id="waiting">"Waiting"</h2>
                <p>"each says the state of its incident when it goes out"</p>
            </div>
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}

/// The last tries of a rule.
#[component]
pub fn LogPanel(
    /// Them, the newest first.
    log: Vec<Delivery>,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    let body = if log.is_empty() {
        view! {
            <div class="state empty">
                <h3>"Nothing was sent yet"</h3>
                <p>"Every try to send stands here, with the answer’s status. A test is one."</p>
            </div>
        }
        .into_any()
    } else {
        let rows = log.into_iter().map(|delivery| row(delivery, now)).collect_view();
        view! {
            <TableWrap label="Deliveries">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"Message"</th>
                            <th scope="col">"Outcome"</th>
                            <th scope="col" class="num">"Try"</th>
                            <th scope="col" class="num">"Answer"</th>
                            <th scope="col" class="num">"Took"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="log">
            <div class="panel-head">
                <h2 id="log">"Deliveries"</h2>
                <p>"the last 50; what fails is tried up to "{TRIES}" times in about six hours"</p>
            </div>
            {body}
        </section>
    }
}

fn row(delivery: Delivery, now: Timestamp) -> impl IntoView {
    let outcome = outcome(&delivery);
    let Delivery { said, incident, at, attempt, status, problem, took_ms, next_at } = delivery;
    let message = match incident {
        Some(incident) => view! {
            {said.label()}" "<a href=incident_path(incident)>"incident "{incident}</a>
        }
        .into_any(),
        None => said.label().into_any(),
    };
    let problem = problem.map(|problem| view! { <span class="sub">{problem.says()}</span> });
    let next = next_at.filter(|at| *at > now).map(|at| {
        view! { <span class="sub">"Next try "<Until at now/></span> }
    });
    view! {
        <tr>
            <th scope="row" class="nowrap"><Ago at now/></th>
            <td data-label="Message">{message}</td>
            <td class="wide" data-label="Outcome">{outcome}{problem}{next}</td>
            <td class="num" data-label="Try">{attempt}</td>
            <td class="num" data-label="Answer">{status.map_or_else(|| "–".to_owned(), |status| status.to_string())}</td>
            <td class="num" data-label="Took">{grouped(took_ms.into())}"\u{a0}ms"</td>
        </tr>
    }
}

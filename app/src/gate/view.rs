//! A try at the gate: any address in, the gate's own answer out.

use super::api::{Judged, explain};
use crate::rare_island;
use crate::sites::model::SiteId;
use crate::ui::load::{part, query};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long typing has to rest before the gate is asked.
const REST: Duration = Duration::from_millis(200);

/// The explainer of a site. Without script it is a form that gets the page again with `?referer=`.
#[component]
pub fn Explainer(
    /// The site whose gate is asked.
    site: SiteId,
) -> impl IntoView {
    let referer: Option<String> = query("referer");
    let asked = referer.clone();
    let load = async move {
        match asked {
            Some(referer) => explain(site, referer).await.map(Some),
            None => Ok(None),
        }
    };
    part("Test an address", load, move |judged| {
        view! { <AddressTest site referer=referer.unwrap_or_default() judged/> }
    })
}

/// The form, which asks again whenever the typing rests.
#[rare_island]
fn AddressTest(site: SiteId, referer: String, judged: Option<Judged>) -> impl IntoView {
    let answer = RwSignal::new(judged);
    let failed = RwSignal::new(None::<String>);
    let text = RwSignal::new(referer.clone());
    let asked = StoredValue::new(0_u32);
    let ask = move |rest: Duration| {
        let turn = asked.get_value().wrapping_add(1);
        asked.set_value(turn);
        let explain = move || {
            if asked.get_value() != turn {
                return;
            }
            spawn_local(async move {
                let answered = explain(site, text.get_untracked()).await;
                // A later question may have been answered first.
                if asked.get_value() == turn {
                    failed.set(answered.as_ref().err().map(ToString::to_string));
                    answer.set(answered.ok());
                }
            });
        };
        set_timeout(explain, rest);
    };
    view! {
        <div class="stack-m">
            <form
                class="inline-form"
                method="get"
                on:submit=move |event| {
                    event.prevent_default();
                    ask(Duration::ZERO);
                }
            >
                <div class="field grow">
                    <label for="referer">"Address or referer"</label>
                    <input
                        id="referer"
                        name="referer"
                        value=referer
                        placeholder="https://shop.example/cart"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        on:input=move |event| {
                            text.set(event_target_value(&event));
                            ask(REST);
                        }
                    />
                </div>
                <button>"Test"</button>
            </form>
            <div role="status">
                {move || {
                    answer
                        .get()
                        .map(|Judged { allowed, title, message, allow }| {
                            let allow = allow.map(|(host, href)| {
                                view! { <p><a class="btn small" href=href>"Allow "{host}"…"</a></p> }
                            });
                            view! {
                                <div class=if allowed { "verdict allowed" } else { "verdict denied" }>
                                    <strong>{title}</strong>
                                    <p>{message}</p>
                                    {allow}
                                </div>
                            }
                        })
                }}
                {move || failed.get().map(|message| view! { <div class="verdict"><p>{message}</p></div> })}
            </div>
        </div>
    }
}

//! Examples of events, as they were reported.

use crate::domains::rejected::in_words;
use crate::stats::model::Sample;
use crate::ui::key::shorten;
use crate::ui::table::TableWrap;
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;

/// The newest examples.
#[component]
pub fn Samples(
    /// The examples.
    samples: Vec<Sample>,
    /// When the page was made.
    now: Timestamp,
    /// Whether they stand open.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    let body = if samples.is_empty() {
        view! {
            <div class="state empty">
                <h3>"No samples"</h3>
                <p>"A capped number of events is kept whole for 7 days. Counts stay exact."</p>
            </div>
        }
        .into_any()
    } else {
        let rows = samples.into_iter().map(|sample| row(sample, now)).collect_view();
        view! {
            <TableWrap label="Samples">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Referer"</th>
                            <th scope="col">"Sitekey"</th>
                            <th scope="col">"Source"</th>
                            <th scope="col">"Client"</th>
                            <th scope="col">"Trace"</th>
                            <th scope="col">"User agent"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        }
        .into_any()
    };
    view! {
        <details class="panel disclosure" open=open>
            <summary><h2>"Samples"</h2></summary>
            {body}
        </details>
    }
}

fn row(sample: Sample, now: Timestamp) -> impl IntoView {
    let Sample { time, source, sitekey, host, referer, client, trace, user_agent, .. } = sample;
    let referer = referer.unwrap_or_else(|| in_words(&host).unwrap_or(&host).to_owned());
    view! {
        <tr>
            <th scope="row" class="nowrap"><Ago at=time now/></th>
            <td class="wide" data-label="Referer"><code>{referer}</code></td>
            <td data-label="Sitekey">{optional(sitekey)}</td>
            <td data-label="Source"><code>{source}</code></td>
            <td data-label="Client">{optional(client)}</td>
            <td data-label="Trace">{optional(trace)}</td>
            <td class="wide" data-label="User agent">{user_agent}</td>
        </tr>
    }
}

fn optional(value: Option<String>) -> impl IntoView {
    match value {
        Some(value) => {
            let shown = shorten(&value);
            view! { <code title=value>{shown}</code> }.into_any()
        }
        None => view! { <span class="muted">"none"</span> }.into_any(),
    }
}

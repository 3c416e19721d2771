//! What the tables of samples share: the columns that say where an event came from.

use crate::domains::rejected::in_words;
use crate::stats::model::Sample;
use crate::ui::key::shorten;
use leptos::prelude::*;

/// The heads of [`origin`].
pub fn origin_heads() -> impl IntoView {
    ["Referer", "Sitekey", "Source", "Client", "Trace"]
        .map(|head| view! { <th scope="col">{head}</th> })
        .into_iter()
        .collect_view()
}

/// Referer, sitekey, source, client and trace of a sample.
pub fn origin(sample: &Sample) -> impl IntoView + use<> {
    let Sample { source, sitekey, host, referer, client, trace, .. } = sample.clone();
    let referer = match (referer, in_words(&host)) {
        (Some(referer), _) => view! { <code>{referer}</code> }.into_any(),
        (None, Some(words)) => view! { <span class="muted">{words}</span> }.into_any(),
        (None, None) => view! { <code>{host}</code> }.into_any(),
    };
    view! {
        <td class="wide" data-label="Referer">{referer}</td>
        <td data-label="Sitekey">{optional(sitekey)}</td>
        <td data-label="Source"><code>{source}</code></td>
        <td data-label="Client">{optional(client)}</td>
        <td data-label="Trace">{optional(trace)}</td>
    }
}

fn optional(value: Option<String>) -> AnyView {
    match value {
        Some(value) => {
            let shown = shorten(&value);
            let title = (shown != value).then_some(value);
            view! { <code title=title>{shown}</code> }.into_any()
        }
        None => view! { <span class="muted">"none"</span> }.into_any(),
    }
}

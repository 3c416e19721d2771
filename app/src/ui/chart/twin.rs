//! The chart's twin: the same numbers as a table, on a page that was asked for it by `?table=1`.

use super::bars::{Drawing, counts, step_label};
use super::model::{Chart, Series};
use crate::ui::number::{grouped, percent};
use leptos::prelude::*;

/// The same numbers as a table, whose steps are links for the keyboard.
pub(super) fn table(
    title: &str,
    chart: &Chart,
    shown: &[Series],
    drawing: &Drawing<'_>,
) -> impl IntoView + use<> {
    let heads = shown
        .iter()
        .map(|series| view! { <th scope="col" class="num">{series.name.clone()}</th> })
        .collect_view();
    let has_rates = !drawing.attempts.is_empty();
    let rows = chart
        .starts()
        .into_iter()
        .enumerate()
        .map(|(at, start)| {
            let counts = counts(shown, at);
            let all: i64 = counts.iter().sum();
            let unheard = all == 0 && chart.is_silent_at(start);
            let told = move |count| if unheard { "no reports".to_owned() } else { grouped(count) };
            let cells = counts
                .into_iter()
                .map(|count| view! { <td class="num">{told(count)}</td> })
                .collect_view();
            let label = step_label(start, chart.step);
            let label = match drawing.step(start, chart.step) {
                Some(href) => view! { <a href=href>{label}</a> }.into_any(),
                None => label.into_any(),
            };
            let rates = has_rates.then(|| {
                let attempts = drawing.attempts_at(at);
                view! {
                    <td class="num">{grouped(attempts)}</td>
                    <td class="num">{percent(all, attempts)}</td>
                }
            });
            let then = drawing.before.get(at).map(|(count, _)| {
                view! { <td class="num">{grouped(*count)}</td> }
            });
            view! {
                <tr>
                    <th scope="row" class="nowrap">{label}</th>
                    {cells}
                    <td class="num">{told(all)}</td>
                    {rates}
                    {then}
                </tr>
            }
        })
        .collect_view();
    let rate_heads = has_rates.then(|| {
        view! {
            <th scope="col" class="num">"Attempts"</th>
            <th scope="col" class="num">"Rate"</th>
        }
    });
    let then_head =
        (!drawing.before.is_empty()).then(|| view! { <th scope="col" class="num">"Before"</th> });
    view! {
        <div class="table-wrap" role="group" aria-label=format!("{title}, as a table") tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Time, UTC"</th>
                        {heads}
                        <th scope="col" class="num">"All"</th>
                        {rate_heads}
                        {then_head}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

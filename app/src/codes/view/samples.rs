//! Examples of events, as they were reported.

use crate::stats::model::Sample;
use crate::stats::view::{origin, origin_heads};
use crate::ui::number::counted;
use crate::ui::table::TableWrap;
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;

/// The newest examples.
#[component]
pub fn Samples(
    /// The examples.
    samples: Vec<Sample>,
    /// For how many days examples are kept.
    days: u16,
    /// When the page was made.
    now: Timestamp,
    /// Whether they stand open.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    let body = if samples.is_empty() {
        let kept = counted(days.into(), "day", "days");
        view! {
            <div class="state empty">
                <h3>"No samples"</h3>
                <p>"A capped number of events is kept whole for "{kept}". Counts stay exact."</p>
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
                            {origin_heads()}
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
    view! {
        <tr>
            <th scope="row" class="nowrap"><Ago at=sample.time now/></th>
            {origin(&sample)}
            <td class="wide" data-label="User agent">{sample.user_agent}</td>
        </tr>
    }
}

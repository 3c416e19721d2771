//! The hosts that events came from, on whichever page.

use crate::domains::rejected::in_words;
use crate::stats::model::HostCount;
use crate::ui::key::HostName;
use crate::ui::number::percent;
use crate::ui::share::Share;
use crate::ui::table::TableWrap;
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;

/// A table of hosts, in their order.
#[component]
pub fn HostsTable(
    /// The hosts.
    hosts: Vec<HostCount>,
    /// What their counts count: `Attempts`.
    of: &'static str,
    /// What a share is taken of: all that was counted as the hosts were, by whole hours. Without it none is
    /// shown.
    #[prop(optional)]
    whole: Option<i64>,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    let largest = hosts.iter().map(|host| host.count).max().unwrap_or(0);
    let rows = hosts
        .into_iter()
        .map(|HostCount { host, count, first_seen, last_seen }| {
            let name = match in_words(&host) {
                Some(words) => view! { <span class="muted">{words}</span> }.into_any(),
                None => view! { <HostName host/> }.into_any(),
            };
            let share = whole.map(|whole| {
                view! { <td class="num" data-label="Share">{percent(count, whole)}</td> }
            });
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="num" data-label=of><Share part=count whole=largest hue=1/></td>
                    {share}
                    <td class="num" data-label="First seen"><Ago at=first_seen now/></td>
                    <td class="num" data-label="Last seen"><Ago at=last_seen now/></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableWrap label="Hosts">
            <table class="table stacked hosts">
                <thead>
                    <tr>
                        <th scope="col">"Host"</th>
                        <th scope="col" class="num">{of}</th>
                        {whole.map(|_| view! { <th scope="col" class="num">"Share"</th> })}
                        <th scope="col" class="num">"First seen"</th>
                        <th scope="col" class="num">"Last seen"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
    }
}

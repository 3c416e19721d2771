//! What a change would have done to the last seven days' traffic, as lines of a confirm page.

use crate::domains::host;
use crate::domains::replay::Tally;
use crate::ui::number::{a_day, counted};
use leptos::prelude::*;

/// How many hosts are named; the rest are counted.
const NAMED: usize = 5;

/// The denials that would have been cleared; nothing without any.
pub(super) fn clears(tally: &Tally) -> Vec<AnyView> {
    if tally.is_empty() {
        return Vec::new();
    }
    let denials = counted(tally.requests, "denial", "denials");
    vec![
        view! { "Would have let through "<strong>{denials}</strong>" of the last 7 days" }
            .into_any(),
        from_hosts(tally),
    ]
}

/// The requests a day that would be denied from now on; nothing without any. Averages are taken over
/// `hours`.
pub(super) fn denies(tally: &Tally, hours: i64) -> Vec<AnyView> {
    if tally.is_empty() {
        return Vec::new();
    }
    let average = format!("{} requests a day", a_day(tally.requests, hours));
    vec![
        view! { "Denies "<strong>{average}</strong>", as of the last 7 days" }.into_any(),
        from_hosts(tally),
    ]
}

fn from_hosts(tally: &Tally) -> AnyView {
    let count = counted(tally.len(), "host", "hosts");
    let named = tally.hosts.iter().take(NAMED).enumerate().map(|(at, (name, _))| {
        let name = host::unicode(name).into_owned();
        view! { {if at == 0 { ": " } else { ", " }}<code>{name}</code> }
    });
    let named = named.collect_view();
    let rest = (tally.hosts.len() > NAMED).then_some(" and others");
    view! { "From "<strong>{count}</strong>{named}{rest} }.into_any()
}

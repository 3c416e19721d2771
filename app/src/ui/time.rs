//! How instants are written: relative while recent, the exact one always on hover. All in UTC.

use jiff::Timestamp;
use leptos::prelude::*;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const TWO_DAYS: i64 = 2 * DAY;
const WEEK: i64 = 7 * DAY;
/// What lies less far ahead is due to clocks that differ.
const AHEAD: i64 = -MINUTE;

/// To the second: `2026-11-23 14:02:05 UTC`.
pub fn utc(at: Timestamp) -> String {
    at.strftime("%F %T UTC").to_string()
}

/// The same for machines: `2026-11-23T14:02:05Z`.
fn machine(at: Timestamp) -> String {
    at.strftime("%FT%TZ").to_string()
}

/// How long ago `at` was, as seen at `now`: `12 min ago`, `9 Nov`, `3 Mar 2025`. What lies ahead is
/// written as its day and time.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    match seconds {
        ..AHEAD => moment(at, now),
        AHEAD..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => format!("{}\u{a0}min ago", seconds / MINUTE),
        HOUR..DAY => format!("{}\u{a0}h ago", seconds / HOUR),
        DAY..TWO_DAYS => "1\u{a0}day ago".to_owned(),
        TWO_DAYS..WEEK => format!("{}\u{a0}days ago", seconds / DAY),
        _ => day(at, now),
    }
}

/// A day: `9 Nov`, and with its year when that is another than now.
pub fn day(at: Timestamp, now: Timestamp) -> String {
    let format = if at.strftime("%Y").to_string() == now.strftime("%Y").to_string() {
        "%-d\u{a0}%b"
    } else {
        "%-d\u{a0}%b\u{a0}%Y"
    };
    at.strftime(format).to_string()
}

/// A day and a time: `30 Nov, 14:05 UTC`.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    format!("{}, {}", day(at, now), at.strftime("%H:%M\u{a0}UTC"))
}

/// A time of this day, or a day and a time: `14:05 UTC`, `30 Nov, 14:05 UTC`. For what goes on.
pub fn since(at: Timestamp, now: Timestamp) -> String {
    if at.strftime("%F").to_string() == now.strftime("%F").to_string() {
        at.strftime("%H:%M\u{a0}UTC").to_string()
    } else {
        moment(at, now)
    }
}

/// When something began that goes on.
#[component]
pub fn Since(
    /// The instant.
    at: Timestamp,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    view! { <time datetime=machine(at) title=utc(at)>{since(at, now)}</time> }
}

/// An instant in the past, relative to `now`.
#[component]
pub fn Ago(
    /// The instant.
    at: Timestamp,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    view! { <time datetime=machine(at) title=utc(at)>{ago(at, now)}</time> }
}

/// An instant ahead, by day and time.
#[component]
pub fn Until(
    /// The instant.
    at: Timestamp,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    view! { <time datetime=machine(at) title=utc(at)>{moment(at, now)}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn what_goes_on_began_at_a_time() {
        let now: Timestamp = "2026-11-23T14:02:05Z".parse().unwrap();
        assert_eq!(since("2026-11-23T09:05:59Z".parse().unwrap(), now), "09:05\u{a0}UTC");
        let before = since("2026-11-22T23:59:59Z".parse().unwrap(), now);
        assert_eq!(before, "22\u{a0}Nov, 23:59\u{a0}UTC");
    }

    #[test]
    fn the_recent_is_relative_and_the_old_a_day() {
        let now: Timestamp = "2026-11-23T14:02:05Z".parse().unwrap();
        let before = |seconds| ago(now - SignedDuration::from_secs(seconds), now);
        assert_eq!(before(0), "just now");
        assert_eq!(before(59), "just now");
        assert_eq!(before(60), "1\u{a0}min ago");
        assert_eq!(before(2 * HOUR), "2\u{a0}h ago");
        assert_eq!(before(DAY), "1\u{a0}day ago");
        assert_eq!(before(3 * DAY), "3\u{a0}days ago");
        assert_eq!(before(14 * DAY), "9\u{a0}Nov");
        assert_eq!(before(400 * DAY), "19\u{a0}Oct\u{a0}2025");
        assert_eq!(before(-7 * DAY), "30\u{a0}Nov, 14:02\u{a0}UTC");
        assert_eq!(utc(now), "2026-11-23 14:02:05 UTC");
    }
}

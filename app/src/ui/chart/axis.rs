//! The time axis: where its labels stand and what they say, in UTC.

use super::geometry::round;
use crate::stats::model::Range;
use jiff::{SignedDuration, Timestamp};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The distances between two labels to choose from, in seconds.
const SPACINGS: [i64; 20] = [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    8 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    91 * DAY,
    364 * DAY,
    3640 * DAY,
];
/// The most distances between labels.
const MOST: i64 = 8;
/// How much of the width a character takes, at most, in per cent.
const CHARACTER: f64 = 0.65;
/// How near a label may come to the last one.
const CLEAR_OF_LAST: f64 = 7.0;

/// Where a label stands among the others, which decides whether a narrow chart keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the left end, aligned to it.
    First,
    /// Nearest to the middle.
    Middle,
    /// Left out where there is little room.
    Minor,
    /// At the right end, aligned to it.
    Last,
}

impl Place {
    /// Its class.
    pub(super) const fn class(self) -> Option<&'static str> {
        match self {
            Self::First => Some("first"),
            Self::Middle => None,
            Self::Minor => Some("minor"),
            Self::Last => Some("last"),
        }
    }
}

/// One label of the axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    /// Its place in per cent of the width.
    pub x: f64,
    /// What it says.
    pub label: String,
    /// Whether it may be left out.
    pub place: Place,
}

/// The labels of an axis over `range` in steps of `step` seconds, as seen at `now`.
pub(super) fn ticks(range: Range, step: i64, now: Timestamp) -> Vec<Tick> {
    let length = range.length().as_secs().max(1);
    let fits = |spacing: &i64| *spacing >= step && length / spacing <= MOST;
    let spacing = SPACINGS.into_iter().find(fits);
    let spacing = spacing.unwrap_or(length);
    let first = first_label(range, spacing, now);
    let clear_of_first = 3.0 + CHARACTER * u8::try_from(first.len()).map_or(0.0, f64::from);
    let mut inner: Vec<Tick> = multiples(range, spacing)
        .map(|instant| Tick {
            x: position(range, instant),
            label: label(instant, spacing),
            place: Place::Minor,
        })
        .filter(|tick| (clear_of_first..=100.0 - CLEAR_OF_LAST).contains(&tick.x))
        .collect();
    let from_middle = |tick: &Tick| (tick.x - 50.0).abs();
    let middle =
        inner.iter_mut().min_by(|one, other| from_middle(one).total_cmp(&from_middle(other)));
    // Nearer to an end, it would run into that end's label on a narrow screen.
    if let Some(middle) = middle.filter(|middle| from_middle(middle) < 10.0) {
        middle.place = Place::Middle;
    }
    let first = Tick { x: 0.0, label: first, place: Place::First };
    let last = Tick { x: 100.0, label: last_label(range, spacing, now), place: Place::Last };
    [first].into_iter().chain(inner).chain([last]).collect()
}

/// Where `instant` stands in `range`, in per cent, held within it.
pub(super) fn position(range: Range, instant: Timestamp) -> f64 {
    let since = instant.duration_since(range.from).as_secs_f64();
    let length = range.length().as_secs_f64().max(1.0);
    round((since / length * 100.0).clamp(0.0, 100.0))
}

/// The multiples of `spacing` within a range, counted from midnight on a Monday.
fn multiples(range: Range, spacing: i64) -> impl Iterator<Item = Timestamp> {
    // The Unix epoch was a Thursday.
    const MONDAY: i64 = 4 * DAY;
    let first = (range.from.as_second() - MONDAY).div_euclid(spacing) * spacing + MONDAY;
    (0..=MOST + 2)
        .filter_map(move |at| Timestamp::from_second(first + at * spacing).ok())
        .filter(move |instant| (range.from..range.to).contains(instant))
}

fn label(instant: Timestamp, spacing: i64) -> String {
    let midnight = instant.as_second().rem_euclid(DAY) == 0;
    let format = if spacing >= 91 * DAY {
        "%b %Y"
    } else if spacing >= DAY || midnight {
        "%-d %b"
    } else {
        "%H:%M"
    };
    instant.strftime(format).to_string()
}

/// The first label also says the day, and the year unless that is the present one.
fn first_label(range: Range, spacing: i64, now: Timestamp) -> String {
    let year = |instant: Timestamp| instant.strftime("%Y").to_string();
    let this_year = year(range.from) == year(now);
    let format = match (spacing >= DAY, this_year) {
        (true, true) => "%-d %b",
        (true, false) => "%-d %b %Y",
        (false, true) => "%a %-d %b %H:%M",
        (false, false) => "%-d %b %Y %H:%M",
    };
    range.from.strftime(format).to_string()
}

fn last_label(range: Range, spacing: i64, now: Timestamp) -> String {
    // A last step that is not over yet ends in the future.
    if range.to >= now || now.duration_since(range.to) < SignedDuration::from_mins(1) {
        return "now".to_owned();
    }
    let midnight = range.to.as_second().rem_euclid(DAY) == 0;
    let format = if spacing >= DAY || midnight { "%-d %b" } else { "%H:%M" };
    range.to.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(from: &str, to: &str, step: i64, now: &str) -> Vec<String> {
        let range = Range::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        ticks(range, step, now.parse().unwrap()).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn a_day_is_labelled_by_hours_and_an_old_log_by_its_year() {
        let now = "2026-11-23T18:00:00Z";
        assert_eq!(
            labels("2026-11-22T18:00:00Z", now, 1800, now),
            ["Sun 22 Nov 18:00", "23 Nov", "03:00", "06:00", "09:00", "12:00", "15:00", "now"]
        );
        let log = labels("2015-05-17T10:00:00Z", "2015-05-19T21:00:00Z", HOUR, now);
        assert_eq!(log.first().unwrap(), "17 May 2015 10:00");
        assert_eq!(log.last().unwrap(), "21:00");
        assert!(log.contains(&"18 May".to_owned()) && log.contains(&"16:00".to_owned()), "{log:?}");
        let days = labels("2015-05-17T00:00:00Z", "2015-05-20T00:00:00Z", DAY, now);
        assert_eq!(days, ["17 May 2015", "18 May", "19 May", "20 May"]);
        let years = labels("2015-01-01T00:00:00Z", "2019-01-01T00:00:00Z", 28 * DAY, now);
        assert_eq!(years[0], "1 Jan 2015");
    }

    proptest! {
        #[test]
        fn labels_stand_in_order_and_apart(from in 0_i64..4_000_000_000, length in 1_i64..1_000_000_000) {
            let start = Timestamp::from_second(from).unwrap();
            let end = Timestamp::from_second(from + length).unwrap();
            let ticks = ticks(Range::new(start, end).unwrap(), MINUTE, end);
            prop_assert!((2..=12).contains(&ticks.len()));
            prop_assert_eq!(ticks[0].place, Place::First);
            prop_assert!(ticks.iter().filter(|tick| tick.place == Place::Middle).count() <= 1);
            for pair in ticks.windows(2) {
                prop_assert!(pair[1].x - pair[0].x >= 5.0, "{:?}", pair);
            }
        }
    }
}

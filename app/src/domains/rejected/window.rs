//! What rejected hosts are counted over.

use crate::stats::model::{Grain, Range};
use jiff::{SignedDuration, Timestamp};

/// From this length on, what is read begins with a whole day.
const LONG: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What to read for `range`, as seen at `now`. A day that has not ended is read whole: nothing happened
/// after now, and a host has one row a day, but one an hour. A long range also begins with a whole day,
/// for the same reason; also of one site, so that a host counts the same there as among all.
#[must_use]
pub fn counted_over(range: Range, now: Timestamp) -> Range {
    let from = if range.length() >= LONG { Grain::Day.floor(range.from) } else { range.from };
    let to = if range.to >= now { Grain::Day.ceil(range.to) } else { range.to };
    Range { from, to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_are_read_where_that_counts_the_same_or_is_said() {
        let now: Timestamp = "2026-11-28T16:43:00Z".parse().unwrap();
        let read = |hours| {
            let range = Range::ending(now, SignedDuration::from_hours(hours));
            let Range { from, to } = counted_over(range, now);
            [from, to].map(|at| at.strftime("%d %H:%M").to_string())
        };
        assert_eq!(read(24), ["27 16:43", "29 00:00"]);
        assert_eq!(read(7 * 24), ["21 00:00", "29 00:00"]);
        let past =
            Range::ending(now - SignedDuration::from_hours(2), SignedDuration::from_hours(1));
        assert_eq!(counted_over(past, now), past);
    }
}

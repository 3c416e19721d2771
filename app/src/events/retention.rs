//! How long counts and samples are kept, and from when on each table really holds everything.
//!
//! Shortening takes effect at once. After lengthening, what was thrown away before stays away: a
//! table holds everything only from [`Kept::since`] on, and reads go by that.

use super::model::Retention;
use super::rules::Floors;
use crate::error::Refusal;
use jiff::{SignedDuration, Timestamp};

/// The fewest and the most days a table may be told to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Pages need at least so much.
    pub least: u16,
    /// More partitions than this would make every statement slow to plan.
    pub most: u16,
}

/// Of the rollups by minute: the last 24 hours are counted by them.
pub const MINUTE_DAYS: Bounds = Bounds { least: 2, most: 400 };
/// Of the rollups by hour: a usual week is read from two.
pub const HOUR_DAYS: Bounds = Bounds { least: 15, most: 36_500 };
/// Of the hosts by hour: changes of domains are judged by the last seven days.
pub const HOST_HOUR_DAYS: Bounds = Bounds { least: 8, most: 400 };
/// Of the samples.
pub const SAMPLE_DAYS: Bounds = Bounds { least: 1, most: 90 };

impl Retention {
    /// Itself, if it makes sense.
    ///
    /// # Errors
    ///
    /// Refuses days out of [`Bounds`], and minutes kept for longer than hours: a range is read in
    /// coarser buckets the older it is.
    pub fn checked(self) -> Result<Self, Refusal> {
        let each = [
            ("minute counts", self.minute_days, MINUTE_DAYS),
            ("hour counts", self.hour_days, HOUR_DAYS),
            ("hosts by hour", self.host_hour_days, HOST_HOUR_DAYS),
            ("samples", self.sample_days, SAMPLE_DAYS),
        ];
        for (what, days, Bounds { least, most }) in each {
            if !(least..=most).contains(&days) {
                let message = format!("Keep {what} for {least} to {most} days, not {days}.");
                return Err(Refusal::new("out_of_bounds", "retention", message));
            }
        }
        if self.minute_days > self.hour_days {
            let Self { minute_days, hour_days, .. } = self;
            let message = format!(
                "Minute counts cannot be kept longer ({minute_days} days) than hour counts ({hour_days} days): \
                 keep minutes for at most {hour_days} days, or hours for at least {minute_days}."
            );
            return Err(Refusal::new("minutes_beyond_hours", "retention", message));
        }
        Ok(self)
    }
}

/// What an installation keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// For how long.
    pub retention: Retention,
    /// Nothing earlier is held whole, however long the retention: it was shorter once.
    pub since: Floors,
}

impl Default for Kept {
    fn default() -> Self {
        Retention::default().into()
    }
}

impl From<Retention> for Kept {
    fn from(retention: Retention) -> Self {
        Self { retention, since: Floors::ALWAYS }
    }
}

impl Kept {
    /// The first instants that are held at `now`. They only ever move forward.
    pub fn floors(&self, now: Timestamp) -> Floors {
        self.retention.floors(now).later(self.since)
    }

    /// Before these instants, counts have gone to coarser tables only, or will have by the time the
    /// last process hears of a change made at `now`: tomorrow at the latest.
    pub fn thrown_away(&self, now: Timestamp) -> Floors {
        self.floors(now.checked_add(SignedDuration::from_hours(24)).unwrap_or(now))
    }

    /// The same under another retention from `now` on. `counted` holds, for each instant of
    /// [`Kept::thrown_away`], the end of the last day before it with any count, or
    /// [`Timestamp::MIN`]: of what comes after that, nothing is missing, for there was nothing.
    #[must_use]
    pub fn changed(&self, retention: Retention, now: Timestamp, counted: &Floors) -> Self {
        let old = self.thrown_away(now);
        let since = |longer: bool, since: Timestamp, old: Timestamp, counted: Timestamp| {
            if longer { counted.min(old) } else { since }
        };
        let (was, is) = (self.retention, retention);
        Self {
            retention,
            since: Floors {
                minute: since(
                    is.minute_days > was.minute_days,
                    self.since.minute,
                    old.minute,
                    counted.minute,
                ),
                hour: since(is.hour_days > was.hour_days, self.since.hour, old.hour, counted.hour),
                host_hour: since(
                    is.host_hour_days > was.host_hour_days,
                    self.since.host_hour,
                    old.host_hour,
                    counted.host_hour,
                ),
                // Samples are examples: nobody counts them.
                sample: Timestamp::MIN,
            },
        }
    }
}

impl Floors {
    /// Everything ever.
    pub const ALWAYS: Self = Self {
        minute: Timestamp::MIN,
        hour: Timestamp::MIN,
        host_hour: Timestamp::MIN,
        sample: Timestamp::MIN,
    };

    /// Of each table the later instant.
    #[must_use]
    pub fn later(self, other: Self) -> Self {
        Self {
            minute: self.minute.max(other.minute),
            hour: self.hour.max(other.hour),
            host_hour: self.host_hour.max(other.host_hour),
            sample: self.sample.max(other.sample),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::constant(1_781_526_896, 0); // 2026-06-15T12:34:56Z
    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn days(minute: u16, hour: u16) -> Retention {
        Retention { minute_days: minute, hour_days: hour, ..Retention::default() }
    }

    #[test]
    fn a_retention_that_makes_no_sense_is_refused_with_what_would() {
        assert_eq!(Retention::default().checked(), Ok(Retention::default()));
        let refused = |retention: Retention| retention.checked().unwrap_err().message;
        assert_eq!(refused(days(1, 400)), "Keep minute counts for 2 to 400 days, not 1.");
        assert_eq!(refused(days(30, 14)), "Keep hour counts for 15 to 36500 days, not 14.");
        assert!(refused(days(40, 20)).contains("minutes for at most 20 days"));
        let none = Retention { sample_days: 0, ..Retention::default() };
        assert_eq!(refused(none), "Keep samples for 1 to 90 days, not 0.");
    }

    fn day(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn counted(until: Timestamp) -> Floors {
        Floors { minute: until, hour: until, host_hour: until, sample: until }
    }

    #[test]
    fn a_longer_retention_does_not_bring_back_what_was_thrown_away() {
        let before = Kept::from(days(30, 400));
        // Counts up to the very day that goes next.
        let longer = before.changed(days(60, 400), NOW, &before.thrown_away(NOW));
        assert_eq!(longer.floors(NOW).minute, day("2026-05-17T00:00Z"));
        assert_eq!(longer.floors(NOW).hour, before.floors(NOW).hour);
        // In time the longer retention alone decides.
        let later = NOW + DAY * 90;
        assert_eq!(longer.floors(later), Kept::from(days(60, 400)).floors(later));
        // A log of 2015 lies far before: between it and now nothing is missing.
        let old = day("2015-05-21T00:00Z");
        let longer = before.changed(days(30, 36_500), NOW, &counted(old));
        assert_eq!(longer.floors(NOW).hour, old);
        // Nothing was ever counted: everything to come will be kept.
        let longer = before.changed(days(30, 36_500), NOW, &Floors::ALWAYS);
        assert!(longer.floors(NOW).hour < day("1990-01-01T00:00Z"));
    }

    proptest! {
        #[test]
        fn floors_never_move_back(
            changes in prop::collection::vec((2_u16..400, 15_u16..1_000, 0_i32..60), 1..8),
        ) {
            // The worst case for every change: counts on every day.
            let (mut kept, mut now) = (Kept::default(), NOW);
            for (minute, hour, wait) in changes {
                let before = kept.floors(now);
                kept = kept.changed(days(minute, hour), now, &kept.thrown_away(now));
                let after = kept.floors(now);
                prop_assert!(after.minute >= before.minute && after.hour >= before.hour);
                now += DAY * wait;
            }
        }
    }
}

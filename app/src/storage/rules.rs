//! Whether the storage is looked after, and how sizes are written.

use super::model::{Job, Storage};
use jiff::{SignedDuration, Timestamp};

/// The job runs every hour; after two without, something is wrong.
pub const LATE_AFTER: SignedDuration = SignedDuration::from_mins(2 * 60 + 10);
/// Less than this ahead, partitions are about to run out. They are made two days ahead.
pub const SHORT_HORIZON: SignedDuration = SignedDuration::from_hours(24);

/// How the job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its last run went well, not long ago.
    Well,
    /// It has not run yet, which is so for the first minutes of an installation.
    Awaited,
    /// Its last run went wrong.
    Failed,
    /// It has not run for too long.
    Late,
}

impl Standing {
    /// A word or two.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Well => "Working",
            Self::Awaited => "Not run yet",
            Self::Failed => "Failed",
            Self::Late => "Late",
        }
    }

    /// The class of its badge.
    pub const fn badge(self) -> &'static str {
        match self {
            Self::Well => "badge ok",
            Self::Awaited => "badge",
            Self::Failed => "badge bad",
            Self::Late => "badge warn",
        }
    }
}

/// How the job does at `now`.
pub fn standing(job: Option<&Job>, now: Timestamp) -> Standing {
    let Some(job) = job else { return Standing::Awaited };
    if job.error.is_some() {
        Standing::Failed
    } else if now.duration_since(job.ran_at) > LATE_AFTER {
        Standing::Late
    } else {
        Standing::Well
    }
}

/// Whether some table will soon have nowhere to put what happens.
pub fn is_short(horizon: Option<Timestamp>, now: Timestamp) -> bool {
    horizon.is_none_or(|horizon| horizon.duration_since(now) < SHORT_HORIZON)
}

impl Storage {
    /// All bytes on disk.
    pub fn bytes(&self) -> i64 {
        self.tables.iter().map(|table| table.bytes).sum()
    }
}

/// Bytes as people read them: `4.2 MB`.
pub fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1_000 {
        return format!("{bytes}\u{a0}B");
    }
    // In tenths of the next unit, rounded half up.
    let mut tenths = i128::from(bytes) / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths = (tenths + 500) / 1_000;
        unit += 1;
    }
    match (tenths / 10, tenths % 10) {
        (whole @ 100.., _) | (whole, 0) => format!("{whole}\u{a0}{}", UNITS[unit]),
        (whole, rest) => format!("{whole}.{rest}\u{a0}{}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::constant(1_781_526_896, 0);

    fn job(age: SignedDuration, error: Option<&str>) -> Job {
        Job {
            ran_at: NOW - age,
            took_ms: 12,
            made: 3,
            dropped: 0,
            error: error.map(str::to_owned),
            succeeded_at: None,
        }
    }

    #[test]
    fn a_job_that_failed_or_stopped_is_told() {
        let hour = SignedDuration::from_hours(1);
        assert_eq!(standing(None, NOW), Standing::Awaited);
        assert_eq!(standing(Some(&job(hour, None)), NOW), Standing::Well);
        assert_eq!(standing(Some(&job(hour * 3, None)), NOW), Standing::Late);
        assert_eq!(standing(Some(&job(hour, Some("disk full"))), NOW), Standing::Failed);
        assert!(is_short(None, NOW));
        assert!(is_short(Some(NOW + hour * 23), NOW));
        assert!(!is_short(Some(NOW + hour * 25), NOW));
    }

    #[test]
    fn bytes_are_read_at_a_glance() {
        assert_eq!(bytes(0), "0\u{a0}B");
        assert_eq!(bytes(8_192), "8.1\u{a0}kB");
        assert_eq!(bytes(49_152), "49.1\u{a0}kB");
        assert_eq!(bytes(4_200_000), "4.2\u{a0}MB");
        assert_eq!(bytes(5_000_000), "5\u{a0}MB");
        assert_eq!(bytes(123_456_789), "123\u{a0}MB");
        assert_eq!(bytes(12_345_678_901), "12.3\u{a0}GB");
    }

    proptest! {
        #[test]
        fn bytes_never_need_more_than_a_few_characters(count in 0..=i64::MAX) {
            prop_assert!(bytes(count).chars().count() <= 9, "{}", bytes(count));
        }
    }
}

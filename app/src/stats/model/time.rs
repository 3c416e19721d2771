//! Buckets, ranges and steps.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The sizes of bucket that are kept. Buckets begin at UTC minutes, hours, days and Mondays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One UTC day.
    Day,
    /// Seven UTC days from a Monday on. Some rollups have it, to add up long ranges faster; no series
    /// is cut by it.
    Week,
}

impl Grain {
    /// All of them, finest first.
    pub const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Week];

    /// Its length in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
        }
    }

    /// Its length.
    pub const fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds())
    }

    /// The start of the bucket that holds `instant`.
    pub fn floor(self, instant: Timestamp) -> Timestamp {
        match self {
            Self::Minute | Self::Hour | Self::Day => floor(instant, self.seconds()),
            Self::Week => floor_from_monday(instant, self.seconds()),
        }
    }

    /// The first bucket boundary at or after `instant`.
    pub fn ceil(self, instant: Timestamp) -> Timestamp {
        let floor = self.floor(instant);
        if floor == instant {
            floor
        } else {
            floor.checked_add(self.duration()).unwrap_or(Timestamp::MAX)
        }
    }
}

/// The last multiple of `seconds` since the Unix epoch at or before `instant`.
fn floor(instant: Timestamp, seconds: i64) -> Timestamp {
    // A Timestamp truncates towards the epoch; only whole seconds and a sign matter here.
    let whole = instant.as_second() - i64::from(instant.subsec_nanosecond() < 0);
    Timestamp::from_second(whole.div_euclid(seconds) * seconds).unwrap_or(Timestamp::MIN)
}

/// The last multiple of `seconds` since a Monday at or before `instant`.
fn floor_from_monday(instant: Timestamp, seconds: i64) -> Timestamp {
    let since_monday = instant.checked_sub(FIRST_MONDAY).ok();
    since_monday
        .and_then(|shifted| floor(shifted, seconds).checked_add(FIRST_MONDAY).ok())
        .unwrap_or(Timestamp::MIN)
}

/// The instants from `from` up to, not including, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

impl Range {
    /// The range, or nothing when it would hold no instant.
    pub fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// The `length` before `to`.
    pub fn ending(to: Timestamp, length: SignedDuration) -> Self {
        let from = to.checked_sub(length.max(SignedDuration::from_secs(1)));
        Self { from: from.unwrap_or(Timestamp::MIN), to }
    }

    /// How long it is.
    pub fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// As long a range that ends where this one begins.
    #[must_use]
    pub fn previous(&self) -> Self {
        Self::ending(self.from, self.length())
    }
}

/// From the Unix epoch, a Thursday, to the first Monday after it.
const FIRST_MONDAY: SignedDuration = SignedDuration::from_hours(4 * 24);

/// How a series is cut: by steps of so many buckets of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// The rollup that is read.
    pub grain: Grain,
    /// How many of its buckets make one step.
    pub multiple: u8,
}

impl Step {
    /// One bucket of `grain` a step.
    pub const fn single(grain: Grain) -> Self {
        Self { grain, multiple: 1 }
    }

    /// Its length in seconds.
    pub const fn seconds(self) -> i64 {
        self.grain.seconds() * self.multiple as i64
    }

    /// The longer of the two.
    #[must_use]
    pub const fn max_of(self, other: Self) -> Self {
        if other.seconds() > self.seconds() { other } else { self }
    }

    /// Its length.
    pub const fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds())
    }

    /// The start of the step that holds `instant`. Steps of several days are counted from a Monday.
    pub fn floor(self, instant: Timestamp) -> Timestamp {
        match self.grain {
            Grain::Minute | Grain::Hour => floor(instant, self.seconds()),
            Grain::Day | Grain::Week => floor_from_monday(instant, self.seconds()),
        }
    }

    /// An instant at which a step begins.
    pub fn origin(self) -> Timestamp {
        self.floor(Timestamp::UNIX_EPOCH)
    }
}

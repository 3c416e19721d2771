//! What is asked of the statistics, and what they answer.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The sizes of bucket that are kept. Buckets begin at UTC minutes, hours and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One UTC day.
    Day,
}

impl Grain {
    /// All of them, finest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// Its length.
    pub const fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds())
    }

    /// The start of the bucket that holds `instant`.
    pub fn floor(self, instant: Timestamp) -> Timestamp {
        floor(instant, self.seconds())
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

    /// Its length.
    pub const fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds())
    }

    /// The start of the step that holds `instant`. Steps of several days are counted from a Monday.
    pub fn floor(self, instant: Timestamp) -> Timestamp {
        let since_monday = |instant: Timestamp| instant.checked_sub(FIRST_MONDAY).ok();
        match self.grain {
            Grain::Minute | Grain::Hour => floor(instant, self.seconds()),
            Grain::Day => since_monday(instant)
                .and_then(|shifted| floor(shifted, self.seconds()).checked_add(FIRST_MONDAY).ok())
                .unwrap_or(Timestamp::MIN),
        }
    }

    /// An instant at which a step begins.
    pub fn origin(self) -> Timestamp {
        self.floor(Timestamp::UNIX_EPOCH)
    }
}

/// The `bucket` of a question over the machine API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub enum Bucket {
    /// A row a minute.
    Minute,
    /// A row an hour.
    Hour,
    /// A row a UTC day.
    Day,
    /// One row for the whole range.
    #[default]
    None,
}

impl Bucket {
    /// The bucket of this name, as in `hour`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "none" => Self::None,
            _ => return None,
        })
    }

    /// The size of its buckets; nothing for the whole range.
    pub const fn grain(self) -> Option<Grain> {
        match self {
            Self::Minute => Some(Grain::Minute),
            Self::Hour => Some(Grain::Hour),
            Self::Day => Some(Grain::Day),
            Self::None => None,
        }
    }
}

impl From<Grain> for Bucket {
    fn from(grain: Grain) -> Self {
        match grain {
            Grain::Minute => Self::Minute,
            Grain::Hour => Self::Hour,
            Grain::Day => Self::Day,
        }
    }
}

/// What counts are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub enum GroupBy {
    /// `ok` and the error codes.
    Code,
    /// The site's id; null for events that belong to none.
    Site,
    /// The referer's host; empty without a referer, `?` without a usable host, `*` for all hosts
    /// that found no room.
    Host,
    /// The sitekey; null for events without a known one.
    Sitekey,
    /// The source that reported.
    Source,
}

impl GroupBy {
    /// The grouping of this name, as in `sitekey`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "code" => Self::Code,
            "site" => Self::Site,
            "host" => Self::Host,
            "sitekey" => Self::Sitekey,
            "source" => Self::Source,
            _ => return None,
        })
    }
}

/// Which events are meant: those that match every part that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this site; 0 for events that belong to none.
    pub site: Option<i64>,
    /// With this code.
    pub code: Option<String>,
    /// From this host, as [`GroupBy::Host`] names it.
    pub host: Option<String>,
    /// With this sitekey.
    pub sitekey: Option<String>,
    /// From this source.
    pub source: Option<String>,
}

impl Filter {
    /// Everything of one code.
    pub fn code(code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..Self::default() }
    }

    /// Everything of one site.
    pub fn site(site: i64) -> Self {
        Self { site: Some(site), ..Self::default() }
    }
}

/// What a row is counted under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// No site or no sitekey, or a count that was not grouped.
    Null,
    /// A site's id.
    Site(i64),
    /// A code, host, sitekey or source.
    Name(String),
}

/// One count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is counted under.
    pub key: Key,
    /// The start of its bucket; the start of the range without buckets.
    pub start: Timestamp,
    /// How many events.
    pub count: i64,
}

/// The answer to a question, with the range it really covers: where a finer rollup no longer holds
/// that time, the range was widened to whole buckets of a coarser one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer<T> {
    /// What was counted over.
    pub range: Range,
    /// The counts.
    pub rows: Vec<T>,
}

/// A host and what came from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCount {
    /// The host, as [`GroupBy::Host`] names it.
    pub host: String,
    /// How many events.
    pub count: i64,
    /// When the first of the range happened (of its first bucket, where that reaches further back).
    pub first_seen: Timestamp,
    /// When the last one happened.
    pub last_seen: Timestamp,
}

/// A host on one site, and what came from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteHostCount {
    /// The site; 0 for events that belong to none.
    pub site: i64,
    /// The host, as [`GroupBy::Host`] names it.
    pub host: String,
    /// How many events.
    pub count: i64,
    /// When the first of the range happened (of its first bucket, where that reaches further back).
    pub first_seen: Timestamp,
    /// When the last one happened.
    pub last_seen: Timestamp,
}

/// A code with its count and its course over the range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeTrend {
    /// `ok` or an error code.
    pub code: String,
    /// How many events.
    pub count: i64,
    /// The counts of the range's steps, oldest first, without gaps.
    pub trend: Vec<i64>,
}

/// What happened on a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteCount {
    /// The site; 0 for events that belong to none.
    pub site: i64,
    /// All verification outcomes.
    pub attempts: i64,
    /// Those that were not `ok`.
    pub errors: i64,
}

/// A source and when it was heard of, by our clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSeen {
    /// Its name.
    pub source: String,
    /// Its first batch.
    pub first_seen: Timestamp,
    /// Its latest batch, to within a few seconds.
    pub last_seen: Timestamp,
}

/// A raw event, kept as an example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When it happened.
    pub time: Timestamp,
    /// Its site; 0 for none.
    pub site: i64,
    /// `ok` or an error code.
    pub code: String,
    /// Who reported it.
    pub source: String,
    /// The sitekey as it was sent.
    pub sitekey: Option<String>,
    /// The referer's host, as [`GroupBy::Host`] names it.
    pub host: String,
    /// The referer as it was sent; bytes that are not UTF-8 are shown as `\xNN`.
    pub referer: Option<String>,
    /// The opaque name of the visitor.
    pub client: Option<String>,
    /// The trace number.
    pub trace: Option<String>,
    /// The visitor's user agent.
    pub user_agent: Option<String>,
}

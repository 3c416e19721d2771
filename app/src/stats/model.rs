//! What is asked of the statistics, and what they answer.

use crate::events::model::host::OTHER as OTHER_HOSTS;
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
            // No series is cut by the week.
            Grain::Day | Grain::Week => Self::Day,
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

    /// Its name in an address and in the machine API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Site => "site",
            Self::Host => "host",
            Self::Sitekey => "sitekey",
            Self::Source => "source",
        }
    }

    /// All of them, in the order in which one looks closer.
    pub const ALL: [Self; 5] = [Self::Code, Self::Site, Self::Host, Self::Sitekey, Self::Source];
}

/// Which events are meant: those that match every part that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// With any code but `ok`.
    #[serde(default)]
    pub errors: bool,
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
    /// Two of them, when it is told apart by two things.
    Pair(Box<[Key; 2]>),
}

impl Key {
    /// Its parts: one, or two.
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::Pair(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        }
    }

    /// Whether it stands for the hosts that found no room.
    pub fn is_host_without_room(&self, group_by: &[GroupBy]) -> bool {
        let parts = group_by.iter().zip(self.parts());
        parts.into_iter().any(|(by, part)| {
            *by == GroupBy::Host && matches!(part, Self::Name(host) if host == OTHER_HOSTS)
        })
    }
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

/// What a range is set beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub enum Comparison {
    /// As long a time right before it.
    Previous,
    /// The same weekdays a week before, or as many weeks before as it is long.
    Week,
}

impl Comparison {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Previous, Self::Week];

    /// The comparison of this name, as in `previous`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparison| comparison.name() == name)
    }

    /// Its name in an address and in the machine API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Week => "week",
        }
    }
}

/// One count, perhaps beside the same of a time before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What it is counted under.
    pub key: Key,
    /// The start of its bucket; the start of the range without buckets.
    pub start: Timestamp,
    /// How many events.
    pub count: i64,
    /// How many of the time before, if it is compared.
    pub before: Option<i64>,
}

impl From<Row> for Counted {
    fn from(Row { key, start, count }: Row) -> Self {
        Self { key, start, count, before: None }
    }
}

/// The answer to a question, with the rest beyond its largest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What was counted over.
    pub range: Range,
    /// What it is compared with.
    pub before: Option<Range>,
    /// The counts, by time and then by size.
    pub rows: Vec<Counted>,
    /// What all other keys come to, by time; empty where there is none.
    pub other: Vec<Counted>,
    /// All of it: the counts and the rest.
    pub total: i64,
    /// All of the time before, if it is compared.
    pub total_before: Option<i64>,
    /// How many keys there are, those of the rest among them.
    pub groups: i64,
    /// Whether there were more counts than an answer holds.
    pub too_many: bool,
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

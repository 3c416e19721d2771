//! What is answered.

use super::{GroupBy, Range, Step};
use crate::events::model::host::OTHER as OTHER_HOSTS;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// How the rows are told apart by time: as was asked, or by longer steps where a comparison needs those.
    pub step: Option<Step>,
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

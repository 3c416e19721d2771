//! What an event is, and what its sender is told.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::borrow::Cow;

/// One outcome, checked: see [`super::rules::check`]. Borrows from the body it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Counts once per source and id; without an id it counts every time. At most 64 characters.
    pub id: Option<Cow<'a, str>>,
    /// When it happened, not before [`EARLIEST`].
    pub time: Timestamp,
    /// The sitekey as it was sent, well-formed or not.
    pub sitekey: Option<Cow<'a, str>>,
    /// `ok` or an error code, as [`crate::codes::normalise_code`] returns it.
    pub code: Cow<'a, str>,
    /// The `Referer` or `Origin` as it was received. JSON can carry only text; a replayed log
    /// carries whatever bytes were logged.
    pub referer: Option<Cow<'a, [u8]>>,
    /// How many outcomes this event stands for, 1 to [`MAX_COUNT`].
    pub count: u64,
    /// Who reports it: a verifier, or `replay:<file>`. At most 120 characters.
    pub source: Cow<'a, str>,
    /// An opaque name of the visitor. At most 64 characters.
    pub client: Option<Cow<'a, str>>,
    /// The trace number (tno). At most 128 characters.
    pub trace: Option<Cow<'a, str>>,
    /// The visitor's user agent.
    pub user_agent: Option<Cow<'a, str>>,
}

/// The most characters of an [`Event::id`].
pub const MAX_ID: usize = 64;
/// The most characters of an [`Event::source`].
pub const MAX_SOURCE: usize = 120;
/// The most characters of an [`Event::client`].
pub const MAX_CLIENT: usize = 64;
/// The most characters of an [`Event::trace`].
pub const MAX_TRACE: usize = 128;
/// The largest [`Event::count`].
pub const MAX_COUNT: u64 = 1_000_000_000;
/// The most events of one request.
pub const MAX_EVENTS: usize = 50_000;
/// The most bytes of one request's body.
pub const MAX_BODY: usize = 8 * 1024 * 1024;
/// How far a sender's clock may run ahead of ours.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// 1990-01-01T00:00:00Z. No verifier is older; a time before it is a Unix time in seconds.
pub const EARLIEST: Timestamp = Timestamp::constant(631_152_000, 0);

/// The beginning of the names of sources that `sitekeeper replay` writes. Their ids are kept for
/// ever, so that a log can be replayed again at any time; nobody else may use it.
pub const REPLAY: &str = "replay:";

/// Hosts in the rollups that are not hosts.
pub mod host {
    /// The event had no referer.
    pub const NONE: &str = "";
    /// The event had a referer without a usable host.
    pub const UNUSABLE: &str = "?";
    /// All hosts for which a bucket had no room left.
    pub const OTHER: &str = "*";

    /// Whether it is a host, and stands for none of these.
    pub fn is_named(host: &str) -> bool {
        !matches!(host, NONE | UNUSABLE | OTHER)
    }
}

/// The name under which unrecognised codes and sources are counted once their number has reached
/// its bound.
pub const OTHER: &str = "other";

/// The site of events that have none.
pub const UNATTRIBUTED: i64 = 0;
/// Whether this code says that the request's sitekey was missing or wrong, so that its events are [`UNATTRIBUTED`].
pub fn is_unattributed(code: &str) -> bool {
    matches!(code, "no_sitekey" | "sitekey_invalid")
}

/// The site of hosts over all sites that were folded into one.
pub const SEVERAL_SITES: i64 = -1;

/// An event that was not counted, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct Reject {
    /// Its place in the request, counted from 0; blank lines do not count.
    pub index: usize,
    /// The field, what was wrong with it, and what would be right.
    pub reason: Cow<'static, str>,
}

/// What became of a batch, told only once it is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Events counted.
    pub accepted: u64,
    /// Events that had been counted before, or stood twice in the batch.
    pub duplicate: u64,
}

impl std::ops::AddAssign for Receipt {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicate += other.duplicate;
    }
}

/// How many days each table holds, besides the present one. The day rollups hold every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The rollups by minute.
    pub minute_days: u16,
    /// The rollups by hour, hosts excepted.
    pub hour_days: u16,
    /// The rollup of hosts by hour.
    pub host_hour_days: u16,
    /// The samples of raw events.
    pub sample_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { minute_days: 30, hour_days: 400, host_hour_days: 30, sample_days: 7 }
    }
}

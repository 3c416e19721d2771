//! What the pages of keys show.

use super::model::{Key, KeyId};
use super::rules::{Readiness, Slip, readiness};
use crate::sites::model::{SiteId, SiteState};
use crate::sites::pages::SiteHead;
use crate::ui::chart::Chart;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The address of a page about one key of a site, as in `/sites/3/keys/rotate?sitekey=12`.
pub fn key_path(site: SiteId, page: &str, key: KeyId) -> String {
    format!("/sites/{site}/keys/{page}?{}", key.query())
}

/// The keys tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeysPageData {
    /// The site.
    pub head: SiteHead,
    /// Its sitekeys with their traffic, newest first.
    pub sitekeys: Vec<KeyRow>,
    /// Its secrets, newest first.
    pub secrets: Vec<KeyRow>,
}

/// A key in the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyRow {
    /// The key.
    pub key: Key,
    /// What came with it; unknown of secrets, which are not reported.
    pub used: Option<Used>,
}

/// What came with a sitekey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Requests of the last seven days.
    pub week: i64,
    /// How many hours of those the averages are taken over: from the site's first request on, and no
    /// longer than the key is old, but a day at least.
    pub hours: i64,
    /// Requests of the last 24 hours by clock hour, oldest first: of the first one and the present one
    /// only the minutes that belong to these 24 hours.
    pub by_hour: Vec<i64>,
}

impl Used {
    /// Requests of the last 24 hours.
    pub fn day(&self) -> i64 {
        self.by_hour.iter().sum()
    }
}

/// The pages before a change of one key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyPageData {
    /// The site.
    pub head: SiteHead,
    /// The key.
    pub key: Key,
    /// What came with it, as in [`KeyRow::used`].
    pub used: Option<Used>,
    /// Hosts it came from in the last seven days, as far as the samples tell, most frequent first.
    pub hosts: Vec<String>,
}

/// The rotation page: an old key, and the new one that took over from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RotationData {
    /// The site.
    pub head: SiteHead,
    /// The key that was replaced.
    pub old: Key,
    /// The key that took over.
    pub new: Key,
    /// How the traffic moves over; unknown of secrets.
    pub crossing: Option<Crossing>,
}

/// How traffic moves from one sitekey to another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Crossing {
    /// Both keys by the hour.
    pub chart: Chart,
    /// Requests of the last 60 minutes.
    pub last_hour: OldAndNew,
    /// Requests of the last 24 hours.
    pub last_day: OldAndNew,
    /// The sources that reported the old key in the last 24 hours, with how often.
    pub sources: Vec<(String, i64)>,
    /// The hosts it came from in these, as far as the samples tell, most frequent first.
    pub hosts: Vec<String>,
}

impl Crossing {
    /// How ready `old` is to be revoked at `now`.
    pub fn readiness(&self, old: &Key, now: Timestamp) -> Readiness {
        readiness(old, self.last_day.old, self.last_day.new, now)
    }
}

/// A count with the old key and with the new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldAndNew {
    /// With the old key.
    pub old: i64,
    /// With the new key.
    pub new: i64,
}

impl OldAndNew {
    /// With either of them.
    pub const fn both(self) -> i64 {
        self.old + self.new
    }
}

/// A key that was found by what was pasted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundKey {
    /// The key.
    pub key: Key,
    /// The name of its site.
    pub site_name: String,
    /// The state of its site.
    pub site_state: SiteState,
}

/// Which sitekey a text is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitekeyFound {
    /// The answer.
    pub verdict: Verdict,
    /// When it was found.
    pub now: Timestamp,
}

/// What a text that should be a sitekey is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// A sitekey of this installation.
    Known(FoundKey),
    /// Well formed, but never issued here.
    Unknown,
    /// A secret, which should not have been sent.
    Secret,
    /// No sitekey.
    Malformed {
        /// Why not, as a sentence.
        reason: String,
        /// The service whose sitekeys look so.
        looks_like: Option<String>,
        /// Sitekeys of ours that a single slip turns into it.
        likely: Vec<(FoundKey, Slip)>,
    },
}

/// Which secret has a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretFound {
    /// The secret, if it was issued here.
    pub found: Option<FoundKey>,
    /// When it was looked for.
    pub now: Timestamp,
}

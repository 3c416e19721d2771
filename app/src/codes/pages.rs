//! What the pages about error codes show.

use super::likely::LikelySite;
use super::replay::Replay;
use crate::domains::Warning;
use crate::sites::model::{SiteId, SiteState};
use crate::stats::course::Compared;
use crate::stats::model::{HostCount, Range, Sample};
use crate::ui::chart::Chart;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One code over a range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeReport {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The code as it is counted.
    pub code: String,
    /// How often it occurred.
    pub count: Compared,
    /// How often from hosts that an operator ignores.
    pub ignored: i64,
    /// All outcomes of the range.
    pub attempts: i64,
    /// Its course, drawn.
    pub chart: Chart,
    /// The site the report is limited to.
    pub only: Option<(SiteId, String)>,
    /// Where it occurred, the most first.
    pub sites: Vec<CodeSite>,
    /// On how many sites it occurred.
    pub site_count: i64,
    /// The hosts it came from, the most first.
    pub hosts: Vec<HostCount>,
    /// What the hosts were counted over: whole hours or days.
    pub hosts_range: Range,
    /// How often the code occurred in that time, from hosts or not.
    pub hosts_total: i64,
    /// Newest examples.
    pub samples: Vec<Sample>,
    /// For how many days examples are kept.
    pub sample_days: u16,
    /// What the fix needs.
    pub fixing: Fixing,
}

/// A site on which a code occurred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSite {
    /// The site; nothing for events that belong to none.
    pub site: Option<AffectedSite>,
    /// How often.
    pub count: i64,
}

/// A site as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedSite {
    /// Its number.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: SiteState,
    /// Since when.
    pub since: Timestamp,
}

/// What the fix of a code needs besides counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fixing {
    /// Nothing more.
    Nothing,
    /// Active sites that list the hosts of paused or deleted ones, with the sitekey to use instead.
    Successors(Vec<LikelySite>),
    /// The keys that were sent, and the sites their hosts belong to.
    Keys {
        /// The keys, the most frequent first.
        sent: Vec<SentKey>,
        /// How many examples they were read from.
        samples: i64,
        /// The likely sites.
        likely: Vec<LikelySite>,
    },
    /// Who repeats.
    Replays {
        /// Repeats of one trace or client, the most first.
        groups: Vec<Replay>,
        /// How many examples repeat no other.
        single: i64,
    },
}

/// A sitekey that was sent and refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentKey {
    /// The key, shortened; of a secret only its kind. Nothing when none was sent.
    pub shown: Option<String>,
    /// In how many of the examples.
    pub count: i64,
    /// What the gate says to it now.
    pub verdict: String,
    /// The site it was issued for, if it was issued here.
    pub site: Option<SiteId>,
    /// The host it was sent from most.
    pub host: String,
}

/// Something an operator can do about the errors of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Todo {
    /// How many errors it would have prevented, or is about.
    pub count: i64,
    /// What to do.
    pub what: What,
}

/// What there is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Allow a rejected host, if it is known.
    AllowHost {
        /// The site.
        site: SiteId,
        /// Its name.
        name: String,
        /// The host.
        host: String,
        /// Its first denial of the range.
        since: Timestamp,
        /// Reasons to look twice.
        warnings: Vec<Warning>,
    },
    /// Say what requests without a usable referer get.
    SetPolicy {
        /// The site.
        site: SiteId,
        /// Its name.
        name: String,
        /// What the statistics call such requests: see [`in_words`](crate::domains::rejected::in_words).
        host: String,
        /// The last of them.
        last: Timestamp,
    },
    /// Start a paused site.
    StartSite {
        /// The site.
        site: SiteId,
        /// Its name.
        name: String,
        /// When it was paused.
        since: Timestamp,
    },
    /// Restore a deleted site, or move its pages to another.
    RestoreSite {
        /// The site.
        site: SiteId,
        /// Its name.
        name: String,
        /// Until when it can be restored; nothing once that is over.
        until: Option<Timestamp>,
    },
    /// Find the site behind a bad sitekey.
    FindSite {
        /// `no_sitekey`, `sitekey_invalid` or `invalid_sitekey`.
        code: String,
        /// The host most of it came from, if any did.
        host: Option<String>,
        /// The name of the site that lists it.
        likely: Option<String>,
    },
    /// Look at repeated verifications.
    Replay,
}

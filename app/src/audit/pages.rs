//! What the pages of the trail show.

use super::model::{Action, Entry, EntryId, Trail};
use crate::sites::model::SiteId;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The trail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditPageData {
    /// The entries.
    pub trail: Trail,
    /// The site that is filtered for: its number and name.
    pub site: Option<(SiteId, String)>,
    /// The batch that is filtered for.
    pub batch: Option<Batch>,
    /// Everybody who did something, to choose from.
    pub actors: Vec<String>,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
}

/// Changes that were made together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The number of its first entry.
    pub id: EntryId,
    /// How many entries it has.
    pub entries: i64,
    /// How many sites they concern.
    pub sites: i64,
}

/// One entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EntryPageData {
    /// The entry.
    pub entry: Entry,
    /// The batch it belongs to.
    pub batch: Option<Batch>,
    /// When it was read.
    pub now: Timestamp,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
}

/// The page before something is taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UndoPageData {
    /// The entry.
    pub entry: Entry,
    /// What is taken back of the batch with it, if that is; all of the batch where nothing can be.
    pub batch: Option<Batch>,
    /// Of each action, how many entries would be taken back.
    pub actions: Vec<(Action, i64)>,
    /// How many more go with the sites that were made.
    pub carried: i64,
    /// Entries that no longer fit: how many, and why the first does not.
    pub unfit: Option<(i64, String)>,
    /// What it would deny.
    pub toll: Toll,
    /// When it was read.
    pub now: Timestamp,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
}

/// What taking something back would newly deny, going by the last seven days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toll {
    /// Requests that were let through and would be denied.
    pub requests: i64,
    /// The sites they went to.
    pub sites: Vec<String>,
    /// From which hosts, the most frequent first, with the requests of each. Stopping a whole site
    /// counts every host.
    pub hosts: Vec<(String, i64)>,
    /// What averages a day are taken over; see [`Week::hours`](crate::sites::pages::Week::hours).
    pub hours: i64,
    /// Sites that would let nothing through any more: paused, deleted, or without any domain.
    pub stopped: Vec<String>,
    /// Sites whose traffic was not looked at, because there are too many.
    pub beyond: i64,
}

impl Toll {
    /// Whether nothing would be denied, as far as anybody can tell.
    pub fn is_nothing(&self) -> bool {
        self.requests == 0 && self.stopped.is_empty() && self.beyond == 0
    }
}

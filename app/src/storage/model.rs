//! What the page of the storage shows.

use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything that is stored of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Storage {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The tables, those with a retention first.
    pub tables: Vec<Table>,
    /// Until when every table has a partition.
    pub horizon: Option<Timestamp>,
    /// The last run of the job that makes and drops partitions.
    pub job: Option<Job>,
    /// Names of which only so many are told apart.
    pub names: Vec<Bounded>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name in the database.
    pub name: String,
    /// What it holds, in words.
    pub holds: String,
    /// For how long.
    pub kept: Kept,
    /// How many partitions it has; nothing for one without.
    pub partitions: Option<i64>,
    /// The first day of its oldest partition.
    pub oldest: Option<Timestamp>,
    /// The end of its newest partition.
    pub newest: Option<Timestamp>,
    /// Its bytes on disk, indexes among them.
    pub bytes: i64,
    /// About how many rows it has.
    pub rows: i64,
}

/// For how long a table keeps a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// For a few seconds.
    Briefly,
    /// For ever.
    Always,
    /// For so many days, besides the present one; whole only from an instant on, since the retention
    /// was shorter before.
    Days {
        /// How many.
        days: u16,
        /// From when on, if that is later than the days say.
        since: Option<Timestamp>,
    },
}

/// The last run of the job, by whichever server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// When it began.
    pub ran_at: Timestamp,
    /// How long it took.
    pub took_ms: i64,
    /// How many partitions it made.
    pub made: i64,
    /// How many it dropped.
    pub dropped: i64,
    /// What went wrong, if anything.
    pub error: Option<String>,
    /// When a run last went well.
    pub succeeded_at: Option<Timestamp>,
}

/// Names of which only so many are told apart; the others are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounded {
    /// What they name.
    pub what: String,
    /// How many there are.
    pub used: i64,
    /// How many there may be.
    pub most: i64,
}

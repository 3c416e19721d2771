//! What the page of the verifiers shows.

use super::rules::{Skew, Standing};
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Every source that ever reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifiersReport {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// Where the machine API is, without a trailing slash.
    pub base_url: String,
    /// The sources, the one heard of latest first.
    pub verifiers: Vec<Verifier>,
}

/// How the sources stand, all together; replayed logs and those that have left are not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standings {
    /// How many report.
    pub reporting: i64,
    /// How many are quiet, as usual.
    pub quiet: i64,
    /// How many are silent.
    pub silent: i64,
    /// The one that fell silent last, and when.
    pub latest: Option<(String, Timestamp)>,
    /// When the last of all was heard of, if none reports.
    pub all_silent_since: Option<Timestamp>,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verifier {
    /// Its name.
    pub source: String,
    /// Whether it reports.
    pub standing: Standing,
    /// Whether its rhythm is not known yet.
    pub new: bool,
    /// What its events tell of its clock.
    pub skew: Skew,
    /// Its first batch, by our clock.
    pub first_seen: Timestamp,
    /// Its latest batch, by our clock.
    pub last_seen: Timestamp,
    /// Its events of the range.
    pub events: i64,
    /// Those that were not `ok`.
    pub errors: i64,
    /// The course of its events.
    pub trend: Vec<i64>,
}

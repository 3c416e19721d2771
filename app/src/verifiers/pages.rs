//! What the page of the verifiers shows.

use super::rules::Standing;
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

/// One source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verifier {
    /// Its name.
    pub source: String,
    /// Whether it reports.
    pub standing: Standing,
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

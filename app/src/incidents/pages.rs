//! What the pages of incidents show.

use super::model::{Incident, IncidentId, Sensitivity, Step};
use crate::sites::model::SiteId;
use crate::stats::model::Sample;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many incidents that are over a page has.
pub const PAGE: i64 = 30;

/// The incidents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentsPageData {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The site they are filtered for, with its name.
    pub site: Option<(SiteId, String)>,
    /// Those that go on, newest first.
    pub open: Vec<Incident>,
    /// Those that are over, newest first, at most [`PAGE`].
    pub closed: Vec<Incident>,
    /// Where older ones follow.
    pub older: Option<IncidentId>,
    /// Whether anything was counted within the last hour: without events, there is nothing to find.
    pub fed: bool,
}

/// The incidents of a site that go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenIncidents {
    /// The present instant.
    pub now: Timestamp,
    /// The incidents, newest first.
    pub incidents: Vec<Incident>,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentPageData {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The incident.
    pub incident: Incident,
    /// Its timeline, oldest first.
    pub steps: Vec<Step>,
    /// Its course; none of silence.
    pub course: Option<IncidentCourse>,
    /// How far it has recovered; nothing of silence, and where no minute has ended.
    pub recovery: Option<Recovery>,
    /// The last events that were kept as examples.
    pub samples: Vec<Sample>,
    /// For how many days examples are kept.
    pub sample_days: u16,
    /// How easily the site's incidents are opened; none where it is no site's.
    pub sensitivity: Option<Sensitivity>,
    /// Everybody it can be assigned to.
    pub administrators: Vec<String>,
    /// Who looks at it.
    pub me: String,
}

/// How far an incident has recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Events of the last step of the course that has ended.
    pub latest: i64,
    /// Events of its worst step since the onset; at least one.
    pub peak: i64,
    /// How many minutes after the fix the last step ended; nothing without a fix, or where it ended
    /// before.
    pub after_fix: Option<i64>,
    /// How many minutes after the fix the first step began from which on all were as usual.
    pub usual_after: Option<i64>,
}

/// The minutes around an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentCourse {
    /// The start of the first minute.
    pub from: Timestamp,
    /// The length of a step, in minutes.
    pub step: i64,
    /// The counts, step by step.
    pub counts: Vec<i64>,
    /// What is usual for each step: from, to.
    pub usual: Vec<(f64, f64)>,
}

impl IncidentCourse {
    /// How it stands: the events of the last closed step, and of the highest.
    pub fn latest_and_peak(&self) -> (i64, i64) {
        let latest = self.counts.last().copied().unwrap_or(0);
        (latest, self.counts.iter().copied().max().unwrap_or(0))
    }
}

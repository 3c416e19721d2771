//! The timeline of an incident.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// It was found.
    Detected,
    /// Somebody has taken note.
    Acknowledged,
    /// That was taken back.
    Unacknowledged,
    /// Somebody sees to it.
    Assigned,
    /// Nobody is told for a while.
    Snoozed,
    /// That while was ended.
    SnoozeEnded,
    /// It was called expected.
    Planned,
    /// That was taken back.
    Unplanned,
    /// Somebody wrote something down.
    Note,
    /// A change was made that fixes it.
    Fixed,
    /// It is over.
    Recovered,
    /// An operator closed it.
    Closed,
}

impl StepKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Detected,
        Self::Acknowledged,
        Self::Unacknowledged,
        Self::Assigned,
        Self::Snoozed,
        Self::SnoozeEnded,
        Self::Planned,
        Self::Unplanned,
        Self::Note,
        Self::Fixed,
        Self::Recovered,
        Self::Closed,
    ];

    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::Acknowledged => "acknowledged",
            Self::Unacknowledged => "unacknowledged",
            Self::Assigned => "assigned",
            Self::Snoozed => "snoozed",
            Self::SnoozeEnded => "snooze_ended",
            Self::Planned => "planned",
            Self::Unplanned => "unplanned",
            Self::Note => "note",
            Self::Fixed => "fixed",
            Self::Recovered => "recovered",
            Self::Closed => "closed",
        }
    }

    /// The step of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }

    /// A word or two for the timeline.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Detected => "Detected",
            Self::Acknowledged => "Acknowledged",
            Self::Unacknowledged => "Acknowledgement taken back",
            Self::Assigned => "Assigned",
            Self::Snoozed => "Snoozed",
            Self::SnoozeEnded => "Snooze ended",
            Self::Planned => "Expected",
            Self::Unplanned => "Not expected after all",
            Self::Note => "Note",
            Self::Fixed => "Fixed",
            Self::Recovered => "Recovered",
            Self::Closed => "Closed",
        }
    }
}

/// One line of an incident's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub step: StepKind,
    /// An e-mail address, or `sitekeeper`.
    pub actor: String,
    /// In words.
    pub told: String,
}

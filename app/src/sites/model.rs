//! What a site is made of: its id, its state and its answer to a missing referer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number a site is known by in the database, the address bar and the machine API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteId(pub i64);

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that names no value of an enumeration stored as text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not a {what}: expected one of {expected}")]
pub struct UnknownName {
    /// The enumeration, in words: `site state`.
    pub what: &'static str,
    /// The text that was found.
    pub found: String,
    /// The texts that would be right, separated by commas.
    pub expected: &'static str,
}

/// Whether a site's sitekeys are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteState {
    /// Served.
    Active,
    /// Switched off by an operator; the gate answers `site_paused`.
    Paused,
    /// Deleted; the gate answers `site_deleted`, for ever.
    Deleted,
}

impl SiteState {
    /// The text stored in the database and sent over the machine API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for SiteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SiteState {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Active, Self::Paused, Self::Deleted]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownName {
                what: "site state",
                found: text.to_owned(),
                expected: "active, paused, deleted",
            })
    }
}

/// What the gate answers when a request carries no usable referer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingReferer {
    /// `referer_denied`, the default.
    Deny,
    /// The request is let through, as if from an associated domain.
    Allow,
}

impl MissingReferer {
    /// The text stored in the database and sent over the machine API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
        }
    }
}

impl fmt::Display for MissingReferer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MissingReferer {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Deny, Self::Allow].into_iter().find(|answer| answer.as_str() == text).ok_or_else(
            || UnknownName {
                what: "missing referer setting",
                found: text.to_owned(),
                expected: "deny, allow",
            },
        )
    }
}

/// A site as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The number.
    pub id: SiteId,
    /// What operators call it; 1 to 120 characters.
    pub name: String,
    /// Whether its sitekeys are served.
    pub state: SiteState,
    /// The state a restore gives back; only while deleted.
    pub state_before_delete: Option<SiteState>,
    /// When it last changed its state (or was made).
    pub state_changed_at: jiff::Timestamp,
    /// The domain check is off: every hostname is let through.
    pub any_hostname: bool,
    /// What the gate answers when there is no usable referer.
    pub missing_referer: MissingReferer,
    /// Counts the changes; a write names the version it read.
    pub version: i64,
    /// Made by the demo.
    pub sample: bool,
    /// When it was made.
    pub created_at: jiff::Timestamp,
    /// Its groups, in order; see [`rules::tag`](super::rules::tag).
    pub tags: Vec<String>,
    /// Why it is paused, in the operator's words.
    pub pause_reason: Option<String>,
    /// When it starts by itself; only while paused.
    pub starts_at: Option<jiff::Timestamp>,
}

impl Site {
    /// What its pause says; empty unless it is paused, or a restore would make it so.
    pub fn pause(&self) -> Pause {
        Pause { reason: self.pause_reason.clone(), starts_at: self.starts_at }
    }
}

/// What a pause says, and when it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Why, in the operator's words; see [`rules::pause_reason`](super::rules::pause_reason).
    pub reason: Option<String>,
    /// When the site starts by itself; `None` for when an operator starts it.
    pub starts_at: Option<jiff::Timestamp>,
}

/// One change made to many sites at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkChange {
    /// Stop serving, for now.
    Pause(Pause),
    /// Serve again.
    Start,
    /// Stop serving for good; restorable for 30 days.
    Delete,
    /// Put into the group of this name.
    AddTag(String),
    /// Take out of the group of this name.
    RemoveTag(String),
    /// Add an associated domain.
    AddDomain {
        /// As typed; see [`canonicalise`](crate::domains::rules::canonicalise).
        pattern: String,
        /// Whether it stands for everything below it, too.
        include_subdomains: bool,
    },
}

/// What a [`BulkChange`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkDone {
    /// How many sites were changed.
    pub changed: i64,
    /// Sites that were left as they are, each with the reason in a sentence, in id order.
    pub skipped: Vec<(SiteId, String)>,
    /// The first entry of the batch in the trail, by which the whole is undone.
    pub first: Option<crate::audit::model::EntryId>,
}

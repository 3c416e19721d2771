//! What a maintenance window is.

use crate::sites::model::SiteId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The number of a maintenance window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WindowId(pub i64);

impl FromStr for WindowId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A time in which nobody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its number.
    pub id: WindowId,
    /// What it is for: `Move to Frankfurt`.
    pub name: String,
    /// The site; all of them, if none.
    pub site: Option<SiteId>,
    /// That site's name.
    pub site_name: Option<String>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    /// Why; may be empty.
    pub reason: String,
}

impl Window {
    /// Whether it goes on at `at`.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.starts_at <= at && at < self.ends_at
    }

    /// Whether it is over at `now`.
    pub fn over(&self, now: Timestamp) -> bool {
        self.ends_at <= now
    }

    /// Whether it is about incidents of `site`, or of no one site.
    pub fn concerns(&self, site: Option<SiteId>) -> bool {
        self.site.is_none() || self.site == site
    }
}

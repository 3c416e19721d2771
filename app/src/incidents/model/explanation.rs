//! What was found out about an incident.

use super::Remedy;
use crate::audit::model::EntryId;
use crate::incidents::words::named;
use crate::ui::time::utc;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was found out about an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What drives it, of each dimension the one or two values that explain most; those that explain
    /// most first.
    pub drivers: Vec<Driver>,
    /// The change that brought it about, if one fits.
    pub change: Option<Change>,
    /// What to do.
    pub remedy: Remedy,
    /// How many events it was told from.
    pub events: i64,
}

impl Explanation {
    /// What is behind it, in one sentence: the change that explains all of it, or else what drives it;
    /// nothing where nothing stands out.
    pub fn cause(&self) -> Option<String> {
        match self.whole_change() {
            Some(change) => Some(change.sentence()),
            None => self.leading().map(Driver::sentence),
        }
    }

    /// The change that brought it about, if that explains all of it.
    pub fn whole_change(&self) -> Option<&Change> {
        self.change.as_ref().filter(|change| change.whole)
    }

    /// The driver that explains most, if it explains half of it and more than it did before.
    pub fn leading(&self) -> Option<&Driver> {
        self.drivers.first().filter(|driver| driver.explains())
    }
}

/// What events can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The referer's host.
    Host,
    /// The site, of an incident across sites.
    Site,
    /// The sitekey that was sent.
    Sitekey,
    /// The source that reported.
    Source,
    /// The visitor.
    Client,
    /// The visitor's user agent.
    UserAgent,
}

impl Dimension {
    /// Its name in a sentence.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Site => "site",
            Self::Sitekey => "sitekey",
            Self::Source => "source",
            Self::Client => "client",
            Self::UserAgent => "user agent",
        }
    }
}

/// One value and how much of the incident it explains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// What it is a value of.
    pub dimension: Dimension,
    /// The value, as it is counted.
    pub value: String,
    /// How many more values are taken together with it.
    #[serde(default)]
    pub others: u32,
    /// Events since the onset.
    pub count: i64,
    /// Its share of the excess, 0 to 1.
    pub share: f64,
    /// Its share of what came before the onset, 0 to 1.
    pub before: f64,
    /// So few events that its share may have grown so much by chance.
    #[serde(default)]
    pub by_chance: bool,
}

impl Driver {
    /// Whether it explains half of the excess, and clearly more than its usual part.
    pub fn explains(&self) -> bool {
        !self.by_chance && self.share >= 0.5 && self.share >= self.before + 0.2
    }

    /// What it is: `host www.shop.example`, `host a.example and 19 others`.
    pub fn name(&self) -> String {
        let name = named(self.dimension, &self.value);
        match self.others {
            0 => name,
            1 => format!("{name} and another"),
            others => format!("{name} and {others} others"),
        }
    }

    /// As in `97 % of the excess is host www.shop.example (2 % before).`
    pub fn sentence(&self) -> String {
        let percent = |share: f64| format!("{:.0}\u{a0}%", share * 100.0);
        format!(
            "{} of the excess is {} ({} before).",
            percent(self.share),
            self.name(),
            percent(self.before)
        )
    }
}

/// A change of the configuration that brought an incident about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its entry in the trail.
    pub entry: EntryId,
    /// When it took effect.
    pub at: Timestamp,
    /// In words: `Removed domain www.shop.example`.
    pub told: String,
    /// Who did it.
    pub actor: String,
    /// Whether it explains all of the incident, whatever drives it: a pause, a deletion, a key that ended.
    #[serde(default)]
    pub whole: bool,
}

impl Change {
    /// As in `Paused site Shop at 2026-11-23 14:01:00 UTC by ada@example.com (audit #8123).`
    pub fn sentence(&self) -> String {
        let Self { entry, at, told, actor, .. } = self;
        format!("{told} at {} by {actor} (audit {entry}).", utc(*at))
    }
}

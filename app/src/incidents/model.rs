//! What an incident is, and what is found out about it.

mod explanation;
mod remedy;
mod step;

pub use crate::domains::rejected::UNATTRIBUTED;
pub use explanation::{Change, Dimension, Driver, Explanation};
pub use remedy::{Remedy, Replayed};
pub use step::{Step, StepKind};

use super::words::factor;
use crate::audit::model::EntryId;
use crate::sites::model::{SiteId, UnknownName};
use crate::ui::number::grouped;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The number of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub i64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for IncidentId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// For how many hours an incident can be kept quiet.
pub const SNOOZES: [i64; 4] = [1, 4, 24, 72];

/// What kind of trouble it is: it decides how much it takes to open an incident, and how it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Somebody can end it by a change: of the configuration, or of a customer's page.
    Fixable,
    /// Forged or automated requests.
    Attack,
    /// Expected at a low, steady rate; nothing to do.
    Noise,
    /// Ours, not the customers'.
    Platform,
    /// Nothing comes where something usually does.
    Silence,
}

impl Class {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 5] =
        [Self::Fixable, Self::Platform, Self::Silence, Self::Attack, Self::Noise];

    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixable => "fixable",
            Self::Attack => "attack",
            Self::Noise => "noise",
            Self::Platform => "platform",
            Self::Silence => "silence",
        }
    }

    /// Two or three words for a tag.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Fixable => "can be fixed",
            Self::Attack => "likely attack",
            Self::Noise => "above its noise",
            Self::Platform => "ours",
            Self::Silence => "silence",
        }
    }

    /// What belongs to it, in an operator's words.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Fixable => "A click can end it: a domain, a pause, a key",
            Self::Platform => "Ours, not a customer’s: the same error on many sites",
            Self::Silence => "Traffic that stopped",
            Self::Attack => "Replays, stolen sitekeys, bursts of bots",
            Self::Noise => "Codes that need no operator, far above what is usual",
        }
    }

    /// How urgent it is, as alert routers sort by.
    pub const fn severity(self) -> &'static str {
        match self {
            Self::Fixable | Self::Platform | Self::Silence => "critical",
            Self::Attack => "warning",
            Self::Noise => "info",
        }
    }
}

impl FromStr for Class {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|class| class.as_str() == text).ok_or_else(|| UnknownName {
            what: "class of incidents",
            found: text.to_owned(),
            expected: "fixable, platform, silence, attack, noise",
        })
    }
}

/// How easily a site's incidents are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Only what stands out a lot.
    Low,
    /// What a person would call unusual.
    #[default]
    Normal,
    /// Small deviations, too.
    High,
}

impl Sensitivity {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// The sensitivity of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sensitivity| sensitivity.as_str() == name)
    }
}

/// An incident as the pages show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// The code of which there are unusually many; none for silence.
    pub code: Option<String>,
    /// The site, [`UNATTRIBUTED`] for events that belong to none; none across sites.
    pub site: Option<SiteId>,
    /// The site's present name.
    pub site_name: Option<String>,
    /// What kind of trouble it is.
    pub class: Class,
    /// The start of the first unusual minute.
    pub onset: Timestamp,
    /// When it was opened.
    pub detected_at: Timestamp,
    /// The end of the last unusual minute.
    pub unusual_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Events from the onset on.
    pub count: i64,
    /// How many of them are usual.
    pub expected: f64,
    /// What was found out when it was last looked at.
    pub explanation: Explanation,
    /// When the change was made that fixed it.
    pub fixed_at: Option<Timestamp>,
    /// That change.
    pub fixed_by: Option<EntryId>,
    /// Who has taken note of it, and when.
    pub acknowledged: Option<(Timestamp, String)>,
    /// Who sees to it.
    pub assignee: Option<String>,
    /// Nobody is told of it before.
    pub snoozed_until: Option<Timestamp>,
    /// An operator called it expected.
    pub planned: bool,
}

impl Incident {
    /// Its name: `referer_denied ×41 on shop.example`; where nothing is usual,
    /// `referer_denied: 812 on shop.example`.
    pub fn title(&self) -> String {
        let place = match (&self.site_name, self.site) {
            (Some(name), _) => format!(" on {name}"),
            (None, Some(UNATTRIBUTED)) => " without a site".to_owned(),
            (None, Some(site)) => format!(" on site {site}"),
            (None, None) => " on many sites".to_owned(),
        };
        match &self.code {
            Some(code) => match factor(self.count, self.expected) {
                Some(factor) => format!("{code} {factor}{place}"),
                None => format!("{code}: {}{place}", grouped(self.count)),
            },
            None => format!("Silence{place}"),
        }
    }

    /// Its page.
    pub fn path(&self) -> String {
        format!("/incidents/{}", self.id)
    }

    /// Whether it goes on.
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether it goes on and is kept quiet.
    pub fn is_snoozed(&self, now: Timestamp) -> bool {
        self.is_open() && self.snoozed_until.is_some_and(|until| until > now)
    }
}

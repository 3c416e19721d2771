//! What an incident is, and what is found out about it.

mod remedy;

pub use crate::domains::rejected::UNATTRIBUTED;
pub use remedy::{Remedy, Replayed};

use super::words::{factor, named};
use crate::audit::model::EntryId;
use crate::sites::model::{SiteId, UnknownName};
use crate::ui::number::grouped;
use crate::ui::time::utc;
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

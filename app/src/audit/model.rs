//! What an entry of the trail says.

use crate::sites::model::SiteId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The number of an entry, as operators quote it: `#8123`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub i64);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $past:literal;)+) => {
        /// What was done, as `noun.verb`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Action {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Action {
            /// Every action there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stored name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The same in an operator's words, to stand before the subject.
            pub const fn past(self) -> &'static str {
                match self { $(Self::$variant => $past,)+ }
            }
        }

        impl FromStr for Action {
            type Err = UnknownAction;

            fn from_str(name: &str) -> Result<Self, UnknownAction> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(UnknownAction(name.to_owned())),
                }
            }
        }
    };
}

actions! {
    /// A site was made.
    SiteCreated = "site.created", "Created site";
    /// A site got another name.
    SiteRenamed = "site.renamed", "Renamed site";
    /// A site was paused.
    SitePaused = "site.paused", "Paused site";
    /// A paused site was started.
    SiteStarted = "site.started", "Started site";
    /// A paused site got another reason or another start.
    SitePauseChanged = "site.pause_changed", "Changed the pause of";
    /// A site was deleted.
    SiteDeleted = "site.deleted", "Deleted site";
    /// A deleted site came back.
    SiteRestored = "site.restored", "Restored site";
    /// A site's domain check or its treatment of missing referers changed.
    SitePolicyChanged = "site.policy_changed", "Changed the domain check of";
    /// A site was put into other groups.
    SiteTagged = "site.tagged", "Changed the tags of";
    /// A site's incidents are opened more easily, or less.
    SiteSensitivityChanged = "site.sensitivity_changed", "Changed the sensitivity of";
    /// An associated domain was added.
    DomainAdded = "domain.added", "Added domain";
    /// An associated domain was removed.
    DomainRemoved = "domain.removed", "Removed domain";
    /// An associated domain came to include its subdomains, or to leave them out.
    DomainChanged = "domain.changed", "Changed domain";
    /// A rejected host was taken out of the headline.
    HostIgnored = "host.ignored", "Ignored host";
    /// An ignored host was put back into the headline.
    HostUnignored = "host.unignored", "Stopped ignoring host";
    /// A sitekey was issued.
    SitekeyIssued = "sitekey.issued", "Issued sitekey";
    /// A sitekey was replaced; the old one retires after its grace.
    SitekeyRotated = "sitekey.rotated", "Rotated sitekey";
    /// A rotation was taken back: the old sitekey is active again, the new one revoked.
    SitekeyRotationUndone = "sitekey.rotation_undone", "Took back the rotation of sitekey";
    /// A replaced sitekey is accepted for longer, or for less long.
    SitekeyGraceChanged = "sitekey.grace_changed", "Changed the grace of sitekey";
    /// A sitekey is called something else.
    SitekeyLabelled = "sitekey.labelled", "Labelled sitekey";
    /// A sitekey was revoked.
    SitekeyRevoked = "sitekey.revoked", "Revoked sitekey";
    /// A secret was issued.
    SecretIssued = "secret.issued", "Issued secret";
    /// A secret was replaced; the old one retires after its grace.
    SecretRotated = "secret.rotated", "Rotated secret";
    /// A rotation was taken back: the old secret is active again, the new one revoked.
    SecretRotationUndone = "secret.rotation_undone", "Took back the rotation of secret";
    /// A replaced secret is accepted for longer, or for less long.
    SecretGraceChanged = "secret.grace_changed", "Changed the grace of secret";
    /// A secret is called something else.
    SecretLabelled = "secret.labelled", "Labelled secret";
    /// A secret was revoked.
    SecretRevoked = "secret.revoked", "Revoked secret";
    /// A bearer token was made.
    TokenCreated = "token.created", "Created token";
    /// A bearer token was revoked.
    TokenRevoked = "token.revoked", "Revoked token";
    /// An alert rule was made.
    AlertRuleCreated = "alert.created", "Created alert rule";
    /// An alert rule tells of other incidents, or elsewhere.
    AlertRuleChanged = "alert.changed", "Changed alert rule";
    /// An alert rule tells again.
    AlertRuleEnabled = "alert.enabled", "Enabled alert rule";
    /// An alert rule tells no more.
    AlertRuleDisabled = "alert.disabled", "Disabled alert rule";
    /// A webhook is signed with another secret.
    AlertSecretRenewed = "alert.secret_renewed", "Renewed the signing secret of alert rule";
    /// An alert rule was deleted.
    AlertRuleDeleted = "alert.deleted", "Deleted alert rule";
    /// A time was set in which nobody is told of incidents.
    MaintenancePlanned = "maintenance.planned", "Planned maintenance";
    /// That time was ended early.
    MaintenanceEnded = "maintenance.ended", "Ended maintenance";
    /// That time was taken back before it began.
    MaintenanceCancelled = "maintenance.cancelled", "Cancelled maintenance";
    /// An administrator was added.
    AdministratorCreated = "administrator.created", "Added administrator";
    /// The sample sites were loaded.
    DemoLoaded = "demo.loaded", "Loaded";
    /// The sample sites were removed.
    DemoRemoved = "demo.removed", "Removed";
}

/// A stored action this version does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown action {0:?}")]
pub struct UnknownAction(String);

impl Action {
    /// What it is done to: `site`, `domain`.
    pub fn noun(self) -> &'static str {
        let name = self.as_str();
        name.split_once('.').map_or(name, |(noun, _)| noun)
    }

    /// Whether [`Undo`](crate::audit) can take such an entry back.
    pub const fn undoable(self) -> bool {
        matches!(
            self,
            Self::SiteCreated
                | Self::SiteRenamed
                | Self::SitePaused
                | Self::SitePauseChanged
                | Self::SiteStarted
                | Self::SiteDeleted
                | Self::SiteRestored
                | Self::SitePolicyChanged
                | Self::SiteTagged
                | Self::DomainAdded
                | Self::DomainRemoved
                | Self::DomainChanged
                | Self::HostIgnored
                | Self::HostUnignored
                | Self::SitekeyRotated
                | Self::SitekeyGraceChanged
                | Self::SitekeyLabelled
                | Self::SecretRotated
                | Self::SecretGraceChanged
                | Self::SecretLabelled
        )
    }
}

/// One line of the trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// When it happened.
    pub at: Timestamp,
    /// An e-mail address, `token:<name>`, `cli` or `schedule`.
    pub actor: String,
    /// What was done.
    pub action: Action,
    /// The site it was done to, if any.
    pub site: Option<SiteId>,
    /// That site's present name, if the site still exists.
    pub site_name: Option<String>,
    /// The thing it was done to: a host, a name, a shortened key.
    pub subject: String,
    /// The value before, as JSON.
    pub before: Option<serde_json::Value>,
    /// The value after, as JSON.
    pub after: Option<serde_json::Value>,
    /// The entry that took this one back.
    pub undone_by: Option<EntryId>,
    /// The entry that this one took back.
    pub undoes: Option<EntryId>,
    /// The HTTP request it came by.
    pub request_id: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The first entry of the batch it belongs to, its own if it is that one.
    pub batch: Option<EntryId>,
    /// The latest entry that changed the same thing again, unless that took back all that came between.
    pub changed_since: Option<EntryId>,
}

impl Entry {
    /// An entry that says nothing yet but what was done, and when.
    pub fn new(id: EntryId, at: Timestamp, action: Action) -> Self {
        Self {
            id,
            at,
            actor: String::new(),
            action,
            site: None,
            site_name: None,
            subject: String::new(),
            before: None,
            after: None,
            undone_by: None,
            undoes: None,
            request_id: None,
            address: None,
            batch: None,
            changed_since: None,
        }
    }

    /// What was done, in words: `Removed domain www.shop.example`.
    pub fn told(&self) -> String {
        format!("{} {}", self.action.past(), self.subject).trim_end().to_owned()
    }

    /// Whether the page offers to take this entry back.
    pub fn can_undo(&self) -> bool {
        self.action.undoable()
            && self.site.is_some()
            && self.undone_by.is_none()
            && self.changed_since.is_none()
    }
}

/// The changes of a second, for a chart: when and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMark {
    /// The number of the first.
    pub id: EntryId,
    /// When it happened.
    pub at: Timestamp,
    /// The first in words: `Removed domain www.shop.example`.
    pub label: String,
    /// How many they are; what one request or one batch did is one.
    pub count: i64,
    /// How many entries of the trail tell of them.
    pub entries: i64,
    /// Whether there are more, which were not counted.
    pub is_cut: bool,
    /// The site, if they are all of one.
    pub site: Option<SiteId>,
}

/// How many entries a page shows.
pub const PAGE: i64 = 50;

/// Which entries are looked for; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Done by this actor.
    pub who: Option<String>,
    /// An action, as in `domain.added`, or all of a noun, as in `domain`.
    pub action: Option<String>,
    /// Done to this site.
    pub site: Option<SiteId>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// This text in the subject, whatever its case.
    pub text: Option<String>,
    /// Done by this request.
    pub request: Option<String>,
    /// In the batch of this number.
    pub batch: Option<EntryId>,
}

impl Filter {
    /// All of a site's entries.
    pub fn site(site: SiteId) -> Self {
        Self { site: Some(site), ..Self::default() }
    }
}

/// Where a page of the trail starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Paging {
    /// At the newest entry.
    #[default]
    Newest,
    /// With the newest entry before this one.
    Before(EntryId),
    /// With the entry after this one, at its end.
    After(EntryId),
}

/// A page of the trail, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trail {
    /// What it was looked for.
    pub filter: Filter,
    /// At most [`PAGE`] entries.
    pub entries: Vec<Entry>,
    /// Whether older ones follow.
    pub older: bool,
    /// Whether newer ones precede.
    pub newer: bool,
    /// When it was read.
    pub now: Timestamp,
}

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
    /// A site was deleted.
    SiteDeleted = "site.deleted", "Deleted site";
    /// A deleted site came back.
    SiteRestored = "site.restored", "Restored site";
    /// A site's domain check or its treatment of missing referers changed.
    SitePolicyChanged = "site.policy_changed", "Changed the domain check of";
    /// An associated domain was added.
    DomainAdded = "domain.added", "Added domain";
    /// An associated domain was removed.
    DomainRemoved = "domain.removed", "Removed domain";
    /// A rejected host was taken out of the headline.
    HostIgnored = "host.ignored", "Ignored host";
    /// An ignored host was put back into the headline.
    HostUnignored = "host.unignored", "Stopped ignoring host";
    /// A sitekey was issued.
    SitekeyIssued = "sitekey.issued", "Issued sitekey";
    /// A sitekey was replaced; the old one retires after its grace.
    SitekeyRotated = "sitekey.rotated", "Rotated sitekey";
    /// A sitekey was revoked.
    SitekeyRevoked = "sitekey.revoked", "Revoked sitekey";
    /// A secret was issued.
    SecretIssued = "secret.issued", "Issued secret";
    /// A secret was replaced; the old one retires after its grace.
    SecretRotated = "secret.rotated", "Rotated secret";
    /// A secret was revoked.
    SecretRevoked = "secret.revoked", "Revoked secret";
    /// A bearer token was made.
    TokenCreated = "token.created", "Created token";
    /// A bearer token was revoked.
    TokenRevoked = "token.revoked", "Revoked token";
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
    /// Whether [`Undo`](crate::audit) can take such an entry back.
    pub const fn undoable(self) -> bool {
        matches!(
            self,
            Self::SiteRenamed
                | Self::SitePaused
                | Self::SiteStarted
                | Self::SiteDeleted
                | Self::SiteRestored
                | Self::SitePolicyChanged
                | Self::DomainAdded
                | Self::DomainRemoved
                | Self::HostIgnored
                | Self::HostUnignored
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
    /// An e-mail address, `token:<name>` or `cli`.
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
}

impl Entry {
    /// Whether the page offers to take this entry back.
    pub fn can_undo(&self) -> bool {
        self.action.undoable() && self.undone_by.is_none()
    }
}

/// A change for chart and trail: when and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMark {
    /// The entry's number.
    pub id: EntryId,
    /// When it happened.
    pub at: Timestamp,
    /// In words: `Removed domain www.shop.example`.
    pub label: String,
}

/// How many entries a page shows.
pub const PAGE: i64 = 50;

/// A page of the trail, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trail {
    /// At most [`PAGE`] entries.
    pub entries: Vec<Entry>,
    /// Where the next page starts, if there is one: before this entry.
    pub older: Option<EntryId>,
    /// When it was read.
    pub now: Timestamp,
}

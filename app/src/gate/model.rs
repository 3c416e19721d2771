//! What the gate reads and what it answers.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::referer::{Referer, UnusableReason};
use crate::domains::model::with_port;
use crate::domains::{DomainId, DomainIndex, Nearest, Pattern};
use crate::keys::rules::Malformed;
use crate::sites::model::{MissingReferer, SiteId, SiteState};
use crate::ui::time::utc;

/// What the gate knows of a site.
#[derive(Debug)]
pub struct SitePolicy {
    /// The site.
    pub site: SiteId,
    /// What operators call it, for explanations.
    pub name: String,
    /// Whether its sitekeys are served.
    pub state: SiteState,
    /// Why it is paused, in the operator's words.
    pub pause_reason: Option<String>,
    /// The first instant at which it is active again, whatever its state says; only while paused.
    pub starts_at: Option<Timestamp>,
    /// The domain check is off: every host is let through. A missing referer is not a host, and is
    /// still answered by `missing_referer`.
    pub any_hostname: bool,
    /// What a missing or unusable referer is answered.
    pub missing_referer: MissingReferer,
    /// The associated domains.
    pub index: DomainIndex,
}

/// Why a request is denied, as one of the catalogue's error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenyCode {
    /// No sitekey was sent.
    NoSitekey,
    /// The sitekey is malformed, unknown, revoked or past its grace.
    SitekeyInvalid,
    /// The sitekey's site is deleted.
    SiteDeleted,
    /// The sitekey's site is paused.
    SitePaused,
    /// The referer is not one of the site's associated domains.
    RefererDenied,
}

impl DenyCode {
    /// All of them, in the order in which the gate looks.
    pub const ALL: [Self; 5] = [
        Self::NoSitekey,
        Self::SitekeyInvalid,
        Self::SiteDeleted,
        Self::SitePaused,
        Self::RefererDenied,
    ];

    /// The code of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// Whether a request that is denied so belongs to a site: its sitekey is one.
    #[must_use]
    pub const fn has_site(self) -> bool {
        match self {
            Self::NoSitekey | Self::SitekeyInvalid => false,
            Self::SiteDeleted | Self::SitePaused | Self::RefererDenied => true,
        }
    }

    /// The code as the catalogue writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSitekey => "no_sitekey",
            Self::SitekeyInvalid => "sitekey_invalid",
            Self::SiteDeleted => "site_deleted",
            Self::SitePaused => "site_paused",
            Self::RefererDenied => "referer_denied",
        }
    }
}

impl fmt::Display for DenyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The gate's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", content = "code", rename_all = "snake_case")]
pub enum Decision {
    /// Let through.
    Allow,
    /// Denied, with the code to answer.
    Deny(DenyCode),
}

impl Decision {
    /// The code the outcome is counted under: `ok` or a [`DenyCode`].
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Allow => "ok",
            Self::Deny(code) => code.as_str(),
        }
    }
}

/// The gate's answer and everything it was drawn from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The answer.
    pub decision: Decision,
    /// The site of an accepted sitekey. `None` for one that is not; the site that a revoked or
    /// expired one belonged to is in the explanation.
    pub site: Option<SiteId>,
    /// What the referer said, whatever the answer.
    pub referer: Referer,
    /// Why.
    pub explanation: Explanation,
}

impl Verdict {
    /// The canonical host of the referer, if it has one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.referer.host()
    }

    /// Why, in one sentence for an operator, built for the purpose: it holds no secret, and of what
    /// was sent only a canonical host or printable ASCII.
    #[must_use]
    pub fn message(&self) -> String {
        self.explanation.message(&self.referer)
    }
}

/// Why the gate answered as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Explanation {
    /// No sitekey was sent, or an empty one.
    NoSitekey,
    /// The sitekey cannot be one of ours.
    MalformedKey {
        /// What shows it.
        fault: Malformed,
    },
    /// The sitekey is well formed, but was never issued here.
    UnknownKey,
    /// The sitekey was revoked.
    RevokedKey {
        /// The site it belonged to.
        site: SiteId,
        /// That site's name.
        name: String,
    },
    /// The sitekey was replaced, and its grace is over.
    ExpiredKey {
        /// The site it belonged to.
        site: SiteId,
        /// That site's name.
        name: String,
        /// When the grace ended, if that was recorded.
        ended_at: Option<Timestamp>,
    },
    /// The site is deleted.
    SiteDeleted {
        /// Its name.
        name: String,
    },
    /// The site is paused.
    SitePaused {
        /// Its name.
        name: String,
        /// Why, in the operator's words.
        reason: Option<String>,
        /// When it starts by itself.
        starts_at: Option<Timestamp>,
    },
    /// No referer was sent, and the site asks for one.
    RefererMissing,
    /// The referer names no host, and the site asks for one.
    RefererUnusable {
        /// What is wrong with it.
        reason: UnusableReason,
    },
    /// No associated domain matches.
    NotListed {
        /// How many the site has.
        entries: usize,
        /// The nearest of them, if that was asked for and there is one.
        nearest: Option<Nearest>,
    },
    /// Let through by an associated domain.
    Listed {
        /// Its database id.
        domain: DomainId,
        /// Its pattern.
        pattern: Pattern,
    },
    /// Let through because the site's domain check is off.
    AnyHostname,
    /// Let through without a referer, or with an unusable one, because the site allows that.
    MissingRefererAllowed,
}

impl Explanation {
    fn message(&self, referer: &Referer) -> String {
        match self {
            Self::NoSitekey => "The request carries no sitekey.".into(),
            Self::MalformedKey { fault } => format!("Not a valid sitekey: {fault}."),
            Self::UnknownKey => {
                "The sitekey is well formed, but no site here has it: it may belong to another \
                 installation."
                    .into()
            }
            Self::RevokedKey { name, .. } => {
                format!("The sitekey was revoked. It belonged to {name}.")
            }
            Self::ExpiredKey { name, ended_at: Some(ended_at), .. } => format!(
                "The sitekey was replaced, and its grace ended at {}. It belonged to {name}.",
                utc(*ended_at)
            ),
            Self::ExpiredKey { name, ended_at: None, .. } => {
                format!("The sitekey was replaced, and its grace is over. It belonged to {name}.")
            }
            Self::SiteDeleted { name } => format!("The site {name} is deleted."),
            Self::SitePaused { name, reason, starts_at } => {
                paused(name, reason.as_deref(), *starts_at)
            }
            Self::RefererMissing => {
                "The request carries no referer, and the site asks for one.".into()
            }
            Self::RefererUnusable { reason } => {
                let shown = referer.counted_as().unwrap_or_default();
                format!("The request's origin is unknown: {} ({shown}).", reason.message())
            }
            Self::NotListed { entries: 0, .. } => {
                format!("{} is not allowed: the site has no associated domains.", shown(referer))
            }
            Self::NotListed { nearest: Some(nearest), .. } => {
                let why = nearest.message(referer.host().unwrap_or_default());
                format!("{} is not an associated domain: {why}.", shown(referer))
            }
            Self::NotListed { nearest: None, .. } => {
                format!("{} is not one of the site's associated domains.", shown(referer))
            }
            Self::Listed { pattern, .. } => {
                format!("{} is allowed by {pattern} ({}).", shown(referer), pattern.scope.label())
            }
            Self::AnyHostname => {
                format!("{} is allowed: the site's domain check is off.", shown(referer))
            }
            Self::MissingRefererAllowed => {
                "The request names no host, and the site allows that.".into()
            }
        }
    }
}

/// That a site is paused, why, and until when, as far as that was said.
fn paused(name: &str, reason: Option<&str>, starts_at: Option<Timestamp>) -> String {
    let until = starts_at.map_or_else(String::new, |at| format!(" until {}", utc(at)));
    match reason {
        Some(reason) => {
            let stop = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
            format!("The site {name} is paused{until}: {reason}{stop}")
        }
        None => format!("The site {name} is paused{until}."),
    }
}

/// The host with its port, unless that is the web's own.
fn shown(referer: &Referer) -> String {
    match referer {
        Referer::Host { host, port } => {
            with_port(host, port.filter(|port| !matches!(port, 80 | 443)))
        }
        Referer::Missing | Referer::Unusable(_) => String::new(),
    }
}

//! One associated domain: its id, its scope and its canonical pattern.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::host;
use crate::sites::model::UnknownName;

/// The database id of one associated domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DomainId(pub i64);

impl fmt::Display for DomainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which hosts an associated domain stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainScope {
    /// The hostname alone.
    Exact,
    /// The hostname and everything below it, at label boundaries.
    Subdomains,
    /// Hostnames whose left-most label fits one with a `*` in it.
    Preview,
}

impl DomainScope {
    /// The text stored in the database and sent over the machine API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Subdomains => "subdomains",
            Self::Preview => "preview",
        }
    }

    /// The words an operator reads.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Subdomains => "including subdomains",
            Self::Preview => "preview pattern",
        }
    }
}

impl fmt::Display for DomainScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DomainScope {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Exact, Self::Subdomains, Self::Preview]
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| UnknownName {
                what: "domain scope",
                found: text.to_owned(),
                expected: "exact, subdomains, preview",
            })
    }
}

/// An associated domain in its canonical form. It displays as `host` or `host:port`, which
/// [`canonicalise`](super::rules::canonicalise) reads back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pattern {
    /// Canonical ASCII host (IPv6 in brackets); with one `*` in the left-most label when the scope
    /// is [`DomainScope::Preview`].
    pub host: String,
    /// Which hosts it stands for.
    pub scope: DomainScope,
    /// The port a request must name; `None` for any.
    pub port: Option<u16>,
}

impl Pattern {
    /// Whether it can only stand for the operator's own machine or network: see
    /// [`host::is_testing`].
    #[must_use]
    pub fn testing(&self) -> bool {
        host::is_testing(&self.host)
    }

    /// As [`Display`](fmt::Display), with Punycode decoded; `None` when that changes nothing.
    #[must_use]
    pub fn unicode(&self) -> Option<String> {
        let shown = host::unicode(&self.host);
        (shown != self.host).then(|| with_port(&shown, self.port))
    }

    /// Whether a canonical host and its port (that of the scheme, when the URL names none) fall
    /// under this entry. [`DomainIndex`](super::DomainIndex) answers this for many entries at once.
    #[must_use]
    pub fn matches(&self, host: &str, port: Option<u16>) -> bool {
        (self.port.is_none() || self.port == port) && self.matches_host(host)
    }

    /// [`matches`](Self::matches) with the port left out.
    #[must_use]
    pub fn matches_host(&self, host: &str) -> bool {
        match self.scope {
            DomainScope::Exact => host == self.host,
            DomainScope::Subdomains => is_or_is_below(host, &self.host),
            DomainScope::Preview => self.preview().is_some_and(|preview| preview.fits(host)),
        }
    }

    /// The parts of a preview pattern; `None` for other scopes.
    #[must_use]
    pub fn preview(&self) -> Option<PreviewParts<'_>> {
        if self.scope != DomainScope::Preview {
            return None;
        }
        let (label, parent) = self.host.split_once('.')?;
        let (prefix, suffix) = label.split_once('*')?;
        Some(PreviewParts { prefix, suffix, parent })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_port(&self.host, self.port))
    }
}

/// `prefix*suffix.parent`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreviewParts<'a> {
    /// What the left-most label starts with; may be empty.
    pub prefix: &'a str,
    /// What the left-most label ends with; may be empty.
    pub suffix: &'a str,
    /// Everything after the left-most label.
    pub parent: &'a str,
}

impl PreviewParts<'_> {
    fn fits(self, host: &str) -> bool {
        host.split_once('.').is_some_and(|(label, parent)| {
            parent == self.parent
                && label.len() > self.prefix.len() + self.suffix.len()
                && label.starts_with(self.prefix)
                && label.ends_with(self.suffix)
        })
    }
}

/// Whether `host` is `name`, or lies below it at a label boundary.
#[must_use]
pub fn is_or_is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What [`canonicalise`](super::rules::canonicalise) made of an operator's input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canonical {
    /// What will be stored.
    pub pattern: Pattern,
    /// What was changed on the way, and what is worth knowing, in the order it was found.
    pub notes: Vec<Note>,
}

/// One thing an operator should be told about an accepted entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// A scheme such as `https://` was taken off.
    Scheme {
        /// The scheme, without its colon.
        scheme: String,
    },
    /// A path, query or fragment was taken off.
    Path,
    /// A trailing dot was taken off.
    TrailingDot,
    /// Capital letters became small ones.
    LowerCase,
    /// Full-width dots became plain ones.
    FullWidthDots,
    /// The port said no more than the scheme did, and was taken off.
    DefaultPort {
        /// 80 or 443.
        port: u16,
    },
    /// A name in another script is stored as ASCII.
    International {
        /// As people read it.
        unicode: String,
    },
    /// A leading `*.` was taken off, because subdomains are included anyway.
    LeadingStar,
    /// Subdomains were asked for, but an address has none: the entry is exact.
    AddressHasNoSubdomains,
    /// Subdomains were asked for, but a preview pattern stands for one label: they are not included.
    PreviewHasNoSubdomains,
    /// The entry only works on the operator's own machine or network.
    Testing,
    /// The entry is a public address, which may one day be somebody else's.
    PublicAddress,
}

impl Note {
    /// One sentence for the operator.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Scheme { scheme } => {
                format!("The scheme {scheme}:// was left out: an entry covers every scheme.")
            }
            Self::Path => "The path was left out: an entry covers the whole host.".into(),
            Self::TrailingDot => "The trailing dot was left out.".into(),
            Self::LowerCase => "Capital letters became small: hostnames ignore case.".into(),
            Self::FullWidthDots => "Full-width dots became plain dots.".into(),
            Self::DefaultPort { port } => {
                format!("Port {port} was left out: it is the scheme's own, so any port is allowed.")
            }
            Self::International { unicode } => {
                format!("{unicode} is stored in its ASCII form, which browsers send.")
            }
            Self::LeadingStar => "The leading *. was left out: subdomains are included.".into(),
            Self::AddressHasNoSubdomains => {
                "An IP address has no subdomains: the entry is exact.".into()
            }
            Self::PreviewHasNoSubdomains => {
                "A preview pattern covers one label: names below it are not included.".into()
            }
            Self::Testing => {
                "For testing: only your own machine or network can reach this host.".into()
            }
            Self::PublicAddress => {
                "Public addresses change hands: prefer the hostname, if there is one.".into()
            }
        }
    }
}

/// `host` or `host:port`.
#[must_use]
pub fn with_port(host: &str, port: Option<u16>) -> String {
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

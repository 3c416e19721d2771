//! What a file asks for, and what is there.

use crate::domains::model::{DomainId, Pattern};
use crate::sites::model::{MissingReferer, Pause, Site, SiteId};
use std::fmt;

/// Where something stands in a file: `sites[3].domains[2] (line 12)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The way there, as in `sites[3].domains[2]`; empty for the file as a whole.
    pub path: String,
    /// The line, from 1.
    pub line: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.path.as_str(), self.line) {
            ("", None) => f.write_str("the file"),
            ("", Some(line)) => write!(f, "line {line}"),
            (path, None) => f.write_str(path),
            (path, Some(line)) => write!(f, "{path} (line {line})"),
        }
    }
}

/// Something a file asks for that cannot be, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct Wrong {
    /// Where it stands.
    pub place: Place,
    /// One sentence or two.
    pub message: String,
}

impl Wrong {
    /// Something wrong at `place`.
    pub fn new(place: &Place, message: impl Into<String>) -> Self {
        Self { place: place.clone(), message: message.into() }
    }
}

/// A site as a file asks for it; what is `None` stays as it is, or is the default of a new site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// Where it stands in the file.
    pub place: Place,
    /// Its number; without one, the site of that name is meant, or a new one.
    pub id: Option<SiteId>,
    /// Its name, in its stored form.
    pub name: Option<String>,
    /// Whether its sitekeys are served.
    pub standing: Option<Standing>,
    /// Its groups, in their stored form.
    pub tags: Option<Vec<String>>,
    /// See [`Site::any_hostname`].
    pub any_hostname: Option<bool>,
    /// See [`Site::missing_referer`].
    pub missing_referer: Option<MissingReferer>,
    /// Its associated domains.
    pub domains: Option<Domains>,
}

/// Whether a site's sitekeys are to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Served.
    Active,
    /// Switched off. Without a [`Pause`], what the present one says stays.
    Paused(Option<Pause>),
}

/// Associated domains as a file asks for them; no two have the same host and port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    /// The entries.
    pub patterns: Vec<Pattern>,
    /// Whether these are all: others are removed.
    pub whole: bool,
}

/// A site that is there, whatever its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// The site.
    pub site: Site,
    /// Its associated domains.
    pub domains: Vec<(DomainId, Pattern)>,
}

//! What a search finds.

use serde::{Deserialize, Serialize};

/// What kind of thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A site, by its name or a domain.
    Site,
    /// A sitekey, by the whole of it.
    Sitekey,
    /// A host, by the sites that let it through.
    Host,
    /// An error code.
    Code,
    /// A page of the console.
    Page,
}

impl Kind {
    /// As the list says it, in front of what was found.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Site => "Site",
            Self::Sitekey => "Sitekey",
            Self::Host => "Host",
            Self::Code => "Code",
            Self::Page => "Page",
        }
    }
}

/// A thing that was found, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub label: String,
    /// What tells it from others of the name; may be empty.
    pub detail: String,
    /// The page it leads to.
    pub href: String,
}

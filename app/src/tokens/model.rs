//! What a token is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The number of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub i64);

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Ask the gate.
    #[serde(rename = "check")]
    Check,
    /// Report events.
    #[serde(rename = "events:write")]
    EventsWrite,
    /// Read statistics.
    #[serde(rename = "stats:read")]
    StatsRead,
    /// Read sites, domains and sitekeys.
    #[serde(rename = "sites:read")]
    SitesRead,
    /// Change sites, domains and sitekeys.
    #[serde(rename = "sites:write")]
    SitesWrite,
}

impl Scope {
    /// Every scope, in the order it is shown.
    pub const ALL: [Self; 5] =
        [Self::Check, Self::EventsWrite, Self::StatsRead, Self::SitesRead, Self::SitesWrite];

    /// The name used in tokens, on the command line and in the documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::EventsWrite => "events:write",
            Self::StatsRead => "stats:read",
            Self::SitesRead => "sites:read",
            Self::SitesWrite => "sites:write",
        }
    }

    /// What it allows, in an operator's words.
    pub const fn allows(self) -> &'static str {
        match self {
            Self::Check => "Ask the gate about a sitekey and referer",
            Self::EventsWrite => "Report verification outcomes",
            Self::StatsRead => "Read statistics",
            Self::SitesRead => "Read sites, domains and sitekeys",
            Self::SitesWrite => "Change sites, domains and sitekeys",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A scope nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no scope; the scopes are check, events:write, stats:read, sites:read and sites:write"
)]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == name)
            .ok_or_else(|| UnknownScope(name.to_owned()))
    }
}

/// A token as it is stored: everything but the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its number.
    pub id: TokenId,
    /// What operators call it; it names the source of events that name none.
    pub name: String,
    /// Its last four characters, to recognise it by.
    pub last_four: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The first instant at which it is refused; never, if there is none.
    pub expires_at: Option<Timestamp>,
}

impl Token {
    /// Whether it is refused at `now` because its time is over.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

//! The ids and states of sitekeys and secrets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::sites::model::{SiteId, UnknownName};

/// The database id of a sitekey (not the sitekey itself).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SitekeyId(pub i64);

impl fmt::Display for SitekeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The database id of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretId(pub i64);

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a sitekey or a secret stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Accepted.
    Active,
    /// Replaced, and accepted until the instant stored beside it.
    Retiring,
    /// Refused.
    Revoked,
}

impl KeyState {
    /// The text stored in the database and sent over the machine API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyState {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Active, Self::Retiring, Self::Revoked]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownName {
                what: "key state",
                found: text.to_owned(),
                expected: "active, retiring, revoked",
            })
    }
}

/// A sitekey as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sitekey {
    /// Its number.
    pub id: SitekeyId,
    /// The site it belongs to.
    pub site: SiteId,
    /// The public key itself.
    pub sitekey: String,
    /// Where it stands in its life.
    pub state: KeyState,
    /// The first instant at which it is refused; only while retiring.
    pub retires_at: Option<jiff::Timestamp>,
    /// When it was issued.
    pub created_at: jiff::Timestamp,
}

/// A secret as it is stored: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its number.
    pub id: SecretId,
    /// The site it belongs to.
    pub site: SiteId,
    /// Its last four characters, to recognise it by.
    pub last_four: String,
    /// Where it stands in its life.
    pub state: KeyState,
    /// The first instant at which it is refused; only while retiring.
    pub retires_at: Option<jiff::Timestamp>,
    /// When it was issued.
    pub created_at: jiff::Timestamp,
}

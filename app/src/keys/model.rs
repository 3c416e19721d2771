//! Sitekeys and secrets: two kinds of key with one life.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sites::model::{SiteId, UnknownName};

/// Which of the two kinds of key something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Public, in the page's HTML.
    Sitekey,
    /// Private, on the customer's server.
    Secret,
}

impl KeyKind {
    /// Its name, as addresses, forms and sentences write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sitekey => "sitekey",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Sitekey, Self::Secret].into_iter().find(|kind| kind.as_str() == text).ok_or_else(
            || UnknownName {
                what: "kind of key",
                found: text.to_owned(),
                expected: "sitekey, secret",
            },
        )
    }
}

/// The database id of a sitekey (not the sitekey itself).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SitekeyId(pub i64);

impl fmt::Display for SitekeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The database id of a key of either kind; the kinds are numbered apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyId {
    /// Its kind.
    pub kind: KeyKind,
    /// Its number among those of its kind.
    pub number: i64,
}

impl KeyId {
    /// The sitekey of this number.
    #[must_use]
    pub const fn sitekey(number: i64) -> Self {
        Self { kind: KeyKind::Sitekey, number }
    }

    /// The secret of this number.
    #[must_use]
    pub const fn secret(number: i64) -> Self {
        Self { kind: KeyKind::Secret, number }
    }

    /// As an address names it: `sitekey=12`.
    #[must_use]
    pub fn query(self) -> String {
        format!("{}={}", self.kind, self.number)
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

/// A sitekey as the gate knows it; see [`Key`] for all there is to say.
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
    pub retires_at: Option<Timestamp>,
    /// When it was issued.
    pub created_at: Timestamp,
}

/// A sitekey or a secret as it is stored: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its kind and number.
    pub id: KeyId,
    /// The site it belongs to.
    pub site: SiteId,
    /// The sitekey itself; of a secret its last four characters, to recognise it by.
    pub text: String,
    /// What operators call it; empty, or up to [`LONGEST_LABEL`] characters.
    pub label: String,
    /// Where it stands in its life.
    pub state: KeyState,
    /// The first instant at which it is refused; only while retiring.
    pub retires_at: Option<Timestamp>,
    /// When it was revoked; unknown for what was revoked before this was kept.
    pub revoked_at: Option<Timestamp>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// Who issued it, as the trail names them; unknown for older keys.
    pub created_by: Option<String>,
    /// The number of the key of its kind that it took over from.
    pub replaces: Option<i64>,
    /// When it last came. Of a secret, the last time that `/v1/keypair/check` saw it; of a sitekey
    /// the end of the hour of its last request, or now if that hour runs, where the statistics were asked.
    pub last_used_at: Option<Timestamp>,
}

/// The most characters of a key's label.
pub const LONGEST_LABEL: usize = 60;

impl Key {
    /// What it is recognised by: the sitekey, or the end of a secret as in `…xY9z`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.id.kind {
            KeyKind::Sitekey => self.text.clone(),
            KeyKind::Secret => format!("…{}", self.text),
        }
    }

    /// Whether it was replaced and is still accepted at `now`.
    #[must_use]
    pub fn in_grace(&self, now: Timestamp) -> bool {
        self.state == KeyState::Retiring && self.retires_at.is_some_and(|end| now < end)
    }

    /// Whether it is accepted at `now`.
    #[must_use]
    pub fn accepted(&self, now: Timestamp) -> bool {
        self.state == KeyState::Active || self.in_grace(now)
    }
}

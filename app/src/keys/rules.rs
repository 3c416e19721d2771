//! The format of sitekeys and secrets, how they are minted, and whether one is accepted now.
//!
//! A key is a prefix, random base62 digits, and a checksum of everything before it:
//!
//! | | prefix | random digits | checksum | bits of randomness |
//! |---|---|---|---|---|
//! | sitekey | `site_` | 22 | 4 | 130 |
//! | secret | `secret_` | 40 | 4 | 238 |
//!
//! The checksum is CRC-32/ISO-HDLC of prefix and random digits, modulo 62⁴ = 14,776,336, written
//! as four base62 digits (`0-9A-Za-z`), most significant first.
//!
//! What it promises: any change confined to the four checksum digits is detected. A change
//! elsewhere always changes the CRC when it spans up to 32 bits (one wrong character, two swapped
//! neighbours), but the reduction to four digits lets about one such change in 14.8 million through.
//! That is plenty to tell a typo from an unknown key, which is all it is for.

mod rotation;
mod slip;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::model::{KeyKind, KeyState};

pub use rotation::{
    KEY_REPLACED, LONGEST_GRACE_DAYS, MOST_ACTIVE, MOST_RETIRING, Readiness, USUAL_GRACE_DAYS,
    after_grace, grace_of_days, has_grace, issuable, label, readiness, retires_at, revocable,
    rotatable, taken_back,
};
pub use slip::{Correction, Slip, corrections, looks_like, without_wrapping};

/// What every sitekey starts with.
pub const SITEKEY_PREFIX: &str = "site_";
/// What every secret starts with.
pub const SECRET_PREFIX: &str = "secret_";
/// The length of a sitekey in characters: 31.
pub const SITEKEY_LENGTH: usize = SITEKEY_PREFIX.len() + SITEKEY_DIGITS + CHECKSUM_DIGITS;
/// The length of a secret in characters: 51.
pub const SECRET_LENGTH: usize = SECRET_PREFIX.len() + SECRET_DIGITS + CHECKSUM_DIGITS;

const SITEKEY_DIGITS: usize = 22;
const SECRET_DIGITS: usize = 40;
const CHECKSUM_DIGITS: usize = 4;
/// How many digits of a secret are kept to recognise it by, beside its last four characters.
const SHOWN_DIGITS: usize = 4;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl KeyKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Sitekey => SITEKEY_PREFIX,
            Self::Secret => SECRET_PREFIX,
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sitekey => SITEKEY_LENGTH,
            Self::Secret => SECRET_LENGTH,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Sitekey => Self::Secret,
            Self::Secret => Self::Sitekey,
        }
    }
}

/// Why a text cannot be a key we issued. The text itself is never repeated: it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Malformed {
    /// A secret where a sitekey belongs, or the other way round.
    #[error("this is a {}, not a {wanted}: use the key that starts with {}", .wanted.other(), .wanted.prefix())]
    OtherKind {
        /// The kind that was wanted.
        wanted: KeyKind,
    },
    /// Neither prefix.
    #[error("a {wanted} starts with {}", .wanted.prefix())]
    WrongPrefix {
        /// The kind that was wanted.
        wanted: KeyKind,
    },
    /// Cut short or run on.
    #[error("a {wanted} has {} characters, this has {found}", .wanted.length())]
    WrongLength {
        /// The kind that was wanted.
        wanted: KeyKind,
        /// How many characters there are.
        found: usize,
    },
    /// Something other than a letter or digit after the prefix.
    #[error("character {position} of this {wanted} is not one of 0-9, A-Z, a-z")]
    ForeignCharacter {
        /// The kind that was wanted.
        wanted: KeyKind,
        /// Which character it is, counted from 1.
        position: usize,
    },
    /// All as it should be, save that the checksum does not fit.
    #[error("the checksum of this {wanted} does not fit, so it has a typo: copy it again")]
    ChecksumMismatch {
        /// The kind that was wanted.
        wanted: KeyKind,
    },
}

impl Malformed {
    /// The reason as a sentence: a capital at the start, a full stop at the end.
    #[must_use]
    pub fn sentence(self) -> String {
        let words = self.to_string();
        let mut letters = words.chars();
        let first = letters.next().map(char::to_uppercase).into_iter().flatten();
        first.chain(letters).chain(['.']).collect()
    }

    /// A stable name for the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherKind { .. } => "other_kind",
            Self::WrongPrefix { .. } => "wrong_prefix",
            Self::WrongLength { .. } => "wrong_length",
            Self::ForeignCharacter { .. } => "foreign_character",
            Self::ChecksumMismatch { .. } => "checksum_mismatch",
        }
    }
}

/// Says whether `text` is a well-formed key of the kind `wanted`, without looking it up.
///
/// # Errors
/// Names the first thing that shows the text is no such key.
pub fn check_format(text: &str, wanted: KeyKind) -> Result<(), Malformed> {
    if text.starts_with(wanted.other().prefix()) {
        return Err(Malformed::OtherKind { wanted });
    }
    let Some(digits) = text.strip_prefix(wanted.prefix()) else {
        return Err(Malformed::WrongPrefix { wanted });
    };
    if let Some(index) = digits.chars().position(|c| !c.is_ascii_alphanumeric()) {
        return Err(Malformed::ForeignCharacter {
            wanted,
            position: wanted.prefix().len() + index + 1,
        });
    }
    if text.len() != wanted.length() {
        return Err(Malformed::WrongLength { wanted, found: text.len() });
    }
    let (body, sum) = text.split_at(text.len() - CHECKSUM_DIGITS);
    if sum.as_bytes() != checksum(body) {
        return Err(Malformed::ChecksumMismatch { wanted });
    }
    Ok(())
}

/// Says whether `text` is a well-formed sitekey: see [`check_format`].
///
/// # Errors
/// Names the first thing that shows the text is no sitekey.
pub fn check_sitekey(text: &str) -> Result<(), Malformed> {
    check_format(text, KeyKind::Sitekey)
}

/// Says whether `text` is a well-formed secret: see [`check_format`].
///
/// # Errors
/// Names the first thing that shows the text is no secret.
pub fn check_secret(text: &str) -> Result<(), Malformed> {
    check_format(text, KeyKind::Secret)
}

/// Makes a sitekey from random bytes; `random` fills the buffer it is given and is called as often
/// as needed.
pub fn mint_sitekey(random: impl FnMut(&mut [u8])) -> String {
    mint(SITEKEY_PREFIX, SITEKEY_DIGITS, random)
}

/// Makes a secret from random bytes, as [`mint_sitekey`] does.
pub fn mint_secret(random: impl FnMut(&mut [u8])) -> MintedSecret {
    MintedSecret { text: mint(SECRET_PREFIX, SECRET_DIGITS, random) }
}

/// A new secret: the only moment at which its text exists outside the customer's hands.
#[derive(Clone, PartialEq, Eq)]
pub struct MintedSecret {
    text: String,
}

impl MintedSecret {
    /// The secret itself, to be shown once and never stored.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The first characters, stored to recognise the secret by: `secret_` and four digits.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.text[..SECRET_PREFIX.len() + SHOWN_DIGITS]
    }

    /// The last four characters, stored to recognise the secret by.
    #[must_use]
    pub fn last_four(&self) -> &str {
        &self.text[self.text.len() - 4..]
    }

    /// What is stored in place of the secret: see [`hash_secret`].
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash_secret(&self.text)
    }
}

impl fmt::Debug for MintedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MintedSecret({}…{})", self.prefix(), self.last_four())
    }
}

/// SHA-256 of the whole secret, prefix and checksum included. A fast hash is enough: with 238 bits
/// of randomness there is nothing to guess.
#[must_use]
pub fn hash_secret(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// [`hash_secret`] in 64 lower-case hexadecimal digits: what a browser sends in place of a secret.
#[must_use]
pub fn hash_in_hex(secret: &str) -> String {
    use std::fmt::Write as _;
    hash_secret(secret).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The 32 bytes written as 64 lower-case hexadecimal digits.
#[must_use]
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let lower = |digit: &u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(digit);
    if digits.len() != 64 || !digits.iter().all(lower) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Why a well-formed, known key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Lapsed {
    /// Somebody revoked it.
    Revoked,
    /// It was replaced, and its grace ended at this instant (unknown for a retiring key stored
    /// without one, which is refused to be safe).
    PastGrace {
        /// When the grace ended.
        ended_at: Option<Timestamp>,
    },
}

/// Says whether a key in `state` is accepted at `now`. `retires_at` counts only for a retiring key,
/// and is the first instant at which it is refused.
///
/// # Errors
/// Says why it is not accepted.
pub fn accepted(
    state: KeyState,
    retires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Lapsed> {
    match state {
        KeyState::Active => Ok(()),
        KeyState::Revoked => Err(Lapsed::Revoked),
        KeyState::Retiring if retires_at.is_some_and(|end| now < end) => Ok(()),
        KeyState::Retiring => Err(Lapsed::PastGrace { ended_at: retires_at }),
    }
}

fn mint(prefix: &str, digits: usize, mut random: impl FnMut(&mut [u8])) -> String {
    // The largest multiple of 62 in a byte: taking bytes above it modulo 62 would favour some digits.
    const UNBIASED: u8 = 248;
    let mut text = String::with_capacity(prefix.len() + digits + CHECKSUM_DIGITS);
    text.push_str(prefix);
    let mut buffer = [0; 64];
    while text.len() < prefix.len() + digits {
        random(&mut buffer);
        let missing = prefix.len() + digits - text.len();
        let fair = buffer.iter().filter(|byte| **byte < UNBIASED);
        text.extend(fair.take(missing).map(|byte| char::from(BASE62[usize::from(byte % 62)])));
    }
    let sum = checksum(&text);
    text.extend(sum.map(char::from));
    text
}

fn checksum(body: &str) -> [u8; CHECKSUM_DIGITS] {
    let mut rest = crc32fast::hash(body.as_bytes()) as usize % 62_usize.pow(4);
    let mut digits = [0; CHECKSUM_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests;

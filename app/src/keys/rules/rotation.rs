//! What may be done to a key, in which state, and when an old one is no longer needed.

use super::super::model::{Key, KeyKind, KeyState, LONGEST_LABEL};
use crate::error::Refusal;
use crate::ui::number::counted;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest time for which a replaced key is still accepted, in days.
pub const LONGEST_GRACE_DAYS: i64 = 30;
/// The grace that the forms propose and that the machine API takes where none is named, in days: a week, in
/// which every deployment that still carries the old key is seen.
pub const USUAL_GRACE_DAYS: i64 = 7;
/// The most keys of a kind that a site can have in their grace at once.
pub const MOST_RETIRING: usize = 5;
/// The most active keys of a kind that a site can have.
pub const MOST_ACTIVE: usize = 20;

/// A grace of `days`, as a form gives it; whether it is allowed is decided where it is used.
pub fn grace_of_days(days: i64) -> SignedDuration {
    SignedDuration::from_secs(days.saturating_mul(86_400))
}

/// The first instant at which a key is refused that is accepted for `grace` from `now` on.
///
/// # Errors
/// Refuses a grace that is negative or longer than [`LONGEST_GRACE_DAYS`].
pub fn retires_at(now: Timestamp, grace: SignedDuration) -> Result<Timestamp, Refusal> {
    if grace.is_negative() || grace > grace_of_days(LONGEST_GRACE_DAYS) {
        return Err(Refusal::new("grace_range", "grace", "Choose a grace between 0 and 30 days."));
    }
    Ok(now.saturating_add(grace).unwrap_or(Timestamp::MAX))
}

/// Where a key stands once it is replaced: retiring until its grace ends, or revoked at once.
///
/// # Errors
/// See [`retires_at`].
pub fn after_grace(
    now: Timestamp,
    grace: SignedDuration,
) -> Result<(KeyState, Option<Timestamp>), Refusal> {
    let end = retires_at(now, grace)?;
    Ok(if grace.is_zero() { (KeyState::Revoked, None) } else { (KeyState::Retiring, Some(end)) })
}

/// The stored form of a label: trimmed, on one line, perhaps empty.
///
/// # Errors
/// Refuses one that is too long or holds control characters.
pub fn label(typed: &str) -> Result<String, Refusal> {
    let label = typed.trim();
    let refused = |message: String| Err(Refusal::new("label_invalid", "label", message));
    if label.chars().any(crate::sites::rules::unseen) {
        return refused("A label is one line of text. Leave line breaks and tabs out.".to_owned());
    }
    match label.chars().count() {
        length if length > LONGEST_LABEL => {
            refused(format!("Use at most {LONGEST_LABEL} characters; this has {length}."))
        }
        _ => Ok(label.to_owned()),
    }
}

/// Whether one more key of this kind may be issued to the site that has `keys`.
///
/// # Errors
/// Refuses it when [`MOST_ACTIVE`] are active.
pub fn issuable(keys: &[Key], kind: KeyKind) -> Result<(), Refusal> {
    let active = keys.iter().filter(|key| key.state == KeyState::Active).count();
    if active < MOST_ACTIVE {
        return Ok(());
    }
    let message = format!("A site has at most {MOST_ACTIVE} active {kind}s. Revoke one first.");
    Err(Refusal::new("keys_many", kind.as_str(), message))
}

/// The [`Refusal::code`] of rotating a key that is not active.
pub const KEY_REPLACED: &str = "key_replaced";

/// Whether `old`, one of the site's `keys`, may be replaced at `now`, to be accepted for `grace` more.
///
/// # Errors
/// Refuses what is not active, and a grace for more than [`MOST_RETIRING`] at once.
pub fn rotatable(
    old: &Key,
    keys: &[Key],
    grace: SignedDuration,
    now: Timestamp,
) -> Result<(), Refusal> {
    let kind = old.id.kind;
    if old.state != KeyState::Active {
        let message =
            format!("This {kind} was replaced or revoked already. Rotate the active one.");
        return Err(Refusal::new(KEY_REPLACED, kind.as_str(), message));
    }
    let retiring = keys.iter().filter(|key| key.in_grace(now)).count();
    if grace.is_positive() && retiring >= MOST_RETIRING {
        let message = format!(
            "{MOST_RETIRING} {kind}s of this site are still in their grace. Revoke one that is no longer used first."
        );
        return Err(Refusal::new("rotations_many", kind.as_str(), message));
    }
    Ok(())
}

/// Whether `key`, one of the site's `keys`, may be revoked.
///
/// # Errors
/// Refuses what is revoked already, and the last active one.
pub fn revocable(key: &Key, keys: &[Key]) -> Result<(), Refusal> {
    let kind = key.id.kind;
    if key.state == KeyState::Revoked {
        let message = format!("This {kind} is revoked already.");
        return Err(Refusal::new("key_revoked", kind.as_str(), message));
    }
    if keys.iter().any(|other| other.id != key.id && other.state == KeyState::Active) {
        return Ok(());
    }
    let message = match kind {
        KeyKind::Sitekey => "This is the site's last active sitekey. Rotate it, or pause the site.",
        KeyKind::Secret => "This is the site's last active secret. Rotate it instead.",
    };
    Err(Refusal::new("key_last", kind.as_str(), message))
}

/// Whether `key` has a grace that can be made longer or shorter. One whose grace is over still has:
/// nobody revoked it, so it can be accepted again.
///
/// # Errors
/// Refuses what was never replaced, and what is revoked for good.
pub fn has_grace(key: &Key) -> Result<(), Refusal> {
    let kind = key.id.kind;
    let message = match key.state {
        KeyState::Retiring => return Ok(()),
        KeyState::Active => format!("This {kind} was not replaced, so it has no grace. Rotate it."),
        KeyState::Revoked => format!("This {kind} is revoked, and that is for good."),
    };
    Err(Refusal::new("grace_none", kind.as_str(), message))
}

/// Whether the rotation from `old` to `new` may be taken back at `now`: `old` becomes active again and
/// `new` is revoked. `requests` came with `new` so far; unless that was looked at (`confirmed`), any
/// are too many.
///
/// # Errors
/// Refuses it when the grace is over, when `new` was replaced or revoked since, and when requests would
/// break unseen.
pub fn taken_back(
    old: &Key,
    new: &Key,
    requests: i64,
    confirmed: bool,
    now: Timestamp,
) -> Result<(), Refusal> {
    let kind = old.id.kind;
    let refused = |code, message: String| Err(Refusal::new(code, kind.as_str(), message));
    if old.state == KeyState::Revoked {
        let message = format!("The old {kind} is revoked, and that is for good.");
        return refused("rotation_final", message);
    }
    if !old.in_grace(now) {
        let message = format!(
            "The grace of the old {kind} is over. Extend it first, then take the rotation back."
        );
        return refused("rotation_over", message);
    }
    if new.state != KeyState::Active {
        let message = format!(
            "The new {kind} was itself replaced or revoked. Take that rotation back first, if you can."
        );
        return refused("rotation_newer", message);
    }
    if requests > 0 && !confirmed {
        let used = match kind {
            KeyKind::Sitekey => {
                format!("{} came with the new sitekey", counted(requests, "request", "requests"))
            }
            KeyKind::Secret => "The new secret was used".to_owned(),
        };
        let message = format!(
            "{used} already, and it would be revoked. Open the rotation on the site's Keys tab and take it back there."
        );
        return refused("rotation_used", message);
    }
    Ok(())
}

/// Whether an old sitekey can be revoked without anybody noticing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Readiness {
    /// It is refused already.
    Ended,
    /// Nothing came with it for 24 hours, while requests came with the new one.
    Unused,
    /// Nothing came with either: that says nothing.
    Quiet,
    /// It is still in use.
    InUse,
}

/// How ready `old` is to be revoked at `now`, given the requests of the last 24 hours with it and
/// with the key that took over.
pub fn readiness(old: &Key, with_old: i64, with_new: i64, now: Timestamp) -> Readiness {
    match (with_old, with_new) {
        _ if !old.accepted(now) => Readiness::Ended,
        (1.., _) => Readiness::InUse,
        (_, 1..) => Readiness::Unused,
        _ => Readiness::Quiet,
    }
}

#[cfg(test)]
mod tests;

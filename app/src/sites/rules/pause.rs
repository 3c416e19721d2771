//! What a pause says, and when it ends by itself.

use crate::error::Refusal;
use crate::sites::model::Pause;
use crate::ui::time::moment;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The most characters of a pause's reason.
const LONGEST_REASON: usize = 200;

/// The stored form of why a site is paused: white space folded, at most 200 characters; nothing when
/// nothing was typed.
pub fn pause_reason(typed: &str) -> Result<Option<String>, Refusal> {
    let reason = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let refused = |code, message| Err(Refusal::new(code, "reason", message));
    let length = reason.chars().count();
    if length > LONGEST_REASON {
        return refused(
            "reason_long",
            format!("The reason has {length} characters. Use at most {LONGEST_REASON}."),
        );
    }
    if reason.chars().any(crate::sites::rules::unseen) {
        let message = "The reason has control characters. Remove them.";
        return refused("reason_control", message.to_owned());
    }
    Ok((!reason.is_empty()).then_some(reason))
}

/// What a pause made at `now` says, as typed; see [`pause_reason`] and [`starts_at`].
pub fn pause(reason: &str, until: &str, at: &str, now: Timestamp) -> Result<Pause, Refusal> {
    Ok(Pause { reason: pause_reason(reason)?, starts_at: starts_at(until, at, now)? })
}

/// The stored form of a pause made at `now` that names the instant of its end; see [`pause_reason`]
/// and [`end_of_pause`].
pub fn pause_of(pause: &Pause, now: Timestamp) -> Result<Pause, Refusal> {
    Ok(Pause {
        reason: pause_reason(pause.reason.as_deref().unwrap_or_default())?,
        starts_at: pause.starts_at.map(|at| end_of_pause(at, now)).transpose()?,
    })
}

/// What to tell once a site is paused so.
pub fn told_of_pause(pause: &Pause, now: Timestamp) -> String {
    match pause.starts_at {
        Some(at) => format!(
            "Paused until {}. The gate answers site_paused now and starts the site by itself then.",
            moment(at, now)
        ),
        None => "Paused until you start it. The gate answers site_paused now.".to_owned(),
    }
}

/// How far ahead a pause can end by itself.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(366 * 24);

/// When a pause made at `now` ends by itself, as the form says it: `until` is empty for never, `at`
/// for the instant in `at` (`2026-11-30T14:05`, in UTC, or RFC 3339), or a number of hours.
pub fn starts_at(until: &str, at: &str, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    // Whoever fills in a time means it, whether or not the choice beside it was made as well.
    let until = if until.trim().is_empty() && !at.trim().is_empty() { "at" } else { until };
    let at = match until.trim() {
        "" => return Ok(None),
        "at" => {
            let civil = || at.trim().parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
            at.trim().parse::<Timestamp>().ok().or_else(|| Some(civil()?.timestamp()))
        }
        hours => hours
            .parse::<u32>()
            .ok()
            .map(|hours| SignedDuration::from_hours(hours.into()))
            .map(|length| now.saturating_add(length).unwrap_or(Timestamp::MAX)),
    };
    let unreadable = "That is not a time. Write it like 2026-11-30T14:05, in UTC.";
    let at = at.ok_or_else(|| Refusal::new("start_unreadable", "at", unreadable))?;
    end_of_pause(at, now).map(Some)
}

/// The end of a pause that is made at `now`, if one can end so: later, and within a year.
pub fn end_of_pause(at: Timestamp, now: Timestamp) -> Result<Timestamp, Refusal> {
    let refused = |code, message: &str| Err(Refusal::new(code, "at", message));
    if at <= now {
        return refused("start_past", "That time has passed. Choose a later one, in UTC.");
    }
    if now.duration_since(at).abs() > LONGEST_PAUSE {
        return refused(
            "start_far",
            "That is more than a year ahead. Choose a time within a year.",
        );
    }
    Ok(at)
}

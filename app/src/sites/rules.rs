//! Which changes of a site are allowed.

mod pause;
mod stale;
mod tags;

use super::model::{Pause, Site, SiteId, SiteState, UnknownName};
use crate::audit::model::Action;
use crate::error::Refusal;
use crate::stats::model::Range;
use crate::ui::number::counted;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

pub use crate::letters::unseen;
pub use pause::{end_of_pause, pause, pause_of, pause_reason, starts_at, told_of_pause};
pub use stale::{last_versions, stale, versions_since};
pub use tags::{MOST_TAGS, tag, tag_list, tags, with_tag};

/// What to tell whoever gave a site a name that others have: a name may be anybody's, but is easily taken
/// for another. Nothing where there are none.
pub fn told_of_namesakes(namesakes: &[SiteId]) -> Option<String> {
    match namesakes {
        [] => None,
        [one] => {
            Some(format!("Site {one} has the same name: tell them apart by number, or rename one."))
        }
        several => Some(format!(
            "{} other sites have the same name: tell them apart by number, or rename some.",
            several.len()
        )),
    }
}

/// How long a deleted site can be brought back.
pub const RESTORABLE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A change of a site's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateChange {
    /// Stop serving, for now.
    Pause,
    /// Serve again.
    Start,
    /// Stop serving for good; restorable for [`RESTORABLE_FOR`].
    Delete,
    /// Take a deletion back.
    Restore,
}

impl StateChange {
    /// As addresses and forms write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Start => "start",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }

    /// As a button says it.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Pause => "Pause",
            Self::Start => "Start",
            Self::Delete => "Delete",
            Self::Restore => "Restore",
        }
    }

    /// As the trail calls it.
    pub const fn action(self) -> Action {
        match self {
            Self::Pause => Action::SitePaused,
            Self::Start => Action::SiteStarted,
            Self::Delete => Action::SiteDeleted,
            Self::Restore => Action::SiteRestored,
        }
    }

    /// What to tell once it is done.
    pub const fn done(self) -> &'static str {
        match self {
            Self::Pause => "Paused. The gate answers site_paused now.",
            Self::Start => "Started. The gate checks requests again now.",
            Self::Delete => "Deleted. The gate answers site_deleted now.",
            Self::Restore => "Restored to the state it had.",
        }
    }
}

impl FromStr for StateChange {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::Pause, Self::Start, Self::Delete, Self::Restore]
            .into_iter()
            .find(|change| change.as_str() == text)
            .ok_or_else(|| UnknownName {
                what: "change of state",
                found: text.to_owned(),
                expected: "pause, start, delete, restore",
            })
    }
}

/// A site's state after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextState {
    /// The state.
    pub state: SiteState,
    /// What a restore would give back.
    pub before_delete: Option<SiteState>,
    /// What its pause says; empty unless it is paused, or a restore would make it so.
    pub pause: Pause,
}

/// The state the gate acts by at `now`: a paused site whose start has come is active, even before
/// that is written down.
pub fn state_at(state: SiteState, starts_at: Option<Timestamp>, now: Timestamp) -> SiteState {
    match (state, starts_at) {
        (SiteState::Paused, Some(starts_at)) if starts_at <= now => SiteState::Active,
        _ => state,
    }
}

/// The state `site` has after `change` at `now`, or why it cannot change so.
pub fn change_state(
    site: &Site,
    change: StateChange,
    now: Timestamp,
) -> Result<NextState, Refusal> {
    let refused = |message: &str| Err(Refusal::new("state", "state", message));
    let live = |state, pause| Ok(NextState { state, before_delete: None, pause });
    let kept = || site.pause();
    match (state_at(site.state, site.starts_at, now), change) {
        (SiteState::Active, StateChange::Pause) => live(SiteState::Paused, Pause::default()),
        (SiteState::Paused, StateChange::Start) => live(SiteState::Active, Pause::default()),
        (state @ (SiteState::Active | SiteState::Paused), StateChange::Delete) => Ok(NextState {
            state: SiteState::Deleted,
            before_delete: Some(state),
            pause: if state == SiteState::Paused { kept() } else { Pause::default() },
        }),
        (SiteState::Deleted, StateChange::Restore) => {
            if now > restorable_until(site.state_changed_at) {
                return refused(
                    "This site was deleted more than 30 days ago and cannot be restored. Make a new site and replace its sitekey.",
                );
            }
            let before = site.state_before_delete.unwrap_or(SiteState::Active);
            match state_at(before, site.starts_at, now) {
                SiteState::Paused => live(SiteState::Paused, kept()),
                state => live(state, Pause::default()),
            }
        }
        (SiteState::Paused, StateChange::Pause) => refused("This site is paused already."),
        (SiteState::Active, StateChange::Start) => refused("This site is active already."),
        (SiteState::Deleted, StateChange::Delete) => refused("This site is deleted already."),
        (SiteState::Deleted, StateChange::Pause | StateChange::Start) => {
            refused("This site is deleted. Restore it first.")
        }
        (SiteState::Active | SiteState::Paused, StateChange::Restore) => {
            refused("This site is not deleted, so there is nothing to restore.")
        }
    }
}

/// The last instant at which a site deleted at `deleted_at` can be restored.
pub fn restorable_until(deleted_at: Timestamp) -> Timestamp {
    deleted_at.saturating_add(RESTORABLE_FOR).unwrap_or(Timestamp::MAX)
}

/// A site as it is at `now`: one whose start has come is active since then, even before that is
/// written down.
#[must_use]
pub fn as_of(site: Site, now: Timestamp) -> Site {
    let state = state_at(site.state, site.starts_at, now);
    if state == site.state {
        return site;
    }
    let state_changed_at = site.starts_at.unwrap_or(now);
    Site { state, state_changed_at, pause_reason: None, starts_at: None, ..site }
}

/// What the denials of a state are counted over: a `week`, or as much of it as passed since the site came
/// into that state at `changed_at`. It is an hour at least, so that a minute's are not multiplied by many.
pub fn since_state(week: Range, changed_at: Timestamp) -> Range {
    let latest = week.to.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(week.from);
    Range { from: changed_at.min(latest).max(week.from), ..week }
}

/// The time from `now` to `until` in words: `12 days`, `1 day`, `less than a day`. A day that has begun
/// counts whole, so that 30 days are promised and told.
pub fn days_left(until: Timestamp, now: Timestamp) -> String {
    match until.duration_since(now).as_secs() {
        ..86_400 => "less than a day".to_owned(),
        seconds => counted((seconds + 86_399) / 86_400, "day", "days"),
    }
}

/// The stored form of a site's name: trimmed, white space folded, 1 to 120 characters, no controls.
pub fn name(typed: &str) -> Result<String, Refusal> {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = name.chars().count();
    if length == 0 {
        return Err(Refusal::new(
            "name_empty",
            "name",
            "Give the site a name, such as its main domain.",
        ));
    }
    if length > 120 {
        return Err(Refusal::new(
            "name_long",
            "name",
            format!("The name has {length} characters. Use at most 120."),
        ));
    }
    if name.chars().any(unseen) {
        return Err(Refusal::new(
            "name_control",
            "name",
            "The name has control or invisible characters. Remove them.",
        ));
    }
    Ok(name)
}

/// Refuses a deletion that was not confirmed by typing the site's name.
pub fn confirmed(site: &Site, typed: &str) -> Result<(), Refusal> {
    if typed.split_whitespace().eq(site.name.split_whitespace()) {
        return Ok(());
    }
    let message = match typed.trim() {
        "" => format!("Type the site’s name to delete it: {}", site.name),
        _ => format!("That is not the name of this site. Type it as it stands: {}", site.name),
    };
    Err(Refusal::new("name_differs", "name", message))
}

/// Refuses a site that is not paused at `now`.
pub fn paused(site: &Site, now: Timestamp) -> Result<(), Refusal> {
    match state_at(site.state, site.starts_at, now) {
        SiteState::Paused => Ok(()),
        _ => Err(Refusal::new("state", "state", "This site is not paused any more.")),
    }
}

/// Refuses a change of a deleted site.
pub fn changeable(site: &Site) -> Result<(), Refusal> {
    match site.state {
        SiteState::Deleted => {
            Err(Refusal::new("site_deleted", "state", "This site is deleted. Restore it first."))
        }
        SiteState::Active | SiteState::Paused => Ok(()),
    }
}

#[cfg(test)]
mod tests;

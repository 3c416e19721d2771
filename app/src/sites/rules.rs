//! Which changes of a site are allowed.

use super::model::{Site, SiteState, UnknownName};
use crate::error::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextState {
    /// The state.
    pub state: SiteState,
    /// What a restore would give back.
    pub before_delete: Option<SiteState>,
}

/// The state `site` has after `change` at `now`, or why it cannot change so.
pub fn change_state(
    site: &Site,
    change: StateChange,
    now: Timestamp,
) -> Result<NextState, Refusal> {
    let refused = |message: &str| Err(Refusal::new("state", "state", message));
    let live = |state| Ok(NextState { state, before_delete: None });
    match (site.state, change) {
        (SiteState::Active, StateChange::Pause) => live(SiteState::Paused),
        (SiteState::Paused, StateChange::Start) => live(SiteState::Active),
        (SiteState::Active | SiteState::Paused, StateChange::Delete) => {
            Ok(NextState { state: SiteState::Deleted, before_delete: Some(site.state) })
        }
        (SiteState::Deleted, StateChange::Restore) => {
            if now > restorable_until(site.state_changed_at) {
                refused(
                    "This site was deleted more than 30 days ago and cannot be restored. Make a new site and replace its sitekey.",
                )
            } else {
                live(site.state_before_delete.unwrap_or(SiteState::Active))
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
    if name.chars().any(char::is_control) {
        return Err(Refusal::new(
            "name_control",
            "name",
            "The name has control characters. Remove them.",
        ));
    }
    Ok(name)
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

/// Refuses a write that was made for another version than the present one.
pub fn current(site: &Site, version: Option<i64>) -> Result<(), Refusal> {
    match version {
        Some(version) if version != site.version => Err(Refusal::stale()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{MissingReferer, SiteId};
    use super::*;
    use proptest::prelude::*;

    fn site(state: SiteState) -> Site {
        Site {
            id: SiteId(1),
            name: "shop".to_owned(),
            state,
            state_before_delete: (state == SiteState::Deleted).then_some(SiteState::Paused),
            state_changed_at: Timestamp::UNIX_EPOCH,
            any_hostname: false,
            missing_referer: MissingReferer::Deny,
            version: 3,
            sample: false,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_restored_site_has_the_state_it_had() {
        let next =
            change_state(&site(SiteState::Deleted), StateChange::Restore, Timestamp::UNIX_EPOCH);
        assert_eq!(next.unwrap().state, SiteState::Paused);
    }

    #[test]
    fn a_site_deleted_31_days_ago_stays_deleted() {
        let late = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(31 * 24);
        assert!(change_state(&site(SiteState::Deleted), StateChange::Restore, late).is_err());
    }

    #[test]
    fn only_the_version_that_was_read_may_be_written() {
        let site = site(SiteState::Active);
        assert!(current(&site, Some(3)).is_ok());
        assert!(current(&site, None).is_ok());
        assert_eq!(current(&site, Some(2)).unwrap_err().code, crate::error::STALE);
    }

    proptest! {
        #[test]
        fn a_deleted_site_remembers_a_live_state(
            state in prop::sample::select(vec![SiteState::Active, SiteState::Paused, SiteState::Deleted]),
            change in prop::sample::select(vec![
                StateChange::Pause, StateChange::Start, StateChange::Delete, StateChange::Restore,
            ]),
        ) {
            if let Ok(next) = change_state(&site(state), change, Timestamp::UNIX_EPOCH) {
                prop_assert_ne!(next.state, state);
                prop_assert_eq!(next.state == SiteState::Deleted, next.before_delete.is_some());
                prop_assert_ne!(next.before_delete, Some(SiteState::Deleted));
            }
        }

        #[test]
        fn a_name_is_its_own_stored_form(typed in "\\PC{0,130}") {
            if let Ok(once) = name(&typed) {
                prop_assert_eq!(name(&once), Ok(once.clone()));
            }
        }
    }
}

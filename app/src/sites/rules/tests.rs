//! Every change of state, and what is kept of what was typed.

use super::super::model::{MissingReferer, Pause, Site, SiteId, SiteState};
use super::*;
use crate::audit::model::{Action, Entry, EntryId};
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
        tags: Vec::new(),
        pause_reason: None,
        starts_at: None,
    }
}

#[test]
fn a_restored_site_has_the_state_it_had() {
    let next = change_state(&site(SiteState::Deleted), StateChange::Restore, Timestamp::UNIX_EPOCH);
    assert_eq!(next.unwrap().state, SiteState::Paused);
}

#[test]
fn days_that_have_begun_are_left_whole() {
    let left = |seconds| {
        let until = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(seconds);
        days_left(until, Timestamp::UNIX_EPOCH).replace('\u{a0}', " ")
    };
    assert_eq!(left(30 * 86_400 - 1), "30 days");
    assert_eq!(left(86_401), "2 days");
    assert_eq!(left(86_400), "1 day");
    assert_eq!(left(86_399), "less than a day");
}

#[test]
fn a_site_deleted_31_days_ago_stays_deleted() {
    let late = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(31 * 24);
    assert!(change_state(&site(SiteState::Deleted), StateChange::Restore, late).is_err());
}

#[test]
fn a_pause_ends_by_itself_on_the_second() {
    let (before, at) = (Timestamp::from_second(59).unwrap(), Timestamp::from_second(60).unwrap());
    let paused = Site { starts_at: Some(at), ..site(SiteState::Paused) };
    assert_eq!(state_at(paused.state, paused.starts_at, before), SiteState::Paused);
    assert_eq!(state_at(paused.state, paused.starts_at, at), SiteState::Active);
    assert!(change_state(&paused, StateChange::Start, before).is_ok());
    assert!(change_state(&paused, StateChange::Start, at).is_err(), "it is active already");
    assert!(change_state(&paused, StateChange::Pause, at).is_ok());
}

#[test]
fn the_denials_of_a_state_are_averaged_over_the_time_it_lasts() {
    let now: Timestamp = "2026-11-28T16:00:00Z".parse().unwrap();
    let week = Range::ending(now, SignedDuration::from_hours(7 * 24));
    let hours = |ago: SignedDuration| since_state(week, now - ago).length().as_hours();
    assert_eq!(hours(SignedDuration::from_hours(9)), 9);
    assert_eq!(hours(SignedDuration::from_hours(30 * 24)), 7 * 24);
    assert_eq!(hours(SignedDuration::from_mins(5)), 1, "an hour at least");
}

#[test]
fn a_deletion_keeps_what_the_pause_said_and_a_restore_gives_it_back() {
    let (at, reason) = (Timestamp::from_second(60).ok(), Some("Moving".to_owned()));
    let pause = Pause { reason: reason.clone(), starts_at: at };
    let paused = Site { starts_at: at, pause_reason: reason, ..site(SiteState::Paused) };
    let next = change_state(&paused, StateChange::Delete, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((next.before_delete, &next.pause), (Some(SiteState::Paused), &pause));
    let deleted =
        Site { state: SiteState::Deleted, state_before_delete: Some(SiteState::Paused), ..paused };
    let restored = |now| change_state(&deleted, StateChange::Restore, now).unwrap();
    assert_eq!(restored(Timestamp::UNIX_EPOCH).pause, pause);
    let late = restored(Timestamp::from_second(61).unwrap());
    assert_eq!((late.state, late.pause), (SiteState::Active, Pause::default()));
}

#[test]
fn a_deletion_is_confirmed_by_the_name_alone() {
    let shop = site(SiteState::Active);
    assert!(confirmed(&shop, " shop ").is_ok());
    for typed in ["", "Shop", "shop.example"] {
        assert_eq!(confirmed(&shop, typed).unwrap_err().field, "name", "{typed:?}");
    }
}

#[test]
fn tags_are_few_small_and_plain() {
    assert_eq!(
        tags("Europe, high-risk  europe\n2026/q4"),
        Ok(vec!["2026/q4".into(), "europe".into(), "high-risk".into()])
    );
    assert_eq!(tags(" , "), Ok(Vec::new()));
    let listed =
        |typed: &[&str]| tag_list(&typed.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(listed(&["Shops", " eu", "shops"]), Ok(vec!["eu".into(), "shops".into()]));
    assert_eq!(listed(&["high risk"]).unwrap_err().code, "tag_characters", "one tag, not two");
    let spaced = tag("high risk").unwrap_err();
    assert_eq!(spaced.suggestion.as_deref(), Some("high-risk"));
    assert_eq!(tag("<b>").unwrap_err().code, "tag_characters");
    assert_eq!(tag(&"x".repeat(41)).unwrap_err().code, "tag_long");
    let many: Vec<String> = (0..20).map(|number| format!("t{number}")).collect();
    assert_eq!(with_tag(&many, "t3".to_owned()).unwrap().len(), 20, "one it has is no more");
    assert_eq!(with_tag(&many, "t20".to_owned()).unwrap_err().code, "tags_many");
}

#[test]
fn a_pause_ends_when_the_form_says() {
    let now: Timestamp = "2026-11-23T14:02:05Z".parse().unwrap();
    let hour = now + SignedDuration::from_hours(1);
    assert_eq!(starts_at("", "", now), Ok(None));
    assert_eq!(starts_at("1", "", now), Ok(Some(hour)));
    assert_eq!(starts_at("at", "2026-11-23T15:02:05", now), Ok(Some(hour)));
    assert_eq!(starts_at("at", "2026-11-23T16:02:05+01:00", now), Ok(Some(hour)));
    for (until, at, code) in [
        ("at", "", "start_unreadable"),
        ("at", "tomorrow", "start_unreadable"),
        ("soon", "", "start_unreadable"),
        ("at", "2026-11-23T14:02", "start_past"),
        ("0", "", "start_past"),
        ("at", "2028-01-01T00:00", "start_far"),
        ("4000000000", "", "start_far"),
    ] {
        let refusal = starts_at(until, at, now).unwrap_err();
        assert_eq!((&*refusal.code, &*refusal.field), (code, "at"), "{until:?} {at:?}");
    }
}

#[test]
fn a_reason_is_one_line() {
    assert_eq!(pause_reason(" Moving \n to a new host "), Ok(Some("Moving to a new host".into())));
    assert_eq!(pause_reason(" "), Ok(None));
    assert_eq!(pause_reason(&"é".repeat(201)).unwrap_err().code, "reason_long");
}

#[test]
fn only_the_version_that_was_read_may_be_written() {
    let site = site(SiteState::Active);
    assert_eq!(versions_since(&site, Some(3)), 0);
    assert_eq!(versions_since(&site, None), 0);
    assert_eq!(versions_since(&site, Some(1)), 2);
}

fn entry(id: i64, action: Action, subject: &str, request: &str) -> Entry {
    Entry {
        actor: "bob@example.com".to_owned(),
        subject: subject.to_owned(),
        request_id: (!request.is_empty()).then(|| request.to_owned()),
        ..Entry::new(EntryId(id), Timestamp::UNIX_EPOCH, action)
    }
}

#[test]
fn a_stale_write_is_told_what_changed_since() {
    let changes = [
        entry(9, Action::DomainAdded, "b.example", "r3"),
        entry(8, Action::DomainAdded, "a.example", "r3"),
        entry(7, Action::HostIgnored, "evil.example", "r2"),
        entry(6, Action::SiteRenamed, "Store", "r1"),
        entry(5, Action::SiteCreated, "Shop", "r0"),
    ];
    let ids = |versions| last_versions(&changes, versions).iter().map(|entry| entry.id.0).collect();
    let one: Vec<i64> = ids(1);
    assert_eq!(one, [9, 8, 7]);
    let two: Vec<i64> = ids(2);
    assert_eq!(two, [9, 8, 7, 6]);
    let now = Timestamp::from_second(120).unwrap();
    let refusal = stale(&site(SiteState::Active), last_versions(&changes, 2), now);
    assert_eq!(refusal.code, crate::error::STALE);
    assert_eq!(refusal.suggestion.as_deref(), Some("3"), "the version that would be taken");
    let told = "Renamed site Store (bob@example.com, 2\u{a0}min ago)";
    assert!(refusal.message.contains(told), "{}", refusal.message);
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

    #[test]
    fn a_tag_is_its_own_stored_form(typed in "\\PC{0,45}") {
        if let Ok(once) = tag(&typed) {
            prop_assert_eq!(tag(&once), Ok(once.clone()));
        }
    }
}

#[test]
fn a_name_holds_nothing_unseen() {
    for typed in ["\u{202e}evil", "a\u{200b}b", "a\u{0}b", "\u{2066}x"] {
        assert_eq!(name(typed).unwrap_err().code, "name_control", "{typed:?}");
    }
    assert_eq!(name("Bäckerei 東京"), Ok("Bäckerei 東京".to_owned()));
}

#[test]
fn a_time_that_was_filled_in_counts_without_its_choice() {
    let at = "2026-11-30T14:05";
    let now = "2026-11-24T20:00:00Z".parse().unwrap();
    assert_eq!(starts_at("", at, now), starts_at("at", at, now));
    assert_eq!(starts_at("", " ", now), Ok(None));
}

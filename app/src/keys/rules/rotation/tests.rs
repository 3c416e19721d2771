use super::*;
use crate::keys::model::KeyId;
use crate::sites::model::SiteId;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

fn key(number: i64, state: KeyState, retires_in_hours: Option<i64>) -> Key {
    let end = |hours| now() + SignedDuration::from_hours(hours);
    Key {
        id: KeyId::sitekey(number),
        site: SiteId(1),
        text: format!("site_{number}"),
        label: String::new(),
        state,
        retires_at: retires_in_hours.map(end),
        revoked_at: None,
        created_at: now() - SignedDuration::from_hours(240),
        created_by: None,
        replaces: None,
        last_used_at: None,
    }
}

fn active(number: i64) -> Key {
    key(number, KeyState::Active, None)
}

fn retiring(number: i64) -> Key {
    key(number, KeyState::Retiring, Some(number))
}

fn code(outcome: Result<(), Refusal>) -> String {
    outcome.map_or_else(|refusal| refusal.code.into_owned(), |()| "done".to_owned())
}

#[test]
fn a_grace_is_0_to_30_days() {
    let of = |days| after_grace(now(), grace_of_days(days)).map_err(|refusal| refusal.code);
    assert_eq!(of(0), Ok((KeyState::Revoked, None)));
    let month = now() + SignedDuration::from_hours(720);
    assert_eq!(of(30), Ok((KeyState::Retiring, Some(month))));
    assert_eq!(of(31), Err("grace_range".into()));
    assert_eq!(of(-1), Err("grace_range".into()));
    assert_eq!(of(i64::MAX), Err("grace_range".into()));
    assert_eq!(retires_at(now(), SignedDuration::ZERO), Ok(now()));
}

#[test]
fn a_label_is_one_short_line() {
    assert_eq!(label("  Checkout pages "), Ok("Checkout pages".to_owned()));
    assert_eq!(label(""), Ok(String::new()));
    assert!(label(&"ä".repeat(LONGEST_LABEL)).is_ok());
    assert!(label(&"ä".repeat(LONGEST_LABEL + 1)).is_err());
    assert!(label("two\nlines").is_err());
}

#[test]
fn only_an_active_key_is_rotated_and_few_are_in_their_grace() {
    let day = grace_of_days(1);
    let mut keys = vec![active(9)];
    assert_eq!(code(rotatable(&keys[0], &keys, day, now())), "done");
    assert_eq!(code(rotatable(&retiring(1), &keys, day, now())), "key_replaced");
    keys.extend((1..=5).map(retiring));
    assert_eq!(code(rotatable(&keys[0], &keys, day, now())), "rotations_many");
    let none = SignedDuration::ZERO;
    assert_eq!(code(rotatable(&keys[0], &keys, none, now())), "done", "nothing more to retire");
    keys[1].retires_at = Some(now());
    assert_eq!(code(rotatable(&keys[0], &keys, day, now())), "done", "one grace is over");
}

#[test]
fn the_last_active_key_is_not_revoked() {
    let keys = [active(1), retiring(2), key(3, KeyState::Revoked, None)];
    assert_eq!(code(revocable(&keys[0], &keys)), "key_last");
    assert_eq!(code(revocable(&keys[1], &keys)), "done");
    assert_eq!(code(revocable(&keys[2], &keys)), "key_revoked");
    let keys = [active(1), active(2)];
    assert_eq!(code(revocable(&keys[0], &keys)), "done");
}

#[test]
fn a_grace_can_be_moved_even_when_it_is_over() {
    assert_eq!(code(has_grace(&retiring(1))), "done");
    assert_eq!(code(has_grace(&key(1, KeyState::Retiring, Some(-1)))), "done");
    assert_eq!(code(has_grace(&active(1))), "grace_none");
    assert_eq!(code(has_grace(&key(1, KeyState::Revoked, None))), "grace_none");
}

#[test]
fn a_rotation_is_taken_back_within_its_grace_and_not_over_traffic_unseen() {
    let back =
        |old: &Key, new: &Key, requests, seen| code(taken_back(old, new, requests, seen, now()));
    assert_eq!(back(&retiring(1), &active(2), 0, false), "done");
    assert_eq!(back(&retiring(1), &active(2), 3, false), "rotation_used");
    assert_eq!(back(&retiring(1), &active(2), 3, true), "done");
    let over = key(1, KeyState::Retiring, Some(0));
    assert_eq!(back(&over, &active(2), 0, true), "rotation_over");
    let revoked = key(1, KeyState::Revoked, None);
    assert_eq!(back(&revoked, &active(2), 0, true), "rotation_final");
    assert_eq!(back(&retiring(1), &retiring(2), 0, true), "rotation_newer");
}

#[test]
fn silence_on_both_keys_is_no_proof() {
    assert_eq!(readiness(&retiring(1), 0, 10, now()), Readiness::Unused);
    assert_eq!(readiness(&retiring(1), 1, 10, now()), Readiness::InUse);
    assert_eq!(readiness(&retiring(1), 0, 0, now()), Readiness::Quiet);
    let over = key(1, KeyState::Retiring, Some(0));
    assert_eq!(readiness(&over, 5, 10, now()), Readiness::Ended);
}

proptest! {
    #[test]
    fn a_key_in_its_grace_is_accepted_and_one_past_it_is_not(hours in -1000_i64..1000) {
        let key = key(1, KeyState::Retiring, Some(hours));
        prop_assert_eq!(key.in_grace(now()), hours > 0);
        prop_assert_eq!(key.accepted(now()), key.in_grace(now()));
    }

    #[test]
    fn a_stored_label_is_a_label(typed in "\\PC{0,80}") {
        if let Ok(stored) = label(&typed) {
            prop_assert_eq!(label(&stored), Ok(stored.clone()));
        }
    }
}

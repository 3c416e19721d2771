use super::*;
use crate::alerts::maintenance::model::WindowId;
use crate::alerts::model::{Kind, RuleId};
use crate::sites::model::SiteId;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::constant(1_781_526_896, 0); // 2026-06-15 12:34:56 UTC

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn notice(kind: NoticeKind) -> Notice {
    Notice {
        incident: 12,
        kind,
        code: Some("referer_denied".to_owned()),
        class: "fixable".to_owned(),
        site: Some(SiteId(3)),
        site_name: Some("shop.example".to_owned()),
        title: "referer_denied ×41 on shop.example".to_owned(),
        cause: "97 % of the excess is www.shop.example (2 % before).".to_owned(),
        extent: None,
        change: None,
        fix: None,
        path: "/incidents/12".to_owned(),
        started_at: NOW,
        ended_at: None,
    }
}

fn rule(sites: Sites) -> Rule {
    Rule {
        id: RuleId(1),
        name: "On call".to_owned(),
        kind: Kind::Webhook,
        shown: String::new(),
        sites,
        site_name: None,
        classes: vec![Class::Fixable, Class::Platform],
        quiet: None,
        enabled: true,
        created_at: NOW,
    }
}

fn window(from: &str, to: &str) -> Window {
    Window {
        id: WindowId(1),
        name: "Move".to_owned(),
        site: None,
        site_name: None,
        starts_at: at(from),
        ends_at: at(to),
        reason: String::new(),
    }
}

#[test]
fn quiet_hours_are_two_times_of_the_day() {
    assert_eq!(quiet_hours("", " ").unwrap(), None);
    let night = quiet_hours("22:00", "07:30:00").unwrap().unwrap();
    assert_eq!((night.from, night.to), (1320, 450));
    assert_eq!(night.to_string(), "22:00–07:30 UTC");
    for (from, to) in [
        ("22:00", ""),
        ("", "7:00"),
        ("24:00", "7:00"),
        ("22:60", "7:00"),
        ("8", "9"),
        ("8:00", "08:00"),
    ] {
        assert_eq!(quiet_hours(from, to).unwrap_err().field, "quiet_from", "{from} {to}");
    }
}

#[test]
fn what_comes_at_night_waits_until_the_morning() {
    let night = QuietHours { from: 22 * 60, to: 7 * 60 };
    assert_eq!(night.until(at("2026-06-15T21:59:59Z")), None);
    assert_eq!(night.until(at("2026-06-15T22:00:00Z")), Some(at("2026-06-16T07:00:00Z")));
    assert_eq!(night.until(at("2026-06-16T06:59:59Z")), Some(at("2026-06-16T07:00:00Z")));
    assert_eq!(night.until(at("2026-06-16T07:00:00Z")), None);
    let lunch = QuietHours { from: 12 * 60, to: 13 * 60 };
    assert_eq!(lunch.until(NOW), Some(at("2026-06-15T13:00:00Z")));
}

#[test]
fn maintenance_that_ends_at_night_is_followed_by_the_night() {
    let (quiet, now) = (Some(QuietHours { from: 13 * 60, to: 14 * 60 }), NOW);
    let (first, second) = (
        window("2026-06-15T12:00:00Z", "2026-06-15T13:30:00Z"),
        window("2026-06-15T14:00:00Z", "2026-06-15T15:00:00Z"),
    );
    let held = hold(now, quiet, &[&first, &second]);
    assert_eq!(held, Hold { until: at("2026-06-15T15:00:00Z"), maintenance: true });
    assert_eq!(hold(now, quiet, &[&second]), Hold { until: now, maintenance: false });
    assert_eq!(hold(now, None, &[]), Hold { until: now, maintenance: false });
}

#[test]
fn a_rule_is_for_some_sites_and_classes() {
    let notice = notice(NoticeKind::Opened);
    let tags = ["europe".to_owned()];
    assert!(wants(&rule(Sites::All), &notice, &[]));
    assert!(wants(&rule(Sites::Tagged("europe".to_owned())), &notice, &tags));
    assert!(!wants(&rule(Sites::Tagged("asia".to_owned())), &notice, &tags));
    assert!(wants(&rule(Sites::One(SiteId(3))), &notice, &[]));
    assert!(!wants(&rule(Sites::One(SiteId(4))), &notice, &[]));
    assert!(!wants(&Rule { enabled: false, ..rule(Sites::All) }, &notice, &[]));
    let of = |class: &str| Notice { class: class.to_owned(), ..notice.clone() };
    assert!(!wants(&rule(Sites::All), &of("attack"), &[]));
    assert!(wants(&rule(Sites::All), &of("of a later version"), &[]));
    let everywhere = Notice { site: None, ..of("platform") };
    assert!(wants(&rule(Sites::All), &everywhere, &[]));
    assert!(!wants(&rule(Sites::One(SiteId(3))), &everywhere, &[]));
}

fn waiting(held: bool) -> InOutbox {
    InOutbox { held, claimed: false }
}

#[test]
fn one_message_says_the_present_state() {
    let free = Hold { until: NOW, maintenance: false };
    let put = Step::Put { due_at: NOW, held: false };
    let (opened, updated, resolved) =
        (notice(NoticeKind::Opened), notice(NoticeKind::Updated), notice(NoticeKind::Resolved));
    assert_eq!(step(&opened, None, None, free), put);
    assert_eq!(
        step(&updated, None, Some(waiting(false)), free),
        put,
        "it takes the place of the first"
    );
    assert_eq!(
        step(&resolved, None, Some(waiting(false)), free),
        put,
        "the night says once how it ended"
    );
    assert_eq!(step(&resolved, None, None, free), Step::Leave, "nobody knows of it");
    let told = Told { notice: opened.clone(), at: NOW };
    assert_eq!(step(&resolved, Some(&told), None, free), put);
    assert_eq!(step(&updated, Some(&told), None, free), Step::Leave, "no news");
    let news = Notice { change: Some("The site was paused.".to_owned()), ..updated };
    let later = Step::Put { due_at: NOW + BETWEEN_UPDATES, held: false };
    assert_eq!(step(&news, Some(&told), None, free), later);
}

#[test]
fn maintenance_is_told_of_only_what_outlives_it() {
    let held = Hold { until: NOW + SignedDuration::from_hours(1), maintenance: true };
    let put = Step::Put { due_at: held.until, held: true };
    let (opened, resolved) = (notice(NoticeKind::Opened), notice(NoticeKind::Resolved));
    assert_eq!(step(&opened, None, None, held), put);
    assert_eq!(step(&resolved, None, Some(waiting(true)), held), Step::Drop);
    let sending = Some(InOutbox { held: true, claimed: true });
    assert_eq!(step(&resolved, None, sending, held), put, "they may know of it in a moment");
    let told = Told { notice: opened, at: NOW };
    assert_eq!(step(&resolved, Some(&told), None, held), put, "it was told before");
}

#[test]
fn another_number_is_no_news() {
    let old = notice(NoticeKind::Opened);
    let cause = |cause: &str| Notice { cause: cause.to_owned(), ..old.clone() };
    assert!(!material(&old, &cause("96.5 % of the excess is www.shop.example (3 % before).")));
    assert!(material(&old, &cause("97 % of the excess is m.shop.example (2 % before).")));
    assert!(material(&old, &cause("97 % of the excess is www2.shop.example (2 % before).")));
    assert!(!material(&old, &Notice { title: "referer_denied ×80".to_owned(), ..old.clone() }));
    assert!(material(&old, &Notice { fix: Some("Allow".to_owned()), ..old.clone() }));
}

#[test]
fn what_can_pass_is_tried_again_for_six_hours() {
    let status =
        |status| Tried { status: Some(status), problem: Some(Problem::Status), retry_after: None };
    for lasting in [400, 401, 404, 410, 422] {
        assert_eq!(retry(&status(lasting), 1, 50), None, "{lasting}");
    }
    for passing in [408, 429, 500, 502, 503] {
        assert_eq!(retry(&status(passing), 1, 50), Some(SignedDuration::from_mins(1)), "{passing}");
    }
    assert_eq!(retry(&Tried::failed(Problem::Private), 1, 0), None);
    let all: SignedDuration = (1..TRIES)
        .map(|attempt| retry(&Tried::failed(Problem::Timeout), attempt, 50).unwrap())
        .fold(SignedDuration::ZERO, |sum, pause| sum + pause);
    assert_eq!(all, SignedDuration::from_mins(1 + 3 + 9 + 27 + 81 + 120 + 120));
    assert_eq!(retry(&Tried::failed(Problem::Timeout), TRIES, 50), None);
    let patient = Tried { retry_after: Some(SignedDuration::from_mins(10)), ..status(429) };
    assert_eq!(retry(&patient, 1, 50), Some(SignedDuration::from_mins(10)));
    let mail =
        |code| Tried { status: Some(code), problem: Some(Problem::MailRefused), retry_after: None };
    assert!(retry(&mail(451), 1, 50).is_some());
    assert_eq!(retry(&mail(550), 1, 50), None);
}

proptest! {
    #[test]
    fn quiet_hours_end_within_a_day_and_are_over_then(
        from in 0_u16..1440, to in 0_u16..1440, second in 0_i64..4_000_000_000
    ) {
        prop_assume!(from != to);
        let (quiet, at) = (QuietHours { from, to }, Timestamp::from_second(second).unwrap());
        if let Some(end) = quiet.until(at) {
            prop_assert!(end > at && end.duration_since(at) <= SignedDuration::from_hours(24));
            prop_assert_eq!(quiet.until(end), None);
        }
    }

    #[test]
    fn a_pause_is_bounded(attempt in 0_i16..20, jitter: u8, asked in 0_i64..1_000_000) {
        let tried = Tried {
            retry_after: Some(SignedDuration::from_secs(asked)),
            ..Tried::failed(Problem::Timeout)
        };
        if let Some(pause) = retry(&tried, attempt, jitter) {
            prop_assert!(pause >= SignedDuration::from_secs(54));
            prop_assert!(pause <= SignedDuration::from_mins(132));
        }
    }

    #[test]
    fn no_text_makes_a_rule_panic(typed in "\\PC*") {
        let _ = (name(&typed), quiet_hours(&typed, &typed), classes(&[typed]));
    }
}

use super::super::file;
use super::super::model::{Desired, Present};
use super::*;
use crate::domains::rules::canonicalise;
use crate::sites::rules::tags;
use proptest::option;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// Sites as they could be stored: numbered from 1, with names of which some are the same.
fn any_present() -> impl Strategy<Value = Vec<Present>> {
    prop::collection::vec(any_site(), 0..5).prop_map(|mut sites| {
        for (id, present) in (1..).zip(&mut sites) {
            present.site.id = SiteId(id);
        }
        sites
    })
}

fn any_site() -> impl Strategy<Value = Present> {
    let pause = (option::of("[a-z]{1,8}"), option::of(-3..3_i64));
    let policy = (any::<bool>(), any::<bool>());
    (any_name(), 0..3_usize, pause, any_tags(), policy, any_patterns()).prop_map(
        |(name, state, (pause_reason, days), tags, (any_hostname, allow), patterns)| {
            let state = [SiteState::Active, SiteState::Paused, SiteState::Deleted][state];
            let paused = state == SiteState::Paused;
            let starts_at = days.filter(|_| paused).map(in_days);
            let site = Site {
                id: SiteId(0),
                name,
                state,
                state_before_delete: (state == SiteState::Deleted).then_some(SiteState::Active),
                state_changed_at: Timestamp::UNIX_EPOCH,
                any_hostname,
                missing_referer: missing_referer(allow),
                version: 1,
                sample: false,
                created_at: Timestamp::UNIX_EPOCH,
                tags,
                pause_reason: pause_reason.filter(|_| paused),
                starts_at,
            };
            Present { site, domains: (1..).map(DomainId).zip(patterns).collect() }
        },
    )
}

/// A file that may mean any of the sites 1 to 5, by number or name, or new ones.
fn any_desired() -> impl Strategy<Value = Vec<Desired>> {
    prop::collection::vec(any_entry(), 0..5)
}

fn any_entry() -> impl Strategy<Value = Desired> {
    let id = option::weighted(0.4, (1..6_i64).prop_map(SiteId));
    let pause = (option::of("[a-z]{1,4}"), option::of(-3..3_i64));
    let standing = option::of((any::<bool>(), option::of(pause)));
    let policy = (option::of(any::<bool>()), option::of(any::<bool>()));
    let domains = option::of((any_patterns(), any::<bool>()));
    (id, option::weighted(0.9, any_name()), standing, option::of(any_tags()), policy, domains)
        .prop_map(|(id, name, standing, tags, (any_hostname, allow), domains)| Desired {
            id,
            name,
            standing: standing.map(|(active, pause)| {
                let pause =
                    pause.map(|(reason, days)| Pause { reason, starts_at: days.map(in_days) });
                if active { Standing::Active } else { Standing::Paused(pause) }
            }),
            tags,
            any_hostname,
            missing_referer: allow.map(missing_referer),
            domains: domains.map(|(patterns, whole)| Domains { patterns, whole }),
            ..Desired::default()
        })
}

fn in_days(days: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_hours(days * 24 + 1)
}

fn missing_referer(allow: bool) -> MissingReferer {
    if allow { MissingReferer::Allow } else { MissingReferer::Deny }
}

fn any_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["Shop", "Blog", "yes", "12", "#a: b", "- x", "null"])
        .prop_map(str::to_owned)
}

fn any_tags() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-c]", 0..3).prop_map(|typed| tags(&typed.join(",")).unwrap())
}

fn any_patterns() -> impl Strategy<Value = Vec<Pattern>> {
    let hosts = [
        "shop.example",
        "a.shop.example",
        "[::1]",
        "127.0.0.1:8080",
        "münchen.example",
        "my-*-x.shop.example",
    ];
    let one = (prop::sample::select(hosts.to_vec()), any::<bool>());
    prop::collection::vec(one, 0..4).prop_map(|typed| {
        let mut patterns: Vec<Pattern> = Vec::new();
        for (host, below) in typed {
            let pattern = canonicalise(host, below).unwrap().pattern;
            if !patterns.iter().any(|of| (&of.host, of.port) == (&pattern.host, pattern.port)) {
                patterns.push(pattern);
            }
        }
        patterns
    })
}

/// What there is after `plan` was carried out.
fn applied(mut present: Vec<Present>, plan: &Plan) -> Vec<Present> {
    let mut next = i64::try_from(present.len()).unwrap() + 1;
    for step in &plan.steps {
        match step {
            Step::Make(new) => {
                present.push(made(SiteId(next), new));
                next += 1;
            }
            Step::Delete { site, .. } => {
                let of = present.iter_mut().find(|of| of.site.id == site.id).unwrap();
                of.site.state = SiteState::Deleted;
            }
            Step::Change { site, changes } => {
                let of = present.iter_mut().find(|of| of.site.id == site.id).unwrap();
                for change in changes {
                    make(of, change);
                }
            }
        }
    }
    present
}

fn made(id: SiteId, new: &NewSite) -> Present {
    let pause = new.pause.clone();
    let site = Site {
        id,
        name: new.name.clone(),
        state: if pause.is_some() { SiteState::Paused } else { SiteState::Active },
        state_before_delete: None,
        state_changed_at: now(),
        any_hostname: new.any_hostname,
        missing_referer: new.missing_referer,
        version: 1,
        sample: false,
        created_at: now(),
        tags: new.tags.clone(),
        pause_reason: pause.clone().and_then(|pause| pause.reason),
        starts_at: pause.and_then(|pause| pause.starts_at),
    };
    Present { site, domains: (1..).map(DomainId).zip(new.domains.clone()).collect() }
}

fn make(Present { site, domains }: &mut Present, change: &SiteChange) {
    let mut state = |state, pause: Pause| {
        site.state = state;
        site.pause_reason = pause.reason;
        site.starts_at = pause.starts_at;
    };
    match change.clone() {
        SiteChange::Rename(name) => site.name = name,
        SiteChange::Policy { any_hostname, missing_referer } => {
            site.any_hostname = any_hostname;
            site.missing_referer = missing_referer;
        }
        SiteChange::Tags(tags) => site.tags = tags,
        SiteChange::AddDomain(pattern) => domains.push((DomainId(99), pattern)),
        SiteChange::Rescope { from, to, .. } => {
            let of = domains.iter_mut().find(|(_, pattern)| *pattern == from).unwrap();
            of.1 = to;
        }
        SiteChange::RemoveDomain { pattern, .. } => domains.retain(|(_, of)| *of != pattern),
        SiteChange::Pause(pause) | SiteChange::ChangePause(pause) => {
            state(SiteState::Paused, pause);
        }
        SiteChange::Start => state(SiteState::Active, Pause::default()),
    }
}

proptest! {
    #[test]
    fn a_plan_carried_out_leaves_nothing_to_do(
        desired in any_desired(), present in any_present(), prune in any::<bool>(),
    ) {
        let Ok(first) = plan(&desired, &present, prune, now()) else { return Ok(()) };
        let after = applied(present, &first);
        prop_assert_eq!(plan(&desired, &after, prune, now()), Ok(Plan::default()));
    }

    #[test]
    fn an_export_asks_for_what_is_there(present in any_present()) {
        let text = file::write(&present, now()).unwrap();
        let desired = file::read(&text, now());
        prop_assert!(desired.is_ok(), "{:?} in\n{}", desired, text);
        prop_assert_eq!(plan(&desired.unwrap(), &present, true, now()), Ok(Plan::default()));
        prop_assert_eq!(file::write(&present, now()).unwrap(), text);
    }

    #[test]
    fn what_is_left_out_stays(present in any_present(), prune in any::<bool>()) {
        let alive = present.iter().filter(|of| of.site.state != SiteState::Deleted);
        let named = alive.map(|of| Desired { id: Some(of.site.id), ..Desired::default() });
        let named: Vec<Desired> = named.collect();
        prop_assert_eq!(plan(&named, &present, prune, now()), Ok(Plan::default()));
        prop_assert_eq!(plan(&[], &present, false, now()), Ok(Plan::default()));
        let all_gone = plan(&[], &present, true, now()).unwrap();
        prop_assert_eq!(all_gone.extent().deleted, named.len());
    }
}

#[test]
fn a_site_that_cannot_be_meant_is_refused() {
    let mut present: Vec<Present> = Vec::new();
    for (id, name, state) in [
        (1, "Shop", SiteState::Active),
        (2, "Shop", SiteState::Active),
        (3, "Gone", SiteState::Deleted),
    ] {
        let mut of = made(SiteId(id), &new_site(&Desired::default(), now()));
        of.site.name = name.to_owned();
        of.site.state = state;
        present.push(of);
    }
    let by_id = |id| Desired { id: Some(SiteId(id)), ..Desired::default() };
    let by_name = |name: &str| Desired { name: Some(name.to_owned()), ..Desired::default() };
    let told = |desired: &[Desired]| match plan(desired, &present, false, now()) {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong.into_iter().map(|wrong| wrong.message).collect(),
    };
    assert_eq!(told(&[by_id(9)]), ["There is no site 9. Leave the id out to make a new one."]);
    assert_eq!(told(&[by_id(3)]), ["Site 3 (Gone) is deleted. Restore it first."]);
    assert_eq!(told(&[by_name("Shop")]), ["2 sites are called Shop. Say which by its id: 1, 2."]);
    assert_eq!(told(&[by_id(1), by_id(1)]).len(), 1);
    assert_eq!(told(&[by_name("New"), by_name("New")]).len(), 1);
    assert_eq!(told(&[Desired::default()]), ["Give the site an id or a name."]);
    // A site named by its number leaves its name to another, and a deleted one leaves its own.
    assert_eq!(told(&[by_id(1), by_name("Shop"), by_name("Gone")]), Vec::<String>::new());
}

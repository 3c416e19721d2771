use super::super::samples::{Change, unattributed_hosts};
use super::*;
use crate::codes;
use crate::domains::rules::canonicalise;
use fastrand::Rng;
use proptest::prelude::*;
use std::collections::HashMap;

fn now() -> Timestamp {
    "2026-11-23T14:05:37Z".parse().unwrap()
}

fn counts(outcomes: &[Outcome], of: impl Fn(&Outcome) -> bool) -> u64 {
    outcomes.iter().filter(|outcome| of(outcome)).map(|outcome| outcome.count).sum()
}

#[test]
fn every_domain_is_canonical_and_reserved() {
    for (_, change) in SITES.iter().flat_map(|site| site.history) {
        if let Change::DomainAdded(typed, subdomains) = change {
            let canonical = canonicalise(typed, *subdomains).unwrap();
            assert_eq!(&canonical.pattern.host, typed);
            assert!(typed.ends_with(".example"), "{typed}");
        }
    }
}

#[test]
fn every_host_is_reserved_and_the_shares_of_a_site_add_up() {
    for outcome in traffic(now()) {
        assert!(outcome.host.is_none_or(|host| host.ends_with(".example")), "{outcome:?}");
    }
    for site in &SITES {
        let sum: f64 = site.hosts.iter().map(|host| host.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{}", site.name);
    }
}

#[test]
fn history_goes_forward_from_the_sites_making() {
    for site in &SITES {
        assert_eq!(site.history[0].1, Change::Created);
        assert!(site.history[0].0 > SPAN);
        assert!(site.history.is_sorted_by(|a, b| a.0 >= b.0), "{}", site.name);
    }
}

#[test]
fn every_code_of_the_catalogue_but_a_deleted_sites_is_there_and_none_else() {
    let outcomes = traffic(end(now()));
    for code in codes::Code::ALL {
        let seen = counts(&outcomes, |outcome| outcome.code == code.as_str());
        assert_eq!(seen > 0, code.as_str() != "site_deleted", "{}: {seen}", code.as_str());
    }
    assert!(outcomes.iter().all(|outcome| !codes::is_unrecognised(outcome.code)));
    let errors = counts(&outcomes, |outcome| outcome.code != OK);
    let attempts = counts(&outcomes, |_| true);
    assert!((1..=10).contains(&(errors * 100 / attempts)), "{errors} of {attempts}");
}

#[test]
fn outcomes_agree_with_the_configuration_of_their_time() {
    let end = end(now());
    for outcome in traffic(end) {
        let age = end.duration_since(outcome.time);
        let site = &SITES[outcome.site];
        let mut domains: HashMap<&str, bool> = HashMap::new();
        let mut paused = false;
        for (_, change) in site.history.iter().filter(|(at, _)| *at >= age) {
            match change {
                Change::DomainAdded(typed, subdomains) => {
                    domains.insert(typed, *subdomains);
                }
                Change::DomainRemoved(typed) => {
                    domains.remove(typed);
                }
                Change::Paused => paused = true,
                Change::Created | Change::SitekeyRotated(_) => {}
            }
        }
        assert_eq!(outcome.code == "site_paused", paused, "{outcome:?}");
        if paused || matches!(outcome.code, "sitekey_invalid" | "no_sitekey") {
            continue;
        }
        let listed = outcome.host.is_some_and(|host| {
            domains.iter().any(|(typed, subdomains)| {
                canonicalise(typed, *subdomains).unwrap().pattern.matches_host(host)
            })
        });
        assert_eq!(outcome.code == "referer_denied", !listed, "{outcome:?}");
    }
}

#[test]
fn the_hosts_of_unattributed_outcomes_are_told() {
    let hosts = unattributed_hosts();
    for outcome in traffic(now()) {
        if matches!(outcome.code, "no_sitekey" | "sitekey_invalid") {
            assert!(outcome.host.is_some_and(|host| hosts.contains(&host)), "{outcome:?}");
        }
    }
}

#[test]
fn the_removed_domain_shows_as_a_spike() {
    let end = end(now());
    let denied = |from: i64, until: i64| {
        counts(&traffic(end), |outcome| {
            let age = end.duration_since(outcome.time);
            outcome.code == "referer_denied"
                && age <= SignedDuration::from_mins(from)
                && age > SignedDuration::from_mins(until)
        })
    };
    let (after, before) = (denied(12, 0), denied(24, 12));
    assert!(after > 10 * before, "{after} after, {before} before");
}

#[test]
fn traffic_goes_on_as_the_gate_answers_it() {
    let length = SignedDuration::from_mins(10);
    let newest = |site: usize| usize::from(SITES[site].name.contains("forum"));
    // As loaded: a removed domain, a paused site, a page with a sitekey that is refused.
    let gate = |site: usize, sitekey: usize, host: Option<&str>| {
        let name = SITES[site].name;
        match host {
            _ if name.contains("forum") && sitekey == 0 => "sitekey_invalid",
            _ if name.contains("news") => "site_paused",
            Some("shop-uk.example" | "translate.example" | "web-cache.example") | None => {
                "referer_denied"
            }
            Some(_) => OK,
        }
    };
    let as_loaded = goes_on(now(), length, newest, gate);
    let of = |outcomes: &[Outcome], host: &str, code: &str| {
        counts(outcomes, |outcome| outcome.host == Some(host) && outcome.code == code)
    };
    assert!(of(&as_loaded, "shop-uk.example", "referer_denied") > 30);
    assert_eq!(of(&as_loaded, "shop-uk.example", OK), 0);
    assert!(of(&as_loaded, "news.example", "site_paused") > 5);
    assert!(counts(&as_loaded, |outcome| outcome.code == "sitekey_invalid") > 0);
    assert!(as_loaded.iter().all(|outcome| outcome.time >= now() && outcome.time < now() + length));
    let mended = goes_on(now(), length, newest, |_, _, _| OK);
    assert_eq!(of(&mended, "shop-uk.example", "referer_denied"), 0);
    assert!(of(&mended, "shop-uk.example", OK) > 30);
    assert_eq!(mended, goes_on(now(), length, newest, |_, _, _| OK), "whoever reports it");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn the_traffic_lies_within_the_two_weeks_and_is_bounded(second in 1_500_000_000_i64..3_000_000_000) {
        let end = end(Timestamp::from_second(second).unwrap());
        let outcomes = traffic(end);
        prop_assert!((10_000..=100_000).contains(&outcomes.len()), "{}", outcomes.len());
        for outcome in &outcomes {
            prop_assert!(outcome.time < end && outcome.time >= before(end, SPAN));
            prop_assert!((1..10_000).contains(&outcome.count));
        }
    }

    #[test]
    fn the_same_moment_gives_the_same_traffic(second in 1_500_000_000_i64..3_000_000_000) {
        let end = end(Timestamp::from_second(second).unwrap());
        prop_assert_eq!(traffic(end), traffic(end));
    }

    #[test]
    fn a_count_is_near_its_mean(mean in 0.0_f64..2_000.0, seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let sum: u64 = (0..400).map(|_| poisson(&mut rng, mean)).sum();
        // Seven standard deviations of the sum, and one for small means.
        prop_assert!((as_f64(sum) - 400.0 * mean).abs() < 7.0 * (400.0 * mean).sqrt() + 1.0);
    }

    #[test]
    fn it_is_never_less_than_quiet(hour in 0_i64..24 * 14) {
        let instant = before(now(), SignedDuration::from_hours(hour));
        for site in &SITES {
            prop_assert!(season(site, instant) > 0.0);
        }
    }
}

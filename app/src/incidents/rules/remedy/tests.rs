use super::*;
use crate::audit::model::EntryId;
use crate::domains::{DomainId, DomainScope};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

const SITE: SiteId = SiteId(7);

fn policy(state: SiteState, hosts: &[&str]) -> SitePolicy {
    let entry = |(number, host): (i64, &&str)| {
        let pattern = Pattern { host: (*host).to_owned(), scope: DomainScope::Exact, port: None };
        (DomainId(number), pattern)
    };
    SitePolicy {
        site: SITE,
        name: "Shop".to_owned(),
        state,
        pause_reason: None,
        starts_at: None,
        any_hostname: false,
        missing_referer: MissingReferer::Deny,
        index: DomainIndex::new((1..).zip(hosts).map(entry).collect()),
    }
}

fn denied(hosts: &[(&str, i64)]) -> Vec<(String, i64)> {
    hosts.iter().map(|(host, count)| ((*host).to_owned(), *count)).collect()
}

fn removed(host: &str) -> Entry {
    Entry {
        site: Some(SITE),
        subject: host.to_owned(),
        before: Some(json!({ "host": host, "scope": "exact", "port": null })),
        ..Entry::new(EntryId(8_123), Timestamp::UNIX_EPOCH, Action::DomainRemoved)
    }
}

fn facts<'a>(
    policy: &'a SitePolicy,
    hosts: &'a [HostFacts],
    denied: &'a [(String, i64)],
) -> Facts<'a> {
    Facts {
        code: Some("referer_denied"),
        site: Some(SITE),
        policy: Some(policy),
        change: None,
        hosts,
        denied,
        samples: &[],
        replays: &[],
    }
}

fn host(name: &str, share: f64, policy: &SitePolicy) -> HostFacts {
    HostFacts { host: name.to_owned(), share, standing: standing(name, &policy.index, false) }
}

#[test]
fn a_removed_domain_is_put_back_and_the_last_requests_say_what_that_does() {
    let policy = policy(SiteState::Active, &["shop.example"]);
    let hosts = [host("www.shop.example", 0.97, &policy)];
    let denied = denied(&[("www.shop.example", 987), ("spam.example", 13)]);
    let entry = removed("www.shop.example");
    let facts = Facts { change: Some(&entry), ..facts(&policy, &hosts, &denied) };
    let Remedy::Undo { entry, button, replayed } = remedy(&facts) else { panic!("{facts:?}") };
    assert_eq!((entry.0, button.as_str()), (8_123, "Put www.shop.example back"));
    assert_eq!(replayed, Replayed { passed: 987, of: 1_000 });
}

#[test]
fn a_host_of_the_sites_own_name_is_offered() {
    let policy = policy(SiteState::Active, &["shop.example"]);
    let hosts = [host("new.shop.example", 0.9, &policy)];
    let denied = denied(&[("new.shop.example", 1), ("else.example", 1)]);
    let expected = Remedy::Allow {
        site: SITE,
        host: "new.shop.example".to_owned(),
        replayed: Replayed { passed: 1, of: 2 },
    };
    assert_eq!(remedy(&facts(&policy, &hosts, &denied)), expected);
}

#[test]
fn a_paused_site_is_started_and_only_for_its_own_hosts() {
    let policy = policy(SiteState::Paused, &["shop.example"]);
    let denied = denied(&[("shop.example", 1), ("else.example", 1), ("", 1)]);
    let facts = Facts { code: Some("site_paused"), ..facts(&policy, &[], &denied) };
    let replayed = Replayed { passed: 1, of: 3 };
    assert_eq!(remedy(&facts), Remedy::Start { site: SITE, replayed });
}

#[test]
fn neighbours_on_a_platform_are_strangers() {
    let policy = policy(SiteState::Active, &["acme.github.io", "shop.example"]);
    let of = |name| standing(name, &policy.index, false);
    assert_eq!(of("evil.github.io"), Standing::Foreign);
    assert_eq!(of("www.shop.example"), Standing::Own);
    assert_eq!(of("sh0p.example"), Standing::Posing);
    assert_eq!(of("elsewhere.example"), Standing::Foreign);
    assert_eq!(of(""), Standing::None);
    assert_eq!(standing("elsewhere.example", &policy.index, true), Standing::Own);
}

#[test]
fn across_sites_it_is_ours_or_an_attack() {
    let facts = |code| Facts {
        code: Some(code),
        site: None,
        policy: None,
        change: None,
        hosts: &[],
        denied: &[],
        samples: &[],
        replays: &[],
    };
    assert_eq!(remedy(&facts("runtime_err")), Remedy::Platform);
    assert_eq!(remedy(&facts("verify_limit")), Remedy::Watch);
}

proptest! {
    /// Whatever foreign hosts send, in whatever shares, none of them is ever offered to be allowed.
    #[test]
    fn a_foreign_host_is_never_offered(
        names in proptest::collection::vec("[a-z]{3,12}\\.(com|example|net|github\\.io)", 1..6),
        shares in proptest::collection::vec(0.0f64..1.0, 6),
    ) {
        let policy = policy(SiteState::Active, &["shop.test-brand.example"]);
        let mut hosts: Vec<HostFacts> =
            names.iter().zip(&shares).map(|(name, share)| host(name, *share, &policy)).collect();
        prop_assume!(hosts.iter().all(|host| host.standing != Standing::Own));
        hosts.sort_by(|a, b| b.share.total_cmp(&a.share));
        let denied: Vec<(String, i64)> = names.iter().map(|name| (name.clone(), 1)).collect();
        let remedy = remedy(&facts(&policy, &hosts, &denied));
        prop_assert!(matches!(remedy, Remedy::Theft { .. } | Remedy::Hosts { .. }), "{remedy:?}");
    }
}

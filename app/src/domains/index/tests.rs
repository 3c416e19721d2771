use proptest::prelude::*;

use super::*;

fn entry(id: i64, host: &str, scope: DomainScope, port: Option<u16>) -> (DomainId, Pattern) {
    (DomainId(id), Pattern { host: host.into(), scope, port })
}

#[test]
fn the_most_telling_entry_is_answered() {
    use DomainScope::{Exact, Preview, Subdomains};
    let index = DomainIndex::new(vec![
        entry(1, "shop.example", Subdomains, None),
        entry(2, "a.shop.example", Subdomains, None),
        entry(3, "b.a.shop.example", Exact, None),
        entry(4, "b.a.shop.example", Exact, Some(8443)),
        entry(5, "app-*-acme.vercel.app", Preview, None),
        entry(6, "app-*.vercel.app", Preview, Some(8443)),
        entry(7, "app-1-acme.vercel.app", Exact, None),
        entry(8, "shop.example", Exact, Some(81)),
        entry(9, "shop.example", Subdomains, None),
    ]);
    let id = |host, port| index.lookup(host, port).map(|found| found.domain.0);
    assert_eq!(id("shop.example", Some(443)), Some(1));
    assert_eq!(id("shop.example", Some(81)), Some(8));
    assert_eq!(id("x.y.shop.example", None), Some(1));
    assert_eq!(id("a.shop.example", None), Some(2));
    assert_eq!(id("c.a.shop.example", None), Some(2));
    assert_eq!(id("b.a.shop.example", Some(443)), Some(3));
    assert_eq!(id("b.a.shop.example", Some(8443)), Some(4));
    assert_eq!(id("app-1-acme.vercel.app", None), Some(7));
    assert_eq!(id("app-2-acme.vercel.app", None), Some(5));
    assert_eq!(id("app-2.vercel.app", Some(8443)), Some(6));
    assert_eq!(id("app-2.vercel.app", Some(443)), None);
    assert_eq!(id("app--acme.vercel.app", None), None, "a * stands for one character at least");
    assert_eq!(id("app-2-acme.x.vercel.app", None), None);
    assert_eq!(id("notshop.example", None), None);
    assert_eq!(id("example", None), None);
    assert_eq!(index.len(), 9);
    assert!(DomainIndex::default().lookup("shop.example", None).is_none());
}

/// Few letters and labels, so that hosts and entries often meet.
fn host() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab]{1,2}", 1..4).prop_map(|labels| labels.join("."))
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let port = prop::option::of(80_u16..82);
    let plain = (host(), any::<bool>()).prop_map(|(host, below)| {
        (host, if below { DomainScope::Subdomains } else { DomainScope::Exact })
    });
    let preview = ("[ab]{0,2}\\*[ab]{0,2}", host())
        .prop_map(|(label, parent)| (format!("{label}.{parent}"), DomainScope::Preview));
    (prop_oneof![plain, preview], port).prop_map(|((host, scope), port)| Pattern {
        host,
        scope,
        port,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_index_agrees_with_the_patterns(
        patterns in prop::collection::vec(pattern(), 0..12),
        host in host(),
        port in prop::option::of(80_u16..82),
    ) {
        let entries = (0..).map(DomainId).zip(patterns.clone()).collect();
        let index = DomainIndex::new(entries);
        let found = index.lookup(&host, port);
        prop_assert_eq!(found.is_some(), patterns.iter().any(|p| p.matches(&host, port)));
        prop_assert!(found.is_none_or(|found| found.pattern.matches(&host, port)));
        let nearest = index.nearest(&host, port);
        prop_assert!(found.is_some() || nearest.is_some() || patterns.is_empty());
    }

    #[test]
    fn matching_never_crosses_a_label_boundary(
        name in "[a-z]{1,8}\\.[a-z]{2,8}", label in "[a-z0-9-]{1,8}", port in any::<u16>(),
    ) {
        for scope in [DomainScope::Exact, DomainScope::Subdomains] {
            let index = DomainIndex::new(vec![entry(1, &name, scope, None)]);
            let below = scope == DomainScope::Subdomains;
            prop_assert!(index.lookup(&name, Some(port)).is_some());
            let sub = format!("{label}.{name}");
            prop_assert_eq!(index.lookup(&sub, None).is_some(), below);
            let others = [format!("{label}{name}"), format!("{name}{label}"), format!("{name}.{label}")];
            for other in others {
                prop_assert!(index.lookup(&other, None).is_none(), "{}", other);
            }
        }
    }
}

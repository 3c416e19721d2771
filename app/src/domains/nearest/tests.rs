use proptest::prelude::*;

use super::*;

fn index() -> DomainIndex {
    let entries = [
        "shop.example",
        "pay.shop.co.uk:8443",
        "+blog.example",
        "deep.below.other.example",
        "myapp-*-acme.vercel.app",
        "checkout-service.com",
        "apple.com",
        "alice.github.io",
    ];
    let entries = (1..).map(DomainId).zip(entries).map(|(id, text)| {
        let below = text.starts_with('+');
        let text = text.trim_start_matches('+');
        (id, crate::domains::rules::canonicalise(text, below).unwrap().pattern)
    });
    DomainIndex::new(entries.collect())
}

/// The nearest entry and the reason's name in JSON.
fn nearest(host: &str, port: Option<u16>) -> (String, String) {
    let index = index();
    assert!(index.lookup(host, port).is_none(), "{host} is let through");
    let nearest = index.nearest(host, port).unwrap();
    let reason = serde_json::to_value(&nearest.why).unwrap()["reason"].as_str().unwrap().to_owned();
    (nearest.pattern.to_string(), reason)
}

#[test]
fn the_reason_is_the_most_telling_one() {
    for (host, entry, reason) in [
        ("www.shop.example", "shop.example", "subdomain_of_exact"),
        ("a.b.shop.example", "shop.example", "subdomain_of_exact"),
        ("notshop.example", "shop.example", "sibling"),
        ("www.notshop.example", "shop.example", "sibling"),
        ("notblog.example", "blog.example", "sibling"),
        ("pay.shop.co.uk", "pay.shop.co.uk:8443", "port"),
        ("www.pay.shop.co.uk", "pay.shop.co.uk:8443", "subdomain_of_exact"),
        ("shop.co.uk", "pay.shop.co.uk:8443", "above_entry"),
        ("www.shop.co.uk", "pay.shop.co.uk:8443", "same_registrable"),
        ("below.other.example", "deep.below.other.example", "above_entry"),
        ("else.other.example", "deep.below.other.example", "same_registrable"),
        ("other-1-acme.vercel.app", "myapp-*-acme.vercel.app", "preview_label"),
        ("www.shop.com", "shop.example", "other_suffix"),
        ("checkout-servise.com", "checkout-service.com", "look_alike"),
        ("checkoutservice.com", "checkout-service.com", "look_alike"),
        ("chekcout-srevice.com", "checkout-service.com", "look_alike"),
        ("checkout-s.com", "checkout-service.com", "other_domain"),
        // Cyrillic а.
        ("www.xn--pple-43d.com", "apple.com", "confusable"),
        ("app1e.net", "apple.com", "confusable"),
        ("checkout-servlce.com", "checkout-service.com", "confusable"),
        ("shop.example.evil.net", "shop.example", "carries"),
        ("alice.github.io.evil.net", "alice.github.io", "carries"),
        ("bob.github.io", "alice.github.io", "other_domain"),
    ] {
        let (found, why) = nearest(host, Some(443));
        if reason == "other_domain" {
            assert_eq!(why, reason, "{host}: {found}");
        } else {
            assert_eq!((found.as_str(), why.as_str()), (entry, reason), "{host}");
        }
    }
    assert_eq!(DomainIndex::default().nearest("shop.example", None), None);
}

#[test]
fn reasons_are_told_in_words() {
    let message = |host, port| index().nearest(host, port).unwrap().message(host);
    assert_eq!(
        message("www.shop.example", Some(443)),
        "www.shop.example is a subdomain of shop.example, which is listed exact: including \
         subdomains would allow it"
    );
    assert_eq!(
        message("pay.shop.co.uk", Some(443)),
        "pay.shop.co.uk:8443 is listed with port 8443, and the request came from port 443"
    );
    assert_eq!(
        message("appel.com", None),
        "it is one letter away from apple.com: a typo or a look-alike"
    );
}

#[test]
fn an_entry_may_be_taken_for_one_that_was_there_before() {
    let names = ["tickets.example", "t1ckets.example", "www.tickets.example", "tickets.test"];
    let pattern = |host: &str| crate::domains::rules::canonicalise(host, false).unwrap().pattern;
    let entries: Vec<_> = (1..).map(DomainId).zip(names.map(pattern)).collect();
    let index = DomainIndex::new(entries.clone());
    let taken_for = |(_, pattern): &(DomainId, Pattern)| {
        index.taken_for(&pattern.host).map(|nearest| nearest.pattern.host)
    };
    let found: Vec<_> = entries.iter().map(taken_for).collect();
    assert_eq!(found, [None, Some("tickets.example".to_owned()), None, None]);
}

#[test]
fn an_explanation_costs_the_same_on_a_long_list() {
    let pattern = |at: usize| {
        let host = format!("h{at}.{}.example", ["apple", "apply", "ample"][at % 3]);
        (DomainId(1), Pattern { host, scope: crate::domains::DomainScope::Exact, port: None })
    };
    let index = DomainIndex::new((0..5_000).map(pattern).collect());
    let (candidates, closest) = index.relatives().scan(13, 0);
    assert!(candidates.len() <= MOST_COMPARED && closest.is_some());
    assert_eq!(index.relatives().families.len(), 3, "one for each registrable domain");
}

#[test]
fn a_swap_is_one_change() {
    assert_eq!(distance("abcd", "abdc", 2), Some(1));
    assert_eq!(distance("abcd", "abcd", 2), None);
    assert_eq!(distance("abcd", "xbcdy", 2), Some(2));
    assert_eq!(distance("abcd", "xyzd", 2), None);
    assert_eq!(distance(&"a".repeat(65), &"a".repeat(64), 2), None);
}

/// The textbook recursion, for holding the fast one against.
fn slow_distance(left: &[char], right: &[char]) -> usize {
    let ([init_l @ .., a], [init_r @ .., b]) = (left, right) else {
        return left.len().max(right.len());
    };
    let mut best = (slow_distance(init_l, init_r) + usize::from(a != b))
        .min(slow_distance(init_l, right) + 1)
        .min(slow_distance(left, init_r) + 1);
    if let ([more_l @ .., c], [more_r @ .., d]) = (init_l, init_r)
        && (a, c) == (d, b)
    {
        best = best.min(slow_distance(more_l, more_r) + 1);
    }
    best
}

proptest! {
    #[test]
    fn distances_are_right(left in "[abc]{0,6}", right in "[abc]{0,6}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let slow = slow_distance(&chars(&left), &chars(&right));
        let expected = u8::try_from(slow).ok().filter(|distance| (1..=2).contains(distance));
        prop_assert_eq!(distance(&left, &right, 2), expected);
    }

    #[test]
    fn no_host_makes_it_panic(host in "\\PC{0,80}", port in any::<Option<u16>>()) {
        let index = index();
        if let Some(nearest) = index.nearest(&host, port) {
            prop_assert!(!nearest.message(&host).is_empty());
        }
    }
}

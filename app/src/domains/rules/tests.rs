use proptest::prelude::*;

use super::{canonicalise, rescope};
use crate::domains::model::{Canonical, DomainScope, Note};
use crate::domains::refusal::Refusal;

/// `host scope` of an accepted input, or the code of the refusal and the suggested input.
fn outcome(input: &str, include_subdomains: bool) -> String {
    match canonicalise(input, include_subdomains) {
        Ok(canonical) => format!("{} {}", canonical.pattern, canonical.pattern.scope),
        Err(refusal) => match refusal.suggested() {
            Some(suggested) => format!("!{} -> {}", refusal.code(), suggested.input),
            None => format!("!{}", refusal.code()),
        },
    }
}

#[track_caller]
fn check(include_subdomains: bool, cases: &[(&str, &str)]) {
    for (input, expected) in cases {
        assert_eq!(outcome(input, include_subdomains), *expected, "for {input:?}");
    }
}

#[test]
fn what_surrounds_a_host_is_taken_off() {
    check(
        false,
        &[
            ("shop.example", "shop.example exact"),
            ("  Shop.EXAMPLE.\n", "shop.example exact"),
            ("\u{feff}shop.example\u{200b}", "shop.example exact"),
            ("https://shop.example/cart?a=b#c", "shop.example exact"),
            ("HTTPS://shop.example", "shop.example exact"),
            ("https:/shop.example", "shop.example exact"),
            ("https:\\\\shop.example\\cart", "shop.example exact"),
            ("//shop.example/cart", "shop.example exact"),
            ("shop.example/cart, and more", "shop.example exact"),
            ("shop。example", "shop.example exact"),
            ("ｓｈｏｐ．ｅｘａｍｐｌｅ｡", "shop.example exact"),
            ("a_b.shop.example", "a_b.shop.example exact"),
            ("shop.example?utm=x", "shop.example exact"),
        ],
    );
}

#[test]
fn international_names_become_ascii() {
    check(
        false,
        &[
            ("Bücher.example", "xn--bcher-kva.example exact"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example exact"),
            ("faß.de", "xn--fa-hia.de exact"),
            ("食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn exact"),
            ("дегтярное-мыло.рф", "xn----etbceb1bgfjepx7j1b.xn--p1ai exact"),
            ("xn--a.example", "!invalid_idn"),
            ("xn--zzzzzzzz99999.example", "!invalid_idn"),
            ("a\u{202e}b.example", "!invalid_idn"),
            ("℀.example", "!invalid_idn"),
            ("公司.cn", "!public_suffix"),
            ("рф", "!bare_label"),
        ],
    );
    let canonical = canonicalise("BÜCHER.example:8443", false).unwrap();
    assert_eq!(canonical.pattern.unicode().as_deref(), Some("bücher.example:8443"));
    assert!(
        canonical.notes.contains(&Note::International { unicode: "bücher.example:8443".into() })
    );
}

#[test]
fn ports_are_kept_unless_they_are_the_schemes_own() {
    check(
        false,
        &[
            ("shop.example:8443", "shop.example:8443 exact"),
            ("shop.example:08443", "shop.example:8443 exact"),
            ("https://shop.example:8443/", "shop.example:8443 exact"),
            ("https://shop.example:443/", "shop.example exact"),
            ("http://shop.example:80", "shop.example exact"),
            ("http://shop.example:443", "shop.example:443 exact"),
            ("shop.example:443", "shop.example:443 exact"),
            ("shop.example:", "shop.example exact"),
            ("localhost:3000", "localhost:3000 exact"),
            ("[::1]:3000", "[::1]:3000 exact"),
            ("shop.example:0", "!invalid_port -> shop.example"),
            ("shop.example:65536", "!invalid_port -> shop.example"),
            ("shop.example:http", "!invalid_port -> shop.example"),
            ("shop.example:+80", "!invalid_port -> shop.example"),
            ("shop.example:*", "!invalid_port -> shop.example"),
        ],
    );
}

#[test]
fn public_suffixes_and_bare_labels_are_refused() {
    check(
        false,
        &[
            ("com", "!bare_label"),
            ("intranet", "!bare_label"),
            ("co.uk", "!public_suffix"),
            ("https://CO.UK./", "!public_suffix"),
            ("shop.co.uk", "shop.co.uk exact"),
            ("github.io", "github.io exact"),
            ("acme.github.io", "acme.github.io exact"),
            ("kawasaki.jp", "kawasaki.jp exact"),
            ("x.kawasaki.jp", "!public_suffix"),
            ("city.kawasaki.jp", "city.kawasaki.jp exact"),
        ],
    );
    check(
        true,
        &[
            ("shop.co.uk", "shop.co.uk subdomains"),
            ("co.uk", "!public_suffix"),
            ("github.io", "!private_suffix -> github.io"),
            ("vercel.app", "!private_suffix -> vercel.app"),
            ("acme.github.io", "acme.github.io subdomains"),
            ("kawasaki.jp", "!public_suffix"),
            ("city.kawasaki.jp", "city.kawasaki.jp subdomains"),
            ("compute.amazonaws.com", "!private_suffix -> compute.amazonaws.com"),
        ],
    );
}

#[test]
fn stars() {
    check(
        false,
        &[
            ("myapp-*-acme.vercel.app", "myapp-*-acme.vercel.app preview"),
            ("https://MyApp-*.Vercel.app/x", "myapp-*.vercel.app preview"),
            ("*-acme.netlify.app", "*-acme.netlify.app preview"),
            ("pr-*.shop.example", "!too_few_fixed"),
            ("pr-1*.shop.example", "pr-1*.shop.example preview"),
            ("pr-1*.localhost:3000", "pr-1*.localhost:3000 preview"),
            ("*", "!lone_star"),
            ("*.*", "!lone_star"),
            ("*.shop.example", "!star_label -> shop.example"),
            ("https://*.shop.example:8443/", "!star_label -> shop.example:8443"),
            ("*.github.io", "!private_suffix -> github.io"),
            ("*.com", "!bare_label"),
            ("*.co.uk", "!public_suffix"),
            ("*.localhost", "localhost subdomains"),
            ("*.127.0.0.1", "!star_place"),
            ("shop.*.example", "!star_place"),
            ("myapp-*.*.example", "!star_place"),
            ("shop.example*", "!star_place"),
            ("myapp-*-acme-*.vercel.app", "!several_stars"),
            ("myapp-*", "!bare_label"),
            ("myapp-*.com", "!preview_under_suffix"),
            ("myapp-*.co.uk", "!preview_under_suffix"),
            ("myapp-*.kawasaki.jp", "!preview_under_suffix"),
            ("bücher-*.vercel.app", "!star_in_idn"),
            ("xn--abc*.vercel.app", "!star_in_idn"),
            ("1234*.0.0.1", "!invalid_address"),
            ("my app-*.vercel.app", "!space -> myapp-*.vercel.app"),
        ],
    );
    check(
        true,
        &[
            ("*.shop.example", "shop.example subdomains"),
            ("*.github.io", "!private_suffix -> github.io"),
            ("myapp-*-acme.vercel.app", "myapp-*-acme.vercel.app preview"),
        ],
    );
}

#[test]
fn addresses() {
    check(
        true,
        &[
            ("127.0.0.1", "127.0.0.1 exact"),
            ("http://192.168.0.10:8080/", "192.168.0.10:8080 exact"),
            ("::1", "[::1] exact"),
            ("[FD00:0:0::10]", "[fd00::10] exact"),
            ("::ffff:127.0.0.1", "[::ffff:7f00:1] exact"),
            ("203.0.113.7", "203.0.113.7 exact"),
            ("127.1", "!invalid_address -> 127.0.0.1"),
            ("0x7f.0.0.1", "!invalid_address -> 127.0.0.1"),
            ("010.0.0.1", "!invalid_address -> 8.0.0.1"),
            ("256.1.1.1", "!invalid_address"),
            ("1.2.3.4.5", "!invalid_address"),
            ("shop.example.1", "!invalid_address"),
            ("fe80::1%eth0", "!invalid_address -> [fe80::1]"),
            ("[::1", "[::1] exact"),
            ("[::1]x", "!invalid_address"),
            ("[shop.example]", "!invalid_address"),
            ("224.0.0.1", "!unusable_address"),
            ("255.255.255.255", "!unusable_address"),
            ("[ff02::1]", "!unusable_address"),
        ],
    );
    for testing in [
        "localhost",
        "app.localhost",
        "127.9.9.9",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ] {
        let canonical = canonicalise(testing, false).unwrap();
        assert!(canonical.pattern.testing(), "{testing}");
        assert!(canonical.notes.contains(&Note::Testing), "{testing}");
    }
    for real in ["203.0.113.7", "172.32.0.1", "100.128.0.1", "2001:db8::1", "localhost.example"] {
        assert!(!canonicalise(real, false).unwrap().pattern.testing(), "{real}");
    }
    assert_eq!(outcome("localhost", true), "localhost subdomains");
}

#[test]
fn what_is_not_a_host_is_refused() {
    check(
        false,
        &[
            ("", "!empty"),
            (" \u{200b}\t", "!empty"),
            ("shop .example", "!space -> shop.example"),
            ("shop example", "!space"),
            ("a.example b.example", "!several"),
            ("a.example,b.example", "!several"),
            ("https://a.example/\nhttps://b.example/", "!several"),
            ("sh\0op.example", "!control_character"),
            ("user:pass@shop.example", "!userinfo -> shop.example"),
            ("https://user@shop.example/", "!userinfo -> shop.example"),
            ("mailto:me@shop.example", "!userinfo -> shop.example"),
            ("me@", "!userinfo"),
            ("about:blank", "!not_web"),
            ("javascript:alert(1)", "!not_web"),
            ("android-app://com.example.app", "!not_web"),
            ("file:///etc/passwd", "!not_web"),
            ("/cart", "!no_host"),
            ("https://", "!no_host"),
            ("https:///cart", "!bare_label"),
            ("?x", "!no_host"),
            (":8080", "!no_host"),
            ("shop%2Eexample", "!percent_encoded -> shop.example"),
            ("shop%.example", "!percent_encoded"),
            ("shop%2500.example", "!percent_encoded"),
            ("shop!.example", "!bad_character"),
            ("<b>.example", "!bad_character"),
            ("a'b.example", "!bad_character"),
            ("a！b.example", "!bad_character"),
            ("shop..example", "!empty_label -> shop.example"),
            (".shop.example", "!empty_label -> shop.example"),
            ("shop.example..", "!empty_label -> shop.example"),
            (".", "!empty_label"),
            ("\u{ad}", "!empty_label"),
        ],
    );
    let leading = canonicalise(".shop.example", false).unwrap_err().suggested().unwrap();
    assert_eq!(leading.include_subdomains, Some(true));
    let label = "a".repeat(64);
    assert_eq!(outcome(&format!("{}.example", &label[..63]), false).len(), 63 + 14);
    assert_eq!(outcome(&format!("{label}.example"), false), "!label_too_long");
    assert_eq!(outcome(&format!("{}*.example.net", &label[..63]), false), "!label_too_long");
    assert_eq!(outcome(&format!("{}example", "ab.".repeat(83)), false), "!name_too_long");
    assert_eq!(outcome(&"a.".repeat(100_000), false), "!name_too_long");
    assert_eq!(outcome(&"%25".repeat(100_000), false), "!name_too_long");
}

#[test]
fn changes_are_noted() {
    let notes = |input, include| canonicalise(input, include).unwrap().notes;
    assert_eq!(notes("shop.example", true), []);
    assert_eq!(notes("shop.example/", false), []);
    assert_eq!(
        notes("HTTPS://Shop。example.:443/cart", false),
        [
            Note::FullWidthDots,
            Note::Scheme { scheme: "https".into() },
            Note::Path,
            Note::LowerCase,
            Note::TrailingDot,
            Note::DefaultPort { port: 443 },
        ]
    );
    assert_eq!(notes("*.shop.example", true), [Note::LeadingStar]);
    assert_eq!(notes("203.0.113.7", true), [Note::AddressHasNoSubdomains, Note::PublicAddress]);
    assert_eq!(notes("MyApp-*.vercel.app", true), [Note::LowerCase, Note::PreviewHasNoSubdomains]);
}

#[test]
fn subdomains_are_included_and_left_out_later() {
    use DomainScope::{Exact, Preview, Subdomains};
    let rescoped = |input: &str, include: bool, to: DomainScope| {
        let pattern = canonicalise(input, include).unwrap().pattern;
        match rescope(&pattern, to) {
            Ok(changed) => format!("{changed} {}", changed.scope),
            Err(refusal) => refusal.code.into_owned(),
        }
    };
    assert_eq!(rescoped("shop.example:8443", false, Subdomains), "shop.example:8443 subdomains");
    assert_eq!(rescoped("shop.example", true, Exact), "shop.example exact");
    assert_eq!(rescoped("github.io", false, Subdomains), "private_suffix");
    assert_eq!(rescoped("192.168.0.1", false, Subdomains), "scope_unchangeable");
    assert_eq!(rescoped("myapp-*.vercel.app", false, Exact), "scope_unchangeable");
    assert_eq!(rescoped("shop.example", false, Preview), "scope_unchangeable");
}

#[test]
fn a_refusal_says_what_was_wrong_and_what_would_be_right() {
    let refusal = canonicalise("co.uk", false).unwrap_err();
    assert_eq!(
        (refusal.message().as_str(), refusal.suggestion().as_str()),
        (
            "co.uk is a public suffix: anybody can register a name under it",
            "list the host itself, such as shop.co.uk"
        )
    );
    let json = serde_json::to_value(&refusal).unwrap();
    assert_eq!(json["code"], refusal.code());
    assert_eq!(serde_json::from_value::<Refusal>(json).unwrap(), refusal);
}

/// Text that is often nearly a host.
fn near_hosts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z0-9]{1,6}",
        2 => Just(".".to_owned()),
        1 => "[A-Zé食ß_\\-*%@:/\\[\\]。 ]",
        1 => prop::sample::select(vec![
            "https://", "com", "co.uk", ".vercel.app", "localhost", ":443", "::", "127.0.0.1",
            "xn--", "*.", "%2e", "0x", "\u{ad}", "．", "。",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn canonicalising_twice_changes_nothing(input in near_hosts(), include in any::<bool>()) {
        if let Ok(first) = canonicalise(&input, include) {
            let pattern = first.pattern;
            let again = canonicalise(&pattern.to_string(), pattern.scope == DomainScope::Subdomains);
            prop_assert_eq!(again.map(|canonical| canonical.pattern), Ok(pattern));
        }
    }

    #[test]
    fn what_is_accepted_matches_itself(input in near_hosts(), include in any::<bool>()) {
        if let Ok(Canonical { pattern, .. }) = canonicalise(&input, include) {
            let host = pattern.host.replace('*', "x1");
            prop_assert!(pattern.matches(&host, pattern.port));
            prop_assert_eq!(pattern.matches(&host, Some(1)), pattern.port.is_none_or(|p| p == 1));
        }
    }

    #[test]
    fn what_is_suggested_is_accepted(input in near_hosts(), include in any::<bool>()) {
        if let Err(refusal) = canonicalise(&input, include) {
            prop_assert!(!refusal.message().is_empty() && !refusal.suggestion().is_empty());
            if let Some(suggested) = refusal.suggested() {
                let include = suggested.include_subdomains.unwrap_or(include);
                let accepted = canonicalise(&suggested.input, include);
                prop_assert!(accepted.is_ok(), "{refusal:?} suggests {suggested:?}");
            }
        }
    }

    #[test]
    fn what_a_browser_would_send_is_let_through(input in near_hosts(), include in any::<bool>()) {
        let Ok(Canonical { pattern, .. }) = canonicalise(&input, include) else { return Ok(()) };
        let text = pattern.to_string().replace('*', "x1");
        let url = url::Url::parse(&format!("https://{text}/")).unwrap();
        prop_assert!(pattern.matches(url.host_str().unwrap(), url.port_or_known_default()));
    }

    #[test]
    fn no_text_makes_it_panic(input in any::<String>(), include in any::<bool>()) {
        let _ = canonicalise(&input, include).map_err(|refusal| refusal.suggestion());
    }
}

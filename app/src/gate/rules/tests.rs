use proptest::prelude::*;

use super::*;
use crate::domains::rules::canonicalise;
use crate::domains::{DomainId, DomainIndex, WhyNot};
use crate::keys::rules::{Malformed, mint_secret, mint_sitekey};
use crate::sites::model::SiteId;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn policy(domains: &[&str]) -> SitePolicy {
    let entries = domains.iter().zip(1..).map(|(domain, id)| {
        let below = domain.starts_with('+');
        let canonical = canonicalise(domain.trim_start_matches('+'), below).unwrap();
        (DomainId(id), canonical.pattern)
    });
    SitePolicy {
        site: SiteId(7),
        name: "Shop".into(),
        state: SiteState::Active,
        pause_reason: None,
        starts_at: None,
        any_hostname: false,
        missing_referer: MissingReferer::Deny,
        index: DomainIndex::new(entries.collect()),
    }
}

fn key() -> String {
    mint_sitekey(|buffer| buffer.fill(7))
}

fn standing(policy: &SitePolicy) -> KeyStanding<'_> {
    KeyStanding { policy, state: KeyState::Active, retires_at: None }
}

fn ask(policy: &SitePolicy, referer: Option<&str>) -> Verdict {
    let referer = referer.map(str::as_bytes);
    decide(Some(&key()), referer, |_| Some(standing(policy)), NOW, Detail::Nearest)
}

#[test]
fn the_first_code_that_holds_is_the_answer() {
    let mut site = policy(&[]);
    site.state = SiteState::Deleted;
    let code = |sitekey: Option<&str>, standing: Option<KeyStanding>| {
        decide(sitekey, None, |_| standing, NOW, Detail::Brief).decision.code()
    };
    let key = key();
    let revoked = KeyStanding { state: KeyState::Revoked, ..standing(&site) };
    assert_eq!(code(None, Some(revoked)), "no_sitekey");
    assert_eq!(code(Some(" \t"), Some(revoked)), "no_sitekey");
    assert_eq!(code(Some("x"), Some(revoked)), "sitekey_invalid");
    assert_eq!(code(Some(&key), None), "sitekey_invalid");
    assert_eq!(code(Some(&key), Some(revoked)), "sitekey_invalid");
    assert_eq!(code(Some(&key), Some(standing(&site))), "site_deleted");
    assert_eq!(code(Some(&format!(" {key}\n")), Some(standing(&site))), "site_deleted");
    site.state = SiteState::Paused;
    assert_eq!(code(Some(&key), Some(standing(&site))), "site_paused");
    site.state = SiteState::Active;
    assert_eq!(code(Some(&key), Some(standing(&site))), "referer_denied");
    site.missing_referer = MissingReferer::Allow;
    assert_eq!(code(Some(&key), Some(standing(&site))), "ok");
}

#[test]
fn a_pause_with_an_end_ends_without_anybody_writing_so() {
    let mut site = policy(&["shop.example"]);
    site.state = SiteState::Paused;
    let second = jiff::SignedDuration::from_secs(1);
    site.starts_at = Some(NOW + second);
    site.pause_reason = Some("Moving to a new host".into());
    let verdict = ask(&site, Some("https://shop.example/"));
    assert_eq!(verdict.decision, Decision::Deny(DenyCode::SitePaused));
    assert_eq!(
        verdict.message(),
        "The site Shop is paused until 1970-01-01 00:00:01 UTC: Moving to a new host."
    );
    site.starts_at = Some(NOW);
    assert_eq!(ask(&site, Some("https://shop.example/")).decision, Decision::Allow);
    let elsewhere = ask(&site, Some("https://elsewhere.example/"));
    assert_eq!(elsewhere.decision, Decision::Deny(DenyCode::RefererDenied));
    site.state = SiteState::Deleted;
    let deleted = ask(&site, Some("https://shop.example/"));
    assert_eq!(deleted.decision, Decision::Deny(DenyCode::SiteDeleted), "for ever");
}

#[test]
fn a_retiring_key_is_good_until_its_grace_ends() {
    let site = policy(&["shop.example"]);
    let until = |retires_at| {
        let standing = KeyStanding {
            state: KeyState::Retiring,
            retires_at: Some(retires_at),
            ..standing(&site)
        };
        decide(Some(&key()), Some(b"shop.example"), |_| Some(standing), NOW, Detail::Brief)
    };
    let second = jiff::SignedDuration::from_secs(1);
    assert_eq!(until(NOW + second).decision, Decision::Allow);
    let verdict = until(NOW);
    assert_eq!(verdict.decision, Decision::Deny(DenyCode::SitekeyInvalid));
    assert_eq!(verdict.site, None);
    assert_eq!(verdict.host(), Some("shop.example"), "kept, to find the likely site by");
    assert_eq!(
        verdict.message(),
        "The sitekey was replaced, and its grace ended at 1970-01-01 00:00:00 UTC. It belonged to Shop."
    );
}

#[test]
fn a_key_that_is_no_key_is_never_looked_up() {
    let secret = mint_secret(|buffer| buffer.fill(3));
    let mut typo = key();
    typo.replace_range(10..11, "Q");
    for (sitekey, code) in [
        ("undefined", "wrong_prefix"),
        (&typo, "checksum_mismatch"),
        (secret.reveal(), "other_kind"),
    ] {
        let never = |_: &str| panic!("looked up");
        let verdict = decide(Some(sitekey), None, never, NOW, Detail::Nearest);
        assert_eq!(verdict.decision, Decision::Deny(DenyCode::SitekeyInvalid));
        let Explanation::MalformedKey { fault } = verdict.explanation else {
            panic!("{verdict:?}")
        };
        assert_eq!(Malformed::code(fault), code);
        assert!(!verdict.message().contains(sitekey), "the message must not repeat a secret");
    }
}

#[test]
fn a_listed_host_is_let_through_by_its_entry() {
    let site = policy(&["+shop.example", "localhost:3000"]);
    let verdict = ask(&site, Some("https://www.shop.example/cart"));
    assert_eq!((verdict.decision, verdict.site), (Decision::Allow, Some(SiteId(7))));
    assert_eq!(
        verdict.message(),
        "www.shop.example is allowed by shop.example (including subdomains)."
    );
    assert_eq!(
        ask(&site, Some("http://localhost:3000")).message(),
        "localhost:3000 is allowed by localhost:3000 (exact)."
    );
}

#[test]
fn a_host_that_is_not_listed_is_told_the_nearest_entry() {
    let site = policy(&["shop.example"]);
    let verdict = ask(&site, Some("https://notshop.example/"));
    let Explanation::NotListed { nearest: Some(nearest), entries: 1 } = &verdict.explanation else {
        panic!("{verdict:?}")
    };
    assert_eq!(nearest.why, WhyNot::Sibling);
    assert_eq!(
        verdict.message(),
        "notshop.example is not an associated domain: it ends like shop.example, but is not a \
         subdomain of it: there is no dot before."
    );
    let brief = decide(
        Some(&key()),
        Some(b"https://notshop.example/"),
        |_| Some(standing(&site)),
        NOW,
        Detail::Brief,
    );
    assert_eq!(brief.message(), "notshop.example is not one of the site's associated domains.");
    assert_eq!(
        ask(&policy(&[]), Some("https://shop.example")).message(),
        "shop.example is not allowed: the site has no associated domains."
    );
}

#[test]
fn missing_referers_and_any_hostname_are_two_switches() {
    let mut site = policy(&[]);
    site.any_hostname = true;
    assert_eq!(ask(&site, Some("https://who.ever/")).explanation, Explanation::AnyHostname);
    assert_eq!(ask(&site, None).explanation, Explanation::RefererMissing);
    assert_eq!(
        ask(&site, Some("null")).message(),
        "The request's origin is unknown: the browser hides where the request came from (origin \
         null) (null)."
    );
    site.any_hostname = false;
    site.missing_referer = MissingReferer::Allow;
    assert_eq!(ask(&site, Some("null")).decision, Decision::Allow);
    assert_eq!(ask(&site, Some("about:blank")).explanation, Explanation::MissingRefererAllowed);
    assert_eq!(ask(&site, Some("https://who.ever/")).decision.code(), "referer_denied");
}

proptest! {
    #[test]
    fn no_request_makes_it_panic(
        sitekey in any::<Option<String>>(), referer in any::<Option<Vec<u8>>>(), ours in any::<bool>(),
    ) {
        let site = policy(&["+shop.example", "myapp-*-acme.vercel.app", "localhost:3000"]);
        let sitekey = if ours { Some(key()) } else { sitekey };
        let resolve = |_: &str| Some(standing(&site));
        let verdict =
            decide(sitekey.as_deref(), referer.as_deref(), resolve, NOW, Detail::Nearest);
        prop_assert!(!verdict.message().is_empty());
        prop_assert!(!verdict.message().contains(char::is_control));
        let json = serde_json::to_string(&verdict).unwrap();
        prop_assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
    }
}

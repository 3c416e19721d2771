//! Which change of the configuration brought an incident about: by what it means, not by its being
//! near.

use crate::audit::model::{Action, Entry};
use crate::domains::Pattern;
use crate::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A change takes its time to show where traffic is thin.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(24);
/// The onset is known to the minute, and clocks differ.
const SLACK: SignedDuration = SignedDuration::from_mins(3);
/// A change explains an incident if it explains so much of its excess.
const LEAST_EXPLAINED: f64 = 0.2;
/// It explains all of it from here on: a page that was open for long still sends an older key.
const ALL_EXPLAINED: f64 = 0.9;

/// What is known of an incident when its cause is looked for.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The code of which there are too many.
    pub code: &'a str,
    /// The start of the first unusual minute.
    pub onset: Timestamp,
    /// The hosts with their shares of the excess.
    pub hosts: &'a [(String, f64)],
    /// The sitekeys that were sent, with their shares of the samples and the site each belongs to.
    pub sitekeys: &'a [(String, f64, SiteId)],
}

/// What is found to have brought an incident about.
#[derive(Clone, Copy, Debug)]
pub struct Led<'a> {
    /// The change.
    pub entry: &'a Entry,
    /// When it took effect.
    pub at: Timestamp,
    /// Whether it explains all of the incident by itself. Of hosts that are denied it matters more which
    /// they are.
    pub whole: bool,
}

/// The change that brought it about: among those that can have, the one that explains most; of several,
/// the latest.
pub fn change<'a>(entries: &'a [Entry], evidence: &Evidence<'_>) -> Option<Led<'a>> {
    let (from, to) = (evidence.onset.checked_sub(LOOKED_BACK), evidence.onset.checked_add(SLACK));
    let (Ok(from), Ok(to)) = (from, to) else { return None };
    let within = |at: Timestamp| (from..=to).contains(&at);
    entries
        .iter()
        .filter_map(|entry| {
            let (explains, at) = explains(entry, evidence)?;
            (explains >= LEAST_EXPLAINED && within(at)).then_some((entry, at, explains))
        })
        // To a tenth: of two that explain about as much, it was the later.
        .max_by(|(_, a_at, a), (_, b_at, b)| {
            (a * 10.0).round().total_cmp(&(b * 10.0).round()).then_with(|| a_at.cmp(b_at))
        })
        .map(|(entry, at, explains)| Led {
            entry,
            at,
            whole: evidence.code != "referer_denied" && explains >= ALL_EXPLAINED,
        })
}

/// How much of the excess a change explains, and when it took effect; nothing if it cannot have led to
/// this code.
fn explains(entry: &Entry, evidence: &Evidence<'_>) -> Option<(f64, Timestamp)> {
    let hosts = |denied: &dyn Fn(&str) -> bool| {
        let share: f64 =
            evidence.hosts.iter().filter(|(host, _)| denied(host)).map(|(_, share)| share).sum();
        (share, entry.at)
    };
    let before = entry.before.as_ref();
    let after = entry.after.as_ref();
    match (evidence.code, entry.action) {
        ("referer_denied", Action::DomainRemoved) => {
            let removed = pattern(before)?;
            Some(hosts(&|host| removed.matches_host(host)))
        }
        ("referer_denied", Action::DomainChanged) => {
            let (was, is) = (pattern(before)?, pattern(after)?);
            Some(hosts(&|host| was.matches_host(host) && !is.matches_host(host)))
        }
        ("referer_denied", Action::SitePolicyChanged) => {
            let turned = |name: &str, from: Value, to: Value| {
                let is = |of: Option<&Value>, value| of.and_then(|of| of.get(name)) == Some(&value);
                is(before, from) && is(after, to)
            };
            let check = turned("any_hostname", true.into(), false.into());
            let missing = turned("missing_referer", "allow".into(), "deny".into());
            let hostless = |host: &str| matches!(host, "" | "?");
            (check || missing).then(|| hosts(&|host| if hostless(host) { missing } else { check }))
        }
        ("site_paused", Action::SitePaused)
        | ("site_deleted", Action::SiteDeleted)
        | ("token_err", Action::SecretRevoked | Action::SecretRotationUndone) => {
            Some((1.0, entry.at))
        }
        ("sitekey_invalid", Action::SitekeyRevoked | Action::SitekeyRotationUndone) => {
            Some((sent(entry, evidence), entry.at))
        }
        ("sitekey_invalid", Action::SitekeyRotated | Action::SitekeyGraceChanged) => {
            // Without a grace the old one ended with the change itself.
            Some((sent(entry, evidence), ended(after).unwrap_or(entry.at)))
        }
        ("token_err", Action::SecretRotated | Action::SecretGraceChanged) => {
            Some((1.0, ended(after).unwrap_or(entry.at)))
        }
        _ => None,
    }
}

/// The share of the samples that the sitekey of a change was sent with.
fn sent(entry: &Entry, evidence: &Evidence<'_>) -> f64 {
    let of = |(key, _, site): &&(String, f64, SiteId)| {
        entry.site == Some(*site) && *key == entry.subject
    };
    evidence.sitekeys.iter().filter(of).map(|(_, share, _)| share).sum()
}

/// When the key that was replaced is no longer accepted.
fn ended(after: Option<&Value>) -> Option<Timestamp> {
    let at = |name: &str| after?.get(name)?.as_str()?.parse().ok();
    at("old_retires_at").or_else(|| at("retires_at"))
}

/// Whether a change made after the onset mends what an incident is about.
pub fn mends(entry: &Entry, code: &str, hosts: &[(String, f64)]) -> bool {
    let lets_through = |pattern: Option<Pattern>| {
        let pattern = pattern.as_ref();
        let share: f64 = hosts
            .iter()
            .filter(|(host, _)| pattern.is_some_and(|pattern| pattern.matches_host(host)))
            .map(|(_, share)| share)
            .sum();
        share >= LEAST_EXPLAINED
    };
    let after = entry.after.as_ref();
    match (code, entry.action) {
        ("referer_denied", Action::DomainAdded | Action::DomainChanged) => {
            lets_through(pattern(after))
        }
        ("referer_denied", Action::SitePolicyChanged) => {
            let is = |name: &str, value: Value| after.and_then(|of| of.get(name)) == Some(&value);
            is("any_hostname", true.into()) || is("missing_referer", "allow".into())
        }
        ("site_paused", Action::SiteStarted | Action::SiteDeleted)
        | ("site_deleted", Action::SiteRestored)
        | ("sitekey_invalid", Action::SitekeyRotationUndone | Action::SitekeyGraceChanged)
        | ("token_err", Action::SecretRotationUndone | Action::SecretGraceChanged) => true,
        _ => false,
    }
}

fn pattern(value: Option<&Value>) -> Option<Pattern> {
    serde_json::from_value(value?.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::model::EntryId;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-23T{text}Z").parse().unwrap()
    }

    fn entry(id: i64, time: &str, action: Action, before: Value, after: Value) -> Entry {
        Entry {
            site: Some(SiteId(7)),
            subject: "www.shop.example".to_owned(),
            before: (!before.is_null()).then_some(before),
            after: (!after.is_null()).then_some(after),
            ..Entry::new(EntryId(id), at(time), action)
        }
    }

    fn domain(host: &str) -> Value {
        json!({ "host": host, "scope": "exact", "port": null })
    }

    fn found(entries: &[Entry], code: &str, hosts: &[(&str, f64)]) -> Option<i64> {
        let hosts: Vec<(String, f64)> =
            hosts.iter().map(|(host, share)| ((*host).to_owned(), *share)).collect();
        let evidence = Evidence { code, onset: at("14:02:00"), hosts: &hosts, sitekeys: &[] };
        change(entries, &evidence).map(|led| led.entry.id.0)
    }

    #[test]
    fn a_change_is_matched_by_its_meaning_and_not_by_its_being_near() {
        let removed =
            |id, time, host| entry(id, time, Action::DomainRemoved, domain(host), Value::Null);
        let entries = [
            removed(1, "13:40:00", "www.shop.example"),
            removed(2, "14:01:00", "old.example"),
            entry(
                3,
                "14:01:30",
                Action::SiteRenamed,
                json!({ "name": "a" }),
                json!({ "name": "b" }),
            ),
        ];
        assert_eq!(found(&entries, "referer_denied", &[("www.shop.example", 0.97)]), Some(1));
        assert_eq!(found(&entries, "referer_denied", &[("elsewhere.example", 0.97)]), None);
        assert_eq!(found(&entries, "verify_limit", &[("www.shop.example", 0.97)]), None);
        let late = [removed(1, "14:20:00", "www.shop.example")];
        assert_eq!(found(&late, "referer_denied", &[("www.shop.example", 1.0)]), None);
    }

    #[test]
    fn a_narrowed_domain_and_a_check_that_was_turned_on_deny_hosts() {
        let wide = json!({ "host": "shop.example", "scope": "subdomains", "port": null });
        let narrowed = [entry(1, "14:00:00", Action::DomainChanged, wide, domain("shop.example"))];
        assert_eq!(found(&narrowed, "referer_denied", &[("a.shop.example", 0.9)]), Some(1));
        assert_eq!(found(&narrowed, "referer_denied", &[("shop.example", 0.9)]), None);
        let policy = |any, missing| json!({ "any_hostname": any, "missing_referer": missing });
        let check = [entry(
            2,
            "14:00:00",
            Action::SitePolicyChanged,
            policy(true, "deny"),
            policy(false, "deny"),
        )];
        assert_eq!(found(&check, "referer_denied", &[("a.example", 0.9)]), Some(2));
        assert_eq!(found(&check, "referer_denied", &[("", 0.9)]), None);
        let missing = [entry(
            3,
            "14:00:00",
            Action::SitePolicyChanged,
            policy(false, "allow"),
            policy(false, "deny"),
        )];
        assert_eq!(found(&missing, "referer_denied", &[("", 0.9)]), Some(3));
    }

    #[test]
    fn a_pause_and_a_deletion_bring_their_own_codes_about() {
        let paused = [entry(4, "14:01:00", Action::SitePaused, Value::Null, Value::Null)];
        assert_eq!(found(&paused, "site_paused", &[]), Some(4));
        assert_eq!(found(&paused, "site_deleted", &[]), None);
    }

    #[test]
    fn a_rotation_takes_effect_when_the_grace_ends() {
        let key = "site_abc".to_owned();
        let mut rotated = entry(
            5,
            "09:00:00",
            Action::SitekeyRotated,
            Value::Null,
            json!({ "old_retires_at": "2026-11-23T14:00:00Z" }),
        );
        rotated.subject.clone_from(&key);
        rotated.at = "2026-11-16T14:00:00Z".parse().unwrap();
        let keys = [(key, 0.9, SiteId(7))];
        let evidence = Evidence {
            code: "sitekey_invalid",
            onset: at("14:02:00"),
            hosts: &[],
            sitekeys: &keys,
        };
        let entries = [rotated];
        let led = change(&entries, &evidence).unwrap();
        assert_eq!((led.entry.id.0, led.at, led.whole), (5, at("14:00:00"), true));
        let some = [(keys[0].0.clone(), 0.5, SiteId(7))];
        let led = change(&entries, &Evidence { sitekeys: &some, ..evidence }).unwrap();
        assert!(!led.whole, "half of them send another key");
    }

    #[test]
    fn what_lets_the_hosts_through_again_mends() {
        let hosts = [("www.shop.example".to_owned(), 0.97)];
        let added = |host| entry(1, "14:10:00", Action::DomainAdded, Value::Null, domain(host));
        assert!(mends(&added("www.shop.example"), "referer_denied", &hosts));
        assert!(!mends(&added("other.example"), "referer_denied", &hosts));
        let started = entry(2, "14:10:00", Action::SiteStarted, Value::Null, Value::Null);
        assert!(mends(&started, "site_paused", &[]) && !mends(&started, "referer_denied", &hosts));
    }
}

//! What a change of the list would do to the traffic of the last days, told before it is done: the
//! counted hosts are held against the list before and after.

use super::DomainIndex;
use super::model::{DomainId, Pattern};
use crate::stats::model::HostCount;
use serde::{Deserialize, Serialize};

/// Hosts that a change concerns, and their requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many requests.
    pub requests: i64,
    /// From which hosts, the most frequent first, with the requests of each.
    pub hosts: Vec<(String, i64)>,
}

impl Tally {
    /// How many hosts.
    #[must_use]
    pub fn len(&self) -> i64 {
        i64::try_from(self.hosts.len()).unwrap_or(i64::MAX)
    }

    /// Whether nothing is concerned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }
}

/// What a change of a list would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Denials that it would have cleared.
    pub clears: Tally,
    /// What was let through and would have been denied.
    pub denies: Tally,
}

/// Holds counted hosts against a list before and after a change. `denied` are those answered
/// `referer_denied`, `allowed` those let through. Ports are not counted: a host is covered when some
/// entry covers it on whatever port.
#[must_use]
pub fn replay(
    before: &DomainIndex,
    after: &DomainIndex,
    denied: &[HostCount],
    allowed: &[HostCount],
) -> Replay {
    Replay {
        clears: tally(denied, |host| !before.covers(host) && after.covers(host)),
        denies: tally(allowed, |host| before.covers(host) && !after.covers(host)),
    }
}

fn tally(hosts: &[HostCount], concerned: impl Fn(&str) -> bool) -> Tally {
    let hosts = hosts.iter().filter(|counted| concerned(&counted.host));
    let hosts: Vec<(String, i64)> =
        hosts.map(|counted| (counted.host.clone(), counted.count)).collect();
    Tally { requests: hosts.iter().map(|(_, count)| count).sum(), hosts }
}

/// The list of `index` without the entries `gone` and with `more`.
#[must_use]
pub fn changed<'a>(
    index: &DomainIndex,
    gone: &[DomainId],
    more: impl IntoIterator<Item = &'a Pattern>,
) -> DomainIndex {
    let kept = index.iter().filter(|entry| !gone.contains(&entry.domain));
    let kept = kept.map(|entry| (entry.domain, entry.pattern.clone()));
    // What is not stored yet has no number.
    let more = more.into_iter().map(|pattern| (DomainId(0), pattern.clone()));
    DomainIndex::new(kept.chain(more).collect())
}

#[cfg(test)]
mod tests {
    use super::super::rules::canonicalise;
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn pattern(typed: &str, below: bool) -> Pattern {
        canonicalise(typed, below).unwrap().pattern
    }

    fn hosts(counts: &[(&str, i64)]) -> Vec<HostCount> {
        let seen = Timestamp::UNIX_EPOCH;
        let host = |(host, count): &(&str, i64)| HostCount {
            host: (*host).to_owned(),
            count: *count,
            first_seen: seen,
            last_seen: seen,
        };
        counts.iter().map(host).collect()
    }

    fn index(entries: &[(&str, bool)]) -> DomainIndex {
        let patterns = entries.iter().map(|(typed, below)| pattern(typed, *below));
        DomainIndex::new((1..).map(DomainId).zip(patterns).collect())
    }

    #[test]
    fn adding_clears_and_removing_denies() {
        let before = index(&[("shop.example", false), ("blog.example", true)]);
        let denied = hosts(&[("www.shop.example", 9), ("evil.net", 5), ("a.b.shop.example", 1)]);
        let allowed = hosts(&[("shop.example", 70), ("www.blog.example", 7), ("", 3)]);
        let added = changed(&before, &[], [&pattern("www.shop.example", false)]);
        let effect = replay(&before, &added, &denied, &allowed);
        assert_eq!((effect.clears.requests, effect.clears.len()), (9, 1));
        assert!(effect.denies.is_empty());
        let removed = changed(&before, &[DomainId(2)], []);
        let effect = replay(&before, &removed, &denied, &allowed);
        assert_eq!(effect.denies.hosts, [("www.blog.example".to_owned(), 7)]);
        assert!(effect.clears.is_empty());
    }

    #[test]
    fn switching_does_one_or_the_other() {
        let before = index(&[("shop.example", false), ("api.shop.example:8443", false)]);
        let denied = hosts(&[("www.shop.example", 9), ("api.shop.example", 2)]);
        let allowed = hosts(&[("shop.example", 70), ("api.shop.example", 7)]);
        let wider = changed(&before, &[DomainId(1)], [&pattern("shop.example", true)]);
        let effect = replay(&before, &wider, &denied, &allowed);
        assert_eq!((effect.clears.requests, effect.denies.requests), (9, 0));
        let back = replay(&wider, &before, &denied, &hosts(&[("www.shop.example", 4)]));
        assert_eq!((back.clears.requests, back.denies.requests), (0, 4));
    }

    proptest! {
        #[test]
        fn a_change_that_changes_nothing_does_nothing(
            names in prop::collection::vec("[ab]{1,2}\\.[ab]{1,2}\\.example", 0..4),
        ) {
            let entries: Vec<_> = names.iter().map(|name| (name.as_str(), name.len() % 2 == 0)).collect();
            let (before, after) = (index(&entries), index(&entries));
            let seen = hosts(&[("a.a.example", 1), ("b.a.a.example", 2), ("bb.ab.example", 3)]);
            prop_assert_eq!(replay(&before, &after, &seen, &seen), Replay::default());
        }
    }
}

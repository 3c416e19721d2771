//! Adding up: events to the entries of the journal, and entries to every size of bucket.

use super::model::{UNATTRIBUTED, host};
use super::prepare::{EventId, Prepared};
use crate::stats::model::Grain;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

/// The key of `stats_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StatsKey {
    pub(super) bucket: Timestamp,
    pub(super) site: i64,
    pub(super) code: i32,
    pub(super) sitekey: i64,
    pub(super) source: i32,
}

/// The key of `totals_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TotalsKey {
    pub(super) bucket: Timestamp,
    pub(super) code: i32,
    pub(super) source: i32,
}

/// The code of the rows of `sitekeys_*` that count all codes of a sitekey together.
pub(super) const ALL_CODES: i32 = 0;
/// The code of the rows of `code_host_*` that count all errors together.
pub(super) const ALL_ERRORS: i32 = -1;

/// The key of `sitekeys_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SitekeysKey {
    pub(super) bucket: Timestamp,
    pub(super) code: i32,
    pub(super) site: i64,
    pub(super) sitekey: i64,
}

/// What the hosts of all sites are bounded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CodeGroup {
    pub(super) bucket: Timestamp,
    pub(super) code: i32,
}

/// What the hosts of a bucket are bounded by, and found under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct HostGroup {
    pub(super) bucket: Timestamp,
    pub(super) code: i32,
    pub(super) site: i64,
}

/// How often, and from when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) count: i64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

impl Seen {
    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Counts under sorted keys: rows are always written in the same order.
pub(super) type Counts<K> = BTreeMap<K, i64>;

/// Hosts under sorted keys.
pub(super) type Hosts<'a> = BTreeMap<HostGroup, BTreeMap<&'a str, Seen>>;

/// When a host was first seen, and whether the gate denied it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) first: Timestamp,
    pub(super) denied: bool,
}

/// The same of each host of a site, under sorted keys.
pub(super) type Arrivals<'a> = BTreeMap<(i64, &'a str), Arrival>;

/// The last minute in which each code occurred on a site, under sorted keys.
pub(super) type Latest = BTreeMap<(i32, i64), Timestamp>;

/// Hosts on whichever site, under sorted keys.
pub(super) type CodeHosts<'a> = BTreeMap<CodeGroup, BTreeMap<(&'a str, i64), Seen>>;

/// What the journal tells apart: everything a rollup is by, at its finest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key<'a> {
    pub(super) minute: Timestamp,
    pub(super) site: i64,
    pub(super) sitekey: i64,
    pub(super) code: i32,
    pub(super) source: i32,
    pub(super) host: &'a str,
}

/// A key and what was counted of it.
pub(super) type Entry<'a> = (Key<'a>, Seen);

/// The ids of the codes and sources of a batch's events.
pub(super) trait Ids {
    fn code(&self, event: &Prepared) -> i32;
    fn source(&self, event: &Prepared) -> i32;
}

/// The entries of `events`, in no order.
pub(super) fn entries<'a>(
    events: impl Iterator<Item = &'a Prepared>,
    ids: &impl Ids,
) -> Vec<Entry<'a>> {
    let mut merged = HashMap::new();
    merge(
        &mut merged,
        events.map(|event| {
            let key = Key {
                minute: Grain::Minute.floor(event.time),
                site: event.site,
                sitekey: event.sitekey,
                code: ids.code(event),
                source: ids.source(event),
                host: &event.host,
            };
            (key, Seen { count: event.count, first: event.time, last: event.time })
        }),
    );
    merged.into_iter().collect()
}

/// Adds entries to those that are there.
pub(super) fn merge<'a>(
    merged: &mut HashMap<Key<'a>, Seen>,
    entries: impl Iterator<Item = Entry<'a>>,
) {
    for (key, seen) in entries {
        merged.entry(key).and_modify(|sum| sum.add(seen)).or_insert(seen);
    }
}

/// The counts of `entries` by minute.
pub(super) fn by_minute(entries: &HashMap<Key<'_>, Seen>) -> Counts<StatsKey> {
    let mut counts = HashMap::new();
    for (key, seen) in entries {
        let key = StatsKey {
            bucket: key.minute,
            site: key.site,
            code: key.code,
            sitekey: key.sitekey,
            source: key.source,
        };
        *counts.entry(key).or_insert(0) += seen.count;
    }
    counts.into_iter().collect()
}

/// The last minute of each code on each site. Events that belong to no site are on none.
pub(super) fn latest(minutes: &Counts<StatsKey>) -> Latest {
    let mut latest = Latest::new();
    for key in minutes.keys().filter(|key| key.site != UNATTRIBUTED) {
        let last = latest.entry((key.code, key.site)).or_insert(key.bucket);
        *last = key.bucket.max(*last);
    }
    latest
}

/// The same counts under coarser keys.
pub(super) fn fold<K, L: Ord + Hash>(counts: &Counts<K>, key: impl Fn(&K) -> L) -> Counts<L> {
    let mut folded = HashMap::new();
    for (fine, count) in counts {
        *folded.entry(key(fine)).or_insert(0) += count;
    }
    folded.into_iter().collect()
}

/// The counts by sitekey and code, and by sitekey alone.
pub(super) fn by_sitekey(counts: &Counts<StatsKey>) -> Counts<SitekeysKey> {
    let of = |code: fn(&StatsKey) -> i32| {
        move |key: &StatsKey| SitekeysKey {
            bucket: key.bucket,
            code: code(key),
            site: key.site,
            sitekey: key.sitekey,
        }
    };
    let mut sitekeys = fold(counts, of(|_| ALL_CODES));
    sitekeys.append(&mut fold(counts, of(|key| key.code)));
    sitekeys
}

/// The hosts of `entries` by minute.
pub(super) fn hosts_by_minute<'a>(entries: &HashMap<Key<'a>, Seen>) -> Hosts<'a> {
    let mut counts: HashMap<(HostGroup, &str), Seen> = HashMap::new();
    for (key, seen) in entries {
        let group = HostGroup { bucket: key.minute, site: key.site, code: key.code };
        counts.entry((group, key.host)).and_modify(|sum| sum.add(*seen)).or_insert(*seen);
    }
    let mut hosts = Hosts::new();
    for ((group, host), seen) in counts {
        hosts.entry(group).or_default().insert(host, seen);
    }
    hosts
}

/// The same hosts by coarser buckets.
pub(super) fn coarser_hosts<'a>(fine: &Hosts<'a>, grain: Grain) -> Hosts<'a> {
    let mut coarse = Hosts::new();
    for (group, hosts) in fine {
        let group = HostGroup { bucket: grain.floor(group.bucket), ..*group };
        let sums = coarse.entry(group).or_default();
        for (host, seen) in hosts {
            sums.entry(*host).and_modify(|sum: &mut Seen| sum.add(*seen)).or_insert(*seen);
        }
    }
    coarse
}

/// When the hosts were first seen, whatever the code, and whether it was one of `denials`. What stands for no host or for
/// several is left out.
pub(super) fn arrivals<'a>(hosts: &[Hosts<'a>], denials: &HashSet<i32>) -> Arrivals<'a> {
    let mut arrivals = Arrivals::new();
    for (group, hosts) in hosts.iter().flatten() {
        let denied = denials.contains(&group.code);
        for (host, seen) in hosts.iter().filter(|(host, _)| host::is_named(host)) {
            let arrival = Arrival { first: seen.first, denied };
            let known = arrivals.entry((group.site, *host)).or_insert(arrival);
            known.first = known.first.min(seen.first);
            known.denied |= denied;
        }
    }
    arrivals
}

/// The same hosts without regard to their sites, and those of all errors together. `ok` is the code
/// that is none.
pub(super) fn hosts_by_code<'a>(hosts: &Hosts<'a>, ok: Option<i32>) -> CodeHosts<'a> {
    let mut counts: HashMap<CodeGroup, HashMap<(&str, i64), Seen>> = HashMap::new();
    for (HostGroup { bucket, code, site }, hosts) in hosts {
        let codes = [Some(*code), Some(ALL_ERRORS).filter(|_| Some(*code) != ok)];
        for code in codes.into_iter().flatten() {
            let sums = counts.entry(CodeGroup { bucket: *bucket, code }).or_default();
            for (host, seen) in hosts {
                let sum = sums.entry((*host, *site));
                sum.and_modify(|sum| sum.add(*seen)).or_insert(*seen);
            }
        }
    }
    counts.into_iter().map(|(group, sums)| (group, sums.into_iter().collect())).collect()
}

/// The ids of `events`, each once, sorted: `(lasting a day, lasting for ever)`.
pub(super) fn distinct_ids<'a>(
    events: impl Iterator<Item = &'a Prepared>,
) -> (Vec<uuid::Uuid>, Vec<uuid::Uuid>) {
    let distinct: HashSet<EventId> = events.filter_map(|event| event.id).collect();
    let (permanent, daily): (Vec<_>, Vec<_>) = distinct.into_iter().partition(|id| id.permanent);
    let sorted = |ids: Vec<EventId>| {
        let mut hashes: Vec<_> = ids.into_iter().map(|id| id.hash).collect();
        hashes.sort_unstable();
        hashes
    };
    (sorted(daily), sorted(permanent))
}

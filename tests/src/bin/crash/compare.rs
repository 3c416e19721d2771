//! Every count in every table and in `/v1/stats`, held against what the senders know.

mod api;
mod tables;

use crate::event::Kind;
use crate::ledger::Bounds;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// The most hosts that a site and code may have a day.
const HOSTS_A_DAY: usize = 5_000;

type Known<'a> = &'a HashMap<Kind, Bounds>;

/// What was compared, and what differs.
#[derive(Default, Serialize)]
pub(crate) struct Comparison {
    /// How many counts of each table or question.
    counts: BTreeMap<String, usize>,
    /// How many of them are wrong.
    pub(crate) differences: usize,
    /// The first of them.
    examples: Vec<String>,
}

impl Comparison {
    fn differs(&mut self, what: &str, key: &str, expected: Bounds, found: i64) {
        self.differences += 1;
        if self.examples.len() < 20 {
            let Bounds { least, most } = expected;
            let expected =
                if least == most { least.to_string() } else { format!("{least} to {most}") };
            self.examples.push(format!("{what}: {key}: {found}, not {expected}"));
        }
    }

    fn compare(
        &mut self,
        what: &str,
        mut expected: HashMap<String, Bounds>,
        found: Vec<(String, i64)>,
    ) {
        *self.counts.entry(what.to_owned()).or_default() += found.len();
        for (key, count) in found {
            let bounds = expected.remove(&key).unwrap_or_default();
            if !bounds.hold(count) || count == 0 {
                self.differs(what, &key, bounds, count);
            }
        }
        for (key, bounds) in expected {
            if !bounds.hold(0) {
                self.differs(what, &key, bounds, 0);
            }
        }
    }

    /// Hosts are bounded: those without room are counted together under `*`, and every other host has all its events.
    fn compare_hosts(
        &mut self,
        what: &str,
        expected: HashMap<String, HashMap<String, Bounds>>,
        found: Vec<(String, String, i64)>,
        room: usize,
    ) {
        *self.counts.entry(what.to_owned()).or_default() += found.len();
        let mut groups: HashMap<String, HashMap<String, i64>> = HashMap::new();
        for (group, host, count) in found {
            groups.entry(group).or_default().insert(host, count);
        }
        for group in groups.keys().filter(|group| !expected.contains_key(*group)) {
            self.differs(what, group, Bounds::default(), 1);
        }
        for (group, hosts) in expected {
            let found = groups.remove(&group).unwrap_or_default();
            let mut sum = Bounds::default();
            for bounds in hosts.values() {
                sum.add(*bounds);
            }
            let total = found.values().sum();
            if !sum.hold(total) {
                self.differs(what, &format!("{group}, all hosts"), sum, total);
            }
            let overflows = found.contains_key("*");
            for (host, bounds) in &hosts {
                let count = found.get(host).copied().unwrap_or_default();
                let may_miss = overflows && !host.is_empty() && host != "?";
                let missing = may_miss && count == 0;
                if !missing && !bounds.hold(count) {
                    self.differs(what, &format!("{group}|{host}"), *bounds, count);
                }
            }
            let named = found.keys().filter(|host| !matches!(host.as_str(), "" | "?" | "*"));
            let (named, strange) =
                (named.clone().count(), named.filter(|host| !hosts.contains_key(*host)).count());
            if named > room || strange > 0 || (overflows && named < room) {
                let count = i64::try_from(named).unwrap_or(i64::MAX);
                self.differs(what, &format!("{group}, number of hosts"), Bounds::default(), count);
            }
        }
    }
}

/// The bounds under other keys; `None` leaves a kind out.
fn folded(known: Known<'_>, key: impl Fn(Kind) -> Option<String>) -> HashMap<String, Bounds> {
    let mut folded: HashMap<String, Bounds> = HashMap::new();
    for (kind, bounds) in known {
        if let Some(key) = key(*kind) {
            folded.entry(key).or_default().add(*bounds);
        }
    }
    folded
}

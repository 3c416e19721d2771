//! Keeping the number of hosts bounded: a referer is attacker-controlled.
//!
//! Each site, code and bucket has room for so many hosts; the rest is counted together. The bound
//! holds per code, so that a flood of made-up hosts under `referer_denied` takes no room from those
//! that pass.
//!
//! Over all sites the room is scarcer, and whoever comes first must not keep it: there, the hosts
//! with the fewest events are folded into one row whenever their number has doubled. A host that
//! comes often stays, however many come once.

use super::aggregate::{CodeGroup, CodeHosts, HostGroup, Hosts, Seen};
use super::model::host::{self, is_named};
use super::store::{CodeHostTable, HostTable, hosts_of};
use sqlx::PgConnection;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// How many hosts a site and code may have a minute.
pub(super) const MAX_HOSTS_A_MINUTE: usize = 200;
/// How many hosts a site and code may have an hour.
pub(super) const MAX_HOSTS_AN_HOUR: usize = 1_000;
/// How many hosts a site and code may have a day.
pub(super) const MAX_HOSTS_A_DAY: usize = 5_000;
/// How many hosts a code keeps an hour over all sites. Before they are folded, there may be twice as many.
pub(super) const KEPT_AN_HOUR: usize = 500;
/// How many hosts a code keeps a day over all sites.
pub(super) const KEPT_A_DAY: usize = 1_000;
/// How many hosts a code keeps a week over all sites.
pub(super) const KEPT_A_WEEK: usize = 1_000;
/// The site of the rows over all sites that add up what has no row of its own.
const NO_SITE: i64 = -1;
/// How many groups of hosts over all sites are remembered.
const MAX_GROUPS: usize = 10_000;
/// How many hosts are remembered; beyond that, all are forgotten and read again when needed.
const MAX_REMEMBERED: usize = 400_000;

impl HostTable {
    fn room(self) -> usize {
        match self {
            Self::Minute => MAX_HOSTS_A_MINUTE,
            Self::Hour => MAX_HOSTS_AN_HOUR,
            Self::Day => MAX_HOSTS_A_DAY,
        }
    }
}

impl CodeHostTable {
    const fn kept(self) -> usize {
        match self {
            Self::Hour => KEPT_AN_HOUR,
            Self::Day => KEPT_A_DAY,
            Self::Week => KEPT_A_WEEK,
        }
    }
}

/// Which hosts are known to have a row. A row stays, so this stays true whatever other writers do;
/// only a rollback of our own makes it wrong, and then it must be forgotten.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    hasher: RandomState,
    groups: HashMap<(HostTable, HostGroup), Known>,
    remembered: usize,
}

/// The hosts of a group, hashed. Two with the same hash would at worst exceed the bound by one.
#[derive(Debug, Default)]
struct Known {
    hosts: HashSet<u64>,
    full: bool,
}

impl KnownHosts {
    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        self.groups.clear();
        self.remembered = 0;
    }

    /// Moves the hosts for which there is no room into the row of all others.
    pub(super) async fn admit(
        &mut self,
        connection: &mut PgConnection,
        table: HostTable,
        hosts: &mut Hosts<'_>,
    ) -> sqlx::Result<()> {
        if self.remembered > MAX_REMEMBERED {
            self.forget();
        }
        let unsure: Vec<HostGroup> = hosts
            .iter()
            .filter(|(group, hosts)| self.is_unsure(table, group, hosts))
            .map(|(group, _)| *group)
            .collect();
        if !unsure.is_empty() {
            self.read(connection, table, &unsure).await?;
        }
        for (group, hosts) in hosts {
            self.admit_group(table, group, hosts);
        }
        Ok(())
    }

    /// Whether a host is not known and might find room.
    fn is_unsure(&self, table: HostTable, group: &HostGroup, hosts: &BTreeMap<&str, Seen>) -> bool {
        let known = self.groups.get(&(table, *group));
        hosts.keys().filter(|name| is_named(name)).any(|name| {
            known.is_none_or(|known| {
                !known.full && !known.hosts.contains(&self.hasher.hash_one(name))
            })
        })
    }

    async fn read(
        &mut self,
        connection: &mut PgConnection,
        table: HostTable,
        groups: &[HostGroup],
    ) -> sqlx::Result<()> {
        for (group, name) in hosts_of(connection, table, groups).await? {
            if is_named(&name) {
                self.remember(table, group, self.hasher.hash_one(name.as_str()));
            }
        }
        Ok(())
    }

    fn remember(&mut self, table: HostTable, group: HostGroup, hash: u64) {
        let known = self.groups.entry((table, group)).or_default();
        self.remembered += usize::from(known.hosts.insert(hash));
        known.full = known.hosts.len() >= table.room();
    }

    fn admit_group(
        &mut self,
        table: HostTable,
        group: &HostGroup,
        hosts: &mut BTreeMap<&str, Seen>,
    ) {
        let mut others: Option<Seen> = None;
        hosts.retain(|name, seen| {
            if !is_named(name) {
                return true;
            }
            let hash = self.hasher.hash_one(name);
            let known = self.groups.entry((table, *group)).or_default();
            if !known.full && !known.hosts.contains(&hash) {
                self.remember(table, *group, hash);
                return true;
            }
            if known.hosts.contains(&hash) {
                return true;
            }
            match &mut others {
                Some(sum) => sum.add(*seen),
                none => *none = Some(*seen),
            }
            false
        });
        if let Some(others) = others {
            hosts.entry(host::OTHER).and_modify(|sum| sum.add(others)).or_insert(others);
        }
    }
}

/// How many rows the groups of hosts over all sites have, as far as this process knows: another may
/// have added to them, and then they are folded a little later.
#[derive(Debug, Default)]
pub(super) struct CodeHostCaps {
    rows: HashMap<(CodeHostTable, CodeGroup), usize>,
}

/// The hosts, and of each group with more than `kept` those with the most events; the others are added up in the rows
/// of no site. What is folded in the end need not be written first: in a flood no host comes twice.
fn most_frequent<'a>(hosts: &CodeHosts<'a>, kept: usize) -> CodeHosts<'a> {
    let folded = |hosts: &BTreeMap<(&'a str, i64), Seen>| {
        let mut ranked: Vec<_> = hosts.iter().map(|(key, seen)| (*key, *seen)).collect();
        if ranked.len() > kept {
            ranked.sort_unstable_by_key(|(key, seen)| (Reverse(seen.count), *key));
        }
        let mut most = BTreeMap::new();
        for (place, ((name, site), seen)) in ranked.into_iter().enumerate() {
            let key = match place {
                place if place < kept => (name, site),
                _ if is_named(name) => (host::OTHER, NO_SITE),
                _ => (name, NO_SITE),
            };
            most.entry(key).and_modify(|sum: &mut Seen| sum.add(seen)).or_insert(seen);
        }
        most
    };
    hosts.iter().map(|(group, hosts)| (*group, folded(hosts))).collect()
}

impl CodeHostCaps {
    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    /// Adds the counts, and folds what has grown too large.
    pub(super) async fn add(
        &mut self,
        connection: &mut PgConnection,
        table: CodeHostTable,
        hosts: &CodeHosts<'_>,
    ) -> sqlx::Result<()> {
        if self.rows.len() > MAX_GROUPS {
            self.forget();
        }
        let mut gained = table.add(connection, &most_frequent(hosts, table.kept())).await?;
        gained.retain(|_, gained| *gained > 0);
        let (known, unknown): (Vec<CodeGroup>, Vec<CodeGroup>) =
            gained.keys().copied().partition(|group| self.rows.contains_key(&(table, *group)));
        let mut rows = BTreeMap::new();
        if !unknown.is_empty() {
            rows = table.rows(connection, &unknown).await?;
        }
        for group in known {
            rows.insert(group, self.rows[&(table, group)] + gained[&group]);
        }
        let too_many = |rows: usize| rows > 2 * table.kept();
        let full: Vec<CodeGroup> =
            rows.iter().filter(|(_, rows)| too_many(**rows)).map(|(group, _)| *group).collect();
        for group in &full {
            table.fold(connection, *group, table.kept()).await?;
        }
        if !full.is_empty() {
            rows.extend(table.rows(connection, &full).await?);
        }
        self.rows.extend(rows.into_iter().map(|(group, rows)| ((table, group), rows)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn seen(count: i64) -> Seen {
        Seen { count, first: Timestamp::UNIX_EPOCH, last: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn of_too_many_hosts_the_most_frequent_stay_and_no_count_is_lost() {
        let group = CodeGroup { bucket: Timestamp::UNIX_EPOCH, code: 7 };
        let names: Vec<String> = (0..10).map(|n| format!("h{n}.example")).collect();
        let of = |n: usize| ((names[n].as_str(), 1), seen(i64::try_from(n).unwrap() + 1));
        let mut hosts: BTreeMap<_, _> = (0..10).map(of).collect();
        hosts.insert((host::NONE, 1), seen(1));
        hosts.insert((host::NONE, 2), seen(1));
        let all = CodeHosts::from([(group, hosts)]);
        let few = most_frequent(&all, 3);
        let few: Vec<_> = few[&group].iter().map(|(key, seen)| (*key, seen.count)).collect();
        let expected = [
            ((host::NONE, NO_SITE), 2),
            ((host::OTHER, NO_SITE), 28),
            (("h7.example", 1), 8),
            (("h8.example", 1), 9),
            (("h9.example", 1), 10),
        ];
        assert_eq!(few, expected);
        assert_eq!(most_frequent(&all, 12), all, "what fits is left alone");
    }
}

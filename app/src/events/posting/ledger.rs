//! One posting: the oldest of the journal, added to every rollup and taken out, in one transaction.

use super::Backlog;
use crate::context::Clock;
use crate::events::aggregate::{
    Key, Seen, StatsKey, TotalsKey, arrivals, by_minute, by_sitekey, coarser_hosts, fold,
    hosts_by_code, hosts_by_minute, latest, merge,
};
use crate::events::caps::{CodeHostCaps, KnownHosts};
use crate::events::keeping::Keeping;
use crate::events::partitions::{self, Made, Table};
use crate::events::portions::DAYS_A_PORTION;
use crate::events::rules::Floors;
use crate::events::store::{
    self, CodeHostTable, HostTable, Page, SitekeysTable, StatsTable, TotalsTable, Waiting,
};
use crate::stats::model::Grain;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most keys that are read for one posting, but for those of a single row.
const KEYS_READ: usize = 65_536;
/// How many different keys a posting has before it takes no further row. A key has at most twenty-two rows in the rollups.
/// At least so many are read.
const KEYS_POSTED: usize = 8_192;
/// How many UTC days a posting has before it takes no further row: each may need a partition in several tables.
const DAYS_POSTED: usize = DAYS_A_PORTION;

/// The rollups, as far as this process knows what is in them.
pub(super) struct Ledger {
    pool: PgPool,
    clock: Clock,
    keeping: Keeping,
    hosts: KnownHosts,
    code_hosts: CodeHostCaps,
    partitions: Made,
    /// How many keys are read next: where few are alike, a posting is full long before it has used up the most.
    reads: usize,
    backlog: Arc<Backlog>,
}

/// What a posting has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posted {
    /// Every row of the journal up to this one is in the rollups.
    pub(super) seq: i64,
    /// How many different keys it had.
    pub(super) keys: usize,
    /// What still waits.
    pub(super) left: Waiting,
}

impl Posted {
    /// Whether so much waits that the next posting would be as large as may be.
    pub(super) fn is_behind(&self) -> bool {
        self.left.keys >= KEYS_POSTED as u64
    }
}

/// What is to be posted, under its keys, and the last row that it is from.
struct Due<'p> {
    entries: HashMap<Key<'p>, Seen>,
    days: HashSet<Timestamp>,
    seq: i64,
    /// How many keys it was added up from.
    keys: usize,
}

impl Ledger {
    pub(super) fn new(pool: PgPool, clock: Clock, keeping: Keeping, backlog: Arc<Backlog>) -> Self {
        Self {
            pool,
            clock,
            keeping,
            hosts: KnownHosts::default(),
            code_hosts: CodeHostCaps::default(),
            partitions: Made::default(),
            reads: KEYS_POSTED,
            backlog,
        }
    }

    /// Posts what has waited longest.
    pub(super) async fn post(&mut self) -> sqlx::Result<Posted> {
        let outcome = self.try_post().await;
        if let Ok(posted) = &outcome {
            self.backlog.set(posted.left);
        } else {
            // What was remembered may have been rolled back.
            self.hosts.forget();
            self.code_hosts.forget();
            self.partitions.forget();
            // Without an answer to this either, the last one stands.
            if let Ok(waiting) = self.waiting().await {
                self.backlog.set(waiting);
            }
        }
        outcome
    }

    async fn waiting(&self) -> sqlx::Result<Waiting> {
        store::waiting(&mut *self.pool.acquire().await?).await
    }

    async fn try_post(&mut self) -> sqlx::Result<Posted> {
        let mut transaction = store::begin_rollups(&self.pool).await?;
        let pages = store::oldest(&mut transaction, self.reads).await?;
        let Some(Due { entries, seq, keys, .. }) = due(&pages) else {
            return Ok(Posted { seq: i64::MAX, keys: 0, left: Waiting::default() });
        };
        let is_full = pages.last().is_some_and(|last| last.seq > seq);
        let reads = if is_full { keys } else { self.reads + self.reads / 2 };
        self.reads = reads.clamp(KEYS_POSTED, KEYS_READ);
        let now = self.clock.now();
        let floors = self.keeping.floors(now);
        let partitions = self.partitions.missing(tables(&entries, &floors, now));
        if !partitions.is_empty() {
            partitions::ensure(&mut transaction, &partitions).await?;
        }
        add_counts(&mut transaction, &entries, &floors).await?;
        self.add_hosts(&mut transaction, &entries, &floors, now).await?;
        store::remove(&mut transaction, seq).await?;
        let left = store::waiting(&mut transaction).await?;
        transaction.commit().await?;
        self.partitions.remember(partitions);
        Ok(Posted { seq, keys: entries.len(), left })
    }

    async fn add_hosts(
        &mut self,
        connection: &mut PgConnection,
        entries: &HashMap<Key<'_>, Seen>,
        floors: &Floors,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        let ok = store::ok(connection).await?;
        let mut minutes = hosts_by_minute(entries);
        let mut hours = coarser_hosts(&minutes, Grain::Hour);
        let mut days = coarser_hosts(&hours, Grain::Day);
        let weeks = coarser_hosts(&days, Grain::Week);
        let held = Table::HostMinute.floor(floors, now);
        minutes.retain(|group, _| Some(group.code) != ok && group.bucket >= held);
        hours.retain(|group, _| group.bucket >= floors.host_hour);
        for (table, hosts) in [
            (CodeHostTable::Hour, &hours),
            (CodeHostTable::Day, &days),
            (CodeHostTable::Week, &weeks),
        ] {
            if !hosts.is_empty() {
                self.code_hosts.add(connection, table, &hosts_by_code(hosts, ok)).await?;
            }
        }
        for (table, hosts) in [
            (HostTable::Minute, &mut minutes),
            (HostTable::Hour, &mut hours),
            (HostTable::Day, &mut days),
        ] {
            if !hosts.is_empty() {
                self.hosts.admit(connection, table, hosts).await?;
                table.add(connection, hosts).await?;
            }
        }
        let denials = store::denials(connection).await?;
        store::note_arrivals(connection, &arrivals(&[hours, days], &denials)).await
    }
}

/// The entries of the first of `pages`, and of those after it while the keys are not too many; nothing if there are none.
fn due(pages: &[Page]) -> Option<Due<'_>> {
    let mut due: Option<Due<'_>> = None;
    for page in pages {
        let due = due.get_or_insert_with(|| Due {
            entries: HashMap::new(),
            days: HashSet::new(),
            seq: page.seq,
            keys: 0,
        });
        if due.entries.len() >= KEYS_POSTED || due.days.len() >= DAYS_POSTED {
            break;
        }
        merge(&mut due.entries, page.entries());
        due.days.extend(page.entries().map(|(key, _)| Grain::Day.floor(key.minute)));
        due.seq = page.seq;
        due.keys += page.keys();
    }
    due
}

/// Where rows of `entries` go: the tables in partitions, and the hours.
fn tables(
    entries: &HashMap<Key<'_>, Seen>,
    floors: &Floors,
    now: Timestamp,
) -> impl Iterator<Item = (Table, Timestamp)> {
    let hours: HashSet<Timestamp> =
        entries.keys().map(|key| Grain::Hour.floor(key.minute)).collect();
    hours.into_iter().flat_map(move |hour| {
        let held = Table::ALL
            .into_iter()
            .filter(move |table| table.is_rollup() && hour >= table.floor(floors, now));
        held.map(move |table| (table, hour))
    })
}

async fn add_counts(
    connection: &mut PgConnection,
    entries: &HashMap<Key<'_>, Seen>,
    floors: &Floors,
) -> sqlx::Result<()> {
    let minutes = by_minute(entries);
    let coarser =
        |grain: Grain| move |key: &StatsKey| StatsKey { bucket: grain.floor(key.bucket), ..*key };
    let totals =
        |key: &StatsKey| TotalsKey { bucket: key.bucket, code: key.code, source: key.source };
    let mut hours = fold(&minutes, coarser(Grain::Hour));
    let days = fold(&hours, coarser(Grain::Day));
    store::note_codes(connection, &latest(&minutes)).await?;
    let mut minutes = minutes;
    minutes.retain(|key, _| key.bucket >= floors.minute);
    hours.retain(|key, _| key.bucket >= floors.hour);

    if !minutes.is_empty() {
        StatsTable::Minute.add(connection, &minutes).await?;
        TotalsTable::Minute.add(connection, &fold(&minutes, totals)).await?;
    }
    if !hours.is_empty() {
        StatsTable::Hour.add(connection, &hours).await?;
        TotalsTable::Hour.add(connection, &fold(&hours, totals)).await?;
        SitekeysTable::Hour.add(connection, &by_sitekey(&hours)).await?;
    }
    if !days.is_empty() {
        StatsTable::Day.add(connection, &days).await?;
        TotalsTable::Day.add(connection, &fold(&days, totals)).await?;
        SitekeysTable::Day.add(connection, &by_sitekey(&days)).await?;
        let weeks = fold(&days, coarser(Grain::Week));
        SitekeysTable::Week.add(connection, &by_sitekey(&weeks)).await?;
    }
    Ok(())
}

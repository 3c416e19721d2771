//! What events cost: processor time, by process, and bytes of disk.

use crate::Bench;
use crate::fill::TABLES;
use crate::row::Row;
use sitekeeper_tests::posted;
use sqlx::postgres::PgPool;
use std::fs;
use std::time::Instant;

/// Processor time in `/proc` is counted in hundredths of a second, whatever the kernel's own clock does.
const TICK_MS: f64 = 10.0;

/// What was used up to a moment.
pub(crate) struct Meter {
    server_ms: f64,
    postgres_ms: f64,
    events: i64,
    table_bytes: i64,
    wal_bytes: i64,
}

impl Meter {
    /// Reads it once everything that was answered is in the rollups: what is still to be done belongs to the cost.
    pub(crate) async fn read(bench: &Bench, pool: &PgPool) -> Self {
        posted(&mut pool.acquire().await.expect("PostgreSQL takes connections")).await;
        let tables = TABLES.map(|table| format!("'{table}'")).join(", ");
        let sql = format!(
            "select (select coalesce(sum(count), 0)::bigint from totals_day),
               (select sum(pg_total_relation_size(relid))::bigint
                from unnest(array[{tables}, 'event_ids', 'journal']) as name
                cross join lateral (select relid from pg_partition_tree(name::regclass)
                  union select name::regclass) as tree (relid)),
               (pg_current_wal_insert_lsn() - '0/0')::bigint"
        );
        let (events, table_bytes, wal_bytes) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_one(pool)
            .await
            .expect("PostgreSQL tells sizes");
        let lock = bench.server.data_dir().join("postgres/cluster/postmaster.pid");
        let lock = fs::read_to_string(lock).expect("PostgreSQL runs");
        let postmaster = lock.lines().next().and_then(|line| line.parse().ok());
        Self {
            server_ms: own_ms(bench.server.pid()),
            postgres_ms: tree_ms(postmaster.expect("a lock file names its process")),
            events,
            table_bytes,
            wal_bytes,
        }
    }

    /// Prints what a million events have cost since.
    #[expect(clippy::cast_precision_loss, reason = "bytes and events stay far below 2^53")]
    pub(crate) async fn print(&self, bench: &Bench, pool: &PgPool, load: &str) {
        let ended = Instant::now();
        let now = Self::read(bench, pool).await;
        let late = ended.elapsed().as_secs_f64();
        Row::told(&format!("{load}: until all is in the rollups"), late, "s after the load")
            .print();
        let events = (now.events - self.events) as f64;
        let a_million = |used: i64| used as f64 / events;
        let rows = [
            ("processor of serve", (now.server_ms - self.server_ms) / events, "ms an event"),
            (
                "processor of PostgreSQL",
                (now.postgres_ms - self.postgres_ms) / events,
                "ms an event",
            ),
            ("disk", a_million(now.table_bytes - self.table_bytes), "MB a million events"),
            ("write-ahead log", a_million(now.wal_bytes - self.wal_bytes), "MB a million events"),
        ];
        for (what, measured, unit) in rows {
            Row::told(&format!("{load}: {what}"), measured, unit).print();
        }
    }
}

/// The time of a process.
fn own_ms(pid: u32) -> f64 {
    times(pid).map_or(0.0, |(_, own, _)| own)
}

/// The time of the postmaster and of all processes it has started, those that ended too.
fn tree_ms(postmaster: u32) -> f64 {
    let (_, own, of_ended) = times(postmaster).unwrap_or_default();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = processes
        .filter_map(|entry| times(entry.file_name().to_str()?.parse().ok()?))
        .filter(|(parent, ..)| *parent == postmaster);
    own + of_ended + children.map(|(_, own, of_ended)| own + of_ended).sum::<f64>()
}

/// The parent of a process, its own time, and that of its ended children.
fn times(pid: u32) -> Option<(u32, f64, f64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, which stands in parentheses: state, parent, …, utime, stime, cutime, cstime.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ms = |at: usize| Some(fields.get(at)?.parse::<f64>().ok()? * TICK_MS);
    Some((fields.get(1)?.parse().ok()?, ms(11)? + ms(12)?, ms(13)? + ms(14)?))
}

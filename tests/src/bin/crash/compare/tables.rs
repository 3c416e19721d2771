//! Every table.

use super::{Comparison, DAY, HOSTS_A_DAY, HOUR, Known, MINUTE, WEEK, folded};
use crate::event::{Kind, World};
use crate::ledger::Bounds;
use sqlx::{AssertSqlSafe, PgConnection};
use std::collections::HashMap;

/// How many days the tables hold that do not hold everything, and how many hosts a group may have.
const MINUTE_DAYS: i64 = 30;
const HOUR_DAYS: i64 = 400;
const HOST_MINUTE_DAYS: i64 = 2;
const HOST_HOUR_DAYS: i64 = 30;
const SAMPLE_DAYS: i64 = 7;
const HOSTS_A_MINUTE: usize = 200;
const HOSTS_AN_HOUR: usize = 1_000;
/// The most rows that a code's hosts of all sites may have.
const CODE_HOSTS_AN_HOUR: usize = 1_000;
const CODE_HOSTS_A_DAY: usize = 2_000;
const CODE_HOSTS_A_WEEK: usize = 2_000;
/// The samples of a minute, site and code, that a process of the server may keep: of errors, and of successes.
const SAMPLES: [u64; 2] = [5, 1];

/// Joins that give rows their names.
const CODES: &str = "join codes on codes.id = code_id";
const SOURCES: &str = "join sources on sources.id = source_id";

/// A table of the statistics.
struct Table {
    name: &'static str,
    /// What makes its key, after the bucket, in SQL.
    key: String,
    seconds: i64,
    /// The first instant that it holds.
    floor: i64,
}

impl Comparison {
    /// Every table.
    pub(crate) async fn tables(
        &mut self,
        connection: &mut PgConnection,
        world: &World,
        known: Known<'_>,
        servers: u64,
    ) -> sqlx::Result<()> {
        let today = crate::event::now().div_euclid(DAY) * DAY;
        let floors = [
            ("minute", MINUTE, today - MINUTE_DAYS * DAY, HOST_HOUR_DAYS),
            ("hour", HOUR, today - HOUR_DAYS * DAY, HOST_HOUR_DAYS),
            ("day", DAY, i64::MIN, i64::MAX / DAY),
        ];
        for (grain, seconds, floor, host_days) in floors {
            let full = |kind: Kind| {
                let (site, sitekey) = (world.site(kind), world.sitekey(kind));
                format!("{site}|{}|{sitekey}|{}", kind.code(), kind.source())
            };
            let sql = format!(
                "concat_ws('|', kept.site_id, code, coalesce(sitekey, ''), name), count
                 from stats_{grain} as kept {CODES} {SOURCES}
                 left join sitekeys on sitekeys.id = sitekey_id"
            );
            let table = Table { name: "stats", key: sql, seconds, floor };
            self.table(connection, &table, grain, known, &full).await?;

            let totals = |kind: Kind| format!("{}|{}", kind.code(), kind.source());
            let sql =
                format!("concat_ws('|', code, name), count from totals_{grain} {CODES} {SOURCES}");
            let table = Table { name: "totals", key: sql, seconds, floor };
            self.table(connection, &table, grain, known, &totals).await?;
            if grain == "minute" {
                let floor = today - HOST_MINUTE_DAYS * DAY;
                self.hosts(connection, world, grain, seconds, floor, known).await?;
                continue;
            }

            self.sitekeys(connection, world, grain, seconds, floor, known).await?;
            let floor = today.saturating_sub(host_days.saturating_mul(DAY));
            self.hosts(connection, world, grain, seconds, floor, known).await?;
            self.code_hosts(connection, world, grain, seconds, floor, known).await?;
        }
        self.sitekeys(connection, world, "week", WEEK, i64::MIN, known).await?;
        self.code_hosts(connection, world, "week", WEEK, i64::MIN, known).await?;
        self.first_seen(connection).await?;
        self.last_seen(connection, world, known).await?;
        self.samples(connection, world, today - SAMPLE_DAYS * DAY, known, servers).await
    }

    async fn table(
        &mut self,
        connection: &mut PgConnection,
        table: &Table,
        grain: &str,
        known: Known<'_>,
        key: &dyn Fn(Kind) -> String,
    ) -> sqlx::Result<()> {
        let sql = format!("select extract(epoch from bucket)::bigint, {}", table.key);
        let rows: Vec<(i64, String, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?;
        let found = rows.into_iter().map(|(at, key, count)| (format!("{at}|{key}"), count));
        let expected = folded(known, |kind| {
            let at = kind.bucket(table.seconds);
            (at >= table.floor).then(|| format!("{at}|{}", key(kind)))
        });
        self.compare(&format!("{}, by {grain}", table.name), expected, found.collect());
        Ok(())
    }

    async fn hosts(
        &mut self,
        connection: &mut PgConnection,
        world: &World,
        grain: &str,
        seconds: i64,
        floor: i64,
        known: Known<'_>,
    ) -> sqlx::Result<()> {
        let sql = format!(
            "select concat_ws('|', extract(epoch from bucket)::bigint, site_id, code), host, count
             from host_{grain} {CODES}"
        );
        let found = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?;
        let mut expected: HashMap<String, HashMap<String, Bounds>> = HashMap::new();
        // By the minute, only errors are.
        let is_counted = |kind: Kind| {
            kind.bucket(seconds) >= floor && (seconds != MINUTE || kind.code() != "ok")
        };
        for (kind, bounds) in known.iter().filter(|(kind, _)| is_counted(**kind)) {
            let group = format!("{}|{}|{}", kind.bucket(seconds), world.site(*kind), kind.code());
            expected.entry(group).or_default().entry(kind.host()).or_default().add(*bounds);
        }
        let room = match seconds {
            MINUTE => HOSTS_A_MINUTE,
            HOUR => HOSTS_AN_HOUR,
            _ => HOSTS_A_DAY,
        };
        self.compare_hosts(&format!("hosts, by {grain}"), expected, found, room);
        Ok(())
    }

    /// By site, sitekey and code, and by site and sitekey alone.
    async fn sitekeys(
        &mut self,
        connection: &mut PgConnection,
        world: &World,
        grain: &str,
        seconds: i64,
        floor: i64,
        known: Known<'_>,
    ) -> sqlx::Result<()> {
        let each =
            |kind: Kind| format!("{}|{}|{}", world.site(kind), world.sitekey(kind), kind.code());
        let all = |kind: Kind| format!("{}|{}", world.site(kind), world.sitekey(kind));
        let from =
            format!("from sitekeys_{grain} as kept left join sitekeys on sitekeys.id = sitekey_id");
        let key = "concat_ws('|', kept.site_id, coalesce(sitekey, '')";
        let sql = format!("{key}, code), count {from} {CODES}");
        let table = Table { name: "sitekeys by code", key: sql, seconds, floor };
        self.table(connection, &table, grain, known, &each).await?;
        let sql = format!("{key}), count {from} where code_id = 0");
        let table = Table { name: "sitekeys", key: sql, seconds, floor };
        self.table(connection, &table, grain, known, &all).await
    }

    /// Hosts by code over all sites, and of all errors. The rarest are folded together, so of a host that has a row some
    /// events may be missing, but of a code none.
    async fn code_hosts(
        &mut self,
        connection: &mut PgConnection,
        world: &World,
        grain: &str,
        seconds: i64,
        floor: i64,
        known: Known<'_>,
    ) -> sqlx::Result<()> {
        let sql = format!(
            "select concat_ws('|', extract(epoch from bucket)::bigint, coalesce(code, 'errors')),
               concat_ws('|', host, site_id), site_id = -1, count
             from code_host_{grain} left join codes on codes.id = code_id"
        );
        let rows: Vec<(String, String, bool, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?;
        let mut expected: HashMap<String, HashMap<String, Bounds>> = HashMap::new();
        for (kind, bounds) in known.iter().filter(|(kind, _)| kind.bucket(seconds) >= floor) {
            let errors = (kind.code() != "ok").then_some("errors");
            for code in [Some(kind.code()), errors].into_iter().flatten() {
                let group = format!("{}|{code}", kind.bucket(seconds));
                let host = format!("{}|{}", kind.host(), world.site(*kind));
                expected.entry(group).or_default().entry(host).or_default().add(*bounds);
            }
        }
        let what = format!("hosts of all sites, by {grain}");
        let room = match seconds {
            HOUR => CODE_HOSTS_AN_HOUR,
            DAY => CODE_HOSTS_A_DAY,
            _ => CODE_HOSTS_A_WEEK,
        };
        *self.counts.entry(what.clone()).or_default() += rows.len();
        let mut found: HashMap<&str, Vec<(&str, bool, i64)>> = HashMap::new();
        for (group, host, folded, count) in &rows {
            found.entry(group).or_default().push((host, *folded, *count));
        }
        for (group, hosts) in &expected {
            let rows = found.remove(group.as_str()).unwrap_or_default();
            let mut sum = Bounds::default();
            for bounds in hosts.values() {
                sum.add(*bounds);
            }
            let total = rows.iter().map(|(.., count)| count).sum();
            if !sum.hold(total) || rows.len() > room {
                self.differs(&what, &format!("{group}, {} rows", rows.len()), sum, total);
            }
            let whole = !rows.iter().any(|(_, folded, _)| *folded);
            for (host, _, count) in rows.iter().filter(|(_, folded, _)| !folded) {
                let Bounds { least, most } = hosts.get(*host).copied().unwrap_or_default();
                let bounds = Bounds { least: if whole { least } else { 1 }, most };
                if !bounds.hold(*count) {
                    self.differs(&what, &format!("{group}|{host}"), bounds, *count);
                }
            }
        }
        for (group, rows) in found {
            self.differs(
                &what,
                group,
                Bounds::default(),
                rows.iter().map(|(.., count)| count).sum(),
            );
        }
        Ok(())
    }

    /// Every host that has a row is known, and since when it has one.
    async fn first_seen(&mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let counted = "select concat_ws('|', site_id, host), (extract(epoch from min(first_seen)) * 1000)::bigint
             from (select site_id, host, first_seen from host_day
                   union all select site_id, host, first_seen from host_hour) as seen
             where host not in ('', '?', '*') group by site_id, host";
        let counted: Vec<(String, i64)> =
            sqlx::query_as(counted).fetch_all(&mut *connection).await?;
        let noted = "select concat_ws('|', site_id, host), (extract(epoch from first_seen) * 1000)::bigint from hosts";
        let noted: Vec<(String, i64)> = sqlx::query_as(noted).fetch_all(connection).await?;
        let exactly = |(host, first)| (host, Bounds { least: first, most: first });
        let expected = counted.into_iter().map(exactly).collect();
        self.compare("when hosts were first seen", expected, noted);
        Ok(())
    }

    /// The last minute of each code on each site: not before what was acknowledged, nor after what was sent.
    async fn last_seen(
        &mut self,
        connection: &mut PgConnection,
        world: &World,
        known: Known<'_>,
    ) -> sqlx::Result<()> {
        let sql = format!(
            "select concat_ws('|', code, site_id), extract(epoch from last_seen)::bigint from code_sites {CODES}"
        );
        let noted = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?;
        let mut expected: HashMap<String, Bounds> = HashMap::new();
        for (kind, Bounds { least, most }) in known {
            let (code, site, minute) = (kind.code(), world.site(*kind), kind.bucket(MINUTE));
            if site == 0 {
                continue;
            }
            let last = expected.entry(format!("{code}|{site}")).or_default();
            if *least > 0 {
                last.least = minute.max(last.least);
            }
            if *most > 0 {
                last.most = minute.max(last.most);
            }
        }
        self.compare("when codes were last seen", expected, noted);
        Ok(())
    }

    /// Samples are of events that were sent, and bounded.
    async fn samples(
        &mut self,
        connection: &mut PgConnection,
        world: &World,
        floor: i64,
        known: Known<'_>,
        servers: u64,
    ) -> sqlx::Result<()> {
        let sql = format!(
            "select concat_ws('|', extract(epoch from date_trunc('minute', time))::bigint, site_id, code),
               concat_ws('|', host, coalesce(sitekey, ''), name), count(*)
             from samples {CODES} {SOURCES} group by 1, 2, code"
        );
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?;
        let mut sent: HashMap<String, HashMap<String, Bounds>> = HashMap::new();
        for (kind, bounds) in known.iter().filter(|(kind, _)| kind.bucket(DAY) >= floor) {
            let group = format!("{}|{}|{}", kind.bucket(MINUTE), world.site(*kind), kind.code());
            let sample = format!("{}|{}|{}", kind.host(), world.sitekey(*kind), kind.source());
            sent.entry(group).or_default().entry(sample).or_default().add(*bounds);
        }
        *self.counts.entry("samples".to_owned()).or_default() += rows.len();
        let mut groups: HashMap<&str, i64> = HashMap::new();
        for (group, sample, count) in &rows {
            *groups.entry(group).or_default() += count;
            if !sent.get(group).is_some_and(|samples| samples.contains_key(sample)) {
                self.differs("samples", &format!("{group}|{sample}"), Bounds::default(), *count);
            }
        }
        for (group, count) in groups {
            let each = SAMPLES[usize::from(group.ends_with("|ok"))];
            let most = i64::try_from(each * servers).unwrap_or(i64::MAX);
            if count > most {
                self.differs("samples", group, Bounds { least: 0, most }, count);
            }
        }
        Ok(())
    }
}

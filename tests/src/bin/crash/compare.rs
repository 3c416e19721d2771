//! Every count in every table and in `/v1/stats`, held against what the senders know.

use crate::event::{Kind, World};
use crate::ledger::Bounds;
use serde::Serialize;
use serde_json::Value;
use sitekeeper_tests::Machine;
use sqlx::{AssertSqlSafe, PgConnection};
use std::collections::{BTreeMap, HashMap};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How many days the tables hold that do not hold everything, and how many hosts a group may have.
const MINUTE_DAYS: i64 = 30;
const HOUR_DAYS: i64 = 400;
const HOST_HOUR_DAYS: i64 = 30;
const SAMPLE_DAYS: i64 = 7;
const HOSTS_AN_HOUR: usize = 1_000;
const HOSTS_A_DAY: usize = 5_000;
/// The samples of a minute, site and code, that a process of the server may keep: of errors, and of successes.
const SAMPLES: [u64; 2] = [5, 1];

/// Joins that give rows their names.
const CODES: &str = "join codes on codes.id = code_id";
const SOURCES: &str = "join sources on sources.id = source_id";

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
                continue;
            }

            let each = |kind: Kind| format!("{}|{}", world.site(kind), kind.code());
            let sql = format!("concat_ws('|', site_id, code), count from sites_{grain} {CODES}");
            let table = Table { name: "sites by code", key: sql, seconds, floor };
            self.table(connection, &table, grain, known, &each).await?;
            let all = |kind: Kind| world.site(kind).to_string();
            let sql = format!("site_id::text, count from sites_{grain} where code_id = 0");
            let table = Table { name: "sites", key: sql, seconds, floor };
            self.table(connection, &table, grain, known, &all).await?;

            let floor = today.saturating_sub(host_days.saturating_mul(DAY));
            self.hosts(connection, world, grain, seconds, floor, known).await?;
        }
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
        for (kind, bounds) in known.iter().filter(|(kind, _)| kind.bucket(seconds) >= floor) {
            let group = format!("{}|{}|{}", kind.bucket(seconds), world.site(*kind), kind.code());
            expected.entry(group).or_default().entry(kind.host()).or_default().add(*bounds);
        }
        let room = if seconds == HOUR { HOSTS_AN_HOUR } else { HOSTS_A_DAY };
        self.compare_hosts(&format!("hosts, by {grain}"), expected, found, room);
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

    /// `GET /v1/stats`, asked in every way.
    pub(crate) async fn api(&mut self, machine: &Machine, world: &World, known: Known<'_>) {
        let today = crate::event::now().div_euclid(DAY) * DAY;
        let keys: [(&str, &dyn Fn(Kind) -> String); 5] = [
            ("", &|_| "null".to_owned()),
            ("code", &|kind| Value::from(kind.code()).to_string()),
            ("source", &|kind| Value::from(kind.source()).to_string()),
            ("site", &|kind| or_null(world.site(kind) != 0, world.site(kind))),
            ("sitekey", &|kind| or_null(!world.sitekey(kind).is_empty(), world.sitekey(kind))),
        ];
        let grains =
            [("minute", MINUTE, 5), ("hour", HOUR, 60), ("day", DAY, 500), ("none", 0, 500)];
        for (bucket, seconds, days) in grains {
            let from = today - days * DAY;
            for (group, key) in keys {
                let question = [("group_by", group), ("bucket", bucket)];
                let expected = folded(known, |kind| {
                    let at = if seconds == 0 { from } else { kind.bucket(seconds) };
                    (kind.bucket(1) >= from).then(|| format!("{at}|{}", key(kind)))
                });
                self.ask(machine, from, &question, expected).await;
            }
        }
        let from = today - 500 * DAY;
        for (site, sitekey) in world.sites() {
            let by_code = |mine: &dyn Fn(Kind) -> bool| {
                folded(known, |kind| {
                    mine(kind).then(|| format!("{from}|{}", Value::from(kind.code())))
                })
            };
            let number = site.to_string();
            let question = [("group_by", "code"), ("site", &number)];
            self.ask(machine, from, &question, by_code(&|kind| world.site(kind) == site)).await;
            let question = [("group_by", "code"), ("sitekey", sitekey)];
            let expected = by_code(&|kind| world.sitekey(kind) == sitekey);
            self.ask(machine, from, &question, expected).await;
            self.ask_hosts(machine, from, site, known, world).await;
        }
    }

    async fn ask(
        &mut self,
        machine: &Machine,
        from: i64,
        question: &[(&str, &str)],
        expected: HashMap<String, Bounds>,
    ) {
        let what = question.iter().map(|(name, value)| match *name {
            "group_by" | "bucket" => format!(" {name}={value}"),
            _ => format!(" {name}"),
        });
        let what = format!("/v1/stats{}", what.collect::<String>());
        let found = answer(machine, from, question).await;
        self.compare(
            &what,
            expected,
            found.into_iter().map(|(at, key, count)| (format!("{at}|{key}"), count)).collect(),
        );
    }

    async fn ask_hosts(
        &mut self,
        machine: &Machine,
        from: i64,
        site: i64,
        known: Known<'_>,
        world: &World,
    ) {
        let mut codes: HashMap<&str, HashMap<String, HashMap<String, Bounds>>> = HashMap::new();
        for (kind, bounds) in known.iter().filter(|(kind, _)| world.site(**kind) == site) {
            let days = codes.entry(kind.code()).or_default();
            let hosts = days.entry(kind.bucket(DAY).to_string()).or_default();
            hosts.entry(kind.host()).or_default().add(*bounds);
        }
        for (code, expected) in codes {
            let number = site.to_string();
            let question =
                [("group_by", "host"), ("bucket", "day"), ("site", &number), ("code", code)];
            let found =
                answer(machine, from, &question).await.into_iter().map(|(at, key, count)| {
                    let host = serde_json::from_str(&key).unwrap_or(key);
                    (at.to_string(), host, count)
                });
            let what = "/v1/stats group_by=host bucket=day site code";
            self.compare_hosts(what, expected, found.collect(), HOSTS_A_DAY);
        }
    }
}

/// The rows of an answer: start in Unix seconds, key as JSON, count.
async fn answer(
    machine: &Machine,
    from: i64,
    question: &[(&str, &str)],
) -> Vec<(i64, String, i64)> {
    let first = (from * 1000).to_string();
    // To the end of today, so that today is read from the days, whose hosts are bounded for the day.
    let last = ((crate::event::now().div_euclid(DAY) + 1) * DAY * 1000).to_string();
    let mut query = vec![("from", first.as_str()), ("to", last.as_str())];
    query.extend(question.iter().filter(|(_, value)| !value.is_empty()));
    let rows = machine.stats(&query).await;
    let row = |row: &Value| {
        let start: jiff::Timestamp = row["start"].as_str()?.parse().ok()?;
        Some((start.as_second(), row["key"].to_string(), row["count"].as_i64()?))
    };
    rows.iter().map(|found| row(found).unwrap_or_else(|| panic!("not a row: {found}"))).collect()
}

fn or_null(there: bool, value: impl Into<Value>) -> String {
    if there { value.into().to_string() } else { "null".to_owned() }
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

//! Fills the statistics with what a busy service has after a month.
//!
//! Filling through `/v1/events` would take an hour for a hundred million events, so PostgreSQL makes the rows itself, in
//! the very tables that the writer fills; [`verify`] then holds `/v1/stats` against what was made. What is made:
//!
//! - Thirty days and the hours of today, more by day than by night: an hour's share is 1 + 0.6 sin of its time of day.
//! - 1,000 sites and the events of none. The site in place p has 1 ÷ p^1.2 of the traffic: the first a fifth, the last
//!   hundred together less than a hundredth. Of each, two of the eight sources report, seven tenths and three tenths.
//! - 96 % successes; 1.8 % `referer_denied`; the rest eight other codes, each rarer than the one before.
//! - Hosts: three of its own for each site (80, 15, 5 %), and a hundred others that are denied, the first ones far more
//!   often than the last: 103,000 in all.
//! - Each site, code and source has its events of an hour at as many minutes of it as it has events, at most all sixty.
//! - Samples of the last seven days, as many of each minute as the writer keeps: of a site and code five errors and one
//!   success, altogether 500 and 100.
//!
//! So a level with more events has not only larger counts but more rows, until every site has every code in every minute.

use crate::Bench;
use serde_json::{Value, json};
use sitekeeper_tests::posted;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Instant;

const DAYS: i32 = 30;
const SOURCES: usize = 8;
/// The codes and their shares of all events.
const CODES: [(&str, f64); 10] = [
    ("ok", 0.96),
    ("referer_denied", 0.018),
    ("payload_used", 0.007),
    ("time_invalid", 0.005),
    ("verify_limit", 0.004),
    ("tno_expired", 0.002),
    ("decrypt_fail", 0.0015),
    ("refresh_limit", 0.001),
    ("site_paused", 0.001),
    ("tno_mismatch", 0.0005),
];
/// The tables that hold counts and samples.
pub(crate) const TABLES: [&str; 18] = [
    "stats_minute",
    "stats_hour",
    "stats_day",
    "totals_minute",
    "totals_hour",
    "totals_day",
    "sitekeys_hour",
    "sitekeys_day",
    "sitekeys_week",
    "host_minute",
    "host_hour",
    "host_day",
    "code_host_hour",
    "code_host_day",
    "code_host_week",
    "hosts",
    "code_sites",
    "samples",
];

/// What the distribution is made from, once the sites, codes and sources are there.
const SHARES: &str = "
    create schema bench;
    create unlogged table bench.sites as
      with placed as (
        select sites.id as site_id, min(sitekeys.id) as sitekey_id, min(sitekey) as sitekey,
          row_number() over (order by sites.id) as place
        from sites join sitekeys on sitekeys.site_id = sites.id
        group by sites.id order by sites.id limit 1000)
      select site_id, sitekey_id, sitekey, place, 0.997 * place ^ -1.2 / sum(place ^ -1.2) over () as share
      from placed
      union all select 0, 0, null, 0, 0.003;
    create unlogged table bench.reporters as
      select site_id, sources.id as source_id, of_site
      from bench.sites
      cross join (values (0, 0.7), (1, 0.3)) as by (turn, of_site)
      join sources on sources.name = 'edge-' || 1 + (place + turn * (1 + place / 8 % 7)) % 8;
    create unlogged table bench.codes (code_id integer, code text, share float8);
    create unlogged table bench.hours as
      select hour, weight / sum(weight) over () as share
      from generate_series(date_trunc('day', now()) - interval '30 days', date_trunc('hour', now()) - interval '1 hour',
             interval '1 hour') as hour
      cross join lateral (select 1 + 0.6 * sin((extract(hour from hour) - 9) * pi() / 12) as weight) as drawn;
    create unlogged table bench.cells
      (bucket timestamptz, site_id bigint, code_id integer, sitekey_id bigint, source_id integer, count bigint);
    create index on bench.cells (bucket);
    analyze bench.sites; analyze bench.reporters; analyze bench.hours;";

/// The statements that fill one day, `$day`, of a level with `$total` events.
const DAY: [&str; 14] = [
    // How many events of each hour, site, code and source: the share of all, rounded up or down by chance.
    "insert into bench.cells
     select hour, site_id, code_id, sitekey_id, source_id, drawn
     from bench.hours cross join bench.sites join bench.reporters using (site_id) cross join bench.codes
     cross join lateral (
       select floor($total * hours.share * sites.share * codes.share * of_site + random())::bigint as drawn offset 0
     ) as counted
     where hour >= $day and hour < $day + interval '1 day' and drawn > 0",
    "insert into stats_minute
     select bucket + (offset_in_hour + turn * 60 / rows) % 60 * interval '1 minute' as at, site_id, code_id, sitekey_id,
       source_id, count / rows + (turn < count % rows)::int
     from bench.cells
     cross join lateral (select least(count, 60) as rows,
       (site_id * 7 + code_id * 13 + source_id * 29 + extract(hour from bucket)::int) % 60 as offset_in_hour) as spread
     cross join lateral generate_series(0, rows - 1) as turn
     where $today
     order by at, site_id, code_id, sitekey_id, source_id",
    "insert into stats_hour
     select bucket, site_id, code_id, sitekey_id, source_id, count from bench.cells where $today order by 1, 2, 3, 4, 5",
    "insert into stats_day
     select $day, site_id, code_id, sitekey_id, source_id, sum(count) from bench.cells where $today
     group by 2, 3, 4, 5 order by 2, 3, 4, 5",
    "insert into totals_minute
     select bucket, code_id, source_id, sum(count) from stats_minute where $today group by 1, 2, 3 order by 1, 2, 3",
    "insert into totals_hour
     select bucket, code_id, source_id, sum(count) from bench.cells where $today group by 1, 2, 3 order by 1, 2, 3",
    "insert into totals_day
     select $day, code_id, source_id, sum(count) from bench.cells where $today group by 2, 3 order by 2, 3",
    "insert into sitekeys_hour
     select bucket, coalesce(code_id, 0), site_id, sitekey_id, sum(count) from bench.cells where $today
     group by grouping sets ((bucket, code_id, site_id, sitekey_id), (bucket, site_id, sitekey_id)) order by 1, 2, 3, 4",
    "insert into sitekeys_day
     select $day, coalesce(code_id, 0), site_id, sitekey_id, sum(count) from bench.cells where $today
     group by grouping sets ((code_id, site_id, sitekey_id), (site_id, sitekey_id)) order by 2, 3, 4",
    "insert into host_hour
     with groups as (
       select bucket, code_id, site_id, sum(count)::bigint as count, code = 'referer_denied' as denied
       from bench.cells join bench.codes using (code_id) where $today group by 1, 2, 3, 5),
     hosts as (
       select bucket, code_id, site_id, 'www' || own || '.site-' || site_id || '.example' as host, part as count
       from groups cross join lateral (values (1, count - count * 15 / 100 - count * 5 / 100),
         (2, count * 15 / 100), (3, count * 5 / 100)) as of_site (own, part)
       where not denied and part > 0
       union all
       select bucket, code_id, site_id, 'h' || at || '.of-' || site_id || '.test', sum(part)
       from groups cross join lateral (
         select floor(100 * random() ^ 3)::int as at, count / rows + (turn < count % rows)::int as part
         from (select least(count, 60) as rows) as bounded, generate_series(0, rows - 1) as turn) as drawn
       where denied group by 1, 2, 3, at)
     select bucket, code_id, site_id, host, count, bucket, bucket + interval '59 minutes' from hosts order by 1, 2, 3, 4",
    "insert into host_day
     select $day, code_id, site_id, host, sum(count), min(first_seen), max(last_seen) from host_hour where $today
     group by 2, 3, 4 order by 2, 3, 4",
    "insert into code_host_hour
     with counted as (
       select bucket, code_of.id as code_id, host, site_id, sum(count) as count, min(first_seen) as first_seen,
         max(last_seen) as last_seen
       from host_hour cross join lateral (select host_hour.code_id as id
         union all select -1 where host_hour.code_id <> (select id from codes where code = 'ok')) as code_of
       where $today group by 1, 2, 3, 4),
     ranked as (
       select *, row_number() over (partition by bucket, code_id order by count desc, host, site_id) > 500 as folded
       from counted)
     select bucket, code_id, case when folded then '*' else host end, case when folded then -1 else site_id end,
       sum(count), min(first_seen), max(last_seen)
     from ranked group by 1, 2, 3, 4 order by 1, 2, 3, 4",
    "insert into code_host_day
     with counted as (
       select bucket, code_of.id as code_id, host, site_id, sum(count) as count, min(first_seen) as first_seen,
         max(last_seen) as last_seen
       from host_day cross join lateral (select host_day.code_id as id
         union all select -1 where host_day.code_id <> (select id from codes where code = 'ok')) as code_of
       where $today group by 1, 2, 3, 4),
     ranked as (
       select *, row_number() over (partition by bucket, code_id order by count desc, host, site_id) > 1000 as folded
       from counted)
     select bucket, code_id, case when folded then '*' else host end, case when folded then -1 else site_id end,
       sum(count), min(first_seen), max(last_seen)
     from ranked group by 1, 2, 3, 4 order by 1, 2, 3, 4",
    "insert into samples
     with kept as (
       select bucket, site_id, code_id, min(source_id) as source_id,
         least(sum(count), case when code = 'ok' then 1 else 5 end) as each, code,
         row_number() over (partition by bucket, code = 'ok' order by random()) as nth
       from stats_minute join bench.codes using (code_id)
       where $today and bucket >= date_trunc('day', now()) - interval '7 days' group by bucket, site_id, code_id, code)
     select bucket + nth % 50 * interval '1 second' + turn * interval '1 second', site_id, code_id, source_id, sitekey,
       host, convert_to('https://' || host || '/account/sign-in?next=%2Fbasket', 'UTF8'),
       'c-' || left(md5(random()::text), 8), md5(random()::text),
       'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'
     from kept join bench.sites using (site_id)
     cross join lateral (select case code when 'referer_denied' then 'h' || nth % 100 || '.of-' || site_id || '.test'
       else 'www1.site-' || site_id || '.example' end as host) as named
     cross join lateral generate_series(0, each::int - 1) as turn
     where nth <= 100
     order by 1",
];

/// What has days of both halves, so that it is made in the end.
const WHOLE: &str = "
    insert into sitekeys_week
    select date_bin('7 days', bucket, '1970-01-05 00:00+00'), code_id, site_id, sitekey_id, sum(count)
    from sitekeys_day group by 1, 2, 3, 4 order by 1, 2, 3, 4;
    insert into code_host_week
    with counted as (
      select date_bin('7 days', bucket, '1970-01-05 00:00+00') as bucket, code_of.id as code_id, host, site_id,
        sum(count) as count, min(first_seen) as first_seen, max(last_seen) as last_seen
      from host_day cross join lateral (select host_day.code_id as id
        union all select -1 where host_day.code_id <> (select id from codes where code = 'ok')) as code_of
      group by 1, 2, 3, 4),
    ranked as (
      select *, row_number() over (partition by bucket, code_id order by count desc, host, site_id) > 1000 as folded
      from counted)
    select bucket, code_id, case when folded then '*' else host end, case when folded then -1 else site_id end,
      sum(count), min(first_seen), max(last_seen)
    from ranked group by 1, 2, 3, 4 order by 1, 2, 3, 4;
    insert into hosts
    select site_id, host, min(first_seen), bool_or(code in ('referer_denied', 'site_paused'))
    from host_day join codes on codes.id = code_id group by 1, 2 order by 1, 2;
    insert into code_sites
    select code_id, site_id, max(bucket) from stats_minute where site_id <> 0 group by 1, 2 order by 1, 2";

/// The way to PostgreSQL for what has no way through the server.
pub(crate) async fn connect(bench: &Bench) -> PgPool {
    let socket = bench.server.data_dir().join("postgres").canonicalize();
    let socket = socket.expect("there is a cluster").join("run");
    let url = format!("postgres://sitekeeper@localhost/sitekeeper?host={}", socket.display());
    let pool = PgPoolOptions::new().max_connections(16).connect(&url).await;
    pool.expect("PostgreSQL takes connections")
}

/// Reports an event of each day, code and source, so that there are partitions, codes and sources; then makes what the
/// distribution is made from.
pub(crate) async fn prepare(bench: &Bench, pool: &PgPool) {
    let days = sqlx::query_scalar::<_, f64>(
        "select extract(epoch from date_trunc('day', now()) - day * interval '1 day' + interval '1 minute')::float8
         from generate_series(0, 30) as day",
    );
    let days: Vec<f64> = days.fetch_all(pool).await.expect("PostgreSQL tells the time");
    let mut body = String::new();
    for (at, day) in days.iter().enumerate() {
        let source = format!("edge-{}", 1 + at % SOURCES);
        let code = CODES[at % CODES.len()].0;
        let _ =
            writeln!(body, "{}", json!({ "time": day * 1000.0, "code": code, "source": source }));
    }
    let answer = bench.machine.post_bytes("/v1/events", "application/x-ndjson", body.into()).await;
    assert_eq!(answer.expect(200).json()["accepted"], days.len());
    posted(&mut pool.acquire().await.expect("PostgreSQL takes connections")).await;
    sqlx::raw_sql(SHARES).execute(pool).await.expect("the shares can be made");
    for (code, share) in CODES {
        sqlx::query("insert into bench.codes select id, code, $2 from codes where code = $1")
            .bind(code)
            .bind(share)
            .execute(pool)
            .await
            .expect("the code can be noted");
    }
}

/// Replaces all counts by those of a month with `total` events, and answers how long that took, in seconds.
pub(crate) async fn events(pool: &PgPool, total: u64) -> f64 {
    let started = Instant::now();
    let tables = TABLES.join(", ");
    let truncate = format!("truncate {tables}, bench.cells");
    sqlx::raw_sql(AssertSqlSafe(truncate)).execute(pool).await.expect("the tables can be emptied");
    // Two halves at once: there are two cores.
    tokio::join!(fill_days(pool, total, 0), fill_days(pool, total, 1));
    sqlx::raw_sql(WHOLE).execute(pool).await.expect("the whole can be added up");
    for table in TABLES {
        let vacuum = format!("vacuum (analyze) {table}");
        sqlx::raw_sql(AssertSqlSafe(vacuum)).execute(pool).await.expect("it can be vacuumed");
    }
    sqlx::raw_sql("checkpoint").execute(pool).await.expect("PostgreSQL writes everything");
    started.elapsed().as_secs_f64()
}

async fn fill_days(pool: &PgPool, total: u64, turn: i32) {
    for back in (0..=DAYS).filter(|back| back % 2 == turn) {
        let mut transaction = pool.begin().await.expect("a transaction begins");
        let settings = format!(
            "set local synchronous_commit = off; set local work_mem = '128MB'; set local timezone = 'UTC';
             select setseed({})",
            f64::from(back) / 100.0
        );
        sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut *transaction).await.expect("settings");
        let day = format!("(date_trunc('day', now()) - interval '{back} days')");
        let today = format!("bucket >= {day} and bucket < {day} + interval '1 day'");
        for statement in DAY {
            let statement = statement
                .replace("$today", &today)
                .replace("$day", &day)
                .replace("$total", &total.to_string());
            let done =
                sqlx::raw_sql(AssertSqlSafe(statement.as_str())).execute(&mut *transaction).await;
            done.unwrap_or_else(|error| panic!("{error}: {statement}"));
        }
        transaction.commit().await.expect("the day is filled");
    }
}

/// Holds `/v1/stats` against what was made: in all, by code, site, source and host. Answers how many events there are.
pub(crate) async fn verify(bench: &Bench, pool: &PgPool) -> i64 {
    let total = made(pool, "''").await.values().sum();
    for (group, key) in [
        ("code", "(select to_json(code)::text from codes where id = code_id)"),
        ("site", "case site_id when 0 then 'null' else site_id::text end"),
        ("source", "(select to_json(name)::text from sources where id = source_id)"),
        (
            "sitekey",
            "coalesce((select to_json(sitekey)::text from sitekeys where id = sitekey_id), 'null')",
        ),
    ] {
        let (made, told) = (made(pool, key).await, told(bench, pool, group).await);
        assert_eq!(made, told, "by {group}, /v1/stats tells other counts than were made");
    }
    assert_eq!(told(bench, pool, "host").await.values().sum::<i64>(), total, "by host");
    total
}

async fn made(pool: &PgPool, key: &'static str) -> HashMap<String, i64> {
    let sql = format!("select {key}, sum(count)::bigint from bench.cells group by 1");
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await.expect("the cells are there");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn told(bench: &Bench, pool: &PgPool, group: &str) -> HashMap<String, i64> {
    let from = "select (extract(epoch from min(hour)) * 1000)::bigint from bench.hours";
    let from: i64 = sqlx::query_scalar(from).fetch_one(pool).await.expect("there are hours");
    let rows = bench.machine.stats(&[("from", &from.to_string()), ("group_by", group)]).await;
    let row = |row: &Value| (row["key"].to_string(), row["count"].as_i64().unwrap_or_default());
    rows.iter().map(row).collect()
}

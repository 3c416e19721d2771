//! What reading the statistics costs, beside 1, 10 and 100 million events.

use crate::Bench;
use crate::fill;
use crate::row::Row;
use sitekeeper_tests::load::{Report, Request};
use sqlx::postgres::PgPool;

/// A question, and what it is called.
struct Read {
    name: &'static str,
    path: String,
    /// A page of the console, not an answer of the machine API.
    page: bool,
}

/// Every read beside each of the levels, in millions of events, and how much the last costs more than the first: also where
/// it answers more, since sites that had no event of a code or hour at the first level have some at the last.
pub(crate) async fn rows(bench: &Bench, pool: &PgPool, levels: &[u64]) {
    fill::prepare(bench, pool).await;
    let mut first = Vec::new();
    for (turn, level) in levels.iter().enumerate() {
        eprintln!("bench: filling with a month of {level} million events");
        let seconds = fill::events(pool, level * 1_000_000).await;
        let events = fill::verify(bench, pool).await;
        eprintln!("bench: {events} events were made in {seconds:.0} s, and /v1/stats agrees");
        told_sizes(pool, *level).await;
        for (index, read) in reads(pool).await.iter().enumerate() {
            let report = measure(bench, read).await;
            let answered = answered(bench, read).await;
            let name = format!("{}, 30 days, {level} M events", read.name);
            Row::at_most(&format!("{name}, p95"), 50.0, report.p95_ms, "ms").with(&report).print();
            match first.get(index) {
                None => first.push((report.p50_ms, answered)),
                Some((one, rows)) if turn + 1 == levels.len() => {
                    let name = format!("{name} ÷ {} M events", levels[0]);
                    Row::at_most(&name, 1.5, report.p50_ms / one, "times").print();
                    if let Some((rows, answered)) = rows.zip(answered) {
                        Row::told(&format!("{name}, rows of the answer"), answered / rows, "times")
                            .print();
                    }
                }
                Some(_) => {}
            }
        }
    }
}

async fn measure(bench: &Bench, read: &Read) -> Report {
    if read.page {
        return bench.page(&read.path).await;
    }
    let request = Request::get(&read.path, &bench.json()[..1]);
    bench.load_for(1, 2).run(&read.path, &request).await
}

/// How many rows the machine API answers.
async fn answered(bench: &Bench, read: &Read) -> Option<f64> {
    if read.page {
        return None;
    }
    let answer = bench.machine.get(&read.path, &[]).await.expect(200).json();
    let rows = answer["rows"].as_array().map_or(0, Vec::len);
    u32::try_from(rows).ok().map(f64::from)
}

async fn reads(pool: &PgPool) -> Vec<Read> {
    // Up to now, as everybody asks. One that had ended meanwhile would be another question: its last bucket is read in parts.
    let now: i64 = sqlx::query_scalar("select extract(epoch from now())::bigint * 1000")
        .fetch_one(pool)
        .await
        .expect("PostgreSQL tells the time");
    let from = now - 30 * 24 * 60 * 60 * 1000;
    let site: i64 = sqlx::query_scalar("select site_id from bench.sites where place = 20")
        .fetch_one(pool)
        .await
        .expect("there are twenty sites");
    let asked =
        |name, rest: &str| Read { name, path: format!("/v1/stats?from={from}{rest}"), page: false };
    let page = |name, path: String| Read { name, path, page: true };
    vec![
        asked("stats in all", ""),
        asked("stats by code and day", "&group_by=code&bucket=day"),
        asked("stats by code and hour", "&group_by=code&bucket=hour"),
        asked("stats by site", "&group_by=site"),
        asked("stats by site of a code", "&group_by=site&code=referer_denied"),
        asked("stats by sitekey", "&group_by=sitekey"),
        asked("stats by source", "&group_by=source"),
        asked("stats by host of a code", "&group_by=host&code=referer_denied"),
        asked(
            "stats by host of a site and code",
            &format!("&group_by=host&code=referer_denied&site={site}"),
        ),
        asked(
            "stats of a site by code and hour",
            &format!("&group_by=code&bucket=hour&site={site}"),
        ),
        asked("stats by code and site", "&group_by=code,site"),
        asked("stats of a site by code and source", &format!("&group_by=code,source&site={site}")),
        page("overview page", "/?range=30d".to_owned()),
        page("errors page", "/errors?range=30d".to_owned()),
        page("code page", "/errors/referer_denied?range=30d".to_owned()),
        page("site page", format!("/sites/{site}?range=30d")),
        page("verifiers page", "/verifiers?range=30d".to_owned()),
        page("rejected hosts page", "/errors/hosts?range=30d".to_owned()),
        page(
            "rejected hosts page, the newest first",
            "/errors/hosts?range=30d&hosts=first".to_owned(),
        ),
        page("rejected hosts page, by name", "/errors/hosts?range=30d&hosts=host".to_owned()),
        page("rejected hosts page, searched", "/errors/hosts?range=30d&q=h7.of-1".to_owned()),
    ]
}

/// How many rows the level has, and how large they are.
async fn told_sizes(pool: &PgPool, level: u64) {
    for (family, tables) in [
        ("stats by minute", "stats_minute"),
        ("stats by hour", "stats_hour"),
        ("hosts by hour", "host_hour"),
        ("hosts by day", "host_day"),
        ("samples", "samples"),
    ] {
        let sql = format!("select count(*)::float8 from {tables}");
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await;
        let rows: f64 = rows.expect("the rows can be counted");
        Row::told(&format!("{family}, {level} M events"), rows, "rows").print();
    }
}

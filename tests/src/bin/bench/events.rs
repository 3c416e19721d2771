//! How many events can be reported: of one site, and of many sites and hosts.

use crate::Bench;
use crate::bare::{self, Limits};
use crate::cost::Meter;
use crate::row::Row;
use serde_json::{Value, json};
use sitekeeper_tests::load::{Report, Request, SERIAL};
use sqlx::postgres::PgPool;

/// Events of one NDJSON request.
const BATCH: usize = 1_000;
/// How many sites the many are.
pub(crate) const SITES: usize = 2_000;
/// How many different batches are sent in turn.
const BATCHES: usize = 40;

/// Every row about events.
pub(crate) async fn rows(bench: &Bench, pool: &PgPool) {
    let limits = bare::limits(pool).await;
    let one = [bench.sitekey.clone()];
    let many: Vec<String> = sqlx::query_scalar(
        "select min(sitekey) from sitekeys group by site_id order by site_id desc limit 2000",
    )
    .fetch_all(pool)
    .await
    .expect("there are sitekeys");
    assert_eq!(many.len(), SITES, "there are not enough sites");
    for (whose, sitekeys) in [("one site", &one[..]), ("2,000 sites", &many[..])] {
        singles(bench, pool, whose, sitekeys, &limits).await;
        batches(bench, pool, whose, sitekeys, &limits).await;
    }
}

async fn singles(bench: &Bench, pool: &PgPool, whose: &str, sitekeys: &[String], limits: &Limits) {
    let requests: Vec<Request> = (0..sitekeys.len())
        .map(|n| {
            let body = event(sitekeys, n, &format!("single-{SERIAL}"), whose).to_string();
            Request::post("/v1/events", &bench.json(), &body).wanting("\"accepted\":1,")
        })
        .collect();
    let meter = Meter::read(bench, pool).await;
    let report = bench.load(256).run_in_turn("event", &requests).await;
    let name = format!("events of {whose}, one a request, 256 connections");
    print(&name, 5_000.0, "requests/s", report.rps, &report, limits.single);
    meter.print(bench, pool, &name).await;
}

async fn batches(bench: &Bench, pool: &PgPool, whose: &str, sitekeys: &[String], limits: &Limits) {
    let headers = [bench.json()[0], ("content-type", "application/x-ndjson")];
    let requests: Vec<Request> = (0..BATCHES)
        .map(|batch| {
            let id = format!("batch-{SERIAL}");
            let lines: String = (batch * BATCH..(batch + 1) * BATCH)
                .map(|n| event(sitekeys, n, &id, whose).to_string() + "\n")
                .collect();
            Request::post("/v1/events", &headers, &lines).wanting(&format!("\"accepted\":{BATCH},"))
        })
        .collect();
    let meter = Meter::read(bench, pool).await;
    let report = bench.load(6).run_in_turn("batch", &requests).await;
    #[expect(clippy::cast_precision_loss, reason = "the batch is small")]
    let events = report.rps * BATCH as f64;
    let name = format!("events of {whose}, NDJSON of 1,000, 6 connections");
    print(&name, 50_000.0, "events/s", events, &report, limits.batched);
    meter.print(bench, pool, &name).await;
}

fn print(name: &str, budget: f64, unit: &'static str, rate: f64, report: &Report, bare: f64) {
    Row::at_least(name, budget, rate, unit).with(report).print();
    Row::told(&format!("{name} ÷ bare PostgreSQL"), rate / bare, "times").print();
}

/// One event of now: of one site a plain success; of many, any site, and in one of twenty-five an error from one of a
/// hundred other hosts.
fn event(sitekeys: &[String], n: usize, id: &str, whose: &str) -> Value {
    // Multipliers without a factor in common with the moduli scatter neighbours.
    let site = n * 1_009 % sitekeys.len();
    let (code, host) = match n * 7_919 % 25 {
        0 if sitekeys.len() > 1 => ("referer_denied", format!("h{}.of-{site}.test", n * 31 % 100)),
        _ => ("ok", format!("www.site-{site}.example")),
    };
    json!({
        "id": id,
        "sitekey": sitekeys[site],
        "code": code,
        "referer": format!("https://{host}/basket?step=2"),
        "source": format!("bench-{}-{}", whose.len(), 1 + n % 4),
        "client": "c-7f3a91",
    })
}

//! What a look for incidents costs with thousands of series that have events in every minute.

use crate::Bench;
use crate::row::Row;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use std::time::Duration;

/// Of so many sites, each with all of these codes: 5,000 series, and the codes across sites.
const SITES: usize = 1_000;
const CODES: [&str; 5] =
    ["referer_denied", "payload_used", "verify_limit", "tno_expired", "verification_expired"];
const MINUTES: i64 = 20;
/// So many looks are waited for, one every 15 seconds; the first reads what is usual.
const LOOKS: f64 = 5.0;

pub(crate) async fn rows(bench: &Bench, pool: &PgPool) {
    let sitekeys: Vec<String> = sqlx::query_scalar(
        "select min(sitekey) from sitekeys group by site_id order by site_id desc limit 1000",
    )
    .fetch_all(pool)
    .await
    .expect("there are sitekeys");
    assert_eq!(sitekeys.len(), SITES, "there are not enough sites");
    eprintln!("bench: reporting {MINUTES} minutes and 24 hours of {} series", SITES * CODES.len());
    // A day of hours, so that what is usual is known, and then minutes like them, up to a little ahead.
    for hour in 1..=24 {
        report(bench, &sitekeys, hour * 3_600_000, 600).await;
    }
    for minute in -4..MINUTES {
        report(bench, &sitekeys, minute * 60_000, 10).await;
    }
    let first = figures(bench).await;
    let mut last = first;
    while last.looks < first.looks + LOOKS {
        tokio::time::sleep(Duration::from_secs(1)).await;
        last = figures(bench).await;
    }
    let took = (last.seconds - first.seconds) / (last.looks - first.looks);
    let name = format!("look for incidents, {:.0} series", last.series);
    Row::at_most(&name, 2.0, took, "s").print();
}

async fn report(bench: &Bench, sitekeys: &[String], ago_ms: i64, count: i64) {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_millis();
    let time = i64::try_from(now).expect("it is not that late") - ago_ms;
    for some in sitekeys.chunks(SITES / 2) {
        let events = some.iter().flat_map(|sitekey| {
            CODES.map(
                |code| json!({ "code": code, "sitekey": sitekey, "time": time, "count": count }),
            )
        });
        let events: Vec<Value> = events.collect();
        bench.machine.report(&json!(events)).await;
    }
}

#[derive(Clone, Copy)]
struct Figures {
    looks: f64,
    seconds: f64,
    series: f64,
}

async fn figures(bench: &Bench) -> Figures {
    let text = bench.machine.get("/metrics", &[]).await.expect(200).body;
    let figure = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|number| number.parse().ok()).unwrap_or(0.0)
    };
    Figures {
        looks: figure("sitekeeper_incidents_round_seconds_count"),
        seconds: figure("sitekeeper_incidents_round_seconds_sum"),
        series: figure("sitekeeper_incidents_series"),
    }
}

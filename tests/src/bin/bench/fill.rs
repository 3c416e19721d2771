//! Fills the database with what a busy service has after a month.

use crate::Bench;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// What is reported on.
pub(crate) struct Site {
    pub(crate) sitekey: String,
}

/// Lines of a filling, spread evenly over the days.
const LINES: u64 = 1_000_000;
const LINES_A_REQUEST: u64 = 10_000;
const DAYS: u64 = 30;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// The outcomes of a hundred events, more or less: most are fine.
const CODES: [(u64, &str); 5] = [
    (90, "ok"),
    (95, "referer_denied"),
    (97, "payload_used"),
    (99, "verify_limit"),
    (100, "time_invalid"),
];
const HOSTS: u64 = 40;

/// The statistics that are read: what it is called, its path, and whether it is a page of the console.
pub(crate) fn reads() -> [(&'static str, String, bool); 6] {
    let now = now_ms();
    let range = |extra: &str| format!("/v1/stats?from={}&to={now}{extra}", now - DAYS * DAY_MS);
    [
        ("stats by code", range("&group_by=code&bucket=day"), false),
        ("stats by code and hour", range("&group_by=code&bucket=hour"), false),
        ("stats by host", range("&group_by=host&bucket=none&code=referer_denied"), false),
        ("overview page", "/?range=30d".to_owned(), true),
        ("errors page", "/errors?range=30d".to_owned(), true),
        ("code page", "/errors/referer_denied?range=30d".to_owned(), true),
    ]
}

/// One event of now.
pub(crate) fn event(site: &Site, id: &str) -> Value {
    json!({
        "id": id,
        "sitekey": site.sitekey,
        "code": "ok",
        "referer": "https://shop.example/basket?step=2",
        "source": "edge-1",
        "client": "c-7f3a91",
    })
}

/// Reports a month of outcomes through the machine API, each line standing for `count` events.
pub(crate) async fn events(bench: &Bench, round: usize, count: u64) {
    let client = reqwest::Client::new();
    let from = now_ms() - DAYS * DAY_MS;
    let step = DAYS * DAY_MS / LINES;
    for first in (0..LINES).step_by(usize::try_from(LINES_A_REQUEST).unwrap_or(1)) {
        let body: String = (first..first + LINES_A_REQUEST)
            .map(|n| line(&bench.site, n, from + n * step, count) + "\n")
            .collect();
        let response = client
            .post(bench.server.url("/v1/events"))
            .header("authorization", &bench.bearer)
            .header("content-type", "application/x-ndjson")
            .body(body)
            .send()
            .await
            .expect("sitekeeper answers");
        let answer: Value = response.json().await.expect("the answer is JSON");
        assert_eq!(answer["accepted"], LINES_A_REQUEST, "round {round}: {answer}");
    }
}

/// The outcome number `n`: codes and hosts vary in step with it.
fn line(site: &Site, n: u64, time: u64, count: u64) -> String {
    // A multiplier without a factor in common with the moduli scatters neighbours.
    let scattered = n.wrapping_mul(7_919);
    let code =
        CODES.iter().find(|(below, _)| scattered % 100 < *below).map_or("ok", |(_, code)| code);
    let referer = match code {
        "referer_denied" => format!("https://host-{}.example/", scattered / 100 % HOSTS),
        _ => "https://shop.example/".to_owned(),
    };
    json!({
        "time": time,
        "sitekey": site.sitekey,
        "code": code,
        "referer": referer,
        "count": count,
        "source": format!("edge-{}", scattered / 7 % 4),
    })
    .to_string()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no other clock than the machine's")]
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

//! `GET /v1/stats`: what is counted under what, in which buckets, and what it refuses.

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use serde_json::{Value, json};
use sitekeeper_tests::{CreatedSite, Machine, Server};
use std::collections::BTreeMap;

/// Two sites, two sources, three codes, over three hours of a day whose minutes are not kept any more, and one of today.
async fn filled() -> (Server, [CreatedSite; 2], Machine) {
    let server = Server::start().await;
    let sites = server.two_sites().await;
    let machine = server.machine("events:write,stats:read");
    let event = |time: &str, site: usize, code: &str, host: &str, source: &str, count: u32| {
        sites[site].event(time, code, host, source, count)
    };
    let events = json!([
        event("2026-03-01T10:00:00Z", 0, "ok", "shop.example", "edge-1", 10),
        event("2026-03-01T10:00:59.999Z", 0, "ok", "shop.example", "edge-2", 1),
        event("2026-03-01T10:59:59Z", 0, "referer_denied", "evil.example", "edge-1", 4),
        event("2026-03-01T11:30:00Z", 1, "ok", "blog.example", "edge-1", 20),
        event("2026-03-01T12:00:00Z", 1, "payload_used", "blog.example", "edge-2", 2),
    ]);
    let answer = machine.report(&events).await;
    assert_eq!(answer["accepted"], 5, "{answer}");
    (server, sites, machine)
}

const DAY: [(&str, &str); 2] = [("from", "2026-03-01T00:00:00Z"), ("to", "2026-03-02T00:00:00Z")];

async fn rows(machine: &Machine, more: &[(&str, &str)]) -> Vec<(String, Value, i64)> {
    let query: Vec<(&str, &str)> = DAY.iter().chain(more).copied().collect();
    let mut rows: Vec<_> = machine
        .stats(&query)
        .await
        .into_iter()
        .map(|row| {
            let fields: Vec<&String> =
                row.as_object().expect("a row is an object").keys().collect();
            assert_eq!(fields, ["count", "key", "start"]);
            let start = row["start"].as_str().expect("start is an instant").to_owned();
            (start, row["key"].clone(), row["count"].as_i64().expect("count is a number"))
        })
        .collect();
    rows.sort_by_key(|(start, key, _)| (start.clone(), key.to_string()));
    rows
}

fn row(hour: u32, key: Value, count: i64) -> (String, Value, i64) {
    (format!("2026-03-01T{hour:02}:00:00Z"), key, count)
}

#[tokio::test]
async fn counts_are_grouped_by_each_key() {
    let (_server, [shop, blog], machine) = filled().await;
    assert_eq!(rows(&machine, &[]).await, [row(0, Value::Null, 37)]);
    for (group, mut expected) in [
        ("code", vec![(json!("ok"), 31), (json!("payload_used"), 2), (json!("referer_denied"), 4)]),
        ("site", vec![(json!(shop.id), 15), (json!(blog.id), 22)]),
        (
            "host",
            vec![
                (json!("blog.example"), 22),
                (json!("evil.example"), 4),
                (json!("shop.example"), 11),
            ],
        ),
        ("sitekey", vec![(json!(shop.sitekey), 15), (json!(blog.sitekey), 22)]),
        ("source", vec![(json!("edge-1"), 34), (json!("edge-2"), 3)]),
    ] {
        expected.sort_by_key(|(key, _)| key.to_string());
        let expected: Vec<_> =
            expected.into_iter().map(|(key, count)| row(0, key, count)).collect();
        assert_eq!(rows(&machine, &[("group_by", group)]).await, expected, "{group}");
    }
}

#[tokio::test]
async fn counts_are_cut_into_buckets() {
    let (_server, _, machine) = filled().await;
    let hours = [row(10, Value::Null, 15), row(11, Value::Null, 20), row(12, Value::Null, 2)];
    assert_eq!(rows(&machine, &[("bucket", "hour")]).await, hours);
    assert_eq!(rows(&machine, &[("bucket", "day")]).await, [row(0, Value::Null, 37)]);
    assert_eq!(rows(&machine, &[("bucket", "none")]).await, [row(0, Value::Null, 37)]);
    let by_code = rows(&machine, &[("bucket", "hour"), ("group_by", "code")]).await;
    let expected = [
        row(10, json!("ok"), 11),
        row(10, json!("referer_denied"), 4),
        row(11, json!("ok"), 20),
        row(12, json!("payload_used"), 2),
    ];
    assert_eq!(by_code, expected);
}

#[tokio::test]
async fn minutes_are_there_while_they_are_kept() {
    let (_server, [shop, _], machine) = filled().await;
    machine.report(&json!({ "code": "ok", "sitekey": shop.sitekey, "count": 5 })).await;
    let answer = machine.get("/v1/stats", &[("bucket", "minute")]).await.expect(200).json();
    assert_eq!(answer["bucket"], "minute");
    let rows = answer["rows"].as_array().cloned().unwrap_or_default();
    assert_eq!(rows.len(), 1, "without a range, the last 24 hours: {rows:?}");
    assert_eq!(rows[0]["count"], 5);
    assert!(rows[0]["start"].as_str().is_some_and(|start| start.ends_with(":00Z")), "{rows:?}");
    let old: Vec<(&str, &str)> = DAY.into_iter().chain([("bucket", "minute")]).collect();
    let answer = machine.get("/v1/stats", &old).await.expect(200).json();
    assert_eq!(answer["bucket"], "hour", "it says when a larger bucket is all there is");
}

#[tokio::test]
async fn filters_leave_only_what_they_name() {
    let (_server, [shop, blog], machine) = filled().await;
    let (shop_id, blog_id) = (shop.id.to_string(), blog.id.to_string());
    for (filter, expected) in [
        (vec![("site", shop_id.as_str())], 15),
        (vec![("site", blog_id.as_str()), ("code", "ok")], 20),
        (vec![("code", "ok")], 31),
        (vec![("host", "evil.example")], 4),
        (vec![("host", "shop.example"), ("site", shop_id.as_str()), ("code", "ok")], 11),
        (vec![("sitekey", shop.sitekey.as_str())], 15),
        (vec![("source", "edge-2")], 3),
        (vec![("source", "edge-2"), ("code", "ok")], 1),
    ] {
        assert_eq!(rows(&machine, &filter).await, [row(0, Value::Null, expected)], "{filter:?}");
    }
    for filter in [
        ("site", "999999"),
        ("code", "forbidden"),
        ("host", "nowhere.example"),
        ("source", "edge-9"),
    ] {
        let left = rows(&machine, &[filter]).await;
        assert!(left.is_empty() || left[0].2 == 0, "{filter:?}: {left:?}");
    }
}

#[tokio::test]
async fn an_answer_says_what_it_covers() {
    let (_server, _, machine) = filled().await;
    let query =
        [("from", "2026-03-01T10:30:00Z"), ("to", "2026-03-01T11:30:00Z"), ("bucket", "hour")];
    let answer = machine.get("/v1/stats", &query).await.expect(200).json();
    let fields: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["bucket", "from", "rows", "to"]);
    assert_eq!(answer["bucket"], "hour");
    assert_eq!(answer["from"], "2026-03-01T10:00:00Z", "whole buckets only");
    assert_eq!(answer["to"], "2026-03-01T12:00:00Z");
    let total: i64 = answer["rows"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| row["count"].as_i64())
        .sum();
    assert_eq!(total, 35);
    let in_milliseconds = [("from", "1772361000000"), ("to", "1772364600000"), ("bucket", "hour")];
    assert_eq!(machine.get("/v1/stats", &in_milliseconds).await.expect(200).json(), answer);
}

/// What happened, as `filled` reports it: site, code, host, source, count. Both sites have one sitekey.
const HAPPENED: [(usize, &str, &str, &str, i64); 5] = [
    (0, "ok", "shop.example", "edge-1", 10),
    (0, "ok", "shop.example", "edge-2", 1),
    (0, "referer_denied", "evil.example", "edge-1", 4),
    (1, "ok", "blog.example", "edge-1", 20),
    (1, "payload_used", "blog.example", "edge-2", 2),
];

#[tokio::test]
async fn counts_are_grouped_by_any_two_keys_that_are_counted_together() {
    let (_server, sites, machine) = filled().await;
    let part = |by: &str, happened: (usize, &str, &str, &str, i64)| -> Value {
        let (site, code, host, source, _) = happened;
        match by {
            "code" => json!(code),
            "site" => json!(sites[site].id),
            "host" => json!(host),
            "sitekey" => json!(sites[site].sitekey),
            _ => json!(source),
        }
    };
    let names = ["code", "site", "host", "sitekey", "source"];
    let mut answered = 0;
    for one in names {
        for other in names.into_iter().filter(|other| *other != one) {
            let group_by = format!("{one},{other}");
            let pair = [one, other];
            let other_than_host = pair.iter().find(|by| ["sitekey", "source"].contains(*by));
            if let (true, Some(field)) = (pair.contains(&"host"), other_than_host) {
                let query: Vec<_> = DAY.into_iter().chain([("group_by", &*group_by)]).collect();
                let problem = machine.get("/v1/stats", &query).await.expect(400).json();
                assert_eq!(problem["field"], *field, "{group_by}: {problem}");
                continue;
            }
            let mut expected: BTreeMap<String, i64> = BTreeMap::new();
            for happened in HAPPENED {
                let key = json!([part(one, happened), part(other, happened)]);
                *expected.entry(key.to_string()).or_default() += happened.4;
            }
            let found: BTreeMap<String, i64> = rows(&machine, &[("group_by", &group_by)])
                .await
                .into_iter()
                .map(|(_, key, count)| (key.to_string(), count))
                .collect();
            assert_eq!(found, expected, "{group_by}");
            answered += 1;
        }
    }
    assert_eq!(answered, 16);
    // Filters combine with it.
    let shop = sites[0].id.to_string();
    let denied =
        rows(&machine, &[("group_by", "host,site"), ("code", "referer_denied"), ("site", &shop)])
            .await;
    assert_eq!(denied, [row(0, json!(["evil.example", sites[0].id]), 4)]);
}

#[tokio::test]
async fn the_top_and_the_rest_are_all_there_is() {
    let (_server, [shop, blog], machine) = filled().await;
    let ask = async |more: &[(&str, &str)]| {
        let query: Vec<(&str, &str)> = DAY.iter().chain(more).copied().collect();
        machine.get("/v1/stats", &query).await.expect(200).json()
    };
    let answer = ask(&[("group_by", "code,site"), ("top", "2")]).await;
    assert_eq!(answer["total"], 37);
    let start = "2026-03-01T00:00:00Z";
    assert_eq!(
        answer["rows"],
        json!([
            { "key": ["ok", blog.id], "start": start, "count": 20 },
            { "key": ["ok", shop.id], "start": start, "count": 11 },
        ])
    );
    assert_eq!(answer["other"], json!([{ "start": start, "count": 6 }]));
    // By the hour, the two are the largest of the whole range.
    let answer = ask(&[("group_by", "code"), ("top", "1"), ("bucket", "hour")]).await;
    let hour = |hour: u32| format!("2026-03-01T{hour:02}:00:00Z");
    assert_eq!(
        answer["rows"],
        json!([
            { "key": "ok", "start": hour(10), "count": 11 },
            { "key": "ok", "start": hour(11), "count": 20 },
        ])
    );
    assert_eq!(
        answer["other"],
        json!([{ "start": hour(10), "count": 4 }, { "start": hour(12), "count": 2 }])
    );
    for wrong in ["0", "1001", "many"] {
        let query: Vec<_> = DAY.into_iter().chain([("top", wrong)]).collect();
        let problem = machine.get("/v1/stats", &query).await.expect(400).json();
        assert_eq!(problem["field"], "top");
    }
}

#[tokio::test]
async fn counts_stand_beside_those_of_the_time_before() {
    let (_server, [shop, _], machine) = filled().await;
    let event = |time: &str, code: &str, count: u32| json!({ "time": time, "sitekey": shop.sitekey, "code": code, "count": count });
    let answer = machine
        .report(&json!([
            event("2026-02-28T10:30:00Z", "ok", 7),
            event("2026-02-28T12:30:00Z", "forbidden", 3),
            event("2026-02-22T10:30:00Z", "referer_denied", 5),
        ]))
        .await;
    assert_eq!(answer["accepted"], 3);
    let ask = async |more: &[(&str, &str)]| {
        let query: Vec<(&str, &str)> = DAY.iter().chain(more).copied().collect();
        machine.get("/v1/stats", &query).await.expect(200).json()
    };
    let answer = ask(&[("group_by", "code"), ("compare", "previous")]).await;
    let start = "2026-03-01T00:00:00Z";
    let compared = json!({ "from": "2026-02-28T00:00:00Z", "to": start, "total": 10 });
    assert_eq!(answer["compared"], compared);
    let row = |key: &str, count: i64, before: i64| json!({ "key": key, "start": start, "count": count, "before": before });
    assert_eq!(
        answer["rows"],
        json!([
            row("ok", 31, 7),
            row("referer_denied", 4, 0),
            row("payload_used", 2, 0),
            row("forbidden", 0, 3),
        ])
    );
    let week = ask(&[("compare", "week"), ("code", "referer_denied"), ("bucket", "hour")]).await;
    assert_eq!(week["compared"]["from"], "2026-02-22T00:00:00Z");
    let at_ten = json!({ "key": null, "start": "2026-03-01T10:00:00Z", "count": 4, "before": 5 });
    assert_eq!(week["rows"], json!([at_ten]));
    let problem = machine.get("/v1/stats", &[("compare", "year")]).await.expect(400).json();
    assert_eq!(problem["field"], "compare");
}

/// A time of an answer.
fn instant(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).expect("it is an instant")
}

#[tokio::test]
async fn hosts_are_compared_over_hours_that_are_over() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    server.knows(&site).await;
    let machine = server.machine("events:write,stats:read");
    let hour = SignedDuration::from_hours(1);
    // The hour that runs stands a day after one that is over: of the whole one, half would come after now.
    let running = TimestampRound::new().smallest(Unit::Hour).mode(RoundMode::Trunc);
    #[expect(clippy::disallowed_methods, reason = "the server's clock is this machine's")]
    let running = Timestamp::now().round(running).expect("an hour has a start");
    let event = |at: Timestamp, count: u32| {
        site.event(&at.to_string(), "referer_denied", "evil.example", "edge-1", count)
    };
    let events = json!([
        event(running - hour, 3),
        event(running, 5),
        event(running - 25 * hour, 2),
        event(running - 24 * hour, 70)
    ]);
    assert_eq!(machine.report(&events).await["accepted"], 4);
    let of_hosts = [("group_by", "host"), ("code", "referer_denied"), ("compare", "previous")];
    let answer = machine.get("/v1/stats", &of_hosts).await.expect(200).json();
    let compared = &answer["compared"];
    assert_eq!(answer["rows"][0]["count"], 73, "{answer}");
    assert_eq!((instant(&answer["to"]), answer["rows"][0]["before"].as_i64()), (running, Some(2)));
    let length = |of: &Value| instant(&of["to"]).duration_since(instant(&of["from"]));
    assert_eq!(length(&answer), length(compared), "{answer}");
    assert_eq!(answer["from"], compared["to"], "{answer}");
    // Within the hour that runs, nothing is over.
    let from = running.to_string();
    let query: Vec<(&str, &str)> = of_hosts.into_iter().chain([("from", &*from)]).collect();
    let answer = machine.get("/v1/stats", &query).await.expect(200).json();
    assert_eq!(answer["rows"], json!([{ "key": "evil.example", "start": from, "count": 5 }]));
    assert_eq!(answer.get("compared"), None, "{answer}");
}

#[tokio::test]
async fn what_a_fast_clock_reports_counts_the_same_in_buckets_of_any_size() {
    let server = Server::start().await;
    let machine = server.machine("events:write,stats:read");
    #[expect(clippy::disallowed_methods, reason = "the server's clock is this machine's")]
    let ahead = Timestamp::now() + SignedDuration::from_mins(4);
    let event = json!({ "code": "forbidden", "time": ahead.to_string(), "count": 7 });
    assert_eq!(machine.report(&event).await["accepted"], 1);
    for bucket in ["none", "minute", "hour", "day"] {
        let rows = machine.stats(&[("bucket", bucket), ("group_by", "code")]).await;
        let sum: i64 = rows.iter().filter_map(|row| row["count"].as_i64()).sum();
        assert_eq!(sum, 7, "{bucket}");
    }
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_a_problem_that_names_its_field() {
    let (_server, _, machine) = filled().await;
    for (query, field) in [
        (("from", "yesterday"), "from"),
        (("to", "2026-13-01T00:00:00Z"), "to"),
        (("group_by", "colour"), "group_by"),
        (("group_by", "code,code"), "group_by"),
        (("group_by", "code,site,source"), "group_by"),
        (("group_by", "code,"), "group_by"),
        (("bucket", "week"), "bucket"),
        (("site", "shop"), "site"),
        (("colour", "red"), "query"),
    ] {
        let answer = machine.get("/v1/stats", &[query]).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{query:?}");
        assert_eq!(answer.json()["field"], field, "{query:?}");
    }
    let backwards = [("from", "2026-03-02T00:00:00Z"), ("to", "2026-03-01T00:00:00Z")];
    assert_eq!(machine.get("/v1/stats", &backwards).await.expect(400).json()["field"], "from");
}

//! `GET /v1/stats`: what is counted under what, in which buckets, and what it refuses.

use serde_json::{Value, json};
use sitekeeper_tests::{CreatedSite, Machine, Server};

/// Two sites, two sources, three codes, over three hours of a day whose minutes are not kept any more, and one of today.
async fn filled() -> (Server, [CreatedSite; 2], Machine) {
    let server = Server::start().await;
    let sites =
        [server.create_site("Shop", "shop.example"), server.create_site("Blog", "blog.example")];
    let machine = server.machine("events:write,stats:read");
    for site in &sites {
        server.knows(site).await;
    }
    let event = |time: &str, site: usize, code: &str, host: &str, source: &str, count: u32| {
        json!({
            "time": time, "sitekey": sites[site].sitekey, "code": code, "referer": format!("https://{host}/"),
            "source": source, "count": count,
        })
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

#[tokio::test]
async fn a_question_that_makes_no_sense_is_a_problem_that_names_its_field() {
    let (_server, _, machine) = filled().await;
    for (query, field) in [
        (("from", "yesterday"), "from"),
        (("to", "2026-13-01T00:00:00Z"), "to"),
        (("group_by", "colour"), "group_by"),
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

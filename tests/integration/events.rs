//! `POST /v1/events`: every shape of body, what is taken and refused, and that each event counts exactly once, whatever
//! happens to the server meanwhile.

use serde_json::{Value, json};
use sitekeeper_tests::{CreatedSite, Database, Machine, Server, posted};

const NDJSON: &str = "application/x-ndjson";

fn tally(answer: &Value) -> (u64, u64, usize) {
    let number =
        |name: &str| answer[name].as_u64().unwrap_or_else(|| panic!("no {name} in {answer}"));
    let rejected =
        answer["rejected"].as_array().unwrap_or_else(|| panic!("no rejected in {answer}"));
    (number("accepted"), number("duplicate"), rejected.len())
}

/// All events of one code, whenever they happened.
async fn counted(stats: &Machine, code: &str) -> i64 {
    let rows = stats
        .stats(&[("code", code), ("from", "2000-01-01T00:00:00Z"), ("to", "2100-01-01T00:00:00Z")])
        .await;
    rows.first().map_or(0, |row| row["count"].as_i64().unwrap_or_default())
}

async fn started() -> (Server, CreatedSite, Machine) {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("events:write,stats:read");
    (server, site, machine)
}

#[tokio::test]
async fn an_object_an_array_and_lines_are_taken() {
    let (_server, site, machine) = started().await;
    let event =
        json!({ "code": "ok", "sitekey": site.sitekey, "referer": "https://shop.example/" });
    assert_eq!(tally(&machine.report(&event).await), (1, 0, 0));
    assert_eq!(tally(&machine.report(&json!([event, event])).await), (2, 0, 0));
    assert_eq!(tally(&machine.report(&json!([])).await), (0, 0, 0));
    for content_type in [NDJSON, "application/x-ndjson; charset=utf-8", "application/jsonl"] {
        let lines = format!("\u{feff}{event}\n\r\n\n{event}\r\n{event}");
        let answer =
            machine.post_bytes("/v1/events", content_type, lines.into()).await.expect(200).json();
        assert_eq!(tally(&answer), (3, 0, 0), "{content_type}");
    }
    assert_eq!(counted(&machine, "ok").await, 12);
}

#[tokio::test]
async fn only_the_code_is_required_and_all_fields_are_taken() {
    let (_server, site, machine) = started().await;
    assert_eq!(tally(&machine.report(&json!({ "code": "no_sitekey" })).await), (1, 0, 0));
    let full = json!({
        "id": "é".repeat(64), "time": "2026-01-02T03:04:05.678+09:00", "sitekey": site.sitekey, "code": "payload_used",
        "referer": "https://shop.example/", "count": 7, "source": "edge-1", "client": "c".repeat(64),
        "trace": "t".repeat(128), "user_agent": "Mozilla/5.0", "not_of_ours": { "deep": [1, 2, 3] },
    });
    assert_eq!(tally(&machine.report(&full).await), (1, 0, 0));
    let rows = machine
        .stats(&[
            ("from", "2026-01-01T18:00:00Z"),
            ("to", "2026-01-01T19:00:00Z"),
            ("group_by", "source"),
        ])
        .await;
    assert_eq!(rows, [json!({ "key": "edge-1", "start": rows[0]["start"], "count": 7 })]);
    let milliseconds = json!({ "code": "ok", "time": 1_767_290_645_678_u64 });
    assert_eq!(tally(&machine.report(&milliseconds).await), (1, 0, 0));
    let rows = machine
        .stats(&[
            ("from", "2026-01-01T18:00:00Z"),
            ("to", "2026-01-01T19:00:00Z"),
            ("group_by", "code"),
        ])
        .await;
    assert_eq!(rows.len(), 2, "the same instant, written as a number: {rows:?}");
}

#[tokio::test]
async fn what_cannot_be_counted_is_listed_by_its_place() {
    let (_server, _, machine) = started().await;
    #[expect(clippy::disallowed_methods, reason = "the server goes by the machine's clock")]
    let ahead = |minutes: i64| {
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        i64::try_from(now.as_millis()).expect("in range") + minutes * 60_000
    };
    let events = json!([
        { "code": "ok" },
        {},
        { "code": "" },
        { "code": 7 },
        { "code": "x y" },
        "ok",
        null,
        [],
        { "code": "ok", "time": ahead(6) },
        { "code": "ok", "time": ahead(4) },
        { "code": "ok", "time": "yesterday" },
        { "code": "ok", "time": 1_767_290_645 },
        { "code": "ok", "count": 0 },
        { "code": "ok", "count": -1 },
        { "code": "ok", "count": 1.5 },
        { "code": "ok", "id": "" },
        { "code": "ok", "id": "i".repeat(65) },
        { "code": "ok", "client": "c".repeat(65) },
        { "code": "ok", "trace": "t".repeat(129) },
        { "code": "ok", "source": "replay:log" },
        { "code": "ok", "sitekey": 5 },
        { "code": "ok" },
    ]);
    let answer = machine.report(&events).await;
    let rejected: Vec<u64> = answer["rejected"]
        .as_array()
        .expect("it lists them")
        .iter()
        .map(|reject| {
            assert!(reject["reason"].as_str().is_some_and(|reason| reason.len() > 10), "{reject}");
            reject["index"].as_u64().expect("an index is a number")
        })
        .collect();
    let expected: Vec<u64> = (1..=20).filter(|index| *index != 9).collect();
    assert_eq!(rejected, expected);
    assert_eq!(answer["accepted"], 3);
    assert_eq!(counted(&machine, "ok").await, 3);

    let lines = "{\"code\":\"ok\"}\n\n{\"code\":\nnonsense\n{\"code\":\"ok\"}\n";
    let answer = machine.post_bytes("/v1/events", NDJSON, lines.into()).await.expect(200).json();
    assert_eq!(tally(&answer), (2, 0, 2));
    assert_eq!(
        (&answer["rejected"][0]["index"], &answer["rejected"][1]["index"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(counted(&machine, "ok").await, 5);
}

#[tokio::test]
async fn a_body_that_is_no_body_is_a_problem_and_counts_nothing() {
    let (server, _, machine) = started().await;
    for body in [
        "",
        "  ",
        "nonsense",
        "[{\"code\":\"ok\"}",
        "[{\"code\":\"ok\"},]",
        "\"ok\"",
        "17",
        "null",
        "{\"code\":\"ok\"}{\"code\":\"ok\"}",
    ] {
        let answer =
            machine.post_bytes("/v1/events", "application/json", body.into()).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{body:?}");
        assert_eq!(answer.json()["status"], 400, "{body:?}");
    }
    // The server answers before it has read all of it and hangs up, so each has its own connection.
    let many = "{\"code\":\"ok\"}\n".repeat(50_001).into_bytes();
    for body in [many, vec![b'\n'; 9 * 1024 * 1024]] {
        let sender = server.machine("events:write");
        sender.post_bytes("/v1/events", NDJSON, body).await.expect(413).json();
    }
    assert_eq!(counted(&machine, "ok").await, 0);
}

#[tokio::test]
async fn codes_outside_the_catalogue_are_kept_and_shown() {
    let (server, _, machine) = started().await;
    assert_eq!(
        tally(&machine.report(&json!([{ "code": "brand_new" }, { "code": "brand_new" }])).await),
        (2, 0, 0)
    );
    assert_eq!(counted(&machine, "brand_new").await, 2);
    let console = server.console().await;
    assert!(console.get("/errors").await.expect(200).body.contains("brand_new"));
    let page = console.get("/errors/brand_new").await.expect(200).body;
    assert!(page.contains("not in the catalogue"), "it is marked as unrecognised");
}

#[tokio::test]
async fn an_event_counts_once_per_source_and_id() {
    let (_server, _, machine) = started().await;
    let event =
        |id: &str, source: &str| json!({ "code": "ok", "id": id, "source": source, "count": 3 });
    let batch = json!([
        event("a", "edge-1"),
        event("a", "edge-1"),
        event("a", "edge-2"),
        event("b", "edge-1")
    ]);
    assert_eq!(tally(&machine.report(&batch).await), (3, 1, 0), "within a batch");
    assert_eq!(tally(&machine.report(&batch).await), (0, 4, 0), "across batches");
    assert_eq!(
        tally(&machine.report(&json!([event("c", "edge-1"), event("a", "edge-1")])).await),
        (1, 1, 0)
    );
    let changed = json!({ "code": "payload_used", "id": "a", "source": "edge-1" });
    assert_eq!(tally(&machine.report(&changed).await), (0, 1, 0), "the first word counts");
    assert_eq!(counted(&machine, "ok").await, 12);
    assert_eq!(counted(&machine, "payload_used").await, 0);
    let nameless = json!([{ "code": "ok" }, { "code": "ok" }]);
    assert_eq!(tally(&machine.report(&nameless).await), (2, 0, 0), "without an id each counts");
}

#[tokio::test]
async fn the_same_events_sent_by_many_at_once_count_once() {
    let database = Database::create().await;
    let (one, other) = (Server::on(&database).await, Server::on(&database).await);
    let senders = [one.machine("events:write,stats:read"), other.machine("events:write")];
    let mut sending = tokio::task::JoinSet::new();
    for turn in 0..32 {
        let machine = senders[turn % 2].clone();
        sending.spawn(async move {
            // Everybody sends all of them, each in another order.
            let ids: Vec<usize> = (0..200).map(|place| (place * 7 + turn * 13) % 200).collect();
            let events: Vec<Value> = ids
                .iter()
                .map(|id| json!({ "code": "ok", "id": id.to_string(), "source": "edge-1" }))
                .collect();
            let (accepted, duplicate, rejected) =
                tally(&machine.report(&Value::from(events)).await);
            assert_eq!((accepted + duplicate, rejected), (200, 0));
            accepted
        });
    }
    let mut accepted = 0;
    while let Some(sent) = sending.join_next().await {
        accepted += sent.expect("every sender is answered");
    }
    assert_eq!(accepted, 200);
    assert_eq!(counted(&senders[0], "ok").await, 200);
}

#[tokio::test]
async fn what_was_answered_survives_a_kill_and_what_is_sent_again_counts_once() {
    let server = Server::embedded().await;
    let machine = server.machine("events:write,stats:read");
    let event = |id: u32| json!({ "code": "ok", "id": id.to_string(), "source": "edge-1" });
    let mut sending = tokio::task::JoinSet::new();
    for sender in 0..8_u32 {
        let machine = machine.clone();
        sending.spawn(async move {
            let mut answered = Vec::new();
            // Until the server is gone.
            for id in (sender * 100_000).. {
                match machine.try_report(&event(id)).await {
                    Some(answer) => {
                        assert_eq!(tally(&answer), (1, 0, 0));
                        answered.push(id);
                    }
                    None => return (answered, id),
                }
            }
            unreachable!("the server is killed");
        });
    }
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let server = server.kill_and_restart().await;
    let (mut answered, mut unanswered) = (Vec::new(), Vec::new());
    while let Some(sent) = sending.join_next().await {
        let (these, lost) = sent.expect("no sender fails");
        answered.extend(these);
        unanswered.push(lost);
    }
    assert!(answered.len() > 50, "only {} events were sent", answered.len());

    let again = machine.of(&server);
    let total = answered.len() + unanswered.len();
    let events: Vec<Value> = answered.iter().chain(&unanswered).map(|id| event(*id)).collect();
    let (accepted, duplicate, rejected) = tally(&again.report(&Value::from(events)).await);
    assert_eq!((accepted + duplicate, rejected), (total as u64, 0));
    assert!(
        duplicate >= answered.len() as u64,
        "{duplicate} of {} answered events were kept",
        answered.len()
    );
    assert_eq!(counted(&again, "ok").await, i64::try_from(total).expect("a few thousand"));
}

#[tokio::test]
async fn an_events_sitekey_tells_its_site_and_its_referer_the_host() {
    let (server, site, machine) = started().await;
    // Made by this very process, which therefore knows it before it answers.
    let other = json!({ "name": "Other", "domains": ["other.example"] });
    let made = server.machine("sites:write").post("/v1/sites", &other).await.expect(201).json();
    let other: CreatedSite = serde_json::from_value(made).expect("it answers a site");
    server.knows(&site).await;
    machine.report(&json!([
        { "code": "ok", "sitekey": site.sitekey, "referer": "https://WWW.Shop.example:8443/x" },
        { "code": "ok", "sitekey": other.sitekey, "referer": "https://bücher.example/" },
        { "code": "sitekey_invalid", "sitekey": "nonsense", "referer": "https://shop.example/" },
        { "code": "no_sitekey" },
    ])).await;
    let by = async |group: &str| {
        let rows = machine.stats(&[("group_by", group)]).await;
        let mut rows: Vec<(String, i64)> = rows
            .iter()
            .map(|row| (row["key"].to_string(), row["count"].as_i64().unwrap_or_default()))
            .collect();
        rows.sort();
        rows
    };
    let row = |key: Value, count: i64| (key.to_string(), count);
    let sorted = |mut rows: Vec<(String, i64)>| {
        rows.sort();
        rows
    };
    let keyless =
        sorted(vec![row(Value::Null, 2), row(by_id(site.id), 1), row(by_id(other.id), 1)]);
    assert_eq!(by("site").await, keyless);
    let hosts =
        [("www.shop.example", 1), ("xn--bcher-kva.example", 1), ("shop.example", 1), ("", 1)];
    assert_eq!(
        by("host").await,
        sorted(hosts.map(|(host, count)| row(json!(host), count)).to_vec())
    );
}

fn by_id(id: i64) -> Value {
    json!(id)
}

const CLOUD_EVENT: &str = "application/cloudevents+json";
const CLOUD_EVENTS: &str = "application/cloudevents-batch+json";

#[tokio::test]
async fn cloud_events_are_taken_in_all_three_modes_and_count_once() {
    let (_server, site, machine) = started().await;
    let event = |id: &str| {
        json!({
            "specversion": "1.0", "type": "captcha.verification", "source": "/edge-1", "id": id,
            "time": "2026-01-02T03:04:05Z", "datacontenttype": "application/json",
            "data": { "code": "ok", "sitekey": site.sitekey, "count": 2 },
        })
    };
    let send = |content_type: &'static str, body: Value| {
        let machine = machine.clone();
        async move {
            let body = body.to_string().into_bytes();
            let answer = machine.post_bytes("/v1/events", content_type, body).await;
            tally(&answer.expect(200).json())
        }
    };
    assert_eq!(send(CLOUD_EVENT, event("a")).await, (1, 0, 0));
    assert_eq!(send(CLOUD_EVENTS, json!([event("a"), event("b"), 7])).await, (1, 1, 1));
    assert_eq!(send(CLOUD_EVENTS, json!([])).await, (0, 0, 0));
    let headers = |id: &'static str| {
        [
            ("content-type", "application/json"),
            ("ce-specversion", "1.0"),
            ("ce-type", "captcha.verification"),
            ("ce-source", "/edge-1"),
            ("ce-id", id),
            ("ce-time", "2026-01-02T03:04:05Z"),
        ]
    };
    for (id, expected) in [("b", (0, 1, 0)), ("c", (1, 0, 0))] {
        let body = event(id)["data"].to_string().into_bytes();
        let answer = machine.post_with("/v1/events", &headers(id), body).await.expect(200).json();
        assert_eq!(tally(&answer), expected, "{id}");
    }
    let rows = machine
        .stats(&[
            ("from", "2026-01-02T03:00:00Z"),
            ("to", "2026-01-02T04:00:00Z"),
            ("group_by", "source"),
        ])
        .await;
    assert_eq!(rows, [json!({ "key": "/edge-1", "start": rows[0]["start"], "count": 6 })]);
    // An envelope that is not whole costs its event, and a body of another shape the request.
    let answer = send(CLOUD_EVENT, json!({ "code": "ok" })).await;
    assert_eq!(answer, (0, 0, 1));
    for (content_type, body) in
        [(CLOUD_EVENT, json!([event("z")])), (CLOUD_EVENTS, event("z")), (CLOUD_EVENT, json!(7))]
    {
        let body = body.to_string().into_bytes();
        let _ = machine.post_bytes("/v1/events", content_type, body).await.expect(400);
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[tokio::test]
async fn gzip_and_zstd_are_taken_in_every_format_and_other_encodings_refused() {
    let (_server, _, machine) = started().await;
    let event = |id: u32| json!({ "code": "ok", "id": id.to_string(), "source": "edge-1" });
    let lines = (0..2_000).map(|id| event(id).to_string()).collect::<Vec<_>>().join("\n");
    let lines = lines.as_bytes();
    let zstd = zstd::encode_all(lines, 3).expect("it compresses");
    for (encoding, body, expected) in [
        ("gzip", gzip(lines), (2_000, 0, 0)),
        ("zstd", zstd.clone(), (0, 2_000, 0)),
        ("identity", lines.to_vec(), (0, 2_000, 0)),
        ("X-Gzip", gzip(lines), (0, 2_000, 0)),
    ] {
        let headers = [("content-type", NDJSON), ("content-encoding", encoding)];
        let answer = machine.post_with("/v1/events", &headers, body).await.expect(200).json();
        assert_eq!(tally(&answer), expected, "{encoding}");
    }
    let one = event(9_999).to_string().into_bytes();
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let answer = machine.post_with("/v1/events", &headers, gzip(&one)).await.expect(200).json();
    assert_eq!(tally(&answer), (1, 0, 0));
    for (encoding, body) in [("br", one.clone()), ("gzip, zstd", zstd), ("deflate", one.clone())] {
        let headers = [("content-type", NDJSON), ("content-encoding", encoding)];
        let answer = machine.post_with("/v1/events", &headers, body).await.expect(415);
        assert_eq!(answer.header("accept-encoding"), "gzip, zstd, identity", "{encoding}");
    }
    // What is not what it says, and what ends early.
    let cut = gzip(lines);
    for (encoding, body) in
        [("gzip", one.clone()), ("zstd", one.clone()), ("gzip", cut[..cut.len() - 9].to_vec())]
    {
        let headers = [("content-type", NDJSON), ("content-encoding", encoding)];
        let answer = machine.post_with("/v1/events", &headers, body).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{encoding}");
    }
    assert_eq!(counted(&machine, "ok").await, 2_001);
}

#[tokio::test]
async fn a_media_type_that_is_not_read_is_refused_with_those_that_are() {
    let (_server, _, machine) = started().await;
    let body = || b"{\"code\":\"ok\"}".to_vec();
    for content_type in ["application/xml", "application/cloudevents+avro", "text/csv", "nonsense"]
    {
        let answer = machine.post_bytes("/v1/events", content_type, body()).await.expect(415);
        assert!(answer.header("accept").contains("application/x-ndjson"), "{content_type}");
        assert_eq!(answer.json()["field"], "Content-Type", "{content_type}");
    }
    // As `curl -d` sends it, and as nobody said anything.
    for headers in [&[("content-type", "application/x-www-form-urlencoded")][..], &[]] {
        let answer = machine.post_with("/v1/events", headers, body()).await.expect(200).json();
        assert_eq!(tally(&answer), (1, 0, 0));
    }
    // What is no JSON under a name that says nothing needs a better name.
    for content_type in ["text/plain", "application/x-www-form-urlencoded"] {
        for body in [&b"code=ok"[..], b"{\"code\":\"ok\"}\n{\"code\":\"ok\"}"] {
            let answer =
                machine.post_bytes("/v1/events", content_type, body.to_vec()).await.expect(415);
            assert!(answer.header("accept").contains("application/x-ndjson"), "{content_type}");
            let problem = answer.json();
            assert_eq!(problem["field"], "Content-Type", "{problem}");
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert!(detail.contains(content_type) && detail.contains("not JSON"), "{detail}");
        }
    }
    machine
        .post_bytes("/v1/events", "application/json", b"code=ok".to_vec())
        .await
        .expect(400)
        .body
        .clear();
}

/// A month of late events: of each hour and code one, each from a host of its own. The tens of thousands of keys
/// of a request that is hard to count.
fn hard_events(many: i64) -> Vec<Value> {
    let first = 1_767_225_600_000_i64; // 2026-01-01T00:00:00Z
    (0..many)
        .map(|place| {
            json!({
                "id": place.to_string(), "source": "edge-1", "code": format!("code_{}", place % 25),
                "time": first + place / 25 * 3_600_000, "referer": format!("https://host-{place}.example/"),
            })
        })
        .collect()
}

fn lines(events: &[Value]) -> Vec<u8> {
    events.iter().map(Value::to_string).collect::<Vec<_>>().join("\n").into_bytes()
}

/// How many transactions of the writer were committed: each leaves an id of its own beside those of events.
async fn transactions(pool: &sqlx::PgPool, events: i64) -> i64 {
    let ids: i64 =
        sqlx::query_scalar("select count(*) from event_ids").fetch_one(pool).await.expect("ids");
    ids - events
}

#[tokio::test]
async fn a_request_with_many_keys_takes_turns_and_counts_once() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let machine = server.machine("events:write,stats:read");
    let pool = database.pool().await;
    let many = 20_000;
    let body = lines(&hard_events(many));
    let large = tokio::spawn({
        let (machine, body) = (machine.clone(), body.clone());
        async move { machine.post_bytes("/v1/events", NDJSON, body).await.expect(200).json() }
    });
    // Whoever reports one outcome meanwhile waits for one turn, not for all of them.
    let mut small = 0;
    while !large.is_finished() {
        assert_eq!(
            tally(&machine.report(&json!({ "code": "ok", "id": small.to_string() })).await),
            (1, 0, 0)
        );
        small += 1;
    }
    assert_eq!(tally(&large.await.expect("it is answered")), (20_000, 0, 0));
    assert!(small >= 2, "{small} others were answered meanwhile");
    let turns = transactions(&pool, many + small).await;
    assert!(turns >= 5, "{turns} transactions");
    // The same again, with two events that stand twice, the second time in another portion.
    let mut events = hard_events(many);
    events.push(json!({ "code": "code_0", "id": "0", "source": "edge-1" }));
    events.push(json!({ "code": "code_0", "id": "new", "source": "edge-1" }));
    events.insert(0, json!({ "code": "code_0", "id": "new", "source": "edge-1", "count": 7 }));
    let answer = machine.post_bytes("/v1/events", NDJSON, lines(&events)).await.expect(200).json();
    assert_eq!(tally(&answer), (1, 20_002, 0));
    assert_eq!(counted(&machine, "code_0").await, 800 + 7, "the first word counts");
    for grain in
        ["stats_hour", "stats_day", "totals_day", "sitekeys_week", "host_day", "code_host_day"]
    {
        // Some have rows that add others up.
        let each = matches!(grain, "sitekeys_week" | "code_host_day");
        let errors = if each { "code_id > 0 and" } else { "" };
        let sum: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "select sum(count)::bigint from {grain} where {errors} code_id <> (select id from codes where code = 'ok')"
        )))
        .fetch_one(&pool)
        .await
        .expect("it is counted");
        assert_eq!(sum, many + 7, "{grain}");
    }
}

#[tokio::test]
async fn what_a_kill_leaves_of_a_request_with_many_keys_counts_once_when_it_is_sent_again() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let machine = server.machine("events:write,stats:read");
    let pool = database.pool().await;
    let body = lines(&hard_events(20_000));
    let sending = tokio::spawn({
        let (machine, body) = (machine.clone(), body.clone());
        async move {
            let request = reqwest::Client::new().post(format!("{}/v1/events", machine.base()));
            let request = request.bearer_auth(&machine.token).header("content-type", NDJSON);
            request.body(body).send().await.is_ok()
        }
    });
    // After the first portion, and before the last one.
    while transactions(&pool, 0).await < 4_000 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let server = server.kill_and_restart().await;
    assert!(!sending.await.expect("it ends"), "it was answered after all");
    posted(&mut pool.acquire().await.expect("a connection")).await;
    let before: i64 = sqlx::query_scalar("select sum(count)::bigint from totals_day")
        .fetch_one(&pool)
        .await
        .expect("some are counted");
    assert!((4_096..20_000).contains(&before), "{before} were counted before the kill");
    let again = machine.of(&server);
    let answer = again.post_bytes("/v1/events", NDJSON, body).await.expect(200).json();
    let counted_before = u64::try_from(before).expect("a count");
    assert_eq!(tally(&answer), (20_000 - counted_before, counted_before, 0));
    posted(&mut pool.acquire().await.expect("a connection")).await;
    let all: i64 = sqlx::query_scalar("select sum(count)::bigint from totals_day")
        .fetch_one(&pool)
        .await
        .expect("all are counted");
    assert_eq!(all, 20_000);
}

#[tokio::test]
async fn no_token_takes_the_places_of_all_sources_and_those_never_counted_are_forgotten() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let (greedy, other) = (server.machine("events:write"), server.machine("events:write"));
    let pool = database.pool().await;
    let sources = async |sql: &str| -> i64 {
        let sql = format!("select count(*) from sources where {sql}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&pool).await.expect("a number")
    };
    let event = |source: String| json!({ "code": "ok", "source": source });
    let flood: Vec<Value> = (0..6_000).map(|place| event(format!("flood-{place}"))).collect();
    assert_eq!(tally(&greedy.report(&json!(flood)).await), (6_000, 0, 0));
    assert_eq!(sources("name like 'flood-%'").await, 5_000);
    posted(&mut pool.acquire().await.expect("a connection")).await;
    let rest: i64 = sqlx::query_scalar(
        "select sum(count)::bigint from totals_day join sources on id = source_id where name = 'other'",
    )
    .fetch_one(&pool)
    .await
    .expect("the rest is counted");
    assert_eq!(rest, 1_000);
    // It is told the same again, and others have their places.
    assert_eq!(tally(&greedy.report(&event("one-more".to_owned())).await), (1, 0, 0));
    assert_eq!(tally(&other.report(&event("edge-1".to_owned())).await), (1, 0, 0));
    assert_eq!(sources("name = 'one-more'").await, 0);
    assert_eq!(sources("name = 'edge-1'").await, 1);

    // What was counted stays; what was not goes a day after its last sign of life.
    let machine = server.machine("events:write");
    let far = "2100-01-01T00:00:00Z";
    let ahead: Vec<Value> = ["gone", "kept"]
        .map(|source| json!({ "code": "ok", "source": source, "time": far }))
        .into();
    assert_eq!(tally(&machine.report(&json!(ahead)).await), (0, 0, 2));
    assert_eq!(sources("name in ('gone', 'kept')").await, 2, "their clocks are measured");
    sqlx::raw_sql(
        "update sources set last_seen = now() - interval '2 days';
         update source_hours set hour = hour - interval '2 days'
         where source_id <> (select id from sources where name = 'kept')",
    )
    .execute(&pool)
    .await
    .expect("time passes");
    let restarted = Server::on(&database).await;
    let waited = std::time::Instant::now();
    while sources("name = 'gone'").await > 0 {
        assert!(waited.elapsed() < std::time::Duration::from_secs(10), "it is forgotten");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(sources("name in ('kept', 'edge-1')").await, 2);
    // The first server still knows the number of what is forgotten: it counts nothing under it.
    let back = json!({ "code": "ok", "source": "gone", "id": "back" });
    machine.post("/v1/events", &back).await.expect(503).json();
    assert_eq!(tally(&machine.report(&back).await), (1, 0, 0));
    assert_eq!(sources("name = 'gone'").await, 1);
    drop(restarted);
}

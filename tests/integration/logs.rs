//! `POST /v1/logs`: OTLP over HTTP, held to its specification.

use serde_json::{Value, json};
use sitekeeper_tests::{Answer, Machine, Server};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// What OpenTelemetry's Python SDK sent: three events and a record that is none.
const FROM_THE_SDK: &[u8] = include_bytes!("../fixtures/otlp-logs.binpb");

async fn post(machine: &Machine, content_type: &str, body: &[u8]) -> Answer {
    machine.post_bytes("/v1/logs", content_type, body.to_vec()).await
}

/// A request of these records, in JSON.
fn request(records: &[Value]) -> Vec<u8> {
    let resource =
        json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "edge" } }] });
    let scopes = json!([{ "scope": { "name": "captcha" }, "logRecords": records }]);
    json!({ "resourceLogs": [{ "resource": resource, "scopeLogs": scopes }] })
        .to_string()
        .into_bytes()
}

fn record(code: &str, id: &str) -> Value {
    let attribute =
        |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    json!({
        "timeUnixNano": "1767290645678000000",
        "attributes": [attribute("captcha.code", code), attribute("captcha.id", id)],
    })
}

async fn counted(machine: &Machine) -> Vec<(String, i64)> {
    let rows = machine
        .stats(&[
            ("from", "2026-01-01T18:00:00Z"),
            ("to", "2026-01-01T19:00:00Z"),
            ("group_by", "code"),
        ])
        .await;
    let mut rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let code = row["key"].as_str().unwrap_or_default();
            (code.to_owned(), row["count"].as_i64().unwrap_or_default())
        })
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn what_the_sdk_sends_is_counted_once_and_partial_success_says_what_is_not() {
    let server = Server::start().await;
    let machine = server.machine("events:write,stats:read");
    for _ in 0..2 {
        let answer = post(&machine, PROTOBUF, FROM_THE_SDK).await.expect(200);
        assert_eq!(answer.header("content-type"), PROTOBUF);
        // partial_success (1) { rejected_log_records (1): 1, error_message (2): … }
        let bytes = answer.body.as_bytes();
        assert_eq!((bytes[0], &bytes[2..5]), (0x0a, &[0x08, 0x01, 0x12][..]), "{bytes:?}");
        assert!(answer.body.contains("log record 3: code: is missing"), "{}", answer.body);
    }
    let expected = [("ok", 7), ("payload_used", 1), ("referer_denied", 1)];
    assert_eq!(counted(&machine).await, expected.map(|(code, count)| (code.to_owned(), count)));
    let rows = machine
        .stats(&[
            ("from", "2026-01-01T18:00:00Z"),
            ("to", "2026-01-01T19:00:00Z"),
            ("group_by", "source"),
        ])
        .await;
    assert_eq!((&rows[0]["key"], rows.len()), (&json!("edge/edge-1"), 1));
    let hosts = machine
        .stats(&[
            ("from", "2026-01-01T18:00:00Z"),
            ("to", "2026-01-01T19:00:00Z"),
            ("group_by", "host"),
            ("code", "referer_denied"),
        ])
        .await;
    assert_eq!(hosts[0]["key"], "blog.example");
}

#[tokio::test]
async fn json_is_answered_in_json_and_full_success_says_nothing() {
    let server = Server::start().await;
    let machine = server.machine("events:write,stats:read");
    let records = [record("ok", "a"), record("ok", "b")];
    let answer = post(&machine, "application/json; charset=utf-8", &request(&records)).await;
    let answer = answer.expect(200);
    assert_eq!((answer.header("content-type"), answer.body.as_str()), (JSON, "{}"));
    let again = post(&machine, JSON, &request(&records)).await.expect(200);
    assert_eq!(again.json(), json!({}), "what was counted before is no failure");
    let empty = post(&machine, PROTOBUF, b"").await.expect(200);
    assert_eq!((empty.header("content-type"), empty.body.as_str()), (PROTOBUF, ""));
    assert_eq!(post(&machine, JSON, b"{}").await.expect(200).json(), json!({}));
    let mixed = [record("ok", "c"), record("", "d"), json!({})];
    let answer = post(&machine, JSON, &request(&mixed)).await.expect(200).json();
    assert_eq!(answer["partialSuccess"]["rejectedLogRecords"], "2");
    let message = answer["partialSuccess"]["errorMessage"].as_str().expect("a message");
    assert!(message.contains("log record 1: code: is empty"), "{message}");
    assert!(message.contains("log record 2: code: is missing"), "{message}");
    assert_eq!(counted(&machine).await, [("ok".to_owned(), 3)]);
}

#[tokio::test]
async fn every_failure_is_a_status_in_the_encoding_of_the_request() {
    let server = Server::start().await;
    let machine = server.machine("events:write");
    let reader = server.machine("stats:read");
    let nobody = machine.with_token("token_of_nobody");
    let many = request(&vec![json!({}); 50_001]);
    let cases: [(&Machine, &[u8], u16, i64); 4] = [
        (&nobody, b"{}", 401, 16),
        (&reader, b"{}", 403, 7),
        (&machine, b"{", 400, 3),
        (&machine, &many, 413, 3),
    ];
    for (sender, body, status, code) in cases {
        let answer = post(sender, JSON, body).await.expect(status);
        assert_eq!(answer.header("content-type"), JSON, "{status}");
        let told = answer.json();
        assert_eq!(told["code"], code, "{told}");
        assert!(told["message"].as_str().is_some_and(|message| message.len() > 10), "{told}");
        assert!(told.get("detail").is_none(), "it is no problem of ours: {told}");
    }
    for (sender, body, status, code) in
        [(&nobody, &b""[..], 401, 16), (&reader, b"", 403, 7), (&machine, b"\x0a\x05a", 400, 3)]
    {
        let answer = post(sender, PROTOBUF, body).await.expect(status);
        assert_eq!(answer.header("content-type"), PROTOBUF, "{status}");
        // code (1), message (2)
        let bytes = answer.body.as_bytes();
        assert_eq!((bytes[0], bytes[1], bytes[2]), (0x08, code, 0x12), "{bytes:?}");
    }
    let answer = post(&nobody, JSON, b"{}").await;
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    for content_type in ["application/x-ndjson", "text/plain", "application/grpc"] {
        let answer = post(&machine, content_type, b"{}").await.expect(415);
        assert!(answer.header("accept").contains(PROTOBUF), "{content_type}");
        assert_eq!(answer.json()["code"], 3, "{content_type}");
    }
}

#[tokio::test]
async fn compressed_requests_are_taken() {
    let server = Server::start().await;
    let machine = server.machine("events:write,stats:read");
    let records: Vec<Value> = (0..500).map(|id| record("ok", &id.to_string())).collect();
    let body = request(&records);
    let zstd = zstd::encode_all(body.as_slice(), 3).expect("it compresses");
    let mut gzip = flate2::read::GzEncoder::new(body.as_slice(), flate2::Compression::default());
    let mut gzipped = Vec::new();
    std::io::Read::read_to_end(&mut gzip, &mut gzipped).expect("it compresses");
    for (encoding, body) in [("gzip", gzipped), ("zstd", zstd)] {
        let headers = [("content-type", JSON), ("content-encoding", encoding)];
        let answer = machine.post_with("/v1/logs", &headers, body).await.expect(200);
        assert_eq!(answer.json(), json!({}), "{encoding}");
    }
    assert_eq!(counted(&machine).await, [("ok".to_owned(), 500)]);
    let headers = [("content-type", PROTOBUF), ("content-encoding", "br")];
    let answer = machine.post_with("/v1/logs", &headers, FROM_THE_SDK.to_vec()).await.expect(415);
    assert_eq!(answer.header("content-type"), PROTOBUF);
    assert_eq!(answer.header("accept-encoding"), "gzip, zstd, identity");
}

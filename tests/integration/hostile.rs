//! What an attacker sends: foreign names, NUL, absurd times, broken forms, floods. The program refuses it, says so in
//! a way that gives nothing away, and stands.

use reqwest::header::{ACCEPT, CONTENT_ENCODING, HOST, HeaderName, ORIGIN, REFERER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::json;
use sitekeeper_tests::{Console, Database, Server};
use sqlx::Row as _;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";

fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("the client needs nothing")
}

async fn get_as(server: &Server, path: &str, host: &str) -> Response {
    let request = client().get(server.url(path)).header(HOST, host).header(ACCEPT, "text/html");
    request.send().await.expect("sitekeeper answers")
}

/// A form from `address`, as a proxy tells it.
async fn form_from(server: &Server, address: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let request = client()
        .post(server.url(path))
        .header(ORIGIN, &server.base)
        .header(ACCEPT, "text/html")
        .header("x-forwarded-for", address)
        .form(fields);
    let answer = request.send().await.expect("sitekeeper answers");
    let location = answer.headers().get("location").expect("a form is answered with a redirect");
    location.to_str().expect("an address is ASCII").to_owned()
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start().await;
    let machine = server.machine("check");
    let visitor = server.visitor();
    let answers = [
        ("/healthz", visitor.get("/healthz").await.expect(200)),
        ("/readyz", visitor.get("/readyz").await.expect(200)),
        ("/metrics", visitor.get("/metrics").await.expect(200)),
        ("/v1/openapi.json", visitor.get("/v1/openapi.json").await.expect(200)),
        ("/v1/docs", visitor.get("/v1/docs").await.expect(200)),
        ("/v1/nowhere", visitor.get("/v1/nowhere").await.expect(404)),
        ("/v1/sites", visitor.get("/v1/sites").await.expect(401)),
        ("/v1/check", machine.post("/v1/check", &json!({})).await.expect(200)),
        ("/v1/check with NUL", visitor.get("/v1/check?a=%00").await.expect(400)),
        ("/sites with NUL", visitor.get("/sites?q=%00").await.expect(400)),
        (
            "a form from elsewhere",
            visitor.post_from_elsewhere("/api/auth/sign_in", &[]).await.expect(403),
        ),
        ("a form without fields", visitor.post("/api/auth/sign_in", &[]).await.expect(400)),
    ];
    for (what, answer) in answers {
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{what}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{what}");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        assert!(!answer.header("x-request-id").is_empty(), "{what}");
    }
}

#[tokio::test]
async fn the_reference_of_the_machine_api_is_our_own_page_and_complete() {
    let server = Server::start().await;
    let visitor = server.visitor();
    let answer = visitor.get("/v1/docs").await.expect(200);
    assert!(answer.header("content-type").starts_with("text/html"));
    let policy = answer.header("content-security-policy");
    assert!(!policy.contains("script-src") && !policy.contains("http"), "{policy}");
    assert!(
        !answer.body.contains("<script") && !answer.body.contains("https://"),
        "nothing from outside"
    );
    let stylesheet =
        answer.body.split('"').find(|text| text.starts_with("/pkg/")).expect("a stylesheet");
    let _ = visitor.get(stylesheet).await.expect(200);
    let document = visitor.get("/v1/openapi.json").await.expect(200).json();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let named = format!("{} {path}", method.to_uppercase());
            assert!(answer.body.contains(&named), "{named}");
        }
    }
    for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(answer.body.contains(&format!("id=\"object-{name}\"")), "{name}");
    }
}

#[tokio::test]
async fn the_console_answers_to_no_foreign_name() {
    let server = Server::start().await;
    for host in ["evil.example", "evil.example:3000", "127.0.0.1.evil.example"] {
        let answer = get_as(&server, "/login", host).await;
        assert_eq!(answer.status(), 421, "{host}");
        assert!(answer.text().await.expect("a body").contains("SITEKEEPER_BASE_URL"));
    }
    for host in ["localhost:3000", "192.0.2.7", "[::1]:3000"] {
        assert_eq!(get_as(&server, "/login", host).await.status(), 200, "{host}");
    }
    // A page cannot have a token, so that machines may use any name.
    assert_eq!(get_as(&server, "/v1/openapi.json", "sitekeeper.internal").await.status(), 200);
    assert_eq!(get_as(&server, "/healthz", "sitekeeper.internal").await.status(), 200);
}

#[tokio::test]
async fn the_console_answers_to_its_base_url_and_believes_no_other_scheme() {
    let server = Server::with(&[("SITEKEEPER_BASE_URL", "https://console.example")]).await;
    assert_eq!(get_as(&server, "/login", "console.example").await.status(), 200);
    assert_eq!(get_as(&server, "/login", "other.example").await.status(), 421);
    for (origin, host, refused) in [
        ("https://console.example", "console.example", false),
        ("https://console.example", "127.0.0.1:3000", false),
        ("http://console.example", "console.example", true),
        ("https://other.example", "console.example", true),
    ] {
        let request = client()
            .post(server.url("/api/auth/sign_in"))
            .header(HOST, host)
            .header(ORIGIN, origin)
            .header(ACCEPT, "text/html")
            .form(&[("email", EMAIL), ("password", "wrong wrong wrong"), ("next", "/")]);
        let status = request.send().await.expect("sitekeeper answers").status();
        assert_eq!(status == 403, refused, "{origin} at {host}: {status}");
    }
}

#[tokio::test]
async fn a_nul_in_an_address_is_refused_by_name() {
    let server = Server::start().await;
    let console = server.console().await;
    let machine = server.machine("stats:read,sites:read");
    for path in ["/sites?q=a%00b", "/errors/referer%00denied", "/errors?host=%00", "/audit?q=%00"] {
        let answer = console.get(path).await.expect(400);
        assert!(answer.body.contains("NUL"), "{path}");
    }
    for field in ["code", "host", "sitekey", "source", "from"] {
        let problem = machine.get("/v1/stats", &[(field, "a\0b")]).await.expect(400);
        assert_eq!(problem.header("content-type"), "application/problem+json");
        assert_eq!(problem.json()["field"], field);
    }
    let problem = machine.get("/v1/sites", &[("search", "\0")]).await.expect(400).json();
    assert_eq!(problem["field"], "search");
    let writer = server.machine("sites:write");
    let problem = writer.post("/v1/sites", &json!({ "name": "a\0b" })).await.expect(400).json();
    assert_eq!(problem["field"], "name");
}

#[tokio::test]
async fn a_nul_in_a_form_is_refused_and_breaks_nothing() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let id = site.id.to_string();
    let forms: [(&str, Vec<(&str, &str)>); 3] = [
        ("/api/auth/sign_in", vec![("email", "a\0b@c.d"), ("password", PASSWORD), ("next", "/")]),
        ("/api/domains/ignore_host", vec![("site", &id), ("host", "a\0b"), ("back", "/")]),
        ("/api/sites/create", vec![("name", "a\0b"), ("domains", "shop.example")]),
    ];
    for (path, fields) in forms {
        let answer = console.post(path, &fields).await.expect(400);
        assert!(answer.body.contains("NUL"), "{path}: {}", answer.body);
    }
    let _ = console.get("/sites").await.expect(200);
}

#[tokio::test]
async fn a_range_that_no_calendar_of_the_database_has_is_told_and_not_asked() {
    let server = Server::start().await;
    let console = server.console().await;
    for (from, to) in [
        ("-009998-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1800-01-01T00:00", "2026-01-01T00:00"),
        ("2026-01-01T00:00:00Z", "9999-12-30T22:00:00Z"),
    ] {
        for path in ["/", "/errors", "/errors/referer_denied", "/verifiers", "/sites"] {
            let answer = console.get(&format!("{path}?from={from}&to={to}")).await;
            assert_eq!(answer.status, 200, "{path}?from={from}&to={to}");
        }
        let page = console.get(&format!("/errors?from={from}&to={to}")).await.body;
        assert!(page.contains("is out of range"), "{from} to {to}");
    }
    // The longest there is.
    let _ = console.get("/errors?from=1990-01-01T00:00&to=2099-12-31T00:00").await.expect(200);
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_answered_here_and_leads_nowhere() {
    let server = Server::start().await;
    server.console().await;
    let cookie = Console::cookie(EMAIL, PASSWORD, &server).await;
    for referer in ["https://evil.example/", "/", ""] {
        let request = client()
            .post(server.url("/api/sites/change_state"))
            .header("cookie", &cookie)
            .header(ORIGIN, &server.base)
            .header(REFERER, referer)
            .header(ACCEPT, "text/html")
            .form(&[("site", "not a number")]);
        let answer = request.send().await.expect("sitekeeper answers");
        assert_eq!(answer.status(), 400, "{referer}");
        assert!(answer.headers().get("location").is_none(), "{referer}");
        assert!(answer.text().await.expect("a body").contains("could not be read"));
    }
}

#[tokio::test]
async fn a_way_back_is_bounded_and_ascii() {
    let server = Server::start().await;
    let console = server.console().await;
    let long = format!("/sites?q={}", "a".repeat(5_000));
    for (next, expected) in [("/sites?q=bücher", "/sites?q=b%C3%BCcher"), (long.as_str(), "/")] {
        let fields = [("email", EMAIL), ("password", PASSWORD), ("next", next)];
        let answer = server.visitor().post("/api/auth/sign_in", &fields).await.expect(303);
        assert_eq!(answer.header("location"), expected);
    }
    let answer = console.post("/api/tokens/create", &[("name", "ü")]).await.expect(303);
    assert_eq!(answer.header("location"), "/settings/tokens");
    let answer = server.visitor().get(&long).await.expect(303);
    assert_eq!(answer.header("location"), "/login");
}

#[tokio::test]
async fn compressed_bodies_and_arrays_for_objects_are_refused_in_words() {
    let server = Server::start().await;
    let machine = server.machine("check,sites:write");
    for encoding in ["br", "deflate", "x-unknown"] {
        for path in ["/v1/check", "/v1/sites", "/v1/keypair/check"] {
            let request = client()
                .post(server.url(path))
                .bearer_auth(&machine.token)
                .header(CONTENT_ENCODING, encoding)
                .body("{}");
            let answer = request.send().await.expect("sitekeeper answers");
            assert_eq!(answer.status(), 415, "{path} {encoding}");
            assert!(answer.headers().contains_key("accept-encoding"), "{path} {encoding}");
        }
    }
    let problem = machine.post("/v1/sites", &json!(["Shop", []])).await.expect(400).json();
    assert!(problem["detail"].as_str().unwrap_or_default().contains("JSON object"), "{problem}");
}

#[tokio::test]
async fn a_refused_sign_in_leaves_little_and_for_a_short_while() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let visitor = server.visitor();
    let (pool, long) = (database.pool().await, format!("{}@example.com", "a".repeat(8_100)));
    let fields = [("email", long.as_str()), ("password", "wrong wrong wrong"), ("next", "/")];
    let _ = visitor.post("/api/auth/sign_in", &fields).await.expect(303);
    let row = sqlx::query(
        "select count(*) as rows, max(length(data::text))::bigint as bytes,
                max(extract(epoch from expires_at - now()))::bigint as seconds from sessions",
    );
    let row = row.fetch_one(&pool).await.expect("a row");
    assert_eq!(row.get::<i64, _>("rows"), 1);
    assert!(row.get::<i64, _>("bytes") < 9_000, "{}", row.get::<i64, _>("bytes"));
    assert!((1..=600).contains(&row.get::<i64, _>("seconds")), "{}", row.get::<i64, _>("seconds"));
    assert!(visitor.get("/login").await.expect(200).body.contains("is wrong"));
    let left: i64 =
        sqlx::query_scalar("select count(*) from sessions").fetch_one(&pool).await.expect("a row");
    assert_eq!(left, 0, "it ends with the look at it");
    let huge = [("email", "a@b.c"), ("password", &*"x".repeat(20_000)), ("next", "/")];
    let _ = visitor.post("/api/auth/sign_in", &huge).await.expect(413);
}

#[tokio::test]
async fn throttled_tries_leave_no_session_and_lock_nobody_else_out() {
    let database = Database::create().await;
    let server = Server::on_with(&database, &[("SITEKEEPER_TRUST_FORWARDED_FOR", "true")]).await;
    server.console().await;
    let attacker = "198.51.100.1";
    let wrong = [("email", EMAIL), ("password", "wrong wrong wrong"), ("next", "/errors")];
    let mut waits = 0;
    for _ in 0..20 {
        let back = form_from(&server, attacker, "/api/auth/sign_in", &wrong).await;
        waits += u32::from(back.contains("wait="));
    }
    assert!((8..=10).contains(&waits), "{waits} of 20 tries were told to wait");
    let rows: i64 = sqlx::query_scalar("select count(*) from sessions where data ? 'flash'")
        .fetch_one(&database.pool().await)
        .await
        .expect("a row");
    assert!(rows <= 12, "{rows} sessions");
    let right = [("email", EMAIL), ("password", PASSWORD), ("next", "/")];
    assert_eq!(form_from(&server, "203.0.113.7", "/api/auth/sign_in", &right).await, "/");
    for _ in 0..15 {
        let back = form_from(&server, "203.0.113.7", "/api/auth/sign_in", &right).await;
        assert_eq!(back, "/", "who signs in is not charged");
    }
    let page = server.visitor().get("/login?wait=7").await.expect(200).body;
    assert!(page.contains("Wait 7 seconds"), "the page says so");
}

#[tokio::test]
async fn guessing_the_set_up_link_is_throttled() {
    let server = Server::start().await;
    let visitor = server.visitor();
    let mut waits = 0;
    for guess in 0..40 {
        let guess = format!("{guess:048x}");
        let fields = [("token", guess.as_str()), ("email", EMAIL), ("password", PASSWORD)];
        let answer = visitor.post("/api/auth/set_up", &fields).await.expect(303);
        waits += u32::from(answer.header("location").contains("wait="));
    }
    assert!((5..=10).contains(&waits), "{waits} of 40 guesses were told to wait");
}

#[tokio::test]
async fn a_fault_page_names_the_request_of_the_log() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let console = server.console().await;
    sqlx::query("alter table tokens rename to gone")
        .execute(&database.pool().await)
        .await
        .expect("the table is renamed");
    let answer = console.get("/settings/tokens").await.expect(500);
    let id = answer.header("x-request-id").to_owned();
    assert!(answer.body.contains(&id), "{id} is not in the page");
    let fault = server.log().lines().any(|line| line.contains("fault") && line.contains(&id));
    assert!(fault, "{id} is not in the log:\n{}", server.log());
}

/// The status of the answer to a question to the gate of which this is all that comes.
async fn answered_to_a_part(announced: &str, sent: &str) -> String {
    let server = Server::start().await;
    let machine = server.machine("check");
    let address = server.base.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("it connects");
    let head = format!(
        "POST /v1/check HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: {announced}\r\n\r\n{sent}",
        machine.token
    );
    stream.write_all(head.as_bytes()).await.expect("the head is taken");
    let mut answer = vec![0; 12];
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read_exact(&mut answer)).await;
    read.expect("it is answered within 30 s").expect("it is answered");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up() {
    assert_eq!(answered_to_a_part("100", "{\"sitekey\"").await, "HTTP/1.1 400");
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_before_it_comes() {
    assert_eq!(answered_to_a_part("99999999999999", "").await, "HTTP/1.1 413");
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let server = Server::start().await;
    let mut request = client().get(server.url("/v1/check"));
    for number in 0..200 {
        let name: HeaderName = format!("x-{number}").parse().expect("a name");
        request = request.header(name, "a".repeat(500));
    }
    // Refused with a status, or by closing the connection over what it did not read.
    if let Ok(answer) = request.send().await {
        assert_eq!(answer.status(), 431);
    }
    let _ = server.visitor().get("/healthz").await.expect(200);
}

/// The most memory that a process has held since it was last forgotten, in bytes.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux says");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("it has a peak");
    let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
    kilobytes.expect("a number") * 1024
}

/// Makes [`peak`] begin again at what is held now.
fn forget_peak(pid: u32) {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("our own child");
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::read::GzEncoder::new(plain, flate2::Compression::best());
    let mut body = Vec::new();
    std::io::Read::read_to_end(&mut encoder, &mut body).expect("it compresses");
    body
}

/// A field of a protobuf message that holds these bytes.
fn field(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut bytes = vec![(number << 3) | 2];
    let mut length = inner.len();
    while length > 0x7f {
        bytes.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    bytes.push(length.to_le_bytes()[0]);
    [bytes, inner.to_vec()].concat()
}

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn hostile_bodies_get_their_status_and_little_memory() {
    const EVENTS: &str = "/v1/events";
    const LOGS: &str = "/v1/logs";
    const JSON: &str = "application/json";
    const NDJSON: &str = "application/x-ndjson";
    const CLOUD: &str = "application/cloudevents+json";
    const BATCH: &str = "application/cloudevents-batch+json";
    const PROTOBUF: &str = "application/x-protobuf";
    let server = Server::start().await;
    let machine = server.machine("events:write");
    let deep = "[".repeat(4 * MIB);
    let deep_objects = "{\"a\":".repeat(MIB);
    let deep_values = format!("{{\"code\":{}1{}}}", "[".repeat(MIB), "]".repeat(MIB));
    let long = "a".repeat(MIB);
    let long_fields = format!(
        "[{}]",
        ["id", "code", "source", "client", "trace", "time", "count"]
            .map(|name| format!("{{\"code\":\"ok\",\"{name}\":\"{long}\"}}"))
            .join(",")
    );
    let nul = "{\"code\":\"a\\u0000b\"}\n{\"code\":\"ok\",\"source\":\"\\u0000\"}";
    let empties = field(1, &field(2, &field(2, b"").repeat(4 * MIB - 64)));
    let attributes = field(2, &field(2, &field(6, b"").repeat(4 * MIB - 64)));
    let deep_any = (0..12).fold(b"x".repeat(1000), |inner, _| field(5, &field(1, &inner)));
    let deep_any = field(1, &field(2, &field(2, &field(5, &deep_any))));
    let cases: Vec<(&str, &str, &str, Vec<u8>, u16)> = vec![
        ("deep arrays", EVENTS, JSON, deep.clone().into(), 400),
        ("deep arrays in a line", EVENTS, NDJSON, deep.clone().into(), 200),
        ("deep arrays for an event in an envelope", EVENTS, CLOUD, deep.clone().into(), 400),
        ("deep arrays for a batch", EVENTS, BATCH, deep.clone().into(), 400),
        ("deep arrays for logs", LOGS, JSON, deep.into(), 400),
        ("deep objects", EVENTS, JSON, deep_objects.clone().into(), 400),
        ("deep objects for logs", LOGS, JSON, deep_objects.into(), 400),
        ("a deep value", EVENTS, JSON, deep_values.into(), 200),
        ("strings of a megabyte", EVENTS, JSON, long_fields.into(), 200),
        ("a megabyte for a code", EVENTS, JSON, format!("{{\"code\":\"{long}\"}}").into(), 200),
        ("NUL in fields", EVENTS, NDJSON, nul.into(), 200),
        ("NUL for a body", EVENTS, JSON, vec![0; MIB], 400),
        ("NUL for logs", LOGS, PROTOBUF, vec![0; MIB], 400),
        ("zeros of eight megabytes and one", EVENTS, NDJSON, vec![b' '; 8 * MIB + 1], 413),
        ("four million empty records", LOGS, PROTOBUF, empties, 413),
        ("four million empty attributes", LOGS, PROTOBUF, field(1, &attributes), 200),
        ("arrays in arrays", LOGS, PROTOBUF, deep_any, 200),
        ("a length beyond the end", LOGS, PROTOBUF, vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], 400),
        ("a length of 64 bits", LOGS, PROTOBUF, [&[0x0a][..], &[0xff; 9], &[1]].concat(), 400),
        ("a group", LOGS, PROTOBUF, vec![0x0b; MIB], 400),
        ("JSON for protobuf", LOGS, PROTOBUF, b"{\"resourceLogs\":[]}".to_vec(), 400),
        ("protobuf for JSON", LOGS, JSON, field(1, b""), 400),
        ("XML", EVENTS, "application/xml", b"<a/>".to_vec(), 415),
        ("a form of parts", LOGS, "multipart/form-data", b"--x".to_vec(), 415),
    ];
    forget_peak(server.pid());
    let before = peak(server.pid());
    for (what, path, content_type, body, status) in cases {
        // Those that are refused before they were read end their connection.
        let sender = server.machine("events:write");
        let answer = sender.post_bytes(path, content_type, body).await;
        assert_eq!(answer.status, status, "{what}: {:.300}", answer.body);
        assert!(answer.body.len() < 64 * 1024, "{what}: {} bytes told", answer.body.len());
    }
    let grown = peak(server.pid()).saturating_sub(before) / MIB as u64;
    assert!(grown < 64, "the server took {grown} MiB more");
    let answer = machine.report(&json!({ "code": "ok" })).await;
    assert_eq!(answer["accepted"], 1, "and it goes on");
}

#[tokio::test]
async fn bombs_cost_their_senders_more_than_us() {
    let server = Server::start().await;
    let big = vec![b' '; 9 * MIB];
    let gigabyte = vec![b' '; 1024 * MIB];
    let huge = zstd::bulk::compress(&gigabyte, 1).expect("it compresses");
    let unsaid = zstd::encode_all(gigabyte.as_slice(), 1).expect("it compresses");
    drop(gigabyte);
    // The largest that is allowed: none of these is too large, each alone.
    let allowed = gzip(&vec![b' '; 8 * MIB]);
    let bombs = [
        ("gzip", gzip(&big), 413),
        ("gzip", gzip(&gzip(&big)), 200),
        ("zstd", huge, 413),
        ("zstd", unsaid, 413),
        ("gzip", allowed, 200),
    ];
    forget_peak(server.pid());
    let before = peak(server.pid());
    let machine = server.machine("events:write");
    let mut sending = tokio::task::JoinSet::new();
    for turn in 0..100 {
        let (encoding, body, status) = bombs[turn % bombs.len()].clone();
        let machine = machine.clone();
        sending.spawn(async move {
            let headers =
                [("content-type", "application/x-ndjson"), ("content-encoding", encoding)];
            (turn, status, machine.post_with("/v1/events", &headers, body).await)
        });
    }
    while let Some(sent) = sending.join_next().await {
        let (turn, status, answer) = sent.expect("every sender is answered");
        assert_eq!(answer.status, status, "bomb {}: {:.300}", turn % bombs.len(), answer.body);
    }
    let grown = peak(server.pid()).saturating_sub(before) / MIB as u64;
    assert!(grown < 160, "the server took {grown} MiB more");
}

#[tokio::test]
async fn plain_bodies_on_their_way_in_take_bounded_memory_and_hold_up_no_small_one() {
    let server = Server::start().await;
    let machine = server.machine("events:write,check");
    let address = server.base.trim_start_matches("http://").to_owned();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n",
        machine.token,
        8 * MIB
    );
    forget_peak(server.pid());
    let before = peak(server.pid());
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (address, head) = (address.clone(), head.clone());
        sending.spawn(async move {
            let mut stream = TcpStream::connect(&address).await.expect("it connects");
            stream.write_all(head.as_bytes()).await.expect("the head is taken");
            // 400 MiB in all, and none of them whole.
            stream.write_all(&vec![b' '; 4 * MIB]).await.expect("what comes is read");
            let mut answer = vec![0; 4 * 1024];
            let read = tokio::time::timeout(Duration::from_secs(8), stream.read(&mut answer)).await;
            let length = read.map_or(0, |read| read.expect("it is answered"));
            (stream, String::from_utf8_lossy(&answer[..length]).into_owned())
        });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    // A small one has room all the same.
    assert_eq!(machine.report(&json!({ "code": "ok" })).await["accepted"], 1);
    let (mut waiting, mut refused) = (Vec::new(), 0);
    while let Some(sent) = sending.join_next().await {
        let (stream, answer) = sent.expect("no sender fails");
        if answer.is_empty() {
            waiting.push(stream);
        } else {
            assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
            assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
            refused += 1;
        }
    }
    let grown = peak(server.pid()).saturating_sub(before) / MIB as u64;
    assert!(grown < 128, "the server took {grown} MiB more");
    assert_eq!((waiting.len(), refused), (8, 92), "so many have room, so many have not");
    // Those that had room may go on.
    let mut stream = waiting.pop().expect("some have room");
    stream.write_all(&vec![b' '; 4 * MIB]).await.expect("the rest is taken");
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.expect("it is answered");
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 200");
    // And once they are gone, there is room for others.
    drop(waiting);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let body = vec![b' '; 8 * MIB];
    let _ = machine.post_bytes("/v1/events", "application/x-ndjson", body).await.expect(200);
}

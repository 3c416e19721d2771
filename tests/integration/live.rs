//! `/errors/live`: samples as they arrive, for who is signed in and as long as they are.

use serde_json::json;
use sitekeeper_tests::{Console, Database, Machine, Server};
use std::time::{Duration, Instant};
use tokio::time::timeout;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";
const EVENTS: &str = "/errors/live/events";

/// What a browser's event source would hold.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(server: &Server, cookie: &str, query: &str) -> Self {
        let response = ask(server, cookie, query, &[]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { response, text: String::new() }
    }

    /// Reads until `part` has come, and returns everything so far.
    async fn until(&mut self, part: &str) -> &str {
        let waited = Instant::now();
        while !self.text.contains(part) {
            assert!(waited.elapsed() < Duration::from_secs(15), "no {part} in {}", self.text);
            match timeout(Duration::from_secs(15), self.response.chunk()).await {
                Ok(Ok(Some(bytes))) => self.text += &String::from_utf8_lossy(&bytes),
                ended => panic!("no {part} before the end ({ended:?}): {}", self.text),
            }
        }
        &self.text
    }

    /// Reads to the end, which must come within ten seconds.
    async fn ended(mut self) -> String {
        let end = async {
            while let Ok(Some(bytes)) = self.response.chunk().await {
                self.text += &String::from_utf8_lossy(&bytes);
            }
        };
        timeout(Duration::from_secs(10), end).await.expect("it ends");
        self.text
    }

    /// The id of the last event.
    fn last_id(&self) -> &str {
        let id = self.text.lines().rev().find_map(|line| line.strip_prefix("id: "));
        id.expect("an event has an id")
    }
}

async fn ask(
    server: &Server,
    cookie: &str,
    query: &str,
    headers: &[(&str, &str)],
) -> reqwest::Response {
    let mut request = reqwest::Client::new()
        .get(server.url(&format!("{EVENTS}{query}")))
        .header("accept", "text/event-stream")
        .header("cookie", cookie);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("sitekeeper answers")
}

async fn started() -> (Server, Console, String, Machine) {
    let server = Server::start().await;
    let console = server.console().await;
    let cookie = Console::cookie(EMAIL, PASSWORD, &server).await;
    let machine = server.machine("events:write");
    (server, console, cookie, machine)
}

/// So many events that are each kept as a sample.
fn events(trace: &str, count: usize) -> serde_json::Value {
    let codes = (0..count).map(|at| {
        json!({ "code": format!("{trace}_{}", at / 5), "trace": format!("{trace}-{at}"), "source": trace })
    });
    codes.collect()
}

#[tokio::test]
async fn a_sample_is_shown_within_moments_on_the_page_and_in_the_stream() {
    let (server, console, cookie, machine) = started().await;
    let site = server.create_site("Shop", "shop.example");
    server.knows(&site).await;
    let mut stream = Stream::open(&server, &cookie, "").await;
    stream.until("retry: 3000").await;
    let evil = "<script>alert(1)</script>";
    machine
        .report(&json!({
            "code": "referer_denied", "sitekey": site.sitekey, "trace": "t-1", "client": evil,
            "referer": "https://www.shop.example/cart",
        }))
        .await;
    let reported = Instant::now();
    let text = stream.until("t-1").await;
    assert!(reported.elapsed() < Duration::from_secs(3), "{:?}", reported.elapsed());
    assert!(text.contains("event: rows") && text.contains("https://www.shop.example/cart"));
    assert!(text.contains(&format!("href=\"/sites/{}\"", site.id)) && text.contains("Shop"));
    assert!(!text.contains("<script"), "{text}");
    let page = console.get("/errors/live").await.expect(200).body;
    assert!(page.contains("t-1") && page.contains("&lt;script&gt;") && !page.contains(evil));
}

#[tokio::test]
async fn a_filter_lets_nothing_else_through() {
    let (server, console, cookie, machine) = started().await;
    let query = "?code=payload_used&host=a.example&source=edge-1";
    let mut stream = Stream::open(&server, &cookie, query).await;
    stream.until("retry").await;
    let event = |trace: &str, code: &str, host: &str, source: &str| json!({ "code": code, "trace": trace, "referer": format!("https://{host}/"), "source": source });
    machine
        .report(&json!([
            event("t-1", "referer_denied", "a.example", "edge-1"),
            event("t-2", "payload_used", "b.example", "edge-1"),
            event("t-3", "payload_used", "a.example", "edge-2"),
            event("t-4", "payload_used", "a.example", "edge-1"),
        ]))
        .await;
    let text = stream.until("t-4").await;
    let page = console.get(&format!("/errors/live{query}")).await.expect(200).body;
    for shown in [text, &page] {
        assert!(shown.contains("t-4"), "{shown}");
        for other in ["t-1", "t-2", "t-3"] {
            assert!(!shown.contains(other), "{other} in {shown}");
        }
    }
}

#[tokio::test]
async fn what_came_meanwhile_is_told_on_coming_back_with_an_exact_number() {
    let (server, _, cookie, machine) = started().await;
    let mut stream = Stream::open(&server, &cookie, "").await;
    machine.report(&events("before", 1)).await;
    stream.until("before-0").await;
    let last = stream.last_id().to_owned();
    drop(stream);
    machine.report(&events("away", 43)).await;
    let response = ask(&server, &cookie, "?after=0", &[("last-event-id", &last)]).await;
    let mut stream = Stream { response, text: String::new() };
    let text = stream.until("and 33 more").await;
    assert!(text.contains("away-42") && text.contains("away-33"), "the newest ten: {text}");
    assert!(!text.contains("away-32<") && !text.contains("before-0"), "{text}");
}

#[tokio::test]
async fn a_burst_is_throttled_and_counted() {
    let (server, _, cookie, machine) = started().await;
    let mut stream = Stream::open(&server, &cookie, "?source=burst").await;
    stream.until("retry").await;
    machine.report(&events("burst", 100)).await;
    let text = stream.until(" more").await;
    assert!(text.contains("and 90 more"), "{text}");
    assert_eq!(text.matches("<tr>").count(), 10, "{text}");
}

#[tokio::test]
async fn it_ends_with_the_session_and_with_the_administrator() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let console = server.console().await;
    let raw = Console::cookie(EMAIL, PASSWORD, &server).await;
    let mut gone = Stream::open(&server, &raw, "").await;
    gone.until("retry").await;
    // Signed out elsewhere: every session of theirs ends.
    sqlx::query("delete from sessions").execute(&database.pool().await).await.expect("they go");
    assert!(gone.ended().await.contains("event: signed-out"));

    console.sign_in(EMAIL, PASSWORD).await;
    let cookie = Console::cookie(EMAIL, PASSWORD, &server).await;
    let mut removed = Stream::open(&server, &cookie, "").await;
    removed.until("retry").await;
    sqlx::query("delete from administrators").execute(&database.pool().await).await.expect("gone");
    assert!(removed.ended().await.contains("event: signed-out"));
    assert_ne!(ask(&server, &cookie, "", &[]).await.status(), 200);
}

#[tokio::test]
async fn there_are_so_many_seats_and_one_is_given_back() {
    let (server, _, cookie, _) = started().await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(Stream::open(&server, &cookie, "").await);
    }
    let refused = ask(&server, &cookie, "", &[]).await;
    assert_eq!(refused.status(), 429);
    let metrics = async || server.visitor().get("/metrics").await.expect(200).body;
    assert!(metrics().await.contains("sitekeeper_live_listeners 4"));
    drop(open);
    let waited = Instant::now();
    while ask(&server, &cookie, "", &[]).await.status() == 429 {
        assert!(waited.elapsed() < Duration::from_secs(20), "no seat was given back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_sample_of_another_replica_is_shown_and_a_stop_is_not_held_up() {
    let database = Database::create().await;
    let mut server = Server::on(&database).await;
    let other = Server::on(&database).await;
    server.console().await;
    let cookie = Console::cookie(EMAIL, PASSWORD, &server).await;
    let mut stream = Stream::open(&server, &cookie, "").await;
    stream.until("retry").await;
    other.machine("events:write").report(&events("other", 1)).await;
    stream.until("other-0").await;
    let asked = Instant::now();
    assert!(server.stop().success());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    stream.ended().await;
}

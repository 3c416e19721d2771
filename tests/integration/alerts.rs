//! Alert rules: what their receivers get, over real sockets, and what they cannot be made to reach.

mod encrypted;

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use sitekeeper_tests::{Answer, Console, Database, Server};
use sqlx::PgPool;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;

/// Lets tests listen on loopback.
const PRIVATE: (&str, &str) = ("SITEKEEPER_ALLOW_PRIVATE_WEBHOOKS", "true");
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// What a receiver of webhooks was sent.
#[derive(Clone, Debug)]
struct Request {
    /// The request line and headers, in lower case.
    head: String,
    /// As it came.
    body: String,
}

impl Request {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    fn header(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default()
    }
}

/// Some port of this machine, and what comes to it.
async fn listen() -> (u16, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("some port is free");
    (listener.local_addr().expect("it has an address").port(), listener)
}

/// A receiver of webhooks that gives these answers in turn, the last one for ever.
struct Receiver {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    async fn answering(answers: &'static [&'static str]) -> Self {
        let (port, listener) = listen().await;
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let received = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("connections come");
                let request = read_request(
                    stream,
                    |count| answers.get(count).or(answers.last()).expect("there is an answer"),
                    &received,
                );
                request.await;
            }
        });
        Self { port, requests }
    }

    fn url(&self) -> String {
        format!(
            "http://127.0.0.1:{}/services/confidential-part?token=confidential-token",
            self.port
        )
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read_request(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: impl Fn(usize) -> &'static str,
    received: &Mutex<Vec<Request>>,
) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.expect("a request comes") == 0 {
            return;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line.to_lowercase());
    }
    let head = head.replace("\r\n", "\n");
    let mut request = Request { head, body: String::new() };
    let length: usize = request.header("content-length").parse().expect("it says how long it is");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("the body comes");
    request.body = String::from_utf8(body).expect("the body is UTF-8");
    let count = {
        let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
        received.push(request);
        received.len() - 1
    };
    let _ = stream.write_all(answer(count).as_bytes()).await;
}

/// Makes a rule by the form; returns the page that follows, and the rule's path.
async fn create(
    console: &Console,
    kind: &str,
    destination: &str,
    more: &[(&str, &str)],
) -> (Answer, String) {
    let mut fields = vec![
        ("kind", kind),
        ("name", "On call"),
        ("destination", destination),
        ("classes[]", "fixable"),
        ("classes[]", "platform"),
    ];
    fields.extend(more);
    let answer = console.post("/api/alerts/create", &fields).await.expect(303);
    let path = answer.header("location").to_owned();
    (console.get(&path).await, path)
}

async fn press_test(console: &Console) -> String {
    console.submit("/api/alerts/test", &[("id", "1")]).await.expect(200).body.replace("<!>", "")
}

fn notice(kind: &str) -> Value {
    json!({
        "incident": 12, "kind": kind, "code": "referer_denied", "class": "fixable", "site": null,
        "site_name": null, "title": "referer_denied ×41", "cause": "It is one host.", "change": null,
        "fix": "Allow it", "path": "/incidents/12", "started_at": "2026-06-15T12:34:56Z",
        "ended_at": if kind == "resolved" { json!("2026-06-15T13:00:00Z") } else { Value::Null },
    })
}

/// Has a notice wait for the first rule, as the job that finds incidents does.
async fn put(pool: &PgPool, kind: &str) {
    sqlx::query(
        "insert into alert_outbox (rule_id, incident, notice, due_at) values (1, 12, $1, now())",
    )
    .bind(notice(kind))
    .execute(pool)
    .await
    .expect("it waits");
}

/// A rule that tells a receiver, on a server where nothing but the test looks after the incidents.
async fn told_by_webhook() -> (Receiver, Server, PgPool, Console) {
    let receiver = Receiver::answering(&[OK]).await;
    let database = Database::create().await;
    let settings = [PRIVATE, ("SITEKEEPER_WATCH_EVERY_SECONDS", "60")];
    let (server, pool) = (Server::on_with(&database, &settings).await, database.pool().await);
    let console = server.console().await;
    create(&console, "webhook", &receiver.url(), &[]).await;
    (receiver, server, pool, console)
}

/// Keeps an incident, as the job that finds them does; returns its number.
async fn kept(pool: &PgPool, code: &str, closed: bool, planned: bool) -> i64 {
    let explained = r#"{"drivers": [], "change": null, "remedy": {"remedy": "none"}, "events": 9}"#;
    sqlx::query_scalar(
        "insert into incidents
             (code, class, onset, detected_at, unusual_at, closed_at, count, expected, explanation, planned)
         values ($1, 'fixable', now() - interval '1 hour', now(), now(), case when $2 then now() end, 4812,
                 0.1, $3::jsonb, $4)
         returning id",
    )
    .bind(code)
    .bind(closed)
    .bind(explained)
    .bind(planned)
    .fetch_one(pool)
    .await
    .expect("it is kept")
}

/// Has the message that an incident was opened wait for the first rule.
async fn wait(pool: &PgPool, incident: i64) {
    let mut notice = notice("opened");
    notice["incident"] = json!(incident);
    sqlx::query(
        "insert into alert_outbox (rule_id, incident, notice, due_at) values (1, $1, $2, now())",
    )
    .bind(incident)
    .bind(notice)
    .execute(pool)
    .await
    .expect("it waits");
}

/// Waits until a query over the database says yes.
async fn until(pool: &PgPool, what: &'static str) {
    let asked = Instant::now();
    loop {
        let yes: bool = sqlx::query_scalar(what).fetch_one(pool).await.expect("it can be asked");
        if yes {
            return;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "still not: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_test_is_signed_and_its_outcome_shown() {
    let receiver = Receiver::answering(&[OK]).await;
    let server = Server::with(&[PRIVATE]).await;
    let console = server.console().await;
    let (page, path) = create(&console, "webhook", &receiver.url(), &[]).await;
    let page = page.expect(200).body;
    assert_eq!(path, "/settings/alerts/1");
    let (_, secret) = page.split_once("whsec_").expect("the secret is shown");
    let secret = format!("whsec_{}", secret.get(..48).expect("it has 48 digits"));
    let again = console.get(&path).await.expect(200).body;
    assert!(!again.contains("whsec_"), "it is shown once");

    let told = press_test(&console).await;
    let shown = format!("http://127.0.0.1:{}/…", receiver.port);
    assert!(told.contains(&format!("The test arrived at {shown}")), "{told}");
    assert!(told.contains("It answered 200."), "{told}");
    assert!(told.contains("Delivered"), "the log has it");
    for page in [&page, &told, &console.get("/settings/alerts").await.expect(200).body] {
        assert!(page.contains(&shown), "{page}");
        assert!(!page.contains("confidential"), "what may be secret is not shown");
    }

    let requests = receiver.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(
        request
            .head
            .starts_with("post /services/confidential-part?token=confidential-token http/1.1\n")
    );
    assert_eq!(request.header("content-type"), "application/json");
    let sent = request.json();
    assert_eq!((&sent["version"], &sent["status"]), (&json!("4"), &json!("firing")));
    assert_eq!(sent["receiver"], "On call");
    assert_eq!(sent["commonLabels"]["test"], "true");
    assert_eq!(sent["alerts"][0]["generatorURL"], format!("{}{path}", server.base));

    let signature = request.header("sitekeeper-signature");
    let (seconds, signed) = signature
        .strip_prefix("t=")
        .and_then(|rest| rest.split_once(",v1="))
        .expect("the signature has a time");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(format!("{seconds}.{}", request.body).as_bytes());
    let expected = mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes all");
        hex
    });
    assert_eq!(signed, expected);
}

#[tokio::test]
async fn private_addresses_are_out_of_reach_unless_allowed() {
    let receiver = Receiver::answering(&[OK]).await;
    let database = Database::create().await;
    let (server, pool) = (Server::on(&database).await, database.pool().await);
    let console = server.console().await;
    for destination in [receiver.url(), "http://169.254.169.254/".into(), "http://[::1]/".into()] {
        let (page, path) = create(&console, "slack", &destination, &[]).await;
        assert_eq!(path, "/settings/alerts?kind=slack");
        let page = page.expect(200).body;
        assert!(page.contains("That is a private address"), "{page}");
        assert!(page.contains("destination-error"), "it stands at the field");
    }
    // Written by a server that allowed it, or a name that leads there meanwhile.
    let url = format!("http://localhost:{}/", receiver.port);
    sqlx::query(
        "insert into alert_rules (name, kind, destination, classes, created_at)
         values ('On call', 'slack', $1, '{fixable}', now())",
    )
    .bind(url)
    .execute(&pool)
    .await
    .expect("there is a rule");
    let told = press_test(&console).await;
    assert!(told.contains("The host leads to a private address"), "{told}");
    put(&pool, "opened").await;
    until(&pool, "select not exists (select from alert_outbox)").await;
    until(&pool, "select bool_and(problem = 'private' and next_at is null) from alert_deliveries")
        .await;
    assert_eq!(receiver.requests().len(), 0);
}

#[tokio::test]
async fn what_fails_is_tried_again_and_the_end_is_told() {
    let receiver = Receiver::answering(&[
        "HTTP/1.1 500 Oops\r\nretry-after: 600\r\ncontent-length: 4\r\n\r\noops",
        OK,
    ])
    .await;
    let database = Database::create().await;
    let (server, pool) = (Server::on_with(&database, &[PRIVATE]).await, database.pool().await);
    let console = server.console().await;
    let (_, path) = create(&console, "webhook", &receiver.url(), &[]).await;
    put(&pool, "opened").await;
    until(
        &pool,
        "select exists (select from alert_deliveries where status = 500
                  and next_at between now() + '9 minutes' and now() + '11 minutes')",
    )
    .await;
    let page = console.get(&path).await.expect(200).body.replace("<!>", "");
    assert!(page.contains("Failed, tried again") && page.contains("Tried 1 of 8 times"), "{page}");
    assert!(!page.contains("oops"), "the answer is not repeated");
    sqlx::query("update alert_outbox set due_at = now()").execute(&pool).await.expect("it is due");
    until(&pool, "select exists (select from alert_deliveries where status = 200 and attempt = 2)")
        .await;
    until(&pool, "select exists (select from alert_told where incident = 12)").await;
    // News that is told as such, then the end.
    put(&pool, "opened").await;
    until(&pool, "select exists (select from alert_deliveries where said = 'updated')").await;
    put(&pool, "resolved").await;
    until(&pool, "select exists (select from alert_deliveries where said = 'resolved')").await;
    until(
        &pool,
        "select not exists (select from alert_told) and not exists (select from alert_outbox)",
    )
    .await;
    let requests = receiver.requests();
    assert_eq!(requests.len(), 4, "{requests:?}");
    let last = requests[3].json();
    assert_eq!(
        (&last["status"], &last["alerts"][0]["endsAt"]),
        (&json!("resolved"), &json!("2026-06-15T13:00:00Z"))
    );
    let marks: Vec<_> =
        requests.iter().map(|request| request.json()["alerts"][0]["fingerprint"].clone()).collect();
    assert!(marks.iter().all(|mark| *mark == marks[0]), "one alert: {marks:?}");
}

#[tokio::test]
async fn a_refusal_and_a_redirect_are_not_tried_again() {
    let elsewhere = Receiver::answering(&[OK]).await;
    let refusing =
        Receiver::answering(&["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("some port is free");
    let redirecting = listener.local_addr().expect("it has an address").port();
    let to = elsewhere.url();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("connections come");
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            let _ = stream.read_line(&mut line).await;
            let answer =
                format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
            // Otherwise what was not read resets the connection.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let database = Database::create().await;
    let (server, pool) = (Server::on_with(&database, &[PRIVATE]).await, database.pool().await);
    let console = server.console().await;
    create(&console, "slack", &refusing.url(), &[]).await;
    put(&pool, "opened").await;
    until(
        &pool,
        "select exists (select from alert_deliveries where status = 404 and next_at is null)",
    )
    .await;
    until(&pool, "select not exists (select from alert_outbox)").await;
    let moved = format!("http://127.0.0.1:{redirecting}/");
    let fields =
        [("id", "1"), ("name", "On call"), ("destination", &moved), ("classes[]", "fixable")];
    let page = console.submit("/api/alerts/change", &fields).await.expect(200).body;
    assert!(page.contains("Saved the alert rule On call."), "{page}");
    let told = press_test(&console).await;
    assert!(
        told.contains("The answer was a redirect") && told.contains("It answered 302."),
        "{told}"
    );
    assert_eq!((refusing.requests().len(), elsewhere.requests().len()), (1, 0));
}

#[tokio::test]
async fn quiet_hours_and_maintenance_hold_messages_back() {
    let receiver = Receiver::answering(&[OK]).await;
    let database = Database::create().await;
    let (server, pool) = (Server::on_with(&database, &[PRIVATE]).await, database.pool().await);
    let console = server.console().await;
    // All day but for a minute that is twelve hours away.
    let minute: i32 =
        sqlx::query_scalar("select (extract(hour from now() at time zone 'utc') * 60)::int")
            .fetch_one(&pool)
            .await
            .expect("it is some time of the day");
    let clock = |minute: i32| format!("{:02}:{:02}", minute % 1440 / 60, minute % 60);
    let (from, to) = (clock(minute + 721), clock(minute + 720));
    let (_, path) =
        create(&console, "webhook", &receiver.url(), &[("quiet_from", &from), ("quiet_to", &to)])
            .await;
    put(&pool, "opened").await;
    until(
        &pool,
        "select exists (select from alert_outbox where due_at > now() + '1 hour' and not held)",
    )
    .await;
    let page = console.get(&path).await.expect(200).body.replace("<!>", "");
    assert!(page.contains("Not tried yet"), "{page}");

    let fields = [("id", "1"), ("name", "On call"), ("classes[]", "fixable")];
    console.submit("/api/alerts/change", &fields).await.expect(200).body.clear();
    let fields = [("name", "Move"), ("to", ""), ("site", ""), ("from", ""), ("reason", "")];
    let page = console.submit("/api/maintenance/plan", &fields).await.expect(200).body;
    assert!(page.contains("That is not a time."), "{page}");
    let end: String = sqlx::query_scalar(
        "select to_char((now() + '1 day') at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI')",
    )
    .fetch_one(&pool)
    .await
    .expect("there is a tomorrow");
    let fields = [("name", "Move"), ("to", &end), ("site", ""), ("from", ""), ("reason", "Racks")];
    let page = console.submit("/api/maintenance/plan", &fields).await.expect(200).body;
    assert!(page.contains("Nobody is told") && page.contains("Racks"), "{page}");
    sqlx::query("update alert_outbox set due_at = now()").execute(&pool).await.expect("it is due");
    until(
        &pool,
        "select exists (select from alert_outbox where due_at > now() + '1 hour' and held)",
    )
    .await;
    assert_eq!(receiver.requests().len(), 0);
    let page = console.submit("/api/maintenance/end", &[("id", "1")]).await.expect(200).body;
    assert!(page.contains("Ended the maintenance Move."), "{page}");
    until(&pool, "select exists (select from alert_told)").await;
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn what_waited_says_how_things_stand_when_it_goes_out() {
    let (receiver, server, pool, _console) = told_by_webhook().await;
    // Expected meanwhile: nobody is told.
    wait(&pool, kept(&pool, "referer_denied", false, true).await).await;
    until(&pool, "select not exists (select from alert_outbox)").await;
    assert_eq!(receiver.requests().len(), 0);
    // Grown since it was written.
    wait(&pool, kept(&pool, "site_paused", false, false).await).await;
    until(&pool, "select exists (select from alert_deliveries where said = 'opened')").await;
    // Over before anybody was told.
    wait(&pool, kept(&pool, "site_deleted", true, false).await).await;
    until(&pool, "select exists (select from alert_deliveries where said = 'resolved')").await;
    until(&pool, "select not exists (select from alert_outbox)").await;
    let requests = receiver.requests();
    let [grown, over] = requests.as_slice() else { panic!("{requests:?}") };
    let annotations = &grown.json()["commonAnnotations"];
    assert_eq!(annotations["summary"], "site_paused: 4,812 on many sites");
    let description = annotations["description"].as_str().unwrap_or_default();
    assert!(description.contains("4,812\u{a0}events, where none is usual."), "{description}");
    let over = over.json();
    assert_eq!(over["status"], "resolved");
    let description = over["commonAnnotations"]["description"].as_str().unwrap_or_default();
    assert!(description.contains("Opened ") && description.contains(" and resolved "), "{over}");
    let metrics = server.visitor().get("/metrics").await.expect(200).body;
    for (outcome, count) in [("delivered", 2), ("failed", 0), ("given_up", 0)] {
        let line = format!(
            "sitekeeper_alerts_deliveries_total{{channel=\"webhook\",outcome=\"{outcome}\"}} {count}"
        );
        assert!(metrics.contains(&line), "{line}");
    }
}

#[tokio::test]
async fn whoever_was_told_of_an_incident_is_told_that_somebody_closed_it() {
    let (receiver, _server, pool, console) = told_by_webhook().await;
    let close = async |incident: i64| {
        let incident = incident.to_string();
        let fields = [("incident", incident.as_str())];
        let page = console.submit("/api/incidents/close", &fields).await.expect(200).body;
        page.replace("<!>", "")
    };
    let told = kept(&pool, "referer_denied", false, false).await;
    wait(&pool, told).await;
    until(&pool, "select exists (select from alert_told)").await;
    assert!(close(told).await.contains("Closed. If it goes on, it opens anew."));
    until(&pool, "select exists (select from alert_deliveries where said = 'resolved')").await;
    assert!(close(told).await.contains("This incident is over."), "it is closed once");
    // What was called expected was told nobody, and neither is its end.
    let expected = kept(&pool, "site_paused", false, true).await;
    assert!(close(expected).await.contains("Closed. If it goes on, it opens anew."));
    until(&pool, "select not exists (select from alert_outbox)").await;
    let statuses: Vec<Value> =
        receiver.requests().iter().map(|request| request.json()["status"].clone()).collect();
    assert_eq!(statuses, ["firing", "resolved"]);
}

/// A mail server that takes everything and answers as it must; hands out each mail that was sent.
async fn mail_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let (port, listener) = listen().await;
    let mails: Arc<Mutex<Vec<String>>> = Arc::default();
    let taken = Arc::clone(&mails);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("connections come");
            let taken = Arc::clone(&taken);
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                stream.write_all(GREETING).await.ok()?;
                take_mail(stream, taken).await
            });
        }
    });
    (port, mails)
}

const GREETING: &[u8] = b"220 mail.example ESMTP\r\n";

/// Takes mail from somebody who was greeted.
async fn take_mail(
    mut stream: BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    taken: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut mail = String::new();
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let answer: &[u8] = if in_data {
            if line == ".\r\n" {
                in_data = false;
                taken
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(std::mem::take(&mut mail));
                b"250 taken\r\n"
            } else {
                mail.push_str(&line);
                b""
            }
        } else {
            let command = line.trim_end().to_uppercase();
            if command.starts_with("EHLO") {
                b"250-mail.example\r\n250 8BITMIME\r\n"
            } else if command == "DATA" {
                in_data = true;
                b"354 go on\r\n"
            } else if command == "QUIT" {
                b"221 bye\r\n"
            } else {
                if command.starts_with("RCPT") {
                    mail.push_str(&line);
                }
                b"250 ok\r\n"
            }
        };
        stream.write_all(answer).await.ok()?;
    }
}

#[tokio::test]
async fn a_mail_arrives_with_hostile_names_in_their_place() {
    let (port, mails) = mail_server().await;
    let database = Database::create().await;
    let url = format!("smtp://127.0.0.1:{port}");
    let settings = [
        ("SITEKEEPER_SMTP_URL", url.as_str()),
        ("SITEKEEPER_SMTP_FROM", "Sitekeeper <alerts@company.example>"),
    ];
    let (server, pool) = (Server::on_with(&database, &settings).await, database.pool().await);
    let console = server.console().await;
    let receivers = "ada@company.example, bob@company.example";
    let (page, _) = create(&console, "email", receivers, &[]).await;
    assert!(!page.expect(200).body.contains("Mail is not set up"));
    let told = press_test(&console).await;
    assert!(told.contains(&format!("The test arrived at {receivers}")), "{told}");
    let mut hostile = notice("opened");
    hostile["title"] = json!("x\r\nBcc: eve@evil.example\r\n\r\n<script>");
    hostile["cause"] = json!("<script>alert(1)</script>\r\n.\r\nMAIL FROM:<eve@evil.example>");
    sqlx::query(
        "insert into alert_outbox (rule_id, incident, notice, due_at) values (1, 12, $1, now())",
    )
    .bind(hostile)
    .execute(&pool)
    .await
    .expect("it waits");
    until(&pool, "select exists (select from alert_told)").await;
    let mails = mails.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let [test, opened] = mails.as_slice() else { panic!("{mails:?}") };
    assert!(test.contains("Subject: [Sitekeeper] Test: This is a test\r\n"), "{test}");
    assert!(
        test.contains("RCPT TO:<ada@company.example>")
            && test.contains("RCPT TO:<bob@company.example>")
    );
    let (head, body) = opened.split_once("\r\n\r\n").expect("a mail has a head");
    assert!(!head.to_lowercase().contains("\nbcc:"), "{head}");
    assert!(head.contains("References: <incident-12.rule-1@company.example>"), "{head}");
    assert!(body.contains("&lt;script&gt;alert(1)"), "{body}");
    assert!(body.contains("text/plain") && body.contains("text/html"), "{body}");
}

#[tokio::test]
async fn without_a_mail_server_the_kind_says_what_to_set() {
    let server = Server::start().await;
    let console = server.console().await;
    let page = console.get("/settings/alerts?kind=email").await.expect(200).body;
    assert!(page.contains("SITEKEEPER_SMTP_URL and SITEKEEPER_SMTP_FROM"), "{page}");
    create(&console, "email", "ada@company.example", &[]).await;
    let told = press_test(&console).await;
    assert!(told.contains("The test did not arrive. Mail is not set up"), "{told}");
    let help = server.run(&["serve", "--help"]).succeeded().stdout;
    for name in ["SITEKEEPER_SMTP_URL", "SITEKEEPER_SMTP_FROM", "SITEKEEPER_ALLOW_PRIVATE_WEBHOOKS"]
    {
        assert!(help.contains(name), "{name}");
    }
}

#[tokio::test]
async fn every_change_is_in_the_trail_and_names_stay_text() {
    let server = Server::with(&[PRIVATE]).await;
    server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let name = "<script>alert(1)</script>";
    let hook = "http://127.0.0.1:1/confidential";
    let fields = |more: &[(&'static str, &'static str)]| {
        let mut fields = vec![("name", name), ("classes[]", "fixable")];
        fields.extend(more);
        fields
    };
    let made = fields(&[("kind", "webhook"), ("destination", hook), ("site", "Shop")]);
    let page = console.submit("/api/alerts/create", &made).await.expect(200).body;
    assert!(!page.contains(name), "{page}");
    assert!(page.replace("<!>", "").contains("Shop (site 1)"), "{page}");
    assert!(page.contains("href=\"/sites/1\""), "{page}");
    let refused = console.submit("/api/alerts/create", &made).await.expect(200).body;
    assert!(refused.contains("Another rule has this name."), "{refused}");
    let nowhere = fields(&[("id", "1"), ("site", "Nowhere")]);
    let refused = console.submit("/api/alerts/change", &nowhere).await.expect(200).body;
    assert!(refused.contains("No site has this name or number."), "{refused}");
    let tagged = fields(&[
        ("id", "1"),
        ("tag", "Europe"),
        ("destination", "http://127.0.0.1:2/confidential"),
    ]);
    let page = console.submit("/api/alerts/change", &tagged).await.expect(200).body;
    assert!(page.contains(">europe<"), "{page}");
    let entry = console.get("/audit?action=alert.changed").await.expect(200).body;
    let change = entry.split_once("<del>").expect("a change").1;
    let change = change.split_once("</span>").expect("it ends").0;
    assert!(change.contains("sites: Shop (site 1)</del>"), "{change}");
    assert!(change.contains("sites: tagged europe</ins>"), "{change}");
    assert!(!change.contains("kind:") && !change.contains("name:"), "the rest stayed: {change}");
    server.create_site("Shop", "other.example");
    let twice = fields(&[("id", "1"), ("site", "Shop")]);
    let refused = console.submit("/api/alerts/change", &twice).await.expect(200).body;
    assert!(refused.contains("Several sites have this name: 1, 2."), "{refused}");
    let page = console.submit("/api/alerts/renew_secret", &[("id", "1")]).await.expect(200).body;
    assert!(page.contains("whsec_"), "{page}");
    let back = ("back", "/settings/alerts");
    console
        .submit("/api/alerts/enable", &[("id", "1"), ("enabled", "false"), back])
        .await
        .expect(200)
        .body
        .clear();
    let page = console.get("/settings/alerts").await.expect(200).body;
    assert!(page.contains("Disabled") && !page.contains(name), "{page}");
    console
        .submit("/api/alerts/enable", &[("id", "1"), ("enabled", "true"), back])
        .await
        .expect(200)
        .body
        .clear();
    assert!(
        console
            .get("/settings/alerts/1?ask=delete")
            .await
            .expect(200)
            .body
            .contains("This cannot be undone")
    );
    let page = console.submit("/api/alerts/delete", &[("id", "1")]).await.expect(200).body;
    assert!(page.contains("Nobody is told yet"), "{page}");
    let trail = console.get("/audit?action=alert").await.expect(200).body;
    for action in [
        "alert.created",
        "alert.changed",
        "alert.secret_renewed",
        "alert.disabled",
        "alert.enabled",
        "alert.deleted",
    ] {
        assert!(trail.contains(&format!("<code>{action}")), "{action}");
    }
    assert!(!trail.contains("confidential") && !trail.contains("whsec_") && !trail.contains(name));
    console.get("/settings/alerts/1").await.expect(404).body.clear();
}

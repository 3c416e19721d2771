//! `POST /v1/check` and `sitekeeper gate explain`: every answer, in the contract's order, and how soon a change is seen.

use serde_json::{Value, json};
use sitekeeper_tests::{Database, Machine, Server, posted};
use std::time::{Duration, Instant};

const SHOP: &str = "https://shop.example/cart";

async fn change_state(writer: &Machine, site: i64, change: &str) {
    writer.post(&format!("/v1/sites/{site}/{change}"), &json!({})).await.expect(200).json();
}

/// A well-formed sitekey that no site has: another installation's.
async fn foreign_sitekey() -> String {
    Server::start().await.create_site("Elsewhere", "elsewhere.example").sitekey
}

#[tokio::test]
async fn each_answer_has_the_shape_of_the_contract() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("check");
    let ask = async |question: Value| machine.post("/v1/check", &question).await.expect(200).json();
    let (key, id) = (site.sitekey.as_str(), site.id);

    assert_eq!(
        ask(json!({ "sitekey": key, "referer": SHOP })).await,
        json!({ "decision": "allow", "site": id })
    );

    let denied = |code: &str, site: Value, host: Value, answer: Value| {
        let Value::Object(mut answer) = answer else { panic!("an answer is an object") };
        let explain = answer.remove("explain").unwrap_or_default();
        assert!(explain.as_str().is_some_and(|explain| explain.len() > 10), "{code}: {explain}");
        let expected = json!({ "decision": "deny", "code": code, "site": site, "host": host });
        assert_eq!(Value::Object(answer), expected);
    };
    for question in
        [json!({}), json!({ "sitekey": "" }), json!({ "sitekey": null, "referer": null })]
    {
        denied("no_sitekey", Value::Null, Value::Null, ask(question).await);
    }
    denied("no_sitekey", Value::Null, json!("shop.example"), ask(json!({ "referer": SHOP })).await);
    for bad in ["nonsense", &key[..key.len() - 1], &foreign_sitekey().await] {
        let question = json!({ "sitekey": bad, "referer": SHOP });
        denied("sitekey_invalid", Value::Null, json!("shop.example"), ask(question).await);
    }
    for (referer, host) in [
        (json!("https://notshop.example/"), json!("notshop.example")),
        (json!("https://www.shop.example/"), json!("www.shop.example")),
        (json!("shop.example.evil.example"), json!("shop.example.evil.example")),
        (json!("https://shop.example@evil.example/"), json!("evil.example")),
    ] {
        denied(
            "referer_denied",
            json!(id),
            host,
            ask(json!({ "sitekey": key, "referer": referer })).await,
        );
    }
    for referer in
        [json!(""), json!("-"), json!("null"), Value::Null, json!("https://\u{fffd}\u{fffd}/")]
    {
        let answer = ask(json!({ "sitekey": key, "referer": referer })).await;
        assert_eq!(
            (&answer["code"], &answer["site"]),
            (&json!("referer_denied"), &json!(id)),
            "{referer}"
        );
    }

    let writer = server.machine("sites:write");
    change_state(&writer, id, "pause").await;
    denied(
        "site_paused",
        json!(id),
        json!("shop.example"),
        ask(json!({ "sitekey": key, "referer": SHOP })).await,
    );
    denied("site_paused", json!(id), Value::Null, ask(json!({ "sitekey": key })).await);
    let console = server.console().await;
    delete(&console, id, 2).await;
    denied(
        "site_deleted",
        json!(id),
        json!("shop.example"),
        ask(json!({ "sitekey": key, "referer": SHOP })).await,
    );
    change_state(&writer, id, "restore").await;
    assert_eq!(
        ask(json!({ "sitekey": key, "referer": SHOP })).await["code"],
        "site_paused",
        "the state it had"
    );
    change_state(&writer, id, "start").await;
    assert_eq!(ask(json!({ "sitekey": key, "referer": SHOP })).await["decision"], "allow");
}

async fn delete(console: &sitekeeper_tests::Console, site: i64, version: i64) {
    let (site, version) = (site.to_string(), version.to_string());
    let fields = [
        ("site", &*site),
        ("version", &*version),
        ("change", "delete"),
        ("name", "Shop"),
        ("back", "/sites"),
    ];
    let page = console.submit("/api/sites/change_state", &fields).await.expect(200);
    assert!(page.body.contains("flash ok"), "the site was not deleted: {}", page.body);
}

#[tokio::test]
async fn every_form_of_an_allowed_referer_is_let_through() {
    let server = Server::start().await;
    let made = server.run(&[
        "site",
        "create",
        "--name",
        "Shop",
        "--domain",
        "shop.example",
        "--include-subdomains",
        "--json",
    ]);
    let key = made.json()["sitekey"].as_str().unwrap_or_default().to_owned();
    let machine = server.machine("check");
    for referer in [
        "https://shop.example",
        "http://shop.example/",
        "shop.example",
        "HTTPS://SHOP.EXAMPLE./a?b#c",
        "https://shop.example:8443/",
        "https://a.b.shop.example/x",
        "shop.example:443",
        "//shop.example/x",
    ] {
        assert_eq!(machine.check(&key, referer).await["decision"], "allow", "{referer}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_problem() {
    let server = Server::start().await;
    let machine = server.machine("check");
    for body in [
        "",
        "[]",
        "[\"site_x\", \"shop.example\"]",
        "null",
        "{",
        "\"x\"",
        "{\"sitekey\": 1}",
        "{\"referer\": []}",
        "\u{0}",
    ] {
        let answer =
            machine.post_bytes("/v1/check", "application/json", body.into()).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{body}");
        assert_eq!(answer.json()["field"], "body", "{body}");
    }
    machine.get("/v1/check", &[]).await.expect(405).json();
    let huge = vec![b' '; 3 * 1024 * 1024];
    let status = machine.post_bytes("/v1/check", "application/json", huge).await.status;
    assert!(matches!(status, 400 | 413), "{status}");
}

#[tokio::test]
async fn a_change_is_at_the_gate_before_it_is_answered() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (machine, writer) = (server.machine("check"), server.machine("sites:write"));
    for round in 0..20 {
        let host = format!("h{round}.example");
        let domains = format!("/v1/sites/{}/domains", site.id);
        writer.post(&domains, &json!({ "pattern": host })).await.expect(201).json();
        assert_eq!(machine.check(&site.sitekey, &host).await["decision"], "allow", "round {round}");
        change_state(&writer, site.id, "pause").await;
        assert_eq!(
            machine.check(&site.sitekey, &host).await["code"],
            "site_paused",
            "round {round}"
        );
        change_state(&writer, site.id, "start").await;
        assert_eq!(machine.check(&site.sitekey, &host).await["decision"], "allow", "round {round}");
    }
}

#[tokio::test]
async fn a_change_reaches_another_replica_within_a_second() {
    let database = Database::create().await;
    let (one, other) = (Server::on(&database).await, Server::on(&database).await);
    let site = one.create_site("Shop", "shop.example");
    let (writer, machine) = (one.machine("sites:write"), other.machine("check"));
    until(&machine, &site.sitekey, "allow", Duration::from_secs(5)).await;
    for (change, decision) in
        [("pause", "deny"), ("start", "allow"), ("pause", "deny"), ("start", "allow")]
    {
        change_state(&writer, site.id, change).await;
        until(&machine, &site.sitekey, decision, Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn a_change_on_the_command_line_reaches_the_running_server_within_a_second() {
    let server = Server::start().await;
    let machine = server.machine("check");
    let site = server.create_site("Shop", "shop.example");
    until(&machine, &site.sitekey, "allow", Duration::from_secs(1)).await;
}

async fn until(machine: &Machine, sitekey: &str, decision: &str, within: Duration) {
    let asked = Instant::now();
    while machine.check(sitekey, SHOP).await["decision"] != decision {
        assert!(asked.elapsed() < within, "no {decision} after {:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_rotated_sitekey_works_until_its_grace_is_over() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (machine, writer) = (server.machine("check"), server.machine("sites:write"));
    let path = format!("/v1/sites/{}/sitekeys/rotate", site.id);
    let rotated = writer.post(&path, &json!({ "grace_days": 1 })).await.expect(201).json();
    let second = rotated["sitekey"].as_str().unwrap_or_default().to_owned();
    for key in [&site.sitekey, &second] {
        assert_eq!(machine.check(key, SHOP).await["decision"], "allow", "{key}");
    }
    let rotated = writer.post(&path, &json!({ "grace_days": 0 })).await.expect(201).json();
    let third = rotated["sitekey"].as_str().unwrap_or_default();
    assert_eq!(machine.check(&second, SHOP).await["code"], "sitekey_invalid");
    assert_eq!(machine.check(third, SHOP).await["decision"], "allow");
}

#[tokio::test]
async fn the_command_explains_what_the_gate_answers() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let explain = |arguments: &[&str]| {
        let all: Vec<&str> = ["gate", "explain", "--sitekey", &site.sitekey]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        server.run(&all).succeeded()
    };
    let allowed = explain(&["--referer", SHOP]).stdout;
    assert_eq!(allowed, "allow\nshop.example is allowed by shop.example (exact).\n");
    let denied = explain(&["--referer", "https://notshop.example/"]).stdout;
    assert!(
        denied.starts_with("deny referer_denied\nnotshop.example is not an associated domain: "),
        "{denied}"
    );
    let missing = explain(&["--json"]).json();
    assert_eq!(missing["code"], "referer_denied");
    let allowed = explain(&["--referer", SHOP, "--json"]).json();
    assert_eq!((&allowed["decision"], &allowed["site"]), (&json!("allow"), &json!(site.id)));
    let unknown =
        server.run(&["gate", "explain", "--sitekey", "nonsense", "--json"]).succeeded().json();
    assert_eq!(
        (&unknown["decision"], &unknown["code"]),
        (&json!("deny"), &json!("sitekey_invalid"))
    );
}

#[tokio::test]
async fn the_console_explains_the_same() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let page = async |referer: &str| {
        console.get(&format!("/sites/{}/domains?referer={referer}", site.id)).await.expect(200).body
    };
    assert!(page("https://shop.example/").await.contains("verdict allowed"));
    assert!(page("https://elsewhere.example/").await.contains("Denied: referer_denied"));
}

#[tokio::test]
async fn a_sitekey_is_known_before_the_notice_of_it_arrives() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let machine = server.machine("check,events:write");
    let sitekey = foreign_sitekey().await;
    let site = server.create_site("Shop", "shop.example");
    // Another process issues a sitekey, and its notice is slow: here it never comes.
    sqlx::query("insert into sitekeys (site_id, sitekey, created_at) values ($1, $2, now())")
        .bind(site.id)
        .bind(&sitekey)
        .execute(&database.pool().await)
        .await
        .expect("the sitekey is inserted");
    machine.report(&json!([{ "code": "ok", "sitekey": sitekey }])).await;
    assert_eq!(machine.check(&sitekey, SHOP).await["decision"], "allow");
    let pool = database.pool().await;
    posted(&mut pool.acquire().await.expect("a connection")).await;
    let attributed: i64 =
        sqlx::query_scalar("select sum(count)::bigint from stats_day where site_id = $1")
            .bind(site.id)
            .fetch_one(&pool)
            .await
            .expect("a row");
    assert_eq!(attributed, 1);
}

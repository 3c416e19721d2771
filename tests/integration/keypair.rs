//! `/v1/keypair/check`: which secret belongs to which sitekey.

use serde_json::{Value, json};
use sitekeeper_tests::{Database, Machine, Server};

async fn ask(machine: &Machine, sitekey: &str, secret: &str) -> Value {
    let keys = json!({ "sitekey": sitekey, "secret": secret });
    machine.post("/v1/keypair/check", &keys).await.expect(200).json()
}

#[tokio::test]
async fn a_site_s_own_keys_belong_together() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("check");
    let answer = ask(&machine, &site.sitekey, &format!(" {}\n", site.secret)).await;
    assert_eq!(answer["match"], true, "{answer}");
    assert_eq!(
        answer["sitekey"],
        json!({ "state": "active", "retires_at": null, "site": site.id, "problem": null })
    );
    let last_four = &site.secret[site.secret.len() - 4..];
    assert_eq!(answer["secret"], json!({ "state": "active", "last_four": last_four }));
    assert_eq!(answer["explain"], "The two belong together.");

    let pool = database.pool().await;
    let used = async || -> Option<String> {
        sqlx::query_scalar("select last_used_at::text from secrets")
            .fetch_one(&pool)
            .await
            .expect("a row")
    };
    let first = used().await;
    assert!(first.is_some(), "its use is written down");
    ask(&machine, &site.sitekey, &site.secret).await;
    assert_eq!(used().await, first, "once a minute at most");
}

#[tokio::test]
async fn another_sites_secret_is_told_as_such_and_its_site_only_to_who_may_read_sites() {
    let server = Server::start().await;
    let (one, other) =
        (server.create_site("Shop", "shop.example"), server.create_site("Blog", "blog.example"));
    let plain = ask(&server.machine("check"), &one.sitekey, &other.secret).await;
    assert_eq!(plain["match"], false);
    assert_eq!(plain["secret"]["state"], "active");
    assert_eq!(plain["explain"], "This secret belongs to another site.");
    let reader = ask(&server.machine("check,sites:read"), &one.sitekey, &other.secret).await;
    let told = reader["explain"].as_str().unwrap_or_default();
    assert!(told.contains(&format!("site {}", other.id)), "{told}");
}

#[tokio::test]
async fn retiring_and_revoked_keys_are_told_apart() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (machine, writer) = (server.machine("check"), server.machine("sites:write"));
    let rotate = async |kind: &str, days: i64| {
        let path = format!("/v1/sites/{}/{kind}/rotate", site.id);
        writer.post(&path, &json!({ "grace_days": days })).await.expect(201).json()
    };
    rotate("sitekeys", 7).await;
    let second = rotate("secrets", 0).await["secret"].as_str().unwrap_or_default().to_owned();
    let old = ask(&machine, &site.sitekey, &site.secret).await;
    assert_eq!(
        (&old["match"], &old["sitekey"]["state"]),
        (&json!(true), &json!("retiring")),
        "{old}"
    );
    assert!(old["sitekey"]["retires_at"].is_string(), "{old}");
    assert_eq!(old["secret"]["state"], "revoked", "{old}");
    let new = ask(&machine, &site.sitekey, &second).await;
    assert_eq!(new["secret"]["state"], "active", "{new}");
}

#[tokio::test]
async fn typos_and_strangers_are_told_apart() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let elsewhere = Server::start().await.create_site("Shop", "shop.example");
    let machine = server.machine("check");
    let typo = format!(
        "{}{}",
        &site.sitekey[..site.sitekey.len() - 1],
        if site.sitekey.ends_with('0') { '1' } else { '0' }
    );
    let answer = ask(&machine, &typo, &site.secret).await;
    assert_eq!(
        (&answer["match"], &answer["sitekey"]["state"]),
        (&json!(false), &json!("malformed"))
    );
    assert!(answer["sitekey"]["problem"].as_str().unwrap_or_default().contains("typo"), "{answer}");
    let answer = ask(&machine, &elsewhere.sitekey, &elsewhere.secret).await;
    assert_eq!(answer["sitekey"]["state"], "unknown");
    assert_eq!(answer["secret"], json!({ "state": "unknown", "last_four": null }));
    let swapped = ask(&machine, &site.secret, &site.sitekey).await;
    assert_eq!(swapped["secret"]["state"], "malformed");
    let told = swapped.to_string();
    assert!(!told.contains(&site.secret), "a secret is never repeated");
}

#[tokio::test]
async fn a_token_that_asks_too_often_waits() {
    let server = Server::start().await;
    let machine = server.machine("check");
    let keys = json!({ "sitekey": "site_", "secret": "secret_" });
    let mut waits = 0;
    for _ in 0..200 {
        let answer = machine.post("/v1/keypair/check", &keys).await;
        if answer.status == 429 {
            assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
            waits += 1;
        }
    }
    assert!(waits > 0);
    let other = server.machine("check");
    let _ = other.post("/v1/keypair/check", &keys).await.expect(200);
}

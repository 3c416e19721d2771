//! Sites: made, changed, deleted and restored, each with its entry in the trail.

use serde_json::json;
use sitekeeper_tests::{Console, Server};

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split(end).next().unwrap_or_default()
}

#[tokio::test]
async fn a_site_is_made_in_the_console_and_its_secret_shown_once() {
    let server = Server::start().await;
    let (console, machine) = (server.console().await, server.machine("check"));
    let fields = [
        ("name", " My shop "),
        ("domains", "https://shop.example/\n"),
        ("include_subdomains", "true"),
    ];
    let made = console.post("/api/sites/create", &fields).await;
    let path = made.header("location").to_owned();
    assert!(path.contains("/sites/"), "{}: {path}", made.status);
    let page = console.get(&path).await.expect(200).body;
    let secret = between(&page, "<code>secret_", "</code>");
    assert!(secret.len() >= 40, "{secret}");
    assert!(!console.get(&path).await.expect(200).body.contains(secret), "it is shown once");
    assert!(!console.get(&format!("{path}/keys")).await.expect(200).body.contains(secret));
    assert!(!console.get("/audit").await.expect(200).body.contains(secret));
    assert!(!server.log().contains(secret), "it is not logged");

    let snippets = console.get(&format!("{path}/integration")).await.expect(200).body;
    let sitekey = format!("site_{:.26}", between(&snippets, "site_", "<"));
    assert_eq!(machine.check(&sitekey, "https://www.shop.example/").await["decision"], "allow");
}

#[tokio::test]
async fn a_refused_site_keeps_what_was_typed() {
    let server = Server::start().await;
    let console = server.console().await;
    for (name, domains) in [("", "shop.example"), ("My shop", "co.uk"), ("My <b>shop", "*.com")] {
        let page = console
            .submit("/api/sites/create", &[("name", name), ("domains", domains)])
            .await
            .expect(200)
            .body;
        assert!(page.contains("Not done."), "{name:?} {domains:?}");
        assert!(page.contains(domains) && !page.contains("<b>shop"), "{name:?} {domains:?}");
    }
    let list = console.get("/sites").await.expect(200).body;
    assert!(!list.contains("My shop"), "nothing was made");
}

#[tokio::test]
async fn names_are_escaped_wherever_they_stand() {
    let server = Server::start().await;
    let name = "</title><script>alert(1)</script>\"'&";
    let site = server.create_site(name, "shop.example");
    let console = server.console().await;
    let tabs =
        ["", "/domains", "/keys", "/integration", "/activity", "/settings", "/state?to=pause"];
    let of_site = tabs.map(|tab| format!("/sites/{}{tab}", site.id));
    for path in of_site.iter().map(String::as_str).chain([
        "/",
        "/sites",
        "/sites?q=%3Cscript%3Ealert",
        "/audit",
    ]) {
        let page = console.get(path).await.expect(200).body;
        assert!(!page.contains("<script>alert(1)"), "{path}");
    }
}

#[tokio::test]
async fn a_stale_change_is_refused() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let id = site.id.to_string();
    let back = format!("/sites/{id}/settings");
    let rename = async |version: &str, name: &str| {
        let fields =
            [("site", id.as_str()), ("version", version), ("name", name), ("back", back.as_str())];
        console.submit("/api/sites/rename", &fields).await.expect(200).body
    };
    assert!(rename("1", "Store").await.contains("Renamed to Store."));
    assert!(rename("1", "Market").await.contains("Not done."));
    let page = console.get(&format!("/sites/{id}")).await.expect(200).body;
    assert!(page.contains("Store") && !page.contains("Market"), "the first change stays");
}

#[tokio::test]
async fn every_change_is_in_the_trail_and_can_be_taken_back() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (console, machine) = (server.console().await, server.machine("check"));
    let state = async || {
        let answer = machine.check(&site.sitekey, "https://shop.example/").await;
        answer["code"].as_str().unwrap_or("allow").to_owned()
    };
    for (change, version, action, then) in [
        ("pause", "1", "site.paused", "site_paused"),
        ("delete", "3", "site.deleted", "site_deleted"),
    ] {
        change_state(&console, site.id, version, change).await;
        assert_eq!(state().await, then);
        let trail = console.get("/audit").await.expect(200).body;
        let row = trail.split("<tr").find(|row| row.contains(action)).unwrap_or_default();
        assert!(row.contains("ada@example.com") && row.contains("Shop"), "{action}: {row}");
        let entry = between(row, "name=\"entry\" value=\"", "\"");
        let _ = console
            .submit("/api/audit/undo", &[("entry", entry), ("back", "/audit")])
            .await
            .expect(200);
        assert_eq!(state().await, "allow", "{change} was taken back");
    }
    let again = console.get("/audit").await.expect(200).body;
    assert!(again.contains("Undone by") && again.contains("Undid"), "the trail keeps both");
}

async fn change_state(console: &Console, site: i64, version: &str, change: &str) {
    let site = site.to_string();
    let fields =
        [("site", site.as_str()), ("version", version), ("change", change), ("back", "/sites")];
    let page = console.submit("/api/sites/change_state", &fields).await.expect(200).body;
    assert!(page.contains("flash ok"), "{change} was refused: {page}");
}

#[tokio::test]
async fn a_deleted_site_cannot_be_changed_but_restored() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (console, writer) = (server.console().await, server.machine("sites:read,sites:write"));
    change_state(&console, site.id, "1", "delete").await;
    let path = |rest: &str| format!("/v1/sites/{}{rest}", site.id);
    for rest in ["/pause", "/start"] {
        writer.post(&path(rest), &json!({})).await.expect(422).json();
    }
    writer.post(&path("/domains"), &json!({ "pattern": "two.example" })).await.expect(422).json();
    let read = writer.get(&path(""), &[]).await.expect(200);
    assert_eq!(read.json()["state"], "deleted");
    assert!(read.json()["restorable_until"].is_string());
    let list = writer.get("/v1/sites", &[]).await.expect(200).json();
    assert_eq!(list["sites"], json!([]), "deleted sites are listed only when asked for");
    writer.post(&path("/restore"), &json!({})).await.expect(200).json();
    assert_eq!(writer.get(&path(""), &[]).await.json()["state"], "active");
}

#[tokio::test]
async fn the_demo_leaves_everything_else_as_it_was() {
    let server = Server::start().await;
    let console = server.console().await;
    let (machine, stats) =
        (server.machine("check,events:write"), server.machine("stats:read,sites:read"));
    let _ = console.submit("/api/demo/load", &[("back", "/")]).await.expect(200);
    let sites = async || {
        stats.get("/v1/sites", &[]).await.expect(200).json()["sites"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let samples = sites().await;
    assert!(samples.len() >= 3 && samples.iter().all(|site| site["sample"] == true), "{samples:?}");
    let overview = console.get("/?range=30d").await.expect(200).body;
    assert!(overview.contains("Sample data is loaded"));

    let real = server.create_site("Real", "real.example");
    let events = json!([{ "id": "a", "code": "ok", "sitekey": real.sitekey, "referer": "https://real.example/", "source": "edge-1" }]);
    machine.report(&events).await;
    let counted = async || stats.stats(&[("site", &real.id.to_string())]).await;
    let before = counted().await;
    assert_eq!(before[0]["count"], 1);

    let _ = console.submit("/api/demo/remove", &[("back", "/")]).await.expect(200);
    let left = sites().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["name"], "Real");
    assert_eq!(counted().await, before);
    let total = stats.stats(&[("from", "2020-01-01T00:00:00Z")]).await;
    assert_eq!(total[0]["count"], 1, "no event of the samples is left");
    assert_eq!(machine.check(&real.sitekey, "https://real.example/").await["decision"], "allow");
    assert_eq!(machine.report(&events).await["duplicate"], 1);
}

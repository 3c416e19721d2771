//! Incidents, from the events that a verifier reports to the closing of what was found.

use serde_json::{Value, json};
use sitekeeper_tests::{Console, CreatedSite, Database, Machine, Server};
use std::time::{Duration, Instant};

/// How long finding something may take: a closed minute, and a look at it.
const FOUND: Duration = Duration::from_secs(90);
/// Everything is looked at every second.
const WATCHING: (&str, &str) = ("SITEKEEPER_WATCH_EVERY_SECONDS", "1");

fn now() -> i64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_secs();
    i64::try_from(now).expect("it is not that late")
}

/// Events of one kind, `ago` seconds before now.
fn events(site: &CreatedSite, ago: i64, code: &str, host: &str, count: u32) -> Value {
    json!({
        "time": (now() - ago) * 1_000, "sitekey": site.sitekey, "code": code,
        "referer": format!("https://{host}/checkout"), "source": "edge-1", "count": count,
    })
}

/// Three days as they usually are: hours of outcomes from two hosts, and now and then a stranger, but for the hour that an
/// onset soon after it would share.
async fn usual(machine: &Machine, site: &CreatedSite) {
    let mut batch = Vec::new();
    for hour in 1..=72 {
        for host in ["shop.example", "www.shop.example"] {
            batch.push(events(site, hour * 3_600, "ok", host, 300));
        }
        if hour > 1 {
            batch.push(events(site, hour * 3_600, "referer_denied", "stranger.example", 2));
        }
    }
    batch.extend((1..=60).map(|minute| events(site, minute * 60, "ok", "shop.example", 10)));
    machine.report(&json!(batch)).await;
}

/// A burst over the last closed minutes, each event by itself so that samples are kept.
async fn burst(machine: &Machine, site: &CreatedSite, code: &str, host: &str) {
    let mut batch = Vec::new();
    for minute in 1..=2 {
        for _ in 0..80 {
            batch.push(events(site, minute * 60, code, host, 1));
        }
    }
    machine.report(&json!(batch)).await;
}

async fn page(console: &Console, path: &str) -> String {
    let body = console.get(path).await.expect(200).body;
    body.replace("<!>", "").replace('\u{a0}', " ")
}

/// The page of the only incident, once there is one.
async fn found(console: &Console) -> (String, String) {
    let asked = Instant::now();
    loop {
        let list = page(console, "/incidents").await;
        let (open, _) = list.split_once("id=\"over\"").expect("both lists are there");
        if let Some((_, rest)) = open.split_once("href=\"/incidents/") {
            let path = format!("/incidents/{}", rest.split_once('"').expect("it ends").0);
            return (page(console, &path).await, path);
        }
        assert!(asked.elapsed() < FOUND, "nothing was found:\n{open}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn until(console: &Console, path: &str, text: &str) -> String {
    let asked = Instant::now();
    loop {
        let page = page(console, path).await;
        if page.contains(text) {
            return page;
        }
        assert!(asked.elapsed() < FOUND, "no {text:?} in\n{page}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Removes a domain as its page does.
async fn remove_domain(server: &Server, console: &Console, site: &CreatedSite, host: &str) {
    let machine = server.machine("sites:read");
    let path = format!("/v1/sites/{}", site.id);
    let version = machine.get(&path, &[]).await.expect(200).json()["version"].to_string();
    let listed = machine.get(&format!("{path}/domains"), &[]).await.expect(200).json();
    let domains = listed["domains"].as_array().expect("domains");
    let of = |domain: &&Value| domain["pattern"] == host;
    let domain = domains.iter().find(of).unwrap_or_else(|| panic!("{host} in {listed}"));
    let (id, domain) = (site.id.to_string(), domain["id"].to_string());
    let fields =
        [("site", id.as_str()), ("version", &version), ("domain", &domain), ("back", "/sites")];
    let _ = console.submit("/api/domains/remove", &fields).await.expect(200);
}

#[tokio::test]
async fn a_removed_domain_is_found_explained_put_back_and_closed() {
    let database = Database::create().await;
    let mut server = Server::on_with(&database, &[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let writer = server.machine("sites:write");
    let domains = format!("/v1/sites/{}/domains", site.id);
    let www = json!({ "pattern": "www.shop.example" });
    writer.post(&domains, &www).await.expect(201).json();
    let (machine, console) = (server.machine("events:write"), server.console().await);
    usual(&machine, &site).await;
    assert!(page(&console, "/incidents").await.contains("Nothing unusual"));

    remove_domain(&server, &console, &site, "www.shop.example").await;
    burst(&machine, &site, "referer_denied", "www.shop.example").await;
    let (card, path) = found(&console).await;
    assert!(card.contains("referer_denied") && card.contains(" on Shop"), "{card}");
    assert!(card.contains("of the excess is host www.shop.example"), "{card}");
    assert!(card.contains("Removed domain www.shop.example"), "{card}");
    assert!(card.contains("Put www.shop.example back"), "{card}");
    assert!(
        card.contains("would have let 100 % of the last 160 denied requests through"),
        "{card}"
    );
    let waiting = page(&console, "/").await;
    assert!(waiting.contains("1 incident waits"), "the bell");

    // The prepared fix, as the button sends it.
    let entry = card.split_once("name=\"entry\" value=\"").expect("a button").1;
    let entry = entry.split_once('"').expect("it ends").0;
    let _ =
        console.submit("/api/audit/undo", &[("entry", entry), ("back", &path)]).await.expect(200);
    let listed = page(&console, &format!("/sites/{}/domains", site.id)).await;
    assert!(listed.contains("www.shop.example"), "it is back");
    let fixed = until(&console, &path, "A fix was made").await;
    assert!(fixed.contains("Fixed"), "{fixed}");

    // Twenty minutes later all is as usual.
    server.terminate();
    let later = ("SITEKEEPER_CLOCK_AHEAD_SECONDS", "1200");
    let server = Server::on_with(&database, &[WATCHING, later]).await;
    let (console, machine) = (server.console().await, server.machine("events:write"));
    let since = (0..20).map(|minute| events(&site, -1_200 + minute * 60, "ok", "shop.example", 10));
    machine.report(&json!(since.collect::<Vec<_>>())).await;
    let over = until(&console, &path, "As usual again").await;
    assert!(over.contains("Over") && over.contains("it helped"), "{over}");
    let file = console.get(&format!("{path}/timeline.json")).await.expect(200).json();
    assert_eq!(file["steps"].as_array().map(Vec::len), Some(3), "{file}");
    assert_eq!(file["remedy"]["remedy"], "undo");
}

#[tokio::test]
async fn a_foreign_host_with_the_sitekey_is_never_offered() {
    let server = Server::with(&[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let (machine, console) = (server.machine("events:write"), server.console().await);
    usual(&machine, &site).await;
    burst(&machine, &site, "referer_denied", "casino-777.example").await;
    let (card, _) = found(&console).await;
    assert!(card.contains("Looks like key theft: do not allow."), "{card}");
    assert!(!card.contains("/domains/allow"), "{card}");
    assert!(card.contains("No preceding change found"), "{card}");
}

#[tokio::test]
async fn a_pause_is_explained_and_started_from_the_incident() {
    let server = Server::with(&[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let (machine, console) = (server.machine("events:write"), server.console().await);
    usual(&machine, &site).await;
    let writer = server.machine("sites:write");
    writer.post(&format!("/v1/sites/{}/pause", site.id), &json!({})).await.expect(200).json();
    burst(&machine, &site, "site_paused", "shop.example").await;
    let (card, path) = found(&console).await;
    assert!(card.contains("Paused site") && card.contains("Start the site…"), "{card}");
    let said = card.split_once("class=\"cause\"").expect("a first sentence").1;
    assert!(said.starts_with(">Paused site Shop at "), "the change itself: {said:.200}");
    assert!(card.contains("site_paused: 160 on Shop"), "no multiple of nothing: {card}");
    assert!(card.contains("160 events, where none is usual"), "{card}");
    assert!(card.contains("would have let 100 % of the last 160"), "{card}");
    writer.post(&format!("/v1/sites/{}/start", site.id), &json!({})).await.expect(200).json();
    until(&console, &path, "A fix was made").await;
}

#[tokio::test]
async fn operators_say_what_they_make_of_it() {
    let server = Server::with(&[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let (machine, console) = (server.machine("events:write"), server.console().await);
    usual(&machine, &site).await;
    burst(&machine, &site, "payload_used", "shop.example").await;
    let (_, path) = found(&console).await;
    let id = path.trim_start_matches("/incidents/").to_owned();
    let say = async |form: &str, field: (&str, &str)| {
        let fields = [("incident", id.as_str()), field];
        let answer = console.submit(&format!("/api/incidents/{form}"), &fields).await.expect(200);
        answer.body.replace("<!>", "").replace('\u{a0}', " ")
    };
    assert!(say("acknowledge", ("", "")).await.contains("Acknowledged by"));
    assert!(!page(&console, "/").await.contains("1 incident waits"), "somebody has it");
    assert!(say("acknowledge", ("", "")).await.contains("Somebody has acknowledged it already"));
    assert!(say("assign", ("to", "nobody@nowhere.example")).await.contains("no administrator"));
    assert!(say("snooze", ("hours", "4")).await.contains("Quiet until"));
    assert!(say("snooze", ("hours", "5")).await.contains("Choose 1, 4, 24 or 72 hours"));
    assert!(say("note", ("text", "<b>Ours</b>")).await.contains("&lt;b&gt;Ours"));
    assert!(say("note", ("text", " ")).await.contains("Write what others should know"));
    assert!(say("plan", ("", "")).await.contains("Marked as expected"));
    // Each can be taken back, once.
    let back = say("unacknowledge", ("", "")).await;
    assert!(back.contains("Took back the acknowledgement.") && !back.contains("Acknowledged by"));
    assert!(say("unacknowledge", ("", "")).await.contains("Nobody has acknowledged it"));
    let back = say("end-snooze", ("", "")).await;
    assert!(back.contains("Snooze ended") && !back.contains("Quiet until"), "{back}");
    assert!(say("end-snooze", ("", "")).await.contains("It is not snoozed"));
    let back = say("unplan", ("", "")).await;
    assert!(back.contains("Not expected after all") && !back.contains("nobody is told"), "{back}");
    assert!(back.contains("Mark as expected"), "and can be called so again");
    assert!(say("unplan", ("", "")).await.contains("It is not marked as expected"));
    assert!(page(&console, "/").await.contains("1 incident waits"), "it waits for somebody again");
    let sensitivity = [("site", site.id.to_string()), ("incident", id.clone())];
    let mut fields: Vec<(&str, &str)> =
        sensitivity.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("sensitivity", "low"));
    let _ = console.submit("/api/incidents/sensitivity", &fields).await.expect(200);
    assert!(page(&console, "/audit").await.contains("site.sensitivity_changed"));
    assert!(say("close", ("", "")).await.contains("If it goes on, it opens anew"));
    // It does not: what was seen when it was closed is no reason to open it again.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(page(&console, "/incidents").await.contains("Nothing unusual"));
    assert!(say("assign", ("to", "")).await.contains("This incident is over"));
    let _ = console.get("/incidents/999999").await.expect(404);
    let _ = console.get("/incidents/one").await.expect(404);
}

#[tokio::test]
async fn a_site_that_fell_silent_is_an_incident_until_something_comes() {
    let database = Database::create().await;
    let mut server = Server::on_with(&database, &[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("events:write");
    usual(&machine, &site).await;
    server.terminate();
    let later = ("SITEKEEPER_CLOCK_AHEAD_SECONDS", "14400");
    let server = Server::on_with(&database, &[WATCHING, later]).await;
    let console = server.console().await;
    let (card, path) = found(&console).await;
    assert!(card.contains("Silence on Shop"), "{card}");
    let machine = server.machine("events:write");
    machine.report(&json!(events(&site, -14_400 + 60, "ok", "shop.example", 5))).await;
    until(&console, &path, "Events again").await;
}

#[tokio::test]
async fn an_onset_late_in_an_hour_is_told_from_what_came_before_it_in_that_hour() {
    let server = Server::with(&[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("events:write");
    usual(&machine, &site).await;
    // Told in sums, so that there are hardly any samples; the strangers may share the hour of the onset.
    let batch = json!([
        events(&site, 20 * 60, "referer_denied", "stranger.example", 40),
        events(&site, 120, "referer_denied", "new.shop-cdn.example", 300),
        events(&site, 60, "referer_denied", "new.shop-cdn.example", 300),
        events(&site, 60, "referer_denied", "stranger.example", 3),
    ]);
    machine.report(&batch).await;
    let console = server.console().await;
    let (card, _) = found(&console).await;
    assert!(
        card.contains("100 % of the excess is host new.shop-cdn.example (0 % before)"),
        "{card}"
    );
}

#[tokio::test]
async fn the_samples_have_an_incident_and_obey_its_fix() {
    let server = Server::with(&[WATCHING]).await;
    let console = server.console().await;
    let _ = console.submit("/api/demo/load", &[("back", "/")]).await.expect(200);
    let (card, path) = found(&console).await;
    assert!(card.contains("referer_denied") && card.contains("shop.example"), "{card}");
    assert!(card.contains("of the excess is host shop-uk.example"), "{card}");
    assert!(card.contains("Removed domain shop-uk.example"), "{card}");
    let entry = card.split_once("name=\"entry\" value=\"").expect("a button").1;
    let entry = entry.split_once('"').expect("it ends").0;
    let back = [("entry", entry), ("back", &*path)];
    let _ = console.submit("/api/audit/undo", &back).await.expect(200);
    let _ = until(&console, &path, "A fix was made").await;
    // From then on its visitors are let through.
    let stats = server.machine("stats:read");
    let since = now() * 1_000;
    let counted = async |code: &str| {
        let (from, to) = (since.to_string(), (now() * 1_000 + 1_000).to_string());
        let rows = stats
            .stats(&[("code", code), ("host", "shop-uk.example"), ("from", &from), ("to", &to)])
            .await;
        rows.first().map_or(0, |row| row["count"].as_i64().unwrap_or_default())
    };
    let denied = counted("referer_denied").await;
    let let_through = counted("ok").await;
    let asked = Instant::now();
    while counted("ok").await <= let_through {
        assert!(asked.elapsed() < FOUND, "nothing is let through");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(counted("referer_denied").await, denied, "and none is denied");
}

#[tokio::test]
async fn a_replayed_log_opens_no_incident() {
    let server = Server::with(&[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("events:write");
    usual(&machine, &site).await;
    let line = |second: usize| {
        let at = format!("{:02}:{:02}", second / 60, second % 60);
        format!(
            "192.0.2.7 - - [17/May/2015:10:{at} +0000] \"GET / HTTP/1.1\" 200 17 \"https://a.stranger.example/\" \"-\"\n"
        )
    };
    let log = server.data_dir().join("access.log");
    std::fs::write(&log, (0..240).map(line).collect::<String>()).expect("the log can be written");
    let log = log.to_str().expect("a plain path");
    let replay = ["replay", log, "--sitekey", &site.sitekey, "--ending", "now"];
    let _ = server.run(&replay).succeeded();
    // What comes from a verifier does: by then, the minutes of the log were looked at as well.
    burst(&machine, &site, "payload_used", "shop.example").await;
    let console = server.console().await;
    let (card, _) = found(&console).await;
    assert!(card.contains("payload_used") && card.contains(" on Shop"), "{card}");
    assert!(!page(&console, "/incidents").await.contains("referer_denied"), "the log is over");
}

#[tokio::test]
async fn a_mistyped_sitekey_is_found_among_those_that_are_unknown_on_any_day() {
    let server = Server::with(&[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("events:write");
    usual(&machine, &site).await;
    let typed = |key: &str, of: Value| {
        let mut event = of;
        event["sitekey"] = json!(key);
        event
    };
    // Nothing but failures names no site: among themselves, no rise of them would be one.
    let stray = |ago| events(&site, ago, "sitekey_invalid", "elsewhere.example", 3);
    let any_day = (1..=72).map(|hour| typed("YOUR_SITEKEY", stray(hour * 3_600)));
    machine.report(&json!(any_day.collect::<Vec<_>>())).await;
    let wrong = format!("{}x", &site.sitekey[..site.sitekey.len() - 1]);
    let batch: Vec<Value> = (0..160)
        .map(|at| events(&site, 60 + 60 * (at % 2), "sitekey_invalid", "shop.example", 1))
        .map(|event| typed(&wrong, event))
        .collect();
    machine.report(&json!(batch)).await;
    let console = server.console().await;
    let (card, _) = found(&console).await;
    assert!(card.contains("sitekey_invalid") && card.contains(" without a site"), "{card}");
    assert!(card.contains("Copy a sitekey of Shop"), "{card}");
    assert!(card.contains("No preceding change found"), "{card}");
}

#[tokio::test]
async fn a_replaced_sitekey_that_is_still_sent_is_an_incident_of_its_site_beside_those_of_unknown_ones()
 {
    let server = Server::with(&[WATCHING]).await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("events:write,sites:write");
    usual(&machine, &site).await;
    let path = format!("/v1/sites/{}/sitekeys/rotate", site.id);
    let _ = machine.post(&path, &json!({ "grace_days": 0 })).await.expect(201);
    burst(&machine, &site, "sitekey_invalid", "shop.example").await;
    let console = server.console().await;
    let (card, first) = found(&console).await;
    assert!(card.contains("sitekey_invalid") && card.contains(" on Shop"), "{card}");
    assert!(card.contains("Rotated sitekey"), "{card}");
    assert!(
        card.contains("excess is host shop.example") || card.contains("excess is sitekey"),
        "{card}"
    );
    // While it goes on, what nobody knows is another incident.
    let wrong = format!("{}x", &site.sitekey[..site.sitekey.len() - 1]);
    let unknown = (0..160).map(|at| {
        let mut event =
            events(&site, 60 + 60 * (at % 2), "sitekey_invalid", "elsewhere.example", 1);
        event["sitekey"] = json!(wrong);
        event
    });
    machine.report(&json!(unknown.collect::<Vec<_>>())).await;
    let list = until(&console, "/incidents", " without a site").await;
    assert!(list.contains(&first), "{list}");
}

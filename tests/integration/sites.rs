//! Sites: made, changed, deleted and restored, each with its entry in the trail.

use serde_json::json;
use sitekeeper_tests::{Console, Database, Server};

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
    let stale = rename("1", "Market").await;
    assert!(stale.contains("Not done."));
    assert!(stale.contains("Renamed site Store (ada@example.com"), "who did what: {stale}");
    let both = between(&stale, "aria-label=\"Both versions\"", "Keep theirs");
    assert!(both.contains("Market") && both.contains("Store"), "{both}");
    assert!(both.contains("name=\"version\" value=\"2\""), "mine can be saved over it: {both}");
    let page = console.get(&format!("/sites/{id}")).await.expect(200).body;
    assert!(page.contains("Store") && !page.contains("Market"), "the first change stays");
    assert!(rename("2", "Market").await.contains("Renamed to Market."));
}

#[tokio::test]
async fn an_addition_that_comes_late_is_told_what_changed_and_can_go_on() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let id = site.id.to_string();
    let add = async |version: &str, domain: &str| {
        let fields = [
            ("site", id.as_str()),
            ("version", version),
            ("domains", domain),
            ("back", &format!("/sites/{id}/domains")),
        ];
        console.submit("/api/domains/add", &fields).await.expect(200).body
    };
    assert!(add("1", "one.example").await.contains("flash ok"));
    let stale = add("1", "two.example").await;
    assert!(stale.contains("Added domain one.example (ada@example.com"), "{stale}");
    assert!(stale.contains("two.example") && stale.contains("name=\"version\" value=\"2\""));
    assert!(add("2", "two.example").await.contains("flash ok"), "it goes on with the new version");
}

#[tokio::test]
async fn a_pause_says_why_and_ends_by_itself() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (console, machine) = (server.console().await, server.machine("check,sites:read"));
    let id = site.id.to_string();
    let pause = async |version: &str, reason: &str, until: &str, at: &str| {
        let fields = [
            ("site", id.as_str()),
            ("version", version),
            ("reason", reason),
            ("until", until),
            ("at", at),
            ("back", "/sites"),
        ];
        console.submit("/api/sites/pause", &fields).await.expect(200).body
    };
    let refused = pause("1", "Moving <b>", "at", "2020-01-01T00:00").await;
    assert!(refused.contains("That time has passed") && refused.contains("id=\"at-error\""));
    assert!(refused.contains("Moving &lt;b") && refused.contains("2020-01-01T00:00"), "{refused}");

    let start = in_seconds(3);
    let done = pause("1", "Moving to a new host", "at", &start.to_string()).await;
    assert!(done.contains("flash ok") && done.contains("Moving to a new host"), "{done}");
    let answer = machine.check(&site.sitekey, "https://shop.example/").await;
    assert_eq!(answer["code"], "site_paused");
    let explain = answer["explain"].as_str().unwrap_or_default();
    assert!(explain.contains("Moving to a new host"), "{explain}");
    let page = console.get(&format!("/sites/{id}")).await.expect(200).body;
    assert!(page.contains("Moving to a new host") && page.contains("starts by itself"), "{page}");

    while in_seconds(0) <= start {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let answer = machine.check(&site.sitekey, "https://shop.example/").await;
    assert_eq!(answer["decision"], "allow", "on the second, whether or not it is written");
    for _ in 0..100 {
        let read = machine.get(&format!("/v1/sites/{id}"), &[]).await.expect(200).json();
        if read["state"] == "active" {
            let trail = console.get("/audit").await.expect(200).body;
            let row = trail.split("<tr").skip(1).find(|row| row.contains("site.started"));
            assert!(row.is_some_and(|row| row.contains("schedule")), "{row:?}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the start was not written down within ten seconds");
}

/// So many seconds from now, in whole seconds.
fn in_seconds(seconds: i64) -> jiff::Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the server's clock is this machine's")]
    let now = jiff::Timestamp::now().as_second();
    jiff::Timestamp::from_second(now + seconds).expect("the clock is not far off")
}

#[tokio::test]
async fn a_pause_can_be_changed_while_it_lasts() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let id = site.id.to_string();
    let pause = async |version: &str, again: &str, reason: &str, until: &str| {
        let fields = [
            ("site", id.as_str()),
            ("version", version),
            ("again", again),
            ("reason", reason),
            ("until", until),
            ("back", "/sites"),
        ];
        console.submit("/api/sites/pause", &fields).await.expect(200).body
    };
    assert!(pause("1", "false", "First", "1").await.contains("First"));
    let form = console.get(&format!("/sites/{id}/state?to=pause")).await.expect(200).body;
    assert!(form.contains("Change the pause of Shop") && form.contains("value=\"First\""));
    let done = pause("2", "true", "Second", "").await;
    assert!(done.contains("Second") && !done.contains("starts "), "{done}");
    let refused = pause("3", "false", "Third", "").await;
    assert!(refused.contains("paused already"));
}

#[tokio::test]
async fn a_site_is_deleted_by_its_name_and_tells_who_still_calls() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (console, machine) = (server.console().await, server.machine("events:write"));
    let id = site.id.to_string();
    let delete = async |name: &str| {
        let fields = [
            ("site", id.as_str()),
            ("version", "1"),
            ("change", "delete"),
            ("name", name),
            ("back", "/sites"),
        ];
        console.submit("/api/sites/change_state", &fields).await.expect(200).body
    };
    let asked = console.get(&format!("/sites/{id}/state?to=delete")).await.expect(200).body;
    assert!(asked.contains("to delete it") && asked.contains("name=\"name\""));
    for typed in ["", "shop"] {
        let refused = delete(typed).await;
        assert!(refused.contains("id=\"name-error\""), "{typed:?}: {refused}");
    }
    assert!(delete("Shop").await.contains("flash ok"));
    let page = console.get(&format!("/sites/{id}")).await.expect(200).body;
    assert!(page.contains("Nobody, as far as your verifiers report"), "{page}");
    let event = json!({ "code": "site_deleted", "sitekey": site.sitekey, "referer": "https://old.example/" });
    machine.report(&event).await;
    let other = server.create_site("Successor", "old.example");
    server.knows(&other).await;
    let page = console.get(&format!("/sites/{id}")).await.expect(200).body;
    let after = between(&page, "Hosts still calling", "</main>");
    assert!(after.contains("old.example") && after.contains("Successor"), "{after}");
    assert!(page.contains("can be restored until"), "{page}");
    let list = console.get("/sites?state=deleted").await.expect(200).body;
    assert!(list.contains("left to restore"), "{list}");
}

#[tokio::test]
async fn the_list_is_filtered_ordered_and_paged_both_ways() {
    let server = Server::start().await;
    let (console, machine) = (server.console().await, server.machine("sites:write,events:write"));
    let mut made = Vec::new();
    for number in 1..=60 {
        let body = json!({ "name": format!("Site {number:02}"), "domains": [format!("s{number}.example")] });
        made.push(machine.post("/v1/sites", &body).await.expect(201).json());
    }
    let list = async |query: &str| console.get(&format!("/sites{query}")).await.expect(200).body;
    let names = |page: &str| -> Vec<String> {
        let rows = page.split("<tr class=\"opens\"").skip(1);
        rows.map(|row| format!("Site {}", between(row, "Select Site ", "\""))).collect()
    };
    let href = |page: &str, rel: &str| {
        let link = page.split("<a ").find(|link| link.contains(&format!("rel=\"{rel}\"")));
        link.map(|link| between(link, "href=\"", "\"").replace("&amp;", "&").replace("/sites", ""))
    };
    let first = list("").await;
    assert_eq!(names(&first).len(), 50);
    assert!(first.contains("50 of 60"), "{first}");
    let second = list(&href(&first, "next").unwrap_or_default()).await;
    assert_eq!(names(&second)[0], "Site 51");
    assert!(href(&second, "next").is_none());
    let back = list(&href(&second, "prev").unwrap_or_default()).await;
    assert_eq!(names(&back), names(&first), "the way back leads to the same page");
    assert_eq!(names(&list("?order=newest").await)[0], "Site 60");
    assert_eq!(names(&list("?q=s7.exam").await), ["Site 07"]);
    assert_eq!(names(&list("?only=testing").await), Vec::<String>::new());

    for (at, errors) in [(4, 3), (8, 1)] {
        let event =
            json!({ "code": "referer_denied", "sitekey": made[at]["sitekey"], "count": errors });
        machine.report(&event).await;
    }
    assert_eq!(names(&list("?order=errors").await)[..2], ["Site 05", "Site 09"]);
    assert_eq!(names(&list("?only=errors").await), ["Site 05", "Site 09"]);
    assert!(list("?only=silent").await.contains("50 of 58"));
    assert!(list("?order=errors").await.contains("counts as of"));
}

#[tokio::test]
async fn many_sites_are_changed_at_once_and_taken_back_at_once() {
    let server = Server::start().await;
    let sites: Vec<_> = ["One", "Two", "Three"]
        .map(|name| server.create_site(name, &format!("{name}.example")))
        .into_iter()
        .collect();
    let (console, machine) = (server.console().await, server.machine("check"));
    let code = async |at: usize| {
        let answer = machine.check(&sites[at].sitekey, "https://x.example/").await;
        answer["code"].as_str().unwrap_or("allow").to_owned()
    };
    let [one, two, three] = [0, 1, 2].map(|at| sites[at].id.to_string());
    let fields =
        [("site", three.as_str()), ("version", "1"), ("change", "pause"), ("back", "/sites")];
    let _ = console.submit("/api/sites/change_state", &fields).await.expect(200);

    let selected = format!("/sites/bulk?change=pause&site={one}&site={two}&site={three}");
    let page = console.get(&selected).await.expect(200).body;
    assert!(page.contains("Pause 2\u{a0}sites?"), "{page}");
    assert!(page.contains("Left as they are") && page.contains("paused already"), "{page}");
    let ids = between(&page, "name=\"sites\" value=\"", "\"").to_owned();
    assert_eq!(ids, format!("{one},{two}"));
    let fields = [
        ("sites", ids.as_str()),
        ("kind", "pause"),
        ("page", selected.as_str()),
        ("reason", "Maintenance"),
        ("until", "8"),
    ];
    let done = console.submit("/api/sites/bulk", &fields).await.expect(200).body;
    assert!(done.contains("Paused 2\u{a0}sites."), "{done}");
    assert!(done.contains("Maintenance"));
    assert_eq!((code(0).await, code(1).await), ("site_paused".into(), "site_paused".into()));

    let entry = between(&done, "name=\"entry\" value=\"", "\"");
    let undo = [("entry", entry), ("all", "true"), ("confirmed", "true"), ("back", "/sites")];
    let _ = console.submit("/api/audit/undo", &undo).await.expect(200);
    assert_eq!((code(0).await, code(1).await), ("referer_denied".into(), "referer_denied".into()));
    assert_eq!(code(2).await, "site_paused", "what was paused before stays so");
}

#[tokio::test]
async fn a_time_that_is_filled_in_ends_the_pause_of_many_sites_though_its_choice_is_not_made() {
    let server = Server::start().await;
    let sites = ["One", "Two"].map(|name| server.create_site(name, &format!("{name}.example")));
    let console = server.console().await;
    let ids = sites.each_ref().map(|site| site.id.to_string()).join(",");
    let page = format!("/sites/bulk?change=pause&site={}", ids.replace(',', "&site="));
    let pause = async |at: &str| {
        let fields = [
            ("sites", ids.as_str()),
            ("kind", "pause"),
            ("page", page.as_str()),
            ("reason", ""),
            ("until", ""),
            ("at", at),
        ];
        console.submit("/api/sites/bulk", &fields).await.expect(200).body
    };
    let refused = pause("2020-01-01T10:00").await;
    assert!(refused.contains("That time has passed"), "{refused}");
    assert!(refused.contains("2020-01-01T10:00"), "what was typed is kept: {refused}");
    let choice = refused.split("<input").find(|input| input.contains("value=\"at\""));
    assert!(choice.is_some_and(|input| input.contains("checked")), "its choice is made: {refused}");
    #[expect(clippy::disallowed_methods, reason = "the server's clock is this machine's")]
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(5);
    let done = pause(&soon.strftime("%FT%H:%M").to_string()).await;
    assert!(done.contains("Paused 2\u{a0}sites."), "{done}");
    let machine = server.machine("sites:read");
    let told = soon.strftime("%H:%M\u{a0}UTC").to_string();
    for site in &sites {
        let read = machine.get(&format!("/v1/sites/{}", site.id), &[]).await.expect(200).json();
        assert_eq!(read["state"], "paused");
        let shown = console.get(&format!("/sites/{}", site.id)).await.expect(200).body;
        assert!(shown.contains(&told), "the pause of {} has no end: {shown}", site.id);
    }
}

#[tokio::test]
async fn tags_group_sites_one_by_one_or_many_at_once() {
    let server = Server::start().await;
    let (shop, docs) =
        (server.create_site("Shop", "shop.example"), server.create_site("Docs", "docs.example"));
    let console = server.console().await;
    let id = shop.id.to_string();
    let back = format!("/sites/{id}/settings");
    let tag = async |version: &str, tags: &str| {
        let fields = [("site", &*id), ("version", version), ("tags", tags), ("back", &*back)];
        console.submit("/api/sites/set_tags", &fields).await.expect(200).body
    };
    assert!(tag("1", "high risk!").await.contains("id=\"tags-error\""));
    assert!(tag("1", "Partner, europe").await.contains("value=\"europe, partner\""));
    let list = console.get("/sites?tag=europe").await.expect(200).body;
    assert!(list.contains("Select Shop") && !list.contains("Select Docs"), "{list}");

    let path = "/sites/bulk?change=add_tag&all=1";
    let asked = console.get(path).await.expect(200).body;
    assert!(asked.contains("name=\"value\"") && !asked.contains("id=\"value-error\""), "{asked}");
    let page = console.get(&format!("{path}&value=europe")).await.expect(200).body;
    assert!(page.contains("It has this tag") || page.contains("has the tag"), "{page}");
    let ids = between(&page, "name=\"sites\" value=\"", "\"");
    assert_eq!(ids, docs.id.to_string());
    let fields = [("sites", ids), ("kind", "add_tag"), ("page", path), ("value", "europe")];
    let done = console.submit("/api/sites/bulk", &fields).await.expect(200).body;
    assert!(done.contains("flash ok"), "{done}");
    let list = console.get("/sites?tag=europe").await.expect(200).body;
    assert!(list.contains("Select Shop") && list.contains("Select Docs"), "{list}");
}

#[tokio::test]
async fn many_sites_are_deleted_by_their_number_alone() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let (id, page) = (site.id.to_string(), "/sites/bulk?change=delete&all=1");
    let delete = async |confirm: &str| {
        let fields = [("sites", &*id), ("kind", "delete"), ("page", page), ("confirm", confirm)];
        console.submit("/api/sites/bulk", &fields).await.expect(200).body
    };
    for typed in ["", "2"] {
        assert!(delete(typed).await.contains("id=\"confirm-error\""), "{typed:?}");
    }
    assert!(delete("1").await.contains("Deleted 1\u{a0}site."));
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
        let row = trail.split("<tr").skip(1).find(|row| row.contains(action)).unwrap_or_default();
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
    let fields = [
        ("site", site.as_str()),
        ("version", version),
        ("change", change),
        ("name", "Shop"),
        ("back", "/sites"),
    ];
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
    let database = Database::create().await;
    let (server, pool) = (Server::on(&database).await, database.pool().await);
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
    let counted = async || stats.stats(&[("site", &real.id.to_string())]).await[0]["count"].clone();
    let before = counted().await;
    assert_eq!(before, 1);

    let _ = console.submit("/api/demo/remove", &[("back", "/")]).await.expect(200);
    let left = sites().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["name"], "Real");
    assert_eq!(counted().await, before);
    let total = stats.stats(&[("from", "2020-01-01T00:00:00Z")]).await;
    assert_eq!(total[0]["count"], 1, "no event of the samples is left");
    let hosts: Vec<String> = sqlx::query_scalar(
        "select host from hosts union all select host from host_minute union all select host from code_host_week",
    )
    .fetch_all(&pool)
    .await
    .expect("the hosts can be read");
    assert_eq!(hosts, ["real.example", "real.example"]);
    assert_eq!(machine.check(&real.sitekey, "https://real.example/").await["decision"], "allow");
    assert_eq!(machine.report(&events).await["duplicate"], 1);
}

#[tokio::test]
async fn a_machine_reads_and_sets_tags_and_what_a_pause_says() {
    let server = Server::start().await;
    let machine = server.machine("check,sites:read,sites:write");
    let new = json!({ "name": "Shop", "domains": ["shop.example"], "tags": ["Europe", "shops"] });
    let made = machine.post("/v1/sites", &new).await.expect(201).json();
    assert_eq!((&made["tags"], &made["pause"]), (&json!(["europe", "shops"]), &json!(null)));
    let path = format!("/v1/sites/{}", made["id"]);

    let refused = machine.patch(&path, &json!({ "tags": ["high risk"] })).await.expect(422).json();
    assert_eq!((&refused["field"], &refused["suggestion"]), (&json!("tags"), &json!("high-risk")));
    let changed = machine.patch(&path, &json!({ "tags": ["legacy"] })).await.expect(200).json();
    assert_eq!(changed["tags"], json!(["legacy"]));
    let same = machine.patch(&path, &json!({ "tags": ["Legacy"] })).await.expect(200).json();
    assert_eq!(same["version"], changed["version"], "the present value is no change");
    let names = async |tag: &str| {
        let page = machine.get("/v1/sites", &[("tag", tag)]).await.expect(200).json();
        page["sites"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((names("legacy").await, names("europe").await), (1, 0));
    let _ = machine.get("/v1/sites", &[("tag", "a b")]).await.expect(400);

    let not_paused = json!({ "pause": { "reason": "Moving" } });
    let _ = machine.patch(&path, &not_paused).await.expect(422);
    let pause = format!("{path}/pause");
    for (body, field) in [
        (json!({ "reason": "x".repeat(201) }), "reason"),
        (json!({ "starts_at": "2020-01-01T00:00:00Z" }), "starts_at"),
    ] {
        let refused = machine.post(&pause, &body).await.expect(422).json();
        assert_eq!(refused["field"], field);
    }
    let _ = machine.post(&pause, &json!({ "starts_at": "tomorrow" })).await.expect(400);
    let start = in_seconds(3_600);
    let said = json!({ "reason": "Moving", "starts_at": start });
    let paused = machine.post(&pause, &said).await.expect(200).json();
    assert_eq!((&paused["state"], &paused["pause"]), (&json!("paused"), &said));
    let changed = machine.patch(&path, &json!({ "pause": { "reason": "Moved" } })).await;
    let changed = changed.expect(200).json();
    assert_eq!(changed["pause"], json!({ "reason": "Moved", "starts_at": null }));
    let started = machine.post(&format!("{path}/start"), &json!({})).await.expect(200).json();
    assert_eq!((&started["state"], &started["pause"]), (&json!("active"), &json!(null)));
    let plain = machine.post(&pause, &json!({})).await.expect(200).json();
    assert_eq!(plain["pause"], json!({ "reason": null, "starts_at": null }));
}

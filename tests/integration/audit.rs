//! The trail: what it shows, how it is searched and exported, and what taking back asks first.

use serde_json::json;
use sitekeeper_tests::{Console, Server};

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split(end).next().unwrap_or_default()
}

/// The number of the newest entry with this action.
async fn newest(console: &Console, action: &str) -> String {
    let page = console.get(&format!("/audit?action={action}")).await.expect(200).body;
    between(&page, "<tr id=\"a", "\"").to_owned()
}

async fn undo(console: &Console, entry: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("entry", entry), ("back", "/audit")];
    fields.extend(more);
    let answer = console.post("/api/audit/undo", &fields).await;
    assert!(matches!(answer.status, 302 | 303), "{}: {}", answer.status, answer.body);
    answer.header("location").to_owned()
}

#[tokio::test]
async fn taking_the_only_domain_away_is_asked_about_first() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (console, machine) = (server.console().await, server.machine("check"));
    let decision =
        async || machine.check(&site.sitekey, "https://shop.example/").await["decision"].clone();
    server.knows(&site).await;
    let entry = newest(&console, "domain.added").await;
    let asked = undo(&console, &entry, &[]).await;
    assert!(asked.contains(&format!("/audit/{entry}/undo")), "{asked}");
    assert_eq!(decision().await, "allow", "asking changes nothing");
    let page = console.get(&format!("/audit/{entry}/undo")).await.expect(200).body;
    assert!(page.contains("Nothing will be let through any more on"), "{page}");
    undo(&console, &entry, &[("confirmed", "true")]).await;
    assert_eq!(decision().await, "deny");
    // Bringing it back denies nothing, so it is one click.
    let removed = newest(&console, "domain.removed").await;
    let back = undo(&console, &removed, &[]).await;
    assert!(back.ends_with("/audit"), "{back}");
    assert_eq!(decision().await, "allow");
}

#[tokio::test]
async fn pausing_a_live_site_by_undo_says_what_it_denies() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let machine = server.machine("check,events:write");
    server.knows(&site).await;
    let event = |at: usize| json!({ "id": format!("e{at}"), "code": "ok", "sitekey": site.sitekey, "referer": "https://shop.example/", "source": "edge" });
    machine.report(&json!((0..40).map(event).collect::<Vec<_>>())).await;
    let writer = server.machine("sites:write");
    for change in ["pause", "start"] {
        let path = format!("/v1/sites/{}/{change}", site.id);
        let _ = writer.post(&path, &json!({})).await.expect(200);
    }
    let entry = newest(&console, "site.started").await;
    let asked = undo(&console, &entry, &[]).await;
    assert!(asked.contains("/undo"), "{asked}");
    let page = console.get(&format!("/audit/{entry}/undo")).await.expect(200).body;
    assert!(page.contains("40 requests a day"), "{page}");
    assert!(page.contains(" on <strong>Shop"), "the site is named: {page}");
    assert!(page.contains("shop.example"), "{page}");
}

#[tokio::test]
async fn what_was_changed_again_offers_no_undo() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let (id, back) = (site.id.to_string(), format!("/sites/{}/settings", site.id));
    for (version, name) in [("1", "Store"), ("2", "Market")] {
        let fields =
            [("site", id.as_str()), ("version", version), ("name", name), ("back", back.as_str())];
        let page = console.submit("/api/sites/rename", &fields).await.expect(200).body;
        assert!(page.contains("flash ok"), "{name}: {page}");
    }
    let page = console.get("/audit?action=site.renamed").await.expect(200).body;
    let rows: Vec<&str> = page.split("<tr id=").skip(1).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].contains("Undo") && !rows[0].contains("Changed since"), "{}", rows[0]);
    assert!(
        !rows[1].contains("name=\"entry\"") && rows[1].contains("Changed since by"),
        "{}",
        rows[1]
    );
    let older = between(rows[1], "\"a", "\"");
    let told = console
        .submit("/api/audit/undo", &[("entry", older), ("back", "/audit")])
        .await
        .expect(200)
        .body;
    assert!(told.contains("Not done.") && told.contains("changed again since"), "{told}");
    // Once the later one is taken back, the earlier one fits again.
    let newer = between(rows[0], "\"a", "\"");
    undo(&console, newer, &[]).await;
    undo(&console, older, &[]).await;
    let page = console.get(&format!("/sites/{id}")).await.expect(200).body;
    assert!(page.contains(">Shop<"), "both were taken back");
}

#[tokio::test]
async fn an_entry_has_its_page() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let (id, back) = (site.id.to_string(), "/sites".to_owned());
    let fields =
        [("site", id.as_str()), ("version", "1"), ("name", "<b>Store"), ("back", back.as_str())];
    let _ = console.submit("/api/sites/rename", &fields).await.expect(200);
    let entry = newest(&console, "site.renamed").await;
    let page = console.get(&format!("/audit/{entry}")).await.expect(200).body;
    for part in
        ["ada@example.com", "127.0.0.1", "site.renamed", "Shop", "&lt;b&gt;Store", "Request"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<b>Store"), "names are escaped");
    assert_eq!(console.get("/audit/999999").await.status, 404);
    assert_eq!(server.visitor().get(&format!("/audit/{entry}")).await.status, 303);
}

#[tokio::test]
async fn the_trail_is_searched_and_read_in_pages_both_ways() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let writer = server.machine("sites:write");
    for at in 0..60 {
        let domain = json!({ "pattern": format!("h{at}.example") });
        let _ = writer.post(&format!("/v1/sites/{}/domains", site.id), &domain).await.expect(201);
    }
    let console = server.console().await;
    let rows = |page: &str| page.matches("<tr id=").count();
    let page = |query: &str| format!("/audit?{query}");
    let first = console.get(&page("action=domain&who=token:test")).await.expect(200).body;
    assert_eq!(rows(&first), 50);
    assert!(first.contains("rel=\"next\"") && !first.contains("rel=\"prev\""));
    let next = between(&first, "rel=\"next\" href=\"", "\"").replace("&amp;", "&");
    let second = console.get(&next).await.expect(200).body;
    assert_eq!(rows(&second), 10, "the filter goes with the page");
    let back = between(&second, "rel=\"prev\" href=\"", "\"").replace("&amp;", "&");
    let again = console.get(&back).await.expect(200).body;
    assert_eq!(between(&again, "<tr id=\"", "\""), between(&first, "<tr id=\"", "\""));
    for (query, count) in [
        ("q=H59.EX", 1),
        ("action=site.created", 1),
        ("who=nobody@example.com", 0),
        ("to=2020-01-01", 0),
        ("from=2020-01-01&action=site", 1),
    ] {
        let found = console.get(&page(query)).await.expect(200).body;
        assert_eq!(rows(&found), count, "{query}");
    }
    let activity = format!("/sites/{}/activity?q=h5.example", site.id);
    assert_eq!(rows(&console.get(&activity).await.expect(200).body), 1);
}

#[tokio::test]
async fn the_export_has_what_is_filtered_and_no_formula() {
    let server = Server::start().await;
    server.create_site("=HYPERLINK(\"http://evil.example\",\"x\")", "shop.example");
    server.create_site("Plain", "plain.example");
    let console = server.console().await;
    let answer = console.get("/audit.csv?action=site.created").await.expect(200);
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert!(answer.header("content-disposition").contains("audit.csv"));
    let lines: Vec<&str> = answer.body.lines().collect();
    assert!(lines[0].starts_with("entry,at,actor,action,"));
    assert_eq!(lines.len(), 3, "{}", answer.body);
    assert!(answer.body.contains("\"'=HYPERLINK("), "{}", answer.body);
    assert!(!answer.body.contains(",=") && !answer.body.contains(",\"="), "{}", answer.body);
    let stranger = server.visitor().get("/audit.csv").await;
    assert_ne!(stranger.status, 200);
}

#[tokio::test]
async fn a_batch_is_taken_back_in_one_and_says_what_no_longer_fits() {
    let server = Server::start().await;
    let file = "sites:\n  - name: One\n    domains: [one.example]\n  - name: Two\n    domains: [two.example]\n";
    let made =
        server.run_with_input(&["apply", "-f", "-", "--json"], file.as_bytes()).succeeded().json();
    let ids: Vec<i64> = made["made"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|site| site["id"].as_i64())
        .collect();
    let tagged = file.replace("    domains", "    tags: [eu]\n    domains");
    let done = server
        .run_with_input(&["apply", "-f", "-", "--json"], tagged.as_bytes())
        .succeeded()
        .json();
    let entry = done["entry"].to_string();
    let other = format!("sites:\n  - id: {}\n    tags: [us]\n", ids[0]);
    let _ = server.run_with_input(&["apply", "-f", "-"], other.as_bytes()).succeeded();
    let console = server.console().await;
    let batch = console.get(&format!("/audit?batch={entry}")).await.expect(200).body;
    assert!(batch.contains("2\u{a0}changes of 2\u{a0}sites"), "{batch}");
    let fields = [("entry", entry.as_str()), ("all", "true"), ("back", "/audit")];
    let page = console.submit("/api/audit/undo", &fields).await.expect(200).body;
    assert!(page.contains("Taken back: Changed the tags of Two"), "{page}");
    assert!(page.contains("Left as it is: Changed the tags of One"), "{page}");
    let listed = server.run(&["site", "list", "--json"]).succeeded().json();
    let tags: Vec<_> =
        listed["sites"].as_array().into_iter().flatten().map(|site| site["tags"].clone()).collect();
    assert_eq!(tags, [json!(["us"]), json!([])]);
}

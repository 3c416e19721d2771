//! `sitekeeper domain explain` and the domains of a site: what is taken, in which form, and what is refused and why.

use serde_json::json;
use sitekeeper_tests::{Console, Database, Server};
use std::time::{Duration, Instant};

#[tokio::test]
async fn explain_prints_the_canonical_form() {
    let server = Server::start().await;
    for (typed, canonical) in [
        ("shop.example", "shop.example (exact)"),
        ("  HTTPS://Shop.Example./cart?x=1#top ", "shop.example (exact)"),
        ("shop\u{ff0e}example", "shop.example (exact)"),
        ("shop.example:8443", "shop.example:8443 (exact)"),
        ("bücher.example", "xn--bcher-kva.example (exact)"),
        ("myapp-*-acme.vercel.app", "myapp-*-acme.vercel.app (preview pattern)"),
        ("localhost", "localhost (exact)"),
        ("192.168.0.1", "192.168.0.1 (exact)"),
        ("[::1]:3000", "[::1]:3000 (exact)"),
    ] {
        let said = server.run(&["domain", "explain", typed]).succeeded().stdout;
        assert_eq!(said.lines().next(), Some(canonical), "{typed}");
    }
    let with =
        server.run(&["domain", "explain", "shop.example", "--include-subdomains"]).succeeded();
    assert_eq!(with.stdout.lines().next(), Some("shop.example (including subdomains)"));
    let shown = server.run(&["domain", "explain", "bücher.example"]).succeeded().stdout;
    assert!(shown.contains("shown as bücher.example"), "{shown}");
}

#[tokio::test]
async fn explain_refuses_with_a_reason_and_exit_code_1() {
    let server = Server::start().await;
    let long = format!("{}.example", "a".repeat(64));
    for typed in [
        "co.uk",
        "com",
        "*",
        "*.com",
        "a*.vercel.app",
        "user:pw@shop.example",
        "",
        "shop..example",
        &long,
        "xn--a.example",
        "shop example",
        "http://",
    ] {
        let refused = server.run(&["domain", "explain", typed]);
        assert_eq!(refused.status.code(), Some(1), "{typed:?}: {}", refused.stdout);
        assert_eq!(refused.stdout, "", "{typed:?}");
        assert!(refused.stderr.trim().len() > 20, "{typed:?}: {}", refused.stderr);
        let json = server.run(&["domain", "explain", typed, "--json"]);
        assert_eq!(json.status.code(), Some(1), "{typed:?}");
        assert!(json.json()["refused"]["message"].is_string(), "{typed:?}: {}", json.stdout);
    }
    for (typed, include) in [("github.io", true), ("co.uk", true)] {
        let arguments = ["domain", "explain", typed, "--include-subdomains"];
        let refused = server.run(if include { &arguments } else { &arguments[..3] });
        assert_eq!(refused.status.code(), Some(1), "{typed}");
    }
    let _ = server.run(&["domain", "explain", "me.github.io", "--include-subdomains"]).succeeded();
}

#[tokio::test]
async fn explain_works_without_any_database() {
    let server = Server::start().await;
    let json = server.run(&["domain", "explain", "Shop.Example", "--json"]).succeeded().json();
    assert_eq!(json["pattern"]["host"], "shop.example");
    assert_eq!(json["pattern"]["scope"], "exact");
    let elsewhere =
        ["--database-url", "postgres://127.0.0.1:1/none", "domain", "explain", "shop.example"];
    let _ = server.run(&elsewhere).succeeded();
}

#[tokio::test]
async fn domains_are_added_and_removed_in_the_console() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (console, machine) = (server.console().await, server.machine("check"));
    let (id, back) = (site.id.to_string(), format!("/sites/{}/domains", site.id));
    let add = async |version: &str, domains: &str, with: &[(&str, &str)]| {
        let mut fields = vec![
            ("site", id.as_str()),
            ("version", version),
            ("domains", domains),
            ("back", back.as_str()),
        ];
        fields.extend_from_slice(with);
        console.submit("/api/domains/add", &fields).await.expect(200).body
    };
    let allowed =
        async |host: &str| machine.check(&site.sitekey, host).await["decision"] == "allow";

    add("1", "https://One.Example/x\r\n two.example \r\n", &[]).await;
    assert!(
        allowed("one.example").await
            && allowed("two.example").await
            && !allowed("a.one.example").await
    );
    add("2", "three.example", &[("include_subdomains", "true")]).await;
    assert!(
        allowed("three.example").await
            && allowed("a.b.three.example").await
            && !allowed("xthree.example").await
    );

    let page = add("3", "four.example\nco.uk", &[]).await;
    assert!(!allowed("four.example").await, "all of a list or nothing");
    assert!(page.contains("four.example"), "what was typed is kept");
    let page = add("1", "five.example", &[]).await;
    assert!(
        page.contains("Not done.") && !allowed("five.example").await,
        "a stale version is refused"
    );
    let page = add("3", "ONE.example", &[]).await;
    assert!(page.contains("Not done."), "a domain is there once");

    let remove = page_link(
        &console.get(&back).await.expect(200).body,
        "/domains/remove?domain=",
        "one.example",
    );
    let confirm = console.get(&remove).await.expect(200).body;
    assert!(
        confirm.contains("one.example") && allowed("one.example").await,
        "asking changes nothing"
    );
    let domain = remove.rsplit('=').next().unwrap_or_default();
    let fields =
        [("site", id.as_str()), ("version", "3"), ("domain", domain), ("back", back.as_str())];
    let _ = console.submit("/api/domains/remove", &fields).await.expect(200);
    assert!(!allowed("one.example").await && allowed("two.example").await);
}

/// The address with `part` in it that stands in the row of `name`.
fn page_link(page: &str, part: &str, name: &str) -> String {
    let row = page.split("<tr").find(|row| row.contains(name) && row.contains(part));
    let row = row.unwrap_or_else(|| panic!("no row of {name} links to {part}"));
    let link = row
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .find(|link| link.contains(part));
    link.expect("the row has the link").to_owned()
}

#[tokio::test]
async fn the_machine_api_says_what_is_wrong_with_a_domain() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let writer = server.machine("sites:read,sites:write");
    let path = format!("/v1/sites/{}/domains", site.id);
    let refused = writer.post(&path, &json!({ "pattern": "co.uk" })).await.expect(422);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.json()["field"], "pattern");
    assert!(
        refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("public suffix")),
        "{}",
        refused.body
    );
    writer.post(&path, &json!({ "pattern": "Blog.Example" })).await.expect(201).json();
    let listed = writer.get(&path, &[]).await.expect(200).json();
    assert!(listed.to_string().contains("blog.example"), "{listed}");
}

/// What a page says, without its tags.
fn text(page: &str) -> String {
    let pieces = page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let text = pieces.collect::<Vec<_>>().join("");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A site's domains tab with forms to send.
struct Domains {
    console: Console,
    site: i64,
}

impl Domains {
    fn path(&self, rest: &str) -> String {
        format!("/sites/{}/domains{rest}", self.site)
    }

    async fn page(&self, rest: &str) -> String {
        self.console.get(&self.path(rest)).await.expect(200).body
    }

    async fn post(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let (site, back) = (self.site.to_string(), self.path(""));
        let mut all = vec![("site", site.as_str()), ("back", back.as_str())];
        all.extend_from_slice(fields);
        self.console.submit(&format!("/api/domains/{action}"), &all).await.expect(200).body
    }

    /// Presses *Undo* in a page's message.
    async fn undo(&self, page: &str) -> String {
        let form = page.split("class=\"flash").nth(1).expect("the page has a message");
        let entry = form.split("name=\"entry\" value=\"").nth(1).expect("it can be undone");
        let entry = entry.split('"').next().unwrap_or_default();
        let back = self.path("");
        let fields = [("entry", entry), ("all", "true"), ("confirmed", "true"), ("back", &back)];
        self.console.submit("/api/audit/undo", &fields).await.expect(200).body
    }
}

#[tokio::test]
async fn the_valid_domains_of_a_list_are_added_alone_and_the_others_kept() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let (machine, domains) =
        (server.machine("check"), Domains { console: server.console().await, site: site.id });
    let allowed =
        async |host: &str| machine.check(&site.sitekey, host).await["decision"] == "allow";
    let list = "Name,Domain\nShop,https://SHOP.example/\nBlog,blog.example\nAll,co.uk\n\
                None,\nNews,\"news.example\"\nBlog again,blog.example";

    let page = domains.post("add", &[("version", "1"), ("domains", list)]).await;
    let said = text(&page);
    assert!(page.contains("Not done.") && !allowed("blog.example").await, "all or nothing");
    assert!(said.contains("2 of 6 can be added"), "{said}");
    for (line, what) in [
        ("2", "On the list already, exact."),
        ("4", "co.uk is a public suffix"),
        ("5", "The domain is empty."),
        ("7", "The same as on line 3."),
    ] {
        assert!(said.contains(what), "line {line}: {what} in {said}");
    }
    assert!(said.contains("Add the 2 valid ones"), "{said}");

    let fields = [("version", "1"), ("domains", list), ("valid_only", "true")];
    let page = domains.post("add", &fields).await;
    let said = text(&page);
    assert!(said.contains("Added 2 domains."), "{said}");
    assert!(said.contains("2 were refused and can be corrected below."), "{said}");
    assert!(allowed("blog.example").await && allowed("news.example").await);
    assert!(page.contains(">co.uk</textarea>"), "what was refused stays in the field: {page}");
    let page = domains.undo(&page).await;
    assert!(text(&page).contains("Taken back"), "{page}");
    assert!(!allowed("blog.example").await && !allowed("news.example").await, "both at once");
    assert!(allowed("shop.example").await);
}

#[tokio::test]
async fn an_entry_comes_to_include_its_subdomains_and_to_leave_them_out() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    server.knows(&site).await;
    let machine = server.machine("check,events:write");
    let domains = Domains { console: server.console().await, site: site.id };
    let event = |code: &str, host: &str, count: u32| json!({ "sitekey": site.sitekey, "code": code, "referer": format!("https://{host}/"), "count": count });
    let events = json!([
        event("ok", "shop.example", 70),
        event("referer_denied", "www.shop.example", 40),
        event("referer_denied", "a.b.shop.example", 2),
        event("referer_denied", "elsewhere.example", 5),
    ]);
    assert_eq!(machine.report(&events).await["accepted"], 4);

    let change = page_link(&domains.page("").await, "/domains/change?domain=", "shop.example")
        .replace("&amp;", "&");
    let said = text(&domains.console.get(&change).await.expect(200).body);
    assert!(said.contains("Include the subdomains of shop.example?"), "{said}");
    assert!(said.contains("Would have let through 42 denials of the last 7 days"), "{said}");
    assert!(said.contains("From 2 hosts: www.shop.example, a.b.shop.example"), "{said}");
    let domain = change.split(['=', '&']).nth(1).unwrap_or_default();
    let fields = [("version", "1"), ("domain", domain), ("to", "subdomains")];
    let page = domains.post("change", &fields).await;
    assert!(text(&page).contains("shop.example is including subdomains now."), "{page}");
    assert_eq!(machine.check(&site.sitekey, "www.shop.example").await["decision"], "allow");
    let again = [("version", "2"), ("domain", domain), ("to", "subdomains")];
    assert!(domains.post("change", &again).await.contains("Not done."), "it is so already");

    assert_eq!(machine.report(&json!([event("ok", "www.shop.example", 14)])).await["accepted"], 1);
    let back = domains.page(&format!("/change?domain={domain}&to=exact")).await;
    assert!(text(&back).contains("Denies 14 requests a day"), "{}", text(&back));
    let page = domains.undo(&page).await;
    assert!(text(&page).contains("Taken back"), "{page}");
    assert_eq!(machine.check(&site.sitekey, "www.shop.example").await["code"], "referer_denied");
}

#[tokio::test]
async fn what_is_added_to_a_paused_site_is_let_through_once_that_is_started() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    server.knows(&site).await;
    let domains = Domains { console: server.console().await, site: site.id };
    let pause = format!("/v1/sites/{}/pause", site.id);
    let _ = server.machine("sites:write").post(&pause, &json!({})).await.expect(200);
    let fields = [("version", "2"), ("domains", "blog.example\nnews.example")];
    let said = text(&domains.post("add", &fields).await);
    assert!(said.contains("The gate lets them through once the site is started."), "{said}");
}

#[tokio::test]
async fn five_thousand_domains_are_added_and_searched_in_no_time() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let domains = Domains { console: server.console().await, site: site.id };
    let list: Vec<String> =
        (1..5_000).map(|at| format!("h{at}.shop-{}.example", at % 700)).collect();
    let began = Instant::now();
    let page = domains.post("add", &[("version", "1"), ("domains", &list.join("\n"))]).await;
    let took = began.elapsed();
    assert!(text(&page).contains("Added 4,999 domains."), "{}", text(&page));
    assert!(took < Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 4 }), "{took:?}");
    let said = text(&page);
    assert!(said.contains("1–50 of 5,000 entries"), "{said}");
    let found = text(&domains.page("?q=H4999.").await);
    assert!(found.contains("1 entry, of 5,000") && found.contains("h4999.shop-99.example"));
    let last = text(&domains.page("?list=100&sort=added").await);
    assert!(last.contains("4,951–5,000 of 5,000"), "{last}");
    let none = text(&domains.page("?show=preview").await);
    assert!(none.contains("No such entry"), "{none}");
}

#[tokio::test]
async fn entries_that_deserve_a_second_look_are_marked() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let site = server.create_site("Shop", "tickets.example");
    let machine = server.machine("check,events:write");
    server.knows(&site).await;
    let event = |host: &str| json!({ "sitekey": site.sitekey, "code": "ok", "referer": format!("https://{host}/") });
    machine.report(&json!([event("tickets.example")])).await;
    let domains = Domains { console: server.console().await, site: site.id };
    let list =
        "t1ckets.example\nlocalhost\nacme.github.io\nmyapp-*.vercel.app\nold.tickets.example";
    let page = domains.page(&format!("?domains={}", list.replace('\n', "%0A"))).await;
    for badge in ["look-alike", "testing beside production", "shared platform", "open to strangers"]
    {
        assert!(page.contains(badge), "{badge} before they are added");
    }
    domains.post("add", &[("version", "1"), ("domains", list)]).await;
    let pool = database.pool().await;
    sqlx::query("update domains set created_at = created_at - interval '100 days'")
        .execute(&pool)
        .await
        .expect("the database can be changed");
    let page = domains.page("").await;
    let row = |name: &str| {
        let row = page.split("<tr").find(|row| row.contains(&format!(">{name}<")));
        text(row.unwrap_or_else(|| panic!("no row of {name}")))
    };
    assert!(row("t1ckets.example").contains("look-alike"), "{}", row("t1ckets.example"));
    assert!(row("localhost").contains("testing beside production"));
    assert!(row("acme.github.io").contains("shared platform"));
    assert!(row("myapp-*.vercel.app").contains("open to strangers"));
    assert!(row("old.tickets.example").contains("no traffic for 90 days"));
    let busy = row("tickets.example");
    assert!(!busy.contains("look-alike") && !busy.contains("no traffic"), "{busy}");
    let silent = text(&domains.page("?show=silent").await);
    assert!(silent.contains("5 entries, of 6"), "{silent}");
}

#[tokio::test]
async fn a_tested_address_that_is_denied_leads_to_the_fix() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let domains = Domains { console: server.console().await, site: site.id };
    let page = domains.page("?referer=https%3A%2F%2Fwww.shop.example%2Fcart").await;
    let links = page.split("href=\"").filter_map(|rest| rest.split('"').next());
    let link = links.into_iter().find(|link| link.contains("/domains/allow?"));
    let link = link.expect("the verdict has a link");
    let confirm = domains.console.get(&link.replace("&amp;", "&")).await.expect(200).body;
    assert!(text(&confirm).contains("Allow www.shop.example on Shop?"), "{confirm}");
    let back = "/domains?referer=https://www.shop.example/cart";
    assert!(confirm.contains(back), "the same question is asked again: {confirm}");
    let allowed = domains.page("?referer=https%3A%2F%2Fshop.example").await;
    assert!(!allowed.contains("/domains/allow?"), "there is nothing to fix");
}

//! Rejected hosts: what the console says of each, and what it offers to do.

use serde_json::json;
use sitekeeper_tests::{Console, CreatedSite, Server};

/// What a page says, without its tags.
fn text(page: &str) -> String {
    let pieces = page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let text = pieces.collect::<Vec<_>>().join("");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The row of a host, without its tags.
fn row(page: &str, host: &str) -> String {
    let row = page.split("<tr").find(|row| row.contains(&format!("-{host}\"")));
    text(row.unwrap_or_else(|| panic!("no row of {host}: {}", text(page))))
}

/// Changes a site's state as its page does; a deletion names the site.
async fn change_state(
    console: &Console,
    site: &CreatedSite,
    version: &str,
    change: &str,
    name: &str,
) {
    let id = site.id.to_string();
    let fields = [
        ("site", id.as_str()),
        ("version", version),
        ("change", change),
        ("name", name),
        ("back", "/sites"),
    ];
    let page = console.submit("/api/sites/change_state", &fields).await.expect(200).body;
    assert!(page.contains("flash ok"), "{change}: {}", text(&page));
}

/// Two sites that denied requests of several hosts, and of none.
async fn denied() -> (Server, Console, [CreatedSite; 2]) {
    let server = Server::start().await;
    let sites =
        [server.create_site("Shop", "tickets.example"), server.create_site("Blog", "blog.example")];
    let machine = server.machine("check,events:write");
    for site in &sites {
        server.knows(site).await;
    }
    let event = |site: usize, referer: &str, count: u32| {
        json!({
            "sitekey": sites[site].sitekey, "code": "referer_denied", "referer": referer, "count": count,
        })
    };
    let events = json!([
        event(0, "", 60),
        event(1, "", 3),
        event(0, "https://t1ckets.example/pay", 20),
        event(0, "https://www.tickets.example/", 12),
        event(0, "https://a.partner.co.uk/", 4),
        event(0, "https://b.partner.co.uk/x?y", 3),
        event(1, "https://other.net/", 8),
    ]);
    assert_eq!(machine.report(&events).await["accepted"], 7);
    let console = server.console().await;
    (server, console, sites)
}

#[tokio::test]
async fn denials_without_a_host_stand_above_the_hosts_and_lead_to_the_policy() {
    let (_server, console, [shop, blog]) = denied().await;
    let page = console.get("/errors/referer_denied").await.expect(200).body;
    let (above, below) = page.split_once("t1ckets.example").expect("the look-alike is listed");
    let said = text(above);
    assert!(said.contains("No referer") && said.contains("57.3 % of denials"), "{said}");
    for site in [&shop, &blog] {
        assert!(above.contains(&format!("/sites/{}/settings#check", site.id)), "{above}");
    }
    assert!(!below.contains("No referer"), "once is enough");
    let tab = console.get(&format!("/sites/{}/domains", shop.id)).await.expect(200).body;
    assert!(tab.contains(&format!("/sites/{}/settings#check", shop.id)), "{tab}");
    let overview = console.get("/").await.expect(200).body;
    let (_, todo) = overview.split_once("id=\"what-to-fix\"").expect("there is something to fix");
    assert!(text(todo).contains("No referer"), "{todo}");
    assert!(todo.contains(&format!("/sites/{}/settings#check", shop.id)), "{todo}");
}

#[tokio::test]
async fn a_look_alike_is_marked_and_never_leads_with_allow() {
    let (_server, console, _) = denied().await;
    let overview = console.get("/").await.expect(200).body;
    let line = overview.split("<li").find(|line| line.contains("t1ckets.example"));
    let line = line.expect("it is among the things to fix");
    assert!(line.contains("look-alike") && !line.contains("/domains/allow"), "{line}");
    assert!(line.contains("/errors/hosts?") && line.contains("Look…"), "{line}");
    let inbox = console.get("/errors/hosts").await.expect(200).body;
    let said = row(&inbox, "t1ckets.example");
    assert!(said.contains("look-alike") && said.contains("Decide…"), "{said}");
    assert!(said.contains("https://t1ckets.example/pay"), "what was sent is shown: {said}");
    let ours = row(&inbox, "www.tickets.example");
    assert!(ours.contains("Allow…") && ours.contains("including subdomains would allow it"));
}

#[tokio::test]
async fn the_inbox_is_searched_filtered_and_grouped_by_its_address() {
    let (server, console, [shop, blog]) = denied().await;
    let inbox =
        async |query: &str| console.get(&format!("/errors/hosts{query}")).await.expect(200).body;
    let all = text(&inbox("").await);
    assert!(all.contains("110 denied") && all.contains("1–5 of 5"), "{all}");
    assert!(all.contains("by whole days since"), "{all}");
    let one = text(&inbox("?code=referer_denied").await);
    assert!(one.contains("110 denied with referer_denied"), "{one}");
    let none = text(&inbox("?code=site_paused").await);
    assert!(none.contains("0 denied with site_paused"), "{none}");
    let found = text(&inbox("?q=Partner").await);
    assert!(found.contains("a.partner.co.uk") && !found.contains("other.net"), "{found}");
    let blogs = text(&inbox(&format!("?site={}", blog.id)).await);
    assert!(blogs.contains("other.net") && !blogs.contains("partner.co.uk"), "{blogs}");
    assert!(blogs.contains("by whole days since"), "a filter counts over the same days: {blogs}");
    let grouped = inbox(&format!("?group=domain&site={}", shop.id)).await;
    let said = text(&grouped);
    assert!(said.contains("partner.co.uk") && said.contains("2 hosts, 7 denied"), "{said}");
    assert!(said.contains("Allow all below…"), "{said}");
    assert!(said.contains("1–3 of 3 domains"), "{said}");
    let oldest_last = inbox("?hosts=host").await;
    let place = |host: &str| oldest_last.find(&format!("-{host}\"")).unwrap_or(usize::MAX);
    assert!(
        place("a.partner.co.uk") < place("other.net")
            && place("other.net") < place("t1ckets.example")
    );
    let event = json!([{
        "sitekey": blog.sitekey, "code": "referer_denied", "referer": "https://new.partner.co.uk/",
    }]);
    assert_eq!(server.machine("events:write").report(&event).await["accepted"], 1);
    for query in ["?hosts=first", "?hosts=first&group=domain", "?hosts=first&q=n"] {
        let newest_first = inbox(query).await;
        let place = |host: &str| newest_first.find(&format!("-{host}\"")).unwrap_or(usize::MAX);
        let new = place("new.partner.co.uk");
        assert!(new < usize::MAX && new < place("other.net"), "{query}");
    }
}

#[tokio::test]
async fn a_flood_of_hosts_changes_no_count_of_those_that_are_shown() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "tickets.example");
    server.knows(&site).await;
    let (console, machine) = (server.console().await, server.machine("events:write"));
    let event = |referer: &str, count: u32| {
        json!({
            "sitekey": site.sitekey, "code": "referer_denied", "referer": referer, "count": count,
        })
    };
    // Over all sites, a code has room for so many hosts a day: z.late.example finds none at first.
    let mut flood: Vec<_> =
        (0..2_100).map(|n| event(&format!("https://h{n:04}.flood.example/"), 1)).collect();
    flood.extend([event("https://z.late.example/", 1), event("", 7)]);
    assert_eq!(machine.report(&json!(flood)).await["accepted"], 2_102);
    let late = json!([event("https://z.late.example/", 50), event("https://ours.example/", 60)]);
    assert_eq!(machine.report(&late).await["accepted"], 2);
    let page = console.get("/errors/hosts").await.expect(200).body;
    let said = text(&page);
    assert!(said.contains("2,218 denied") && said.contains("1–25 of 999+"), "{said}");
    assert!(said.contains("No referer") && !said.contains("Other hosts"), "{said}");
    let late = row(&page, "z.late.example");
    assert!(late.contains("51"), "{late}");
    let place = |host: &str| page.find(&format!("-{host}\"")).unwrap_or(usize::MAX);
    assert!(place("ours.example") < place("z.late.example"));
    let next = console.get("/errors/hosts?page=2").await.expect(200).body;
    assert!(text(&next).contains("26–50 of 999+") && !next.contains("-z.late.example"));
    let newest = console.get("/errors/hosts?hosts=first").await.expect(200).body;
    let place = |host: &str| newest.find(host).unwrap_or(usize::MAX);
    assert!(place("-ours.example\"") < place(".flood.example\""), "what came last leads");
    assert!(text(&newest).contains("1–25 of 999+"), "{}", text(&newest));
    // By name, pages go on past those that are counted one by one over all sites.
    let far = text(&console.get("/errors/hosts?hosts=host&page=60").await.expect(200).body);
    assert!(far.contains("1,476–1,500 of 1,501+"), "{far}");
    let found = console.get("/errors/hosts?q=h2099").await.expect(200).body;
    assert!(row(&found, "h2099.flood.example").contains("Allow…"));
    // What an operator ignores is left out of the page, and counted beside it.
    let id = site.id.to_string();
    let fields = [
        ("site", id.as_str()),
        ("host", "z.late.example"),
        ("ignored", "true"),
        ("back", "/errors/hosts"),
    ];
    let page = console.submit("/api/domains/ignore_host", &fields).await.expect(200).body;
    assert!(!page.contains("-z.late.example\"") && text(&page).contains("51 denied"), "{page}");
}

#[tokio::test]
async fn an_ignored_host_leaves_the_headline_and_stays_counted() {
    let (server, console, [shop, _]) = denied().await;
    let site = shop.id.to_string();
    let ignore = async |ignored: &str| {
        let fields = [
            ("site", site.as_str()),
            ("host", "t1ckets.example"),
            ("ignored", ignored),
            ("back", "/errors/hosts"),
        ];
        console.submit("/api/domains/ignore_host", &fields).await.expect(200).body
    };
    let page = ignore("true").await;
    assert!(text(&page).contains("Ignored t1ckets.example."), "{page}");
    assert!(!page.contains("-t1ckets.example\"") && page.contains("1\u{a0}ignored host"));
    let shown = console.get("/errors/hosts?ignored=1").await.expect(200).body;
    assert!(row(&shown, "t1ckets.example").contains("Stop ignoring"), "{shown}");
    for path in ["/", "/errors/referer_denied", &format!("/sites/{site}")] {
        let said = text(&console.get(path).await.expect(200).body);
        assert!(said.contains("without 20 ignored"), "{path}: {said}");
    }
    let stats = server.machine("stats:read");
    let counted = stats.stats(&[("host", "t1ckets.example")]).await;
    assert_eq!(counted[0]["count"], 20, "it stays counted");
    let page = ignore("false").await;
    assert!(page.contains("-t1ckets.example\""), "it is back");
}

#[tokio::test]
async fn after_allowing_a_host_the_page_is_back_at_its_row() {
    let (server, console, [shop, _]) = denied().await;
    let inbox = console.get("/errors/hosts").await.expect(200).body;
    let line = inbox.split("<tr").find(|row| row.contains("-www.tickets.example\""));
    let line = line.expect("it is listed");
    let anchor = format!("host-{}-www.tickets.example", shop.id);
    assert!(line.contains(&format!("id=\"{anchor}\"")), "{line}");
    let link = line.split("href=\"").find(|link| link.contains("scope=exact"));
    let link = link.and_then(|link| link.split('"').next()).expect("the row has a link");
    let confirm = console.get(&link.replace("&amp;", "&")).await.expect(200).body;
    let back = format!("/errors/hosts#{anchor}");
    assert!(confirm.contains(&back), "{confirm}");
    assert!(text(&confirm).contains("Would have let through 12 of 99 denials"), "{confirm}");
    let site = shop.id.to_string();
    let fields = [
        ("site", site.as_str()),
        ("version", "1"),
        ("host", "www.tickets.example"),
        ("back", back.as_str()),
    ];
    let answer = console.post("/api/domains/allow_host", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, back.as_str()));
    let machine = server.machine("check");
    assert_eq!(machine.check(&shop.sitekey, "www.tickets.example").await["decision"], "allow");
    let page = console.get("/errors/hosts").await.expect(200).body;
    assert!(row(&page, "www.tickets.example").contains("Allowed now"), "{page}");
}

#[tokio::test]
async fn each_code_has_the_fix_that_ends_it_and_only_a_rejected_host_is_allowed() {
    let server = Server::start().await;
    let [shop, paused, deleted] = [("Shop", "shop"), ("Docs", "docs"), ("Old", "old")]
        .map(|(name, host)| server.create_site(name, &format!("{host}.example")));
    let (console, machine) = (server.console().await, server.machine("events:write"));
    for site in [&shop, &paused, &deleted] {
        server.knows(site).await;
    }
    change_state(&console, &paused, "1", "pause", "").await;
    change_state(&console, &deleted, "1", "delete", "Old").await;
    let typo = format!("{}x", shop.sitekey);
    let events = json!([
        { "sitekey": shop.sitekey, "code": "referer_denied", "referer": "https://new.example/", "count": 9 },
        { "sitekey": paused.sitekey, "code": "site_paused", "referer": "https://docs.example/", "count": 8 },
        { "sitekey": paused.sitekey, "code": "site_paused", "count": 2 },
        { "sitekey": deleted.sitekey, "code": "site_deleted", "referer": "https://old.example/", "count": 7 },
        { "sitekey": typo, "code": "sitekey_invalid", "referer": "https://shop.example/pay", "count": 6 },
        { "code": "no_sitekey", "referer": "https://nobody.example/", "count": 5 },
    ]);
    assert_eq!(machine.report(&events).await["accepted"], 6);
    let page = console.get("/errors/hosts").await.expect(200).body;
    let line = |host: &str| -> String {
        let line = page.split("<tr").find(|row| row.contains(&format!("-{host}\"")));
        line.unwrap_or_else(|| panic!("no row of {host}: {}", text(&page))).to_owned()
    };
    let row = |host: &str| text(&format!("<tr{}", line(host)));

    let rejected = row("new.example");
    assert!(rejected.contains("referer_denied") && rejected.contains("Allow…"), "{rejected}");
    for host in ["docs.example", "old.example", "shop.example", "nobody.example"] {
        assert!(!line(host).contains("/domains/allow"), "allowing {host} would end nothing");
    }
    let stopped = row("docs.example");
    assert!(stopped.contains("site_paused") && stopped.contains("Start…"), "{stopped}");
    assert!(stopped.contains("its list lets this host through"), "{stopped}");
    assert!(line("docs.example").contains(&format!("/sites/{}/state?to=start", paused.id)));
    let gone = row("old.example");
    assert!(gone.contains("site_deleted") && gone.contains("Restore…"), "{gone}");
    assert!(gone.contains("restorable until"), "{gone}");
    let lost = row("shop.example");
    assert!(lost.contains("sitekey_invalid") && lost.contains("Most likely Shop"), "{lost}");
    assert!(lost.contains("https://shop.example/pay"), "{lost}");
    assert!(line("shop.example").contains(&shop.sitekey), "the right key can be copied");
    assert!(line("shop.example").contains(&format!("/sites/{}/integration", shop.id)));
    let stranger = row("nobody.example");
    assert!(stranger.contains("no_sitekey") && stranger.contains("No site lists it"), "{stranger}");
    let said = text(&page);
    assert!(said.contains("No host, denied for something elsesite_paused 2"), "{said}");

    let only = console.get("/errors/hosts?code=site_paused").await.expect(200).body;
    assert!(only.contains("docs.example") && !only.contains("new.example"), "{}", text(&only));
    let unattributed = console.get("/errors/hosts?site=0").await.expect(200).body;
    assert!(unattributed.contains("nobody.example") && !unattributed.contains("docs.example"));
    let of_site = console.get(&format!("/errors/hosts?site={}", shop.id)).await.expect(200).body;
    assert!(of_site.contains("new.example") && !of_site.contains("nobody.example"));

    change_state(&console, &paused, "2", "start", "").await;
    let page = console.get("/errors/hosts?code=site_paused").await.expect(200).body;
    let said = text(&page);
    assert!(said.contains("The site is active again") && !said.contains("Start…"), "{said}");
}

#[tokio::test]
async fn what_is_ignored_on_a_deleted_site_stays_so_even_by_undo() {
    let (_server, console, [shop, _]) = denied().await;
    let site = shop.id.to_string();
    let ignore = async |ignored: &str| {
        let fields = [
            ("site", site.as_str()),
            ("host", "t1ckets.example"),
            ("ignored", ignored),
            ("back", "/errors/hosts"),
        ];
        console.submit("/api/domains/ignore_host", &fields).await.expect(200).body
    };
    let page = ignore("true").await;
    let (_, flash) = page.split_once("flash ok").expect("it was done");
    let entry =
        flash.split("name=\"entry\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let entry = entry.expect("it can be undone").to_owned();
    change_state(&console, &shop, "1", "delete", "Shop").await;
    let fields = [("entry", entry.as_str()), ("confirmed", "true"), ("back", "/errors/hosts")];
    let page = console.submit("/api/audit/undo", &fields).await.expect(200).body;
    assert!(text(&page).contains("This site is deleted. Restore it first."), "{}", text(&page));
    let page = ignore("false").await;
    assert!(text(&page).contains("This site is deleted. Restore it first."), "{}", text(&page));
    assert!(page.contains("1\u{a0}ignored host") && !text(&page).contains("Stop ignoring"));
}

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
    let (_server, console, [shop, blog]) = denied().await;
    let inbox =
        async |query: &str| console.get(&format!("/errors/hosts{query}")).await.expect(200).body;
    let all = text(&inbox("").await);
    assert!(all.contains("110 denied with referer_denied") && all.contains("1–5 of 5"), "{all}");
    let found = text(&inbox("?q=Partner").await);
    assert!(found.contains("a.partner.co.uk") && !found.contains("other.net"), "{found}");
    let blogs = text(&inbox(&format!("?site={}", blog.id)).await);
    assert!(blogs.contains("other.net") && !blogs.contains("partner.co.uk"), "{blogs}");
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

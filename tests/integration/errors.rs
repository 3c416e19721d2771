//! The explorer of errors: its page, and the files that repeat it.

use serde_json::{Value, json};
use sitekeeper_tests::{Console, CreatedSite, Server};

const DAY: &str = "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z";

/// Two sites, three sources (one with a name that a spreadsheet would run), over a day and the one before.
async fn filled() -> (Server, [CreatedSite; 2], Console) {
    let server = Server::start().await;
    let sites = server.two_sites().await;
    let machine = server.machine("events:write");
    let event = |time: &str, site: usize, code: &str, host: &str, source: &str, count: u32| {
        sites[site].event(time, code, host, source, count)
    };
    let events = json!([
        event("2026-03-01T10:00:00Z", 0, "ok", "shop.example", "edge-1", 100),
        event("2026-03-01T10:30:00Z", 0, "referer_denied", "evil.example", "edge-1", 40),
        event("2026-03-01T11:30:00Z", 0, "referer_denied", "other.example", "=1+1", 10),
        event("2026-03-01T11:30:00Z", 1, "ok", "blog.example", "edge-1", 300),
        event("2026-03-01T12:00:00Z", 1, "payload_used", "blog.example", "edge-2", 2),
        event("2026-02-28T10:30:00Z", 0, "referer_denied", "evil.example", "edge-1", 5),
    ]);
    assert_eq!(machine.report(&events).await["accepted"], 6);
    let console = server.console().await;
    (server, sites, console)
}

async fn csv(console: &Console, query: &str) -> Vec<Vec<String>> {
    let answer = console.get(&format!("/errors.csv?{DAY}&{query}")).await.expect(200);
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert!(answer.header("content-disposition").contains("errors.csv"));
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    answer.body.lines().map(cells).collect()
}

#[tokio::test]
async fn the_file_has_the_lines_of_the_page() {
    let (_server, [shop, blog], console) = filled().await;
    let lines = csv(&console, "by=site").await;
    assert_eq!(lines[0], ["site", "name", "count", "attempts", "rate", "from", "to"]);
    let (from, to) = ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
    let (shop, blog) = (shop.id.to_string(), blog.id.to_string());
    assert_eq!(lines[1], [&*shop, "Shop", "50", "150", "0.333333", from, to]);
    assert_eq!(lines[2], [&*blog, "Blog", "2", "302", "0.006623", from, to]);
    let page = console.get(&format!("/errors?{DAY}&by=site")).await.expect(200).body;
    for shown in ["Shop", "33.3\u{a0}%", "Blog", "0.7\u{a0}%", "302\u{a0}attempts"] {
        assert!(page.contains(shown), "{shown} is not on the page");
    }
    // Filters and the comparison are part of the question.
    let lines =
        csv(&console, &format!("by=host&code=referer_denied&site={shop}&compare=previous")).await;
    let counts: Vec<_> = lines[1..].iter().map(|line| &line[..4]).collect();
    assert_eq!(
        counts,
        [
            ["evil.example", "evil.example", "40", "5"],
            ["other.example", "other.example", "10", "0"]
        ]
    );
}

#[tokio::test]
async fn no_cell_of_the_file_is_a_formula() {
    let (_server, _, console) = filled().await;
    let lines = csv(&console, "by=source").await;
    assert!(lines.iter().any(|line| line[0] == "'=1+1" && line[2] == "10"), "{lines:?}");
}

#[tokio::test]
async fn the_courses_add_up_to_the_counts() {
    let (_server, _, console) = filled().await;
    for query in ["", "by=site", "by=host&code=referer_denied", "by=source", "by=sitekey"] {
        let answer =
            console.get(&format!("/errors.json?{DAY}&{query}&compare=week")).await.expect(200);
        let whole = answer.json();
        let sum = |value: &Value| -> i64 {
            value.as_array().into_iter().flatten().filter_map(Value::as_i64).sum()
        };
        let series = whole["chart"]["series"].as_array().cloned().unwrap_or_default();
        let drawn: i64 = series.iter().map(|series| sum(&series["counts"])).sum();
        assert_eq!(whole["count"], drawn, "{query}: {whole}");
        assert_eq!(whole["attempts"], sum(&whole["chart"]["attempts"]), "{query}");
        let rows = whole["rows"].as_array().cloned().unwrap_or_default();
        let listed: i64 = rows.iter().filter_map(|row| row["count"].as_i64()).sum();
        assert_eq!(whole["count"], listed, "{query}: {whole}");
        assert_eq!(whole["compared"]["from"], "2026-02-22T00:00:00Z", "{query}");
    }
}

#[tokio::test]
async fn what_is_not_counted_is_answered_by_the_samples_and_says_so() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    server.knows(&site).await;
    let machine = server.machine("events:write");
    let event = json!({
        "sitekey": site.sitekey, "code": "referer_denied", "referer": "https://evil.example/", "source": "edge-1",
    });
    machine.report(&json!([event, event])).await;
    let console = server.console().await;
    let page = console.get("/errors?by=sitekey&host=evil.example").await.expect(200).body;
    assert!(page.contains("Hosts are not counted by sitekey"), "{page}");
    assert!(page.contains("2\u{a0}samples"));
    let file = console.get("/errors.json?by=sitekey&host=evil.example").await.expect(200).json();
    assert_eq!(file["sampled"], json!({ "samples": 2, "not_counted": "sitekey" }));
    assert_eq!(file["rows"][0]["key"], site.sitekey);
}

#[tokio::test]
async fn silence_is_not_zero_errors() {
    let (server, [shop, _], console) = filled().await;
    let silent = console.get(&format!("/errors?range=1h&site={}", shop.id)).await.expect(200).body;
    assert!(
        silent.contains("Shop") && silent.contains("reported nothing in this time"),
        "{silent}"
    );
    let elsewhere = console.get("/errors?range=1h").await.expect(200).body;
    assert!(elsewhere.contains("Nothing happened in this time"), "{elsewhere}");
    // Other sites' events are none of a site that had none yet.
    let new = server.create_site("New", "new.example");
    server.knows(&new).await;
    let empty = console.get(&format!("/errors?site={}", new.id)).await.expect(200).body;
    assert!(empty.contains("Nothing was reported yet"), "{empty}");
    let empty = console.get(&format!("/sites/{}", new.id)).await.expect(200).body;
    assert!(empty.contains("No events yet") && !empty.contains("There are events"), "{empty}");
    let earlier = console.get(&format!("/sites/{}?range=1h", shop.id)).await.expect(200).body;
    assert!(earlier.contains("There are events from"), "{earlier}");
    let passed = console.get(&format!("/errors?{DAY}&code=forbidden")).await.expect(200).body;
    assert!(passed.contains("No errors in this time"), "{passed}");
    // On the page a note stands above the numbers; in a file nobody would see one.
    let query = "host=evil.example&source=edge-1";
    let refused = console.get(&format!("/errors.csv?{query}")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("leave out host or source"), "{}", refused.body);
    let page = console.get(&format!("/errors?{query}")).await.expect(200).body;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text:?}"));
    assert!(place("Only the samples know") < place("class=\"figures"), "before the first number");
    let wrong = console.get("/errors.csv?range=2w").await;
    assert_eq!(wrong.status, 400);
}

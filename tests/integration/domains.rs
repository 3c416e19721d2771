//! `sitekeeper domain explain` and the domains of a site: what is taken, in which form, and what is refused and why.

use serde_json::json;
use sitekeeper_tests::Server;

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

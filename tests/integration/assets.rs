//! The browser's files, as the program serves them.

use sitekeeper_tests::Server;

#[tokio::test]
async fn the_sign_in_page_names_files_that_are_there_and_may_be_kept_for_ever() {
    let server = Server::start().await;
    let browser = server.visitor();
    let page = browser.get("/login").await.expect(200).body;
    let files: Vec<&str> = page
        .split(['"', '\''])
        .filter(|text| text.starts_with("/pkg/") && text.contains('.'))
        .collect();
    for kind in [".js", ".wasm", ".css"] {
        assert!(files.iter().any(|file| file.ends_with(kind)), "{kind} is missing: {files:?}");
    }
    for file in files {
        let answer = browser.get(file).await.expect(200);
        let kept = "public, max-age=31536000, immutable";
        assert_eq!(answer.header("cache-control"), kept, "{file}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{file}");
    }
}

#[tokio::test]
async fn every_page_loads_the_islands_that_it_has() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example").id;
    let console = server.console().await;
    let tabs = ["", "/domains", "/keys", "/integration", "/activity", "/settings"];
    let tabs = tabs.map(|tab| format!("/sites/{site}{tab}"));
    let pages = [
        "/",
        "/sites",
        "/sites/new",
        "/keys",
        "/errors",
        "/errors/live",
        "/errors/hosts",
        "/errors/referer_denied",
        "/incidents",
        "/verifiers",
        "/audit",
        "/search?q=shop",
        "/settings/alerts",
        "/settings/maintenance",
        "/settings/storage",
        "/settings/tokens",
    ];
    let mut seen = 0;
    for path in pages.map(str::to_owned).into_iter().chain(tabs) {
        let page = console.get(&path).await.expect(200).body;
        let script = page
            .split('"')
            .find(|text| text.starts_with("/pkg/") && text.strip_suffix(".js").is_some())
            .expect("the page names its script");
        let script = console.get(script).await.expect(200).body;
        for (_, rest) in
            page.match_indices("data-component=\"").map(|(at, of)| page.split_at(at + of.len()))
        {
            let island = rest.split('"').next().unwrap_or_default();
            assert!(script.contains(island), "{path} has {island}, and loads a script without it");
            seen += 1;
        }
        assert!(!page.contains("<li class=\"\">"), "{path} is not lean");
    }
    assert!(seen > pages.len(), "{seen} islands");
}

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

//! What a browser transfers for a page.

use reqwest::Client;
use sitekeeper_tests::Server;
use std::collections::BTreeSet;

/// Bytes of the bodies of a page and of every file it names, compressed as a browser asks for them.
pub(crate) async fn weight(server: &Server, cookie: &str, path: &str) -> f64 {
    let client = Client::new();
    let get = async |path: &str| {
        let request = client.get(server.url(path)).header("cookie", cookie);
        let response = request.header("accept-encoding", "gzip, deflate, br, zstd").send().await;
        let response = response.and_then(reqwest::Response::error_for_status);
        response.expect("sitekeeper answers").bytes().await.expect("the response ends")
    };
    let page = get(path).await;
    let html = String::from_utf8_lossy(&page);
    let named: BTreeSet<&str> = html
        .split(['"', '\''])
        .filter(|text| text.starts_with("/pkg/") || *text == "/favicon.svg")
        .collect();
    let mut bytes = page.len();
    for file in named {
        bytes += get(file).await.len();
    }
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from)
}

//! What a browser transfers for a page.

use crate::Bench;
use crate::row::Row;
use reqwest::Client;
use sitekeeper_tests::Server;
use std::collections::BTreeSet;

/// The weight of each page that is opened every day.
pub(crate) async fn rows(bench: &Bench) {
    let site = format!("/sites/{}", bench.site);
    let of_site = ["", "/domains", "/keys", "/integration", "/activity", "/settings"];
    let pages = [
        "/",
        "/sites",
        "/errors",
        "/errors/referer_denied",
        "/errors/hosts",
        "/keys",
        "/verifiers",
        "/audit",
    ];
    let pages = pages.map(str::to_owned).into_iter();
    for path in pages.chain(of_site.map(|tab| format!("{site}{tab}"))) {
        let bytes = weight(&bench.server, &bench.cookie, &path).await;
        let name = format!("page {}, total transfer", path.replace(&site, "/sites/{id}"));
        Row::at_most(&name, 250.0, bytes / 1000.0, "kB").print();
    }
}

/// Bytes of the bodies of a page and of every file it names, compressed as a browser asks for them.
async fn weight(server: &Server, cookie: &str, path: &str) -> f64 {
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
        .filter(|text| text.len() > "/pkg/".len())
        .filter(|text| text.starts_with("/pkg/") || *text == "/favicon.svg")
        .collect();
    let mut bytes = page.len();
    for file in named {
        bytes += get(file).await.len();
    }
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from)
}

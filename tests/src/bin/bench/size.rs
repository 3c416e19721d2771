//! A large configuration: 10,000 sites with 50,000 domains, and a single site with 5,000.

use crate::Bench;
use crate::row::Row;
use serde_json::{Value, json};
use sitekeeper_tests::load::{Request, SERIAL};
use sitekeeper_tests::seed;
use std::time::Instant;

const SITES: usize = 10_000;
const DOMAINS: usize = 5;
/// How many entries the site has whose gate is measured.
const ENTRIES: [usize; 3] = [1, 100, 5_000];

/// How the gate's cost grows with a site's entries.
pub(crate) async fn entries(bench: &Bench) {
    let mut first = None;
    for count in ENTRIES {
        let host = |at: usize| format!("h{at}.entries-{count}.example");
        let domains: Vec<String> = (0..count).map(host).collect();
        let name = format!("Bench, {count} entries");
        let document = json!({ "sites": [{ "name": name, "domains": domains }] });
        apply(bench, &document);
        let sitekey = sitekey_of(bench, &name).await;
        let referer = format!("https://{}/", host(count - 1));
        let question = json!({ "sitekey": sitekey, "referer": referer });
        let request = Request::post("/v1/check", &bench.json(), &question.to_string())
            .wanting("\"decision\":\"allow\"");
        let report = bench.load_for(64, 5).run("check", &request).await;
        let name = format!("check, a site of {count} entries");
        Row::told(&name, report.rps, "requests/s").with(&report).print();
        let one = *first.get_or_insert(report.rps);
        if count != 1 {
            let name = format!("{name} ÷ of 1");
            Row::at_least(&name, 0.8, report.rps / one, "times").print();
        }
    }
}

/// The list, a search, a save and the gate beside 10,000 sites with 50,000 domains.
pub(crate) async fn sites(bench: &Bench) {
    eprintln!("bench: applying {SITES} sites with {} domains", SITES * DOMAINS);
    let document = seed::sites_file(SITES, DOMAINS);
    let name = format!("apply of {SITES} sites, {} domains", SITES * DOMAINS);
    Row::told(&name, apply(bench, &document), "s").print();
    Row::told(&format!("{name}, again"), apply(bench, &document), "s").print();

    let pages = [
        ("sites list", "/sites".to_owned()),
        ("sites list, by errors", "/sites?order=errors".to_owned()),
        ("sites list, search by name", format!("/sites?q={}", &seed::name(4_321)[..8])),
        ("sites list, search by domain", format!("/sites?q={}", seed::first_domain(4_321))),
        ("sites list, a tag", "/sites?tag=legacy".to_owned()),
    ];
    for (name, path) in pages {
        let report = bench.page(&path.replace(' ', "%20")).await;
        let name = format!("{name}, {SITES} sites, p95");
        Row::at_most(&name, 50.0, report.p95_ms, "ms").with(&report).print();
    }

    let site = site_named(bench, &seed::name(4_321)).await;
    let domain = json!({ "pattern": format!("h{SERIAL}.saves.example") }).to_string();
    let path = format!("/v1/sites/{}/domains", site["id"]);
    let request = Request::post(&path, &bench.json(), &domain).answered(201);
    let report = bench.load_for(1, 5).run("save", &request).await;
    let name = format!("save of a domain, visible at the gate, {SITES} sites, p95");
    Row::told(&name, report.p95_ms, "ms").with(&report).print();

    let sitekey = sitekey_of(bench, &seed::name(9_876)).await;
    let referer = format!("https://{}/", seed::first_domain(9_876));
    let question = json!({ "sitekey": sitekey, "referer": referer }).to_string();
    let request =
        Request::post("/v1/check", &bench.json(), &question).wanting("\"decision\":\"allow\"");
    let report = bench.load(64).run("check", &request).await;
    let name = format!("check, 64 connections, {SITES} sites");
    Row::at_least(&name, 20_000.0, report.rps, "requests/s").with(&report).print();
    bench.memory(&format!("memory of serve with {SITES} sites"), None);
}

/// Applies a document and answers how many seconds it took.
pub(crate) fn apply(bench: &Bench, document: &Value) -> f64 {
    let started = Instant::now();
    let text = document.to_string();
    let _ = bench.server.run_with_input(&["apply", "-f", "-"], text.as_bytes()).succeeded();
    started.elapsed().as_secs_f64()
}

async fn site_named(bench: &Bench, name: &str) -> Value {
    let answer = bench.machine.get("/v1/sites", &[("search", name)]).await.expect(200).json();
    let sites = answer["sites"].as_array().into_iter().flatten();
    let found = sites.into_iter().find(|site| site["name"] == name);
    found.cloned().unwrap_or_else(|| panic!("there is no site {name:?}: {answer}"))
}

async fn sitekey_of(bench: &Bench, name: &str) -> String {
    let site = site_named(bench, name).await;
    let path = format!("/v1/sites/{}/sitekeys", site["id"]);
    let answer = bench.machine.get(&path, &[]).await.expect(200).json();
    let sitekey = answer["sitekeys"][0]["sitekey"].as_str();
    sitekey.unwrap_or_else(|| panic!("{name} has no sitekey: {answer}")).to_owned()
}

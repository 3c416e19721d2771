//! Measures Sitekeeper against its budgets on this machine: the released program, its own embedded PostgreSQL with
//! everything durable, and the load generator, all on the same cores. One JSON line a budget on standard output.

mod fill;
mod page;
mod row;
mod size;

use fill::{Site, event};
use row::Row;
use serde_json::json;
use sitekeeper_tests::load::{Load, Report, Request, SERIAL};
use sitekeeper_tests::{Console, Machine, Server};
use std::time::Duration;

/// How long each load is measured.
const SECONDS: u64 = 10;
/// Events of one NDJSON request.
const BATCH: usize = 1000;
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "correct horse battery staple";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    eprintln!("bench: starting sitekeeper with its embedded PostgreSQL");
    let bench = Bench::start().await;
    bench.idle_memory().await;
    bench.check().await;
    bench.single_events().await;
    bench.batches().await;
    bench.page_weight().await;
    bench.statistics().await;
    size::entries(&bench).await;
    size::sites(&bench).await;
}

struct Bench {
    server: Server,
    site: Site,
    machine: Machine,
    bearer: String,
    cookie: String,
}

impl Bench {
    async fn start() -> Self {
        let server = Server::embedded().await;
        let made = server.create_site("Bench", "shop.example");
        let machine = server.machine("check,events:write,stats:read,sites:read,sites:write");
        let admin = ["admin", "create", "--email", EMAIL, "--password-stdin"];
        let _ = server.run_with_input(&admin, PASSWORD.as_bytes()).succeeded();
        let cookie = Console::cookie(EMAIL, PASSWORD, &server).await;
        Self {
            site: Site { sitekey: made.sitekey },
            bearer: format!("Bearer {}", machine.token),
            machine,
            cookie,
            server,
        }
    }

    fn load(&self, connections: usize, seconds: u64, first_serial: u64) -> Load {
        Load {
            address: self.server.base.trim_start_matches("http://").to_owned(),
            connections,
            warm_up: Duration::from_secs(seconds.div_ceil(5)),
            duration: Duration::from_secs(seconds),
            first_serial,
        }
    }

    fn json(&self) -> [(&str, &str); 2] {
        [("authorization", &self.bearer), ("content-type", "application/json")]
    }

    async fn idle_memory(&self) {
        tokio::time::sleep(Duration::from_secs(3)).await;
        self.memory("idle memory of serve", Some(60.0));
    }

    /// The resident memory of `serve`, in MiB.
    fn memory(&self, name: &str, budget: Option<f64>) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.pid()));
        let kilobytes = status.ok().and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        });
        let Some(mebibytes) = kilobytes.map(|kilobytes| kilobytes / 1024.0) else { return };
        match budget {
            Some(budget) => Row::at_most(name, budget, mebibytes, "MiB").print(),
            None => Row::told(name, mebibytes, "MiB").print(),
        }
    }

    async fn check(&self) {
        let question = json!({ "sitekey": self.site.sitekey, "referer": "https://shop.example/" });
        let request = Request::post("/v1/check", &self.json(), &question.to_string())
            .wanting("\"decision\":\"allow\"");
        let report = self.load(64, SECONDS, 0).run("check", &request).await;
        Row::at_least("check, 64 connections", 20_000.0, report.rps, "requests/s")
            .with(&report)
            .print();
        Row::at_most("check, 64 connections, p99", 10.0, report.p99_ms, "ms").with(&report).print();
    }

    async fn single_events(&self) {
        let body = event(&self.site, &format!("single-{SERIAL}")).to_string();
        let request = Request::post("/v1/events", &self.json(), &body).wanting("\"accepted\":1,");
        let report = self.load(256, SECONDS, 0).run("event", &request).await;
        Row::at_least("events, one a request, 256 connections", 5_000.0, report.rps, "requests/s")
            .with(&report)
            .print();
    }

    async fn batches(&self) {
        let line = event(&self.site, &format!("batch-{SERIAL}")).to_string() + "\n";
        let headers = [self.json()[0], ("content-type", "application/x-ndjson")];
        let request = Request::post("/v1/events", &headers, &line.repeat(BATCH))
            .wanting(&format!("\"accepted\":{BATCH},"));
        let report = self.load(6, SECONDS, 0).run("batch", &request).await;
        #[expect(clippy::cast_precision_loss, reason = "the batch is small")]
        let events = report.rps * BATCH as f64;
        Row::at_least("events, NDJSON of 1,000, 6 connections", 50_000.0, events, "events/s")
            .with(&report)
            .print();
    }

    async fn page_weight(&self) {
        let bytes = page::weight(&self.server, &self.cookie, "/").await;
        Row::at_most("overview page, total transfer", 250.0, bytes / 1000.0, "kB").print();
    }

    /// A month of traffic, in three thicknesses: the same rows of the rollups, with ever larger counts.
    async fn statistics(&self) {
        let mut first = Vec::new();
        for (round, (total, count)) in
            [(1_000_000, 1), (10_000_000, 9), (100_000_000, 90)].into_iter().enumerate()
        {
            eprintln!("bench: filling up to {total} events in the last 30 days");
            fill::events(self, round, count).await;
            for (index, (name, path, console)) in fill::reads().into_iter().enumerate() {
                let report = if console {
                    self.page(&path).await
                } else {
                    let request = Request::get(&path, &self.json()[..1]);
                    self.load(1, 3, 0).run(&path, &request).await
                };
                let name = format!("{name}, 30 days, {total} events, p95");
                Row::at_most(&name, 50.0, report.p95_ms, "ms").with(&report).print();
                match first.get(index) {
                    None => first.push(report.p50_ms),
                    Some(one) if round == 2 => {
                        let name = format!("{name}: growth from 1 M events").replace(", p95", "");
                        Row::at_most(&name, 1.5, report.p50_ms / one, "times").print();
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// Opens a page of the console over and over, one at a time.
    async fn page(&self, path: &str) -> Report {
        let request = Request::get(path, &[("cookie", &self.cookie)]);
        self.load(1, 3, 0).run(path, &request).await
    }
}

//! Measures Sitekeeper against its budgets on this machine: the released program, its own embedded PostgreSQL with
//! everything durable, and the load generator, all on the same cores. One JSON line a budget on standard output.

mod bare;
mod cost;
mod events;
mod fill;
mod incidents;
mod page;
mod reads;
mod row;
mod size;

use clap::{Parser, ValueEnum};
use row::Row;
use serde_json::json;
use sitekeeper_tests::load::{Load, Report, Request};
use sitekeeper_tests::{Console, Machine, Server, seed};
use std::time::Duration;

/// How long a load is measured.
const SECONDS: u64 = 10;
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// Measures Sitekeeper against its budgets; one JSON line each
#[derive(Parser)]
struct Arguments {
    /// Only these rows, separated by commas
    #[arg(long, value_delimiter = ',', value_enum)]
    rows: Vec<Rows>,
    /// How many million events the statistics hold while they are read
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 100])]
    levels: Vec<u64>,
    /// In the end, tell how to reach server and database, and keep them until a line is read: to look at a plan
    #[arg(long)]
    hold: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    /// Memory of an idle server
    Memory,
    /// Answers of the gate
    Check,
    /// Events reported, beside what PostgreSQL alone can do, and what they cost
    Events,
    /// Statistics read
    Stats,
    /// A look for incidents
    Incidents,
    /// Weight of the pages
    Pages,
    /// Ten thousand sites
    Sites,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = Arguments::parse();
    let wanted = |rows| arguments.rows.is_empty() || arguments.rows.contains(&rows);
    eprintln!("bench: starting sitekeeper with its embedded PostgreSQL");
    let bench = Bench::start().await;
    if wanted(Rows::Memory) {
        bench.idle_memory().await;
    }
    if wanted(Rows::Check) {
        bench.check().await;
    }
    let filled = [Rows::Events, Rows::Incidents, Rows::Stats, Rows::Pages];
    if filled.into_iter().any(wanted) {
        let _ = size::apply(&bench, &seed::sites_file(events::SITES, 5));
        let pool = fill::connect(&bench).await;
        if wanted(Rows::Events) {
            events::rows(&bench, &pool).await;
        }
        if wanted(Rows::Incidents) {
            incidents::rows(&bench, &pool).await;
        }
        if wanted(Rows::Stats) {
            reads::rows(&bench, &pool, &arguments.levels).await;
        }
    }
    if wanted(Rows::Pages) {
        page::rows(&bench).await;
    }
    if wanted(Rows::Sites) {
        size::entries(&bench).await;
        size::sites(&bench).await;
    }
    if arguments.hold {
        bench.hold();
    }
}

struct Bench {
    server: Server,
    /// The site that has one.
    site: i64,
    sitekey: String,
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
            site: made.id,
            sitekey: made.sitekey,
            bearer: format!("Bearer {}", machine.token),
            machine,
            cookie,
            server,
        }
    }

    /// Waits for a line of standard input.
    fn hold(&self) {
        let Self { server, cookie, bearer, .. } = self;
        eprintln!("bench: {} has the cookie {cookie} and the bearer {bearer:?}", server.base);
        eprintln!("bench: its data is in {}; Enter ends it", server.data_dir().display());
        let _ = std::io::stdin().read_line(&mut String::new());
    }

    /// Load over so many connections.
    fn load(&self, connections: usize) -> Load {
        self.load_for(connections, SECONDS)
    }

    fn load_for(&self, connections: usize, seconds: u64) -> Load {
        Load {
            address: self.server.base.trim_start_matches("http://").to_owned(),
            connections,
            warm_up: Duration::from_secs(seconds.div_ceil(5)),
            duration: Duration::from_secs(seconds),
            first_serial: 0,
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
        let question = json!({ "sitekey": self.sitekey, "referer": "https://shop.example/" });
        let request = Request::post("/v1/check", &self.json(), &question.to_string())
            .wanting("\"decision\":\"allow\"");
        let report = self.load(64).run("check", &request).await;
        Row::at_least("check, 64 connections", 20_000.0, report.rps, "requests/s")
            .with(&report)
            .print();
        Row::at_most("check, 64 connections, p99", 10.0, report.p99_ms, "ms").with(&report).print();
    }

    /// Opens a page of the console over and over, one at a time.
    async fn page(&self, path: &str) -> Report {
        let request = Request::get(path, &[("cookie", &self.cookie)]);
        self.load_for(1, 2).run(path, &request).await
    }
}

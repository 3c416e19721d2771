//! Tries to make the statistics wrong: verifiers report without pause, with duplicates and retries, while the server and
//! its PostgreSQL are killed, restarted, flooded and starved of disk, in an order that the seed draws. In the end every
//! acknowledged event must stand exactly once in every table and every answer, and every other one at most once.
//!
//! The report is one JSON object on standard output; what goes on is told on standard error. Where root may mount, the
//! cluster lies on a tmpfs: what a power cut would take is not tried here, what a killed process takes is.

mod compare;
mod disk;
mod event;
mod faults;
mod ledger;
mod postgres;
mod sender;
mod writers;

use clap::Parser;
use compare::Comparison;
use disk::Disk;
use event::World;
use fastrand::Rng;
use faults::{Faults, Survived};
use ledger::Standing;
use sender::{Before, Layout, Sender};
use serde::Serialize;
use serde_json::{Value, json};
use sitekeeper_tests::{Machine, Server, posted};
use std::os::unix::fs::symlink;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the last batches may take once nothing goes wrong any more.
const SETTLE: Duration = Duration::from_mins(3);
/// Abandoned events are sent again in batches of this many.
const AGAIN: usize = 500;

/// Kills and starves a Sitekeeper under load, and counts what it has counted
#[derive(Parser)]
struct Arguments {
    /// How long things go wrong
    #[arg(long, default_value_t = 3.0)]
    minutes: f64,
    /// What goes wrong when; another each time if left out
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Serialize)]
struct Report {
    exact: bool,
    seed: u64,
    seconds: u64,
    survived: Survived,
    /// A [`ledger::Tally`].
    requests: Value,
    events: Standing,
    /// Events that were never acknowledged, before they were sent once more in the end.
    never_acknowledged: usize,
    /// Before that: each of them is counted once or not at all.
    before: Comparison,
    /// After it.
    after: Comparison,
    wrong: Vec<String>,
}

#[tokio::main(worker_threads = 4)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let length = Duration::from_secs_f64(arguments.minutes.max(0.0) * 60.0);
    eprintln!("crash: {} s with the seed {seed}", length.as_secs());
    let report = run(seed, length).await;
    match serde_json::to_string_pretty(&report) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("crash: {error}"),
    }
    if report.exact { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(seed: u64, length: Duration) -> Report {
    let mut rng = Rng::with_seed(seed);
    let started = Instant::now();
    let disk = Disk::mount();
    let data = TempDir::new().expect("/tmp can be written");
    if let Ok(disk) = &disk {
        symlink(disk.path(), data.path().join("postgres")).expect("the directory is new");
    }
    let server = Server::embedded_in(data).await;
    let world = World::create(&server);
    let machine = server.machine("events:write,stats:read");
    let sender = Arc::new(Sender::new(world, &machine.token, &server.base));
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = writers::start(&sender, &stop, &mut rng);

    let faults = Faults::new(server, Arc::clone(&sender), disk);
    let faults = faults.inflict(&mut rng, Instant::now() + length).await;

    stop.store(true, Ordering::Relaxed);
    let settled = async { while writers.join_next().await.is_some() {} };
    if tokio::time::timeout(SETTLE, settled).await.is_err() {
        sender.ledger.wrong(format!("{} senders still wait after {SETTLE:?}", writers.len()));
        writers.shutdown().await;
    }
    let never_acknowledged = sender.ledger.abandoned().len();
    let before = compare(&sender, &faults, None).await;
    send_abandoned(&sender, &mut rng).await;
    let after = compare(&sender, &faults, Some(&machine.of(&faults.server))).await;
    if faults.server.log().contains("panicked") {
        sender.ledger.wrong("the server panicked".to_owned());
    }
    let wrong = sender.ledger.all_wrong();
    Report {
        exact: wrong.is_empty() && before.differences == 0 && after.differences == 0,
        seed,
        seconds: started.elapsed().as_secs(),
        survived: faults.survived,
        events: sender.ledger.standing(),
        requests: json!(sender.tally),
        never_acknowledged,
        before,
        after,
        wrong,
    }
}

/// Holds the tables, and `/v1/stats` if there is somebody to ask, against the ledger.
async fn compare(sender: &Sender, faults: &Faults, machine: Option<&Machine>) -> Comparison {
    eprintln!("crash: comparing");
    let known = sender.ledger.bounds();
    let mut comparison = Comparison::default();
    let mut connection = faults.postgres.connect().await.expect("PostgreSQL takes connections");
    posted(&mut connection).await;
    let servers = faults.survived.servers;
    let tables = comparison.tables(&mut connection, &sender.world, &known, servers).await;
    tables.expect("the tables can be read");
    if let Some(machine) = machine {
        comparison.api(machine, &sender.world, &known).await;
    }
    comparison
}

/// Sends every event that nobody was told of once more, until it is acknowledged.
async fn send_abandoned(sender: &Sender, rng: &mut Rng) {
    for places in sender.ledger.abandoned().chunks(AGAIN) {
        let batch = sender.batch(places.to_vec(), Layout::Lines);
        sender.deliver(rng, &batch, Before::Shared).await;
    }
}

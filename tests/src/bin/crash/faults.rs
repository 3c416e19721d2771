//! What happens to the server and its PostgreSQL, one thing after another, in an order that the seed draws.

use crate::disk::Disk;
use crate::event::{heavy, probe};
use crate::postgres::Postgres;
use crate::sender::{Before, Layout, Sender};
use fastrand::Rng;
use serde::Serialize;
use sitekeeper_tests::Server;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Batches that together are more than may wait, each within the bounds of a request.
const HEAVY_BATCHES: usize = 11;
const HEAVY_EVENTS: usize = 22_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    /// `kill -9` of the server.
    ServerKilled,
    /// SIGTERM in the middle of the load.
    ServerStopped,
    /// `kill -9` of PostgreSQL's first process.
    PostgresKilled,
    /// `kill -9` of a process of PostgreSQL that serves a connection.
    BackendKilled,
    /// Both at the same moment.
    BothKilled,
    /// `pg_ctl restart --mode immediate`.
    PostgresCrashed,
    /// `pg_ctl restart --mode fast`.
    PostgresRestarted,
    /// More than the queue holds.
    QueueFull,
    /// No room for PostgreSQL to write anything.
    DiskFull,
}

const ALL: [Fault; 9] = [
    Fault::ServerKilled,
    Fault::ServerStopped,
    Fault::PostgresKilled,
    Fault::BackendKilled,
    Fault::BothKilled,
    Fault::PostgresCrashed,
    Fault::PostgresRestarted,
    Fault::QueueFull,
    Fault::DiskFull,
];

/// The faults so far.
#[derive(Default, Serialize)]
pub(crate) struct Survived {
    /// How many of each kind were followed by an acknowledged event.
    faults: BTreeMap<Fault, u64>,
    /// Why a kind of fault could not be tried.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    skipped: BTreeMap<Fault, String>,
    /// The longest time from the end of a fault to the next acknowledged event.
    slowest_recovery_ms: u64,
    /// How many processes of the server there were.
    pub(crate) servers: u64,
    /// The most memory a server has held, in MiB.
    most_memory_mib: u64,
}

/// The server, and what is done to it.
pub(crate) struct Faults {
    pub(crate) server: Server,
    pub(crate) postgres: Postgres,
    pub(crate) survived: Survived,
    sender: Arc<Sender>,
    disk: Result<Disk, String>,
}

impl Faults {
    pub(crate) fn new(server: Server, sender: Arc<Sender>, disk: Result<Disk, String>) -> Self {
        let postgres = Postgres::of(server.data_dir());
        let survived = Survived { servers: 1, ..Survived::default() };
        Self { server, postgres, survived, sender, disk }
    }

    /// Faults under load until `end`. Answers itself once events are acknowledged again.
    pub(crate) async fn inflict(mut self, rng: &mut Rng, end: Instant) -> Self {
        let mut deck = Vec::new();
        while Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(rng.u64(300..1_500))).await;
            if deck.is_empty() {
                deck = ALL.to_vec();
                rng.shuffle(&mut deck);
            }
            let Some(fault) = deck.pop() else { continue };
            let happened;
            (self, happened) = self.inflict_one(fault, rng).await;
            let recovery = self.recovery(rng).await;
            eprintln!("crash: {fault:?}: happened: {happened}, counting again after {recovery:?}");
            if happened {
                *self.survived.faults.entry(fault).or_default() += 1;
                let milliseconds = u64::try_from(recovery.as_millis()).unwrap_or(u64::MAX);
                self.survived.slowest_recovery_ms =
                    self.survived.slowest_recovery_ms.max(milliseconds);
            }
        }
        self.note_memory();
        self
    }

    /// Answers also whether it could be done.
    async fn inflict_one(mut self, fault: Fault, rng: &mut Rng) -> (Self, bool) {
        let happened = match fault {
            Fault::ServerKilled => return (self.restart().await, true),
            Fault::ServerStopped => {
                let status = self.server.terminate();
                if !status.success() {
                    self.sender.ledger.wrong(format!("told to stop, the server ended: {status}"));
                }
                return (self.restart().await, true);
            }
            Fault::BothKilled => {
                let happened = self.postgres.kill_postmaster();
                return (self.restart().await, happened);
            }
            Fault::PostgresKilled => self.postgres.kill_postmaster(),
            Fault::BackendKilled => self.postgres.kill_backend(rng),
            Fault::PostgresCrashed => self.postgres.restart("immediate"),
            Fault::PostgresRestarted => self.postgres.restart("fast"),
            Fault::QueueFull => self.fill_queue(rng).await,
            Fault::DiskFull => self.fill_disk(rng).await,
        };
        (self, happened)
    }

    /// Kills the server, if it still runs, and starts it on the same data.
    async fn restart(mut self) -> Self {
        self.note_memory();
        let server = self.server.kill_and_restart().await;
        self.sender.moved(&server.base);
        self.survived.servers += 1;
        self.server = server;
        self
    }

    /// How long until an event is acknowledged.
    async fn recovery(&self, rng: &mut Rng) -> Duration {
        let began = Instant::now();
        let places = self.sender.ledger.enter(1, probe);
        let batch = self.sender.batch(places, Layout::Object);
        self.sender.deliver(rng, &batch, Before::Shared).await;
        began.elapsed()
    }

    /// Holds the writer up and sends more than it has room for, until somebody is told to wait.
    async fn fill_queue(&self, rng: &mut Rng) -> bool {
        let before = self.sender.tally.told_to_wait.load(Ordering::Relaxed);
        let told = || self.sender.tally.told_to_wait.load(Ordering::Relaxed) > before;
        let Ok(mut holder) = self.postgres.connect().await else { return false };
        let hold = "begin; lock table event_ids in access exclusive mode";
        if sqlx::raw_sql(hold).execute(&mut holder).await.is_err() {
            return false;
        }
        let mut flood = JoinSet::new();
        for _ in 0..HEAVY_BATCHES {
            let (sender, mut rng) = (Arc::clone(&self.sender), rng.fork());
            flood.spawn(async move {
                let places = sender.ledger.enter(HEAVY_EVENTS, heavy);
                let batch = sender.batch(places, Layout::Lines);
                sender.deliver(&mut rng, &batch, Before::Shared).await;
            });
        }
        let began = Instant::now();
        while !told() && began.elapsed() < Duration::from_secs(15) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Whatever this says, dropping the connection ends the transaction.
        let _ = sqlx::raw_sql("rollback").execute(&mut holder).await;
        drop(holder);
        while flood.join_next().await.is_some() {}
        told()
    }

    /// Takes the room away from PostgreSQL's disk, for some seconds after it has noticed.
    async fn fill_disk(&mut self, rng: &mut Rng) -> bool {
        let disk = match &self.disk {
            Ok(disk) => disk,
            Err(why) => {
                self.survived.skipped.insert(Fault::DiskFull, why.clone());
                return false;
            }
        };
        // PostgreSQL's own log is on the disk that is full, so the server's tells.
        let failures = || self.server.log().matches("events could not be committed").count();
        let before = failures();
        let filled = disk.fill(rng.u64(0..500));
        let began = Instant::now();
        while failures() == before && began.elapsed() < Duration::from_secs(8) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let happened = failures() > before;
        tokio::time::sleep(Duration::from_millis(rng.u64(200..3_000))).await;
        for outcome in [filled, disk.empty()] {
            if let Err(error) = outcome {
                self.sender.ledger.wrong(format!("the disk could not be changed: {error}"));
            }
        }
        happened
    }

    fn note_memory(&mut self) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.pid()));
        let most = status.ok().and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        });
        let most = most.unwrap_or_default() / 1024;
        self.survived.most_memory_mib = self.survived.most_memory_mib.max(most);
    }
}

//! The job that makes partitions ahead, drops those whose retention has passed, and forgets sources of
//! which nothing was counted; and what it says of itself, on the page of the storage and in the metrics.

use super::keeping::{FOLLOWED_WITHIN, Keeping};
use super::partitions::{self, Table};
use super::places::MAX_SOURCES;
use super::store;
use crate::codes::is_unrecognised;
use crate::context::Clock;
use crate::error::AppError;
use crate::stats::model::Grain;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use std::time::{Duration, Instant};

/// One run of the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub ran_at: Timestamp,
    /// How long it took.
    pub took_ms: i64,
    /// How many partitions it made.
    pub made: i32,
    /// How many it dropped.
    pub dropped: i32,
    /// What went wrong, if anything.
    pub error: Option<String>,
}

pub use super::store::Part;

/// What is stored of events, and how it is looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The partitions, and the tables without.
    pub parts: Vec<Part>,
    /// Until when every table has a partition.
    pub horizon: Option<Timestamp>,
    /// The last run of the job.
    pub run: Option<Run>,
    /// When a run last went well.
    pub succeeded_at: Option<Timestamp>,
    /// How many codes outside the catalogue are told apart, and how many can be.
    pub unrecognised: (i64, i64),
    /// How many sources are told apart, and how many can be.
    pub sources: (i64, i64),
}

/// What is stored in `tables`.
pub async fn stored(conn: &mut PgConnection, tables: &[&str]) -> Result<Stored, AppError> {
    let parts = store::parts(conn, tables).await?;
    let (run, succeeded_at) = store::last_run(conn).await?.unzip();
    let (codes, sources) = store::names(conn).await?;
    let unrecognised = codes.iter().filter(|code| is_unrecognised(code)).count();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Stored {
        horizon: partitions::horizon(parts.iter().filter_map(|part| part.partition.as_deref())),
        run,
        succeeded_at: succeeded_at.flatten(),
        unrecognised: (count(unrecognised), count(store::MAX_UNRECOGNISED)),
        sources: (sources, count(MAX_SOURCES)),
        parts,
    })
}

/// Keeps the partitions in order, now and every hour, for as long as it is polled. A process drops
/// nothing in its first minutes: another server that has not heard of a shorter retention yet still
/// reads what it takes to be there.
pub async fn run(pool: PgPool, clock: Clock, keeping: Keeping) {
    let mut run = make(&pool, clock.now()).await;
    forget(&pool, clock.now(), &mut run).await;
    note(&pool, &run).await;
    tokio::time::sleep(2 * FOLLOWED_WITHIN).await;
    loop {
        let started = Instant::now();
        run = make(&pool, clock.now()).await;
        drop_expired(&pool, &clock, &keeping, &mut run).await;
        forget(&pool, clock.now(), &mut run).await;
        run.took(started);
        note(&pool, &run).await;
        tokio::time::sleep(Duration::from_secs(Grain::Hour.seconds().unsigned_abs())).await;
    }
}

/// Makes the partitions that are missing.
async fn make(pool: &PgPool, now: Timestamp) -> Run {
    let started = Instant::now();
    let mut run = Run { ran_at: now, took_ms: 0, made: 0, dropped: 0, error: None };
    match partitions::make_ahead(pool, now).await {
        Ok(made) => run.made = i32::try_from(made).unwrap_or(i32::MAX),
        Err(error) => run.failed("made", &error),
    }
    run.took(started);
    run
}

/// Forgets what no longer tells anything of sources.
async fn forget(pool: &PgPool, now: Timestamp, run: &mut Run) {
    match store::forget_sources(pool, now).await {
        Ok(0) => {}
        Ok(sources) => tracing::info!(sources, "forgotten: nothing was ever counted of them"),
        Err(error) => run.failed("dropped", &error),
    }
    if let Err(error) = store::forget_hours(pool).await {
        run.failed("dropped", &error);
    }
}

async fn drop_expired(pool: &PgPool, clock: &Clock, keeping: &Keeping, run: &mut Run) {
    match partitions::drop_expired(pool, keeping.kept(), clock.now()).await {
        Ok(dropped) => {
            if !dropped.is_empty() {
                tracing::info!(?dropped, "partitions dropped: their retention has passed");
            }
            run.dropped = i32::try_from(dropped.len()).unwrap_or(i32::MAX);
        }
        Err(error) => run.failed("dropped", &error),
    }
}

impl Run {
    fn took(&mut self, started: Instant) {
        self.took_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    }

    fn failed(&mut self, what: &str, error: &sqlx::Error) {
        tracing::error!(%error, "partitions could not be {what}");
        self.error = Some(format!("Partitions could not be {what}: {error}."));
    }
}

/// Tells of a run, in the database and in the metrics.
async fn note(pool: &PgPool, run: &Run) {
    let outcome = if run.error.is_none() { "success" } else { "failure" };
    metrics::counter!("sitekeeper_partition_runs_total", "outcome" => outcome).increment(1);
    if run.error.is_none() {
        metrics::gauge!("sitekeeper_partition_last_success_timestamp_seconds")
            .set(seconds(run.ran_at));
    }
    match horizon(pool).await {
        Ok(Some(horizon)) => {
            metrics::gauge!("sitekeeper_partition_horizon_timestamp_seconds").set(seconds(horizon));
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the partitions could not be listed"),
    }
    if let Err(error) = store::note_run(pool, run).await {
        tracing::warn!(%error, "the run of the partition job could not be noted");
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double exactly")]
fn seconds(instant: Timestamp) -> f64 {
    instant.as_second() as f64
}

/// Until when every table has a partition for what happens.
async fn horizon(pool: &PgPool) -> sqlx::Result<Option<Timestamp>> {
    let names = Table::ALL.map(Table::name);
    let parts = store::parts(&mut *pool.acquire().await?, &names).await?;
    Ok(partitions::horizon(parts.iter().filter_map(|part| part.partition.as_deref())))
}

//! The SQL of events: ids, dictionary, rollups, samples. Every statement runs in the writer's
//! transaction, under its lock.

mod dictionary;
mod heard;
mod hosts;
mod ids;
mod retention;
mod rollups;
mod samples;
mod upkeep;

pub(super) use dictionary::{
    Dictionary, Learnt, MAX_UNRECOGNISED, Names, forget_sources, learn, saw_sources,
};
pub(super) use heard::{forget_hours, heard};
pub(super) use hosts::hosts_of;
pub(super) use ids::{add_daily, add_permanent, was_committed};
pub(super) use retention::{counted_until, keep, kept};
pub(super) use rollups::{HostTable, SitekeysTable, StatsTable, TotalsTable};
pub(super) use samples::{Sample, add as add_samples};
pub use upkeep::Part;
pub(super) use upkeep::{last_run, names, note as note_run, parts};

use sqlx::postgres::PgPool;
use sqlx::{PgConnection, Postgres, Transaction};

/// The statement that waits for the writer's lock and holds it until the transaction ends.
macro_rules! hold {
    () => {
        "select pg_advisory_xact_lock(5346881720126001)"
    };
}

/// Begins the writer's transaction: one at a time over the whole database, so that no two writers
/// wait for each other's rows, and what is looked up stays true until the commit. The planner may
/// only walk indexes: batches are small beside tables, whatever the statistics of the moment say.
pub(super) async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with(concat!(
        "begin; ",
        "set local enable_seqscan = off; ",
        "set local enable_hashjoin = off; ",
        "set local enable_mergejoin = off; ",
        hold!()
    ))
    .await
}

/// Keeps every writer of events out until the transaction ends, for whoever takes events back.
///
/// # Errors
///
/// Only those of the database.
pub async fn hold_writers(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(hold!()).execute(connection).await?;
    Ok(())
}

/// Timestamps as PostgreSQL takes them.
fn stamps(instants: impl Iterator<Item = jiff::Timestamp>) -> Vec<jiff_sqlx::Timestamp> {
    instants.map(jiff_sqlx::ToSqlx::to_sqlx).collect()
}

//! The SQL of events: ids, dictionary, journal and samples, under the writer's lock; rollups, under theirs.

mod codes;
mod dictionary;
mod heard;
mod hosts;
mod ids;
mod journal;
mod retention;
mod rollups;
mod samples;
mod upkeep;

pub(super) use codes::note_codes;
pub(super) use dictionary::{
    Dictionary, Learnt, MAX_UNRECOGNISED, Names, denials, forget_sources, learn, ok, saw_sources,
};
pub(super) use heard::{forget_hours, heard};
pub(super) use hosts::{hosts_of, note_arrivals};
pub(super) use ids::{add_daily, add_permanent, was_committed};
pub(super) use journal::{Page, Waiting, enter, newest, oldest, remove, waiting};
pub(super) use retention::{counted_until, keep, kept};
pub(super) use rollups::{CodeHostTable, HostTable, SitekeysTable, StatsTable, TotalsTable};
pub(super) use samples::{Sample, add as add_samples};
pub use upkeep::Part;
pub(super) use upkeep::{last_run, names, note as note_run, parts};

use sqlx::postgres::PgPool;
use sqlx::{PgConnection, Postgres, Transaction};

/// The statement that waits for the lock of the writer, and holds it until the transaction ends.
macro_rules! hold_events {
    () => {
        "select pg_advisory_xact_lock(5346881720126001); "
    };
}

/// The same for the lock of the rollups. Whoever takes both takes the writer's first.
macro_rules! hold_rollups {
    () => {
        "select pg_advisory_xact_lock(5346881720126003); "
    };
}

/// The planner may only walk indexes: what is added is small beside tables, whatever the statistics of the moment say.
macro_rules! walk_indexes {
    () => {
        "set local enable_seqscan = off; \
         set local enable_hashjoin = off; \
         set local enable_mergejoin = off; "
    };
}

/// Begins the writer's transaction: one at a time over the whole database, so that what is looked up stays true until
/// the commit, and rows of the journal are committed in their order.
pub(super) async fn begin_events(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with(concat!("begin; ", walk_indexes!(), hold_events!())).await
}

/// Begins a posting: one at a time over the whole database, so that no two wait for each other's rows. Its end need not
/// be durable: whatever a crash takes back stands in the journal again.
pub(super) async fn begin_rollups(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with(concat!(
        "begin; ",
        "set local synchronous_commit = off; ",
        walk_indexes!(),
        hold_rollups!()
    ))
    .await
}

/// Begins a transaction for whatever changes both, or the tables themselves.
pub(super) async fn begin_all(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with(concat!("begin; ", walk_indexes!(), hold_events!(), hold_rollups!())).await
}

/// Keeps every writer of events out until the transaction ends.
pub(super) async fn hold_events(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(hold_events!()).execute(connection).await?;
    Ok(())
}

/// Keeps every posting out until the transaction ends.
pub(super) async fn hold_rollups(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(hold_rollups!()).execute(connection).await?;
    Ok(())
}

/// Timestamps as PostgreSQL takes them.
fn stamps(instants: impl Iterator<Item = jiff::Timestamp>) -> Vec<jiff_sqlx::Timestamp> {
    instants.map(jiff_sqlx::ToSqlx::to_sqlx).collect()
}

//! The runs of the job that keeps the partitions, and what there is to keep.

use crate::events::upkeep::Run;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool, Row};

/// A partition, or a table without any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The table.
    pub table: String,
    /// The partition; nothing for a table without.
    pub partition: Option<String>,
    /// Its bytes on disk, with its indexes.
    pub bytes: i64,
    /// About how many rows it has, by PostgreSQL's own statistics.
    pub rows: i64,
}

/// Notes a run.
pub(in crate::events) async fn note(pool: &PgPool, run: &Run) -> sqlx::Result<()> {
    sqlx::query(
        "insert into upkeep (ran_at, took_ms, made, dropped, error, succeeded_at)
         values ($1, $2, $3, $4, $5, case when $5::text is null then $1 end)
         on conflict (one) do update set
           ran_at = excluded.ran_at, took_ms = excluded.took_ms, made = excluded.made,
           dropped = excluded.dropped, error = excluded.error,
           succeeded_at = coalesce(excluded.succeeded_at, upkeep.succeeded_at)",
    )
    .bind(run.ran_at.to_sqlx())
    .bind(run.took_ms)
    .bind(run.made)
    .bind(run.dropped)
    .bind(&run.error)
    .execute(pool)
    .await?;
    Ok(())
}

/// The last run, and when one last went well.
pub(in crate::events) async fn last_run(
    connection: &mut PgConnection,
) -> sqlx::Result<Option<(Run, Option<Timestamp>)>> {
    let row = sqlx::query("select ran_at, took_ms, made, dropped, error, succeeded_at from upkeep")
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let run = Run {
        ran_at: row.try_get::<jiff_sqlx::Timestamp, _>("ran_at")?.to_jiff(),
        took_ms: row.try_get("took_ms")?,
        made: row.try_get("made")?,
        dropped: row.try_get("dropped")?,
        error: row.try_get("error")?,
    };
    let succeeded: Option<jiff_sqlx::Timestamp> = row.try_get("succeeded_at")?;
    Ok(Some((run, succeeded.map(jiff_sqlx::Timestamp::to_jiff))))
}

/// The partitions of `tables`, and the tables among them that have none.
pub(in crate::events) async fn parts(
    connection: &mut PgConnection,
    tables: &[&str],
) -> sqlx::Result<Vec<Part>> {
    let rows: Vec<(String, Option<String>, i64, i64)> = sqlx::query_as(
        "select parent.relname::text, child.relname::text,
                pg_total_relation_size(coalesce(child.oid, parent.oid)),
                greatest(coalesce(child.reltuples, parent.reltuples)::bigint,
                         pg_stat_get_live_tuples(coalesce(child.oid, parent.oid)), 0)
         from unnest($1::text[]) as named (name)
         join pg_class as parent on parent.oid = to_regclass(named.name)
         left join pg_inherits on inhparent = parent.oid
         left join pg_class as child on child.oid = inhrelid
         order by 1, 2",
    )
    .bind(tables)
    .persistent(false)
    .fetch_all(connection)
    .await?;
    let part = |(table, partition, bytes, rows)| Part { table, partition, bytes, rows };
    Ok(rows.into_iter().map(part).collect())
}

/// The codes in the dictionary, and how many sources there are.
pub(in crate::events) async fn names(
    connection: &mut PgConnection,
) -> sqlx::Result<(Vec<String>, i64)> {
    sqlx::query_as("select array(select code from codes), (select count(*) from sources)")
        .fetch_one(connection)
        .await
}

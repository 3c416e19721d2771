//! When sources were heard of, and how far ahead their clocks run.

use super::dictionary::all_there;
use crate::events::heard::{Heard, LEADS};
use crate::stats::model::Grain;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

/// Notes that sources were heard of in the minute of `now`.
///
/// # Errors
///
/// Besides those of the database, [`sqlx::Error::RowNotFound`] if one of them was forgotten.
pub(in crate::events) async fn heard(
    connection: &mut PgConnection,
    heard: &[Heard],
    now: Timestamp,
) -> sqlx::Result<()> {
    let hour = Grain::Hour.floor(now);
    let minute = now.duration_since(hour).as_mins().clamp(0, 59);
    let sources: Vec<i32> = heard.iter().map(|heard| heard.source).collect();
    sqlx::query(
        "insert into source_hours as kept (source_id, hour, minutes)
         select source, $2, 1::bigint << $3 from unnest($1::integer[]) as given (source)
         on conflict (source_id, hour) do update set minutes = kept.minutes | excluded.minutes",
    )
    .bind(&sources)
    .bind(hour.to_sqlx())
    .bind(i32::try_from(minute).unwrap_or(0))
    .execute(&mut *connection)
    .await?;
    let done = sqlx::query(
        "update sources
         set leads = (array_append(leads, lead))[greatest(1, cardinality(leads) + 2 - $3):]
         from unnest($1::integer[], $2::integer[]) as given (source, lead)
         where id = given.source",
    )
    .bind(&sources)
    .bind(heard.iter().map(|heard| heard.lead_ms).collect::<Vec<_>>())
    .bind(LEADS)
    .execute(connection)
    .await?;
    all_there(done.rows_affected(), &sources)
}

/// Forgets the hours that no longer tell what is usual. Returns how many.
pub(in crate::events) async fn forget_hours(pool: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "delete from source_hours as kept
         where not exists (
             select from sources
             where id = kept.source_id and kept.hour >= last_seen - interval '15 days')",
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

//! What the installation keeps, as the last server was told.

use crate::events::model::Retention;
use crate::events::retention::Kept;
use crate::events::rules::Floors;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Row};

/// What is kept; nothing while no server was ever started.
pub(in crate::events) async fn kept(connection: &mut PgConnection) -> sqlx::Result<Option<Kept>> {
    let row = sqlx::query(
        "select minute_days, hour_days, host_hour_days, sample_days,
                minute_since, hour_since, host_hour_since
         from retention",
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let days = |name| row.try_get::<i32, _>(name).map(|days| u16::try_from(days).unwrap_or(0));
    let since = |name| {
        row.try_get::<Option<jiff_sqlx::Timestamp>, _>(name)
            .map(|since| since.map_or(Timestamp::MIN, jiff_sqlx::Timestamp::to_jiff))
    };
    Ok(Some(Kept {
        retention: Retention {
            minute_days: days("minute_days")?,
            hour_days: days("hour_days")?,
            host_hour_days: days("host_hour_days")?,
            sample_days: days("sample_days")?,
        },
        since: Floors {
            minute: since("minute_since")?,
            hour: since("hour_since")?,
            host_hour: since("host_hour_since")?,
            sample: Timestamp::MIN,
        },
    }))
}

/// Says what is kept from `now` on.
pub(in crate::events) async fn keep(
    connection: &mut PgConnection,
    kept: &Kept,
    now: Timestamp,
) -> sqlx::Result<()> {
    let Kept { retention, since } = kept;
    let instant = |since: Timestamp| (since > Timestamp::MIN).then(|| since.to_sqlx());
    sqlx::query(
        "insert into retention
           (minute_days, hour_days, host_hour_days, sample_days,
            minute_since, hour_since, host_hour_since, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (one) do update set
           minute_days = excluded.minute_days, hour_days = excluded.hour_days,
           host_hour_days = excluded.host_hour_days, sample_days = excluded.sample_days,
           minute_since = excluded.minute_since, hour_since = excluded.hour_since,
           host_hour_since = excluded.host_hour_since, changed_at = excluded.changed_at",
    )
    .bind(i32::from(retention.minute_days))
    .bind(i32::from(retention.hour_days))
    .bind(i32::from(retention.host_hour_days))
    .bind(i32::from(retention.sample_days))
    .bind(instant(since.minute))
    .bind(instant(since.hour))
    .bind(instant(since.host_hour))
    .bind(now.to_sqlx())
    .execute(connection)
    .await?;
    Ok(())
}

/// The end of the last day before `instant` with any count.
pub(in crate::events) async fn counted_until(
    connection: &mut PgConnection,
    instant: Timestamp,
) -> sqlx::Result<Option<Timestamp>> {
    // PostgreSQL's years begin later than ours, and there is nothing before either.
    let instant = instant.max(crate::events::model::EARLIEST);
    let until: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
        "select max(bucket) + interval '24 hours' from totals_day where bucket < $1",
    )
    .bind(instant.to_sqlx())
    .fetch_one(connection)
    .await?;
    Ok(until.map(jiff_sqlx::Timestamp::to_jiff))
}

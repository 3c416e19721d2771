//! When something last happened on sites, and how often it usually does.
//!
//! Every site and bucket is looked up by its whole key, as for the list of sites; of the days on
//! which nothing happened, no hour is looked at.

use crate::error::AppError;
use crate::stats::model::Grain;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// The hours between two instants in which anything happened on `sites`: the site, the hour's start,
/// how many events.
pub async fn hours_of_sites(
    connection: &mut PgConnection,
    sites: &[i64],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(i64, Timestamp, i64)>, AppError> {
    let rows: Vec<(i64, jiff_sqlx::Timestamp, i64)> = sqlx::query_as(
        "select named.site_id, at, found.count
         from unnest($1::bigint[]) as named (site_id)
         cross join generate_series($2::timestamptz, $3::timestamptz, interval '24 hours') as day
         cross join lateral (
             select from sites_day
             where bucket = day and code_id = 0 and site_id = named.site_id offset 0) as active
         cross join generate_series(day, day + interval '23 hours', interval '1 hour') as at
         cross join lateral (
             select count from sites_hour
             where bucket = at and code_id = 0 and site_id = named.site_id
               and bucket >= $2 and bucket <= $3
             offset 0) as found",
    )
    .bind(sites)
    .bind(Grain::Day.floor(from).to_sqlx())
    .bind(to.to_sqlx())
    .persistent(false)
    .fetch_all(connection)
    .await?;
    let hour =
        |(site, hour, count): (i64, jiff_sqlx::Timestamp, i64)| (site, hour.to_jiff(), count);
    Ok(rows.into_iter().map(hour).collect())
}

/// The end of the last minute of an hour in which anything happened on a site, for several; none where
/// the minutes are no longer held.
pub async fn last_minutes(
    connection: &mut PgConnection,
    hours: &[(i64, Timestamp)],
) -> Result<Vec<(i64, Timestamp)>, AppError> {
    let rows: Vec<(i64, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "select given.site_id, max(at) + interval '1 minute'
         from unnest($1::bigint[], $2::timestamptz[]) as given (site_id, hour)
         cross join generate_series(hour, hour + interval '59 minutes', interval '1 minute') as at
         cross join lateral (
             select from stats_minute where bucket = at and site_id = given.site_id
             limit 1) as found
         group by given.site_id",
    )
    .bind(hours.iter().map(|(site, _)| *site).collect::<Vec<_>>())
    .bind(hours.iter().map(|(_, hour)| hour.to_sqlx()).collect::<Vec<_>>())
    .persistent(false)
    .fetch_all(connection)
    .await?;
    let minute = |(site, end): (i64, jiff_sqlx::Timestamp)| (site, end.to_jiff());
    Ok(rows.into_iter().map(minute).collect())
}

/// How far back [`hours_of_sites`] has to look for a silence that began within two weeks.
pub const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(28 * 24);

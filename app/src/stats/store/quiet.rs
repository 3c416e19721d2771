//! When something last happened on sites, and how often it usually does.
//!
//! Every site and bucket is looked up by its whole key, as for the list of sites, and no more of them
//! than the rule asks for: fifty sites that all fell silent at once take some thousand look-ups.

use crate::error::AppError;
use crate::stats::model::Grain;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// How far back the last event of a site is looked for.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(28 * 24);

/// What is known of a site's traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastHeard {
    /// The site.
    pub site: i64,
    /// The first day of the last four weeks on which anything happened.
    pub first_day: Timestamp,
    /// The start of the last hour in which anything happened.
    pub last_hour: Timestamp,
}

/// When anything last happened on each of `sites`; none where nothing did for four weeks.
pub async fn last_heard(
    connection: &mut PgConnection,
    sites: &[i64],
    now: Timestamp,
) -> Result<Vec<LastHeard>, AppError> {
    let from = Grain::Day.floor(now.checked_sub(LOOKED_BACK).unwrap_or(now));
    let rows: Vec<(i64, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "with active as (
             select named.site_id, min(day) as first, max(day) as last
             from unnest($1::bigint[]) as named (site_id)
             cross join generate_series($2::timestamptz, $3::timestamptz, interval '24 hours') as day
             cross join lateral (
                 select from sitekeys_day
                 where bucket = day and code_id = 0 and site_id = named.site_id offset 0) as found
             group by named.site_id)
         select active.site_id, active.first, max(at)
         from active
         cross join generate_series(last, last + interval '23 hours', interval '1 hour') as at
         cross join lateral (
             select from sitekeys_hour
             where bucket = at and code_id = 0 and site_id = active.site_id
               and bucket >= $2 and bucket <= $3 offset 0) as found
         group by active.site_id, active.first",
    )
    .bind(sites)
    .bind(from.to_sqlx())
    .bind(now.to_sqlx())
    .persistent(false)
    .fetch_all(connection)
    .await?;
    let heard = |(site, first, last): (i64, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp)| {
        LastHeard { site, first_day: first.to_jiff(), last_hour: last.to_jiff() }
    };
    Ok(rows.into_iter().map(heard).collect())
}

/// The hours of some stretches of time (a site, the first hour, the last hour) in which anything
/// happened: the site, the hour's start, how many events.
pub async fn hours_of_sites(
    connection: &mut PgConnection,
    stretches: &[(i64, Timestamp, Timestamp)],
) -> Result<Vec<(i64, Timestamp, i64)>, AppError> {
    if stretches.is_empty() {
        return Ok(Vec::new());
    }
    let from = stretches.iter().map(|(_, from, _)| *from).min().unwrap_or_default();
    let to = stretches.iter().map(|(.., to)| *to).max().unwrap_or_default();
    let rows: Vec<(i64, jiff_sqlx::Timestamp, i64)> = sqlx::query_as(
        "select given.site_id, at, found.count
         from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) as given (site_id, first, last)
         cross join generate_series(first, last, interval '1 hour') as at
         cross join lateral (
             select sum(count)::bigint as count from sitekeys_hour
             where bucket = at and code_id = 0 and site_id = given.site_id
               and bucket >= $4 and bucket <= $5
             having count(*) > 0) as found",
    )
    .bind(stretches.iter().map(|(site, ..)| *site).collect::<Vec<_>>())
    .bind(stretches.iter().map(|(_, from, _)| from.to_sqlx()).collect::<Vec<_>>())
    .bind(stretches.iter().map(|(.., to)| to.to_sqlx()).collect::<Vec<_>>())
    .bind(from.to_sqlx())
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
    let starts = || hours.iter().map(|(_, hour)| *hour);
    // All of them are named together, for a plan without the partitions of other days.
    let Some((first, last)) = starts().min().zip(starts().max()) else { return Ok(Vec::new()) };
    let rows: Vec<(i64, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "select given.site_id, max(at) + interval '1 minute'
         from unnest($1::bigint[], $2::timestamptz[]) as given (site_id, hour)
         cross join generate_series(hour, hour + interval '59 minutes', interval '1 minute') as at
         cross join lateral (
             select from stats_minute
             where bucket = at and site_id = given.site_id
               and bucket >= $3 and bucket < $4::timestamptz + interval '1 hour'
             limit 1) as found
         group by given.site_id",
    )
    .bind(hours.iter().map(|(site, _)| *site).collect::<Vec<_>>())
    .bind(starts().map(ToSqlx::to_sqlx).collect::<Vec<_>>())
    .bind(first.to_sqlx())
    .bind(last.to_sqlx())
    .persistent(false)
    .fetch_all(connection)
    .await?;
    let minute = |(site, end): (i64, jiff_sqlx::Timestamp)| (site, end.to_jiff());
    Ok(rows.into_iter().map(minute).collect())
}

//! The last 24 hours of many sites, for their list.
//!
//! Every site and bucket is looked up by its whole key: a planner that knows little of a fresh
//! partition would else read every site of the bucket and drop most of them.

use crate::codes::OK;
use crate::error::AppError;
use crate::stats::model::{Grain, Range};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Of a cut hour, at most so much is read by the minute.
const HALF_AN_HOUR: SignedDuration = SignedDuration::from_mins(30);

/// What happened on a site within one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteHour {
    /// The site.
    pub site: i64,
    /// When the hour began; the first one of a day and the last may be cut.
    pub hour: Timestamp,
    /// All outcomes.
    pub attempts: i64,
    /// Those that were `ok`.
    pub passed: i64,
}

/// The 24 hours up to the end of the minute that runs `now`, as every page counts them.
pub fn last_day(now: Timestamp) -> Range {
    Range::ending(Grain::Minute.ceil(now), SignedDuration::from_hours(24))
}

/// What happened on `sites` in [`last_day`], hour by hour. An hour without events has no row.
///
/// The hour that runs is read whole, since nothing has happened after now. The first one is cut: either
/// the minutes that belong to the day are added up, or those before it are taken from the whole hour,
/// whichever are fewer.
pub async fn day_of_sites(
    connection: &mut PgConnection,
    sites: &[i64],
    now: Timestamp,
) -> Result<Vec<SiteHour>, AppError> {
    let Range { from, to } = last_day(now);
    let (before, after, end) =
        (Grain::Hour.floor(from), Grain::Hour.ceil(from), Grain::Hour.ceil(to));
    let (first_hour, minutes, sign) = if from.duration_since(before) <= HALF_AN_HOUR {
        (before, (before, from), -1_i64)
    } else {
        (after, (from, after), 1)
    };
    let rows: Vec<(i64, jiff_sqlx::Timestamp, i64, i64)> = sqlx::query_as(
        "with ok as (select id from codes where code = $4)
         select site_id, hour, sum(attempts)::bigint, sum(passed)::bigint
         from (
             select site_id, at as hour,
                    case when code_id = 0 then count else 0 end as attempts,
                    case when code_id = 0 then 0 else count end as passed
             from generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') as at
             cross join lateral (
                 select site_id, code_id, count from sitekeys_hour
                 where bucket = at and site_id = any ($1)
                   and code_id = any (array (select 0 union all select id from ok))
                   and bucket >= $2 and bucket < $3
                 offset 0) as found
             union all
             select site_id, date_trunc('hour', at, 'UTC'), $7::bigint * count,
                    case when code_id = (select id from ok) then $7::bigint * count else 0 end
             from generate_series($5::timestamptz, $6::timestamptz - interval '1 minute', interval '1 minute') as at
             cross join lateral (
                 select site_id, code_id, count from stats_minute
                 where bucket = at and site_id = any ($1) and bucket >= $5 and bucket < $6
                 offset 0) as found) as counted
         group by site_id, hour order by site_id, hour",
    )
    .bind(sites)
    .bind(first_hour.to_sqlx())
    .bind(end.to_sqlx())
    .bind(OK)
    .bind(minutes.0.to_sqlx())
    .bind(minutes.1.to_sqlx())
    .bind(sign)
    .persistent(false)
    .fetch_all(connection)
    .await?;
    let hour = |(site, hour, attempts, passed): (i64, jiff_sqlx::Timestamp, i64, i64)| SiteHour {
        site,
        hour: hour.to_jiff(),
        attempts,
        passed,
    };
    Ok(rows.into_iter().map(hour).collect())
}

/// A site's last day by whole hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteDay {
    /// All outcomes of the last 23 hours and the one that runs.
    pub attempts: i64,
    /// Those of them that were not `ok`.
    pub errors: i64,
}

/// Every site with events in the last 24 whole hours or in the one that runs. Within [`last_day`] lies
/// all that is counted; a site without events in `last_day` may be listed, none that has any is left
/// out.
pub async fn days_of_all_sites(
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<Vec<(i64, SiteDay)>, AppError> {
    let from = Grain::Hour.floor(last_day(now).from);
    let counted_from = Grain::Hour.ceil(last_day(now).from);
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "select site_id,
                coalesce(sum(count) filter (where code_id = 0 and bucket >= $2), 0)::bigint,
                coalesce(sum(count) filter (where code_id <> 0 and bucket >= $2), 0)::bigint
         from sitekeys_hour
         where bucket >= $1 and code_id = any (array (select 0 union all select id from codes where code = $3))
           and site_id <> 0
         group by site_id",
    )
    .bind(from.to_sqlx())
    .bind(counted_from.to_sqlx())
    .bind(OK)
    .persistent(false)
    .fetch_all(connection)
    .await?;
    let day = |(site, attempts, passed): (i64, i64, i64)| {
        (site, SiteDay { attempts, errors: attempts - passed })
    };
    Ok(rows.into_iter().map(day).collect())
}

/// The hosts whose requests to any of `sites` got `code` in the hours of [`last_day`], each with their
/// number, the most frequent first; at most 10,000.
pub async fn hosts_of_code(
    connection: &mut PgConnection,
    sites: &[i64],
    code: &str,
    now: Timestamp,
) -> Result<Vec<(String, i64)>, AppError> {
    let from = last_day(now).from;
    let hosts = sqlx::query_as(
        "with code as (select id from codes where code = $4)
         select found.host, sum(found.count)::bigint
         from unnest($1::bigint[]) as named (site_id)
         cross join generate_series($2::timestamptz, $3::timestamptz, interval '1 hour') as at
         cross join lateral (
             select host, count from host_hour
             where bucket = at and code_id = (select id from code) and site_id = named.site_id
               and bucket >= $2 and bucket <= $3
             offset 0) as found
         group by found.host order by 2 desc, 1 limit 10000",
    )
    .bind(sites)
    .bind(Grain::Hour.floor(from).to_sqlx())
    .bind(Grain::Hour.floor(now).to_sqlx())
    .bind(code)
    .persistent(false)
    .fetch_all(connection)
    .await?;
    Ok(hosts)
}

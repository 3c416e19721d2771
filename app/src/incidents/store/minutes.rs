//! SQL of what incidents are found in: the last minutes of every site and code, and the hours that
//! say what is usual.

use crate::error::AppError;
use crate::events::model::{REPLAY, is_unattributed};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};

/// A minute of a site (0: of none) and a code. What a site's sitekeys were refused for is that site's here: it is the one
/// to see to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinuteRow {
    /// The start of the minute.
    pub start: Timestamp,
    /// The site.
    pub site: i64,
    /// `ok` or an error code.
    pub code: String,
    /// How many events.
    pub count: i64,
}

/// Everything counted in `[from, to)`, by minute, site and code, but for replayed logs: what happened in them is over,
/// wherever the replay puts it.
pub async fn minutes(
    conn: &mut PgConnection,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<MinuteRow>, AppError> {
    let rows: Vec<(jiff_sqlx::Timestamp, i64, String, i64)> = sqlx::query_as(
        "select bucket, coalesce(owner.site_id, counted.site_id), codes.code, sum(count)::bigint
         from stats_minute as counted
         join codes on codes.id = code_id
         left join sitekeys as owner on counted.site_id = 0 and owner.id = sitekey_id
         where bucket >= $1 and bucket < $2
           and source_id <> all (array (select id from sources where starts_with(name, $3)))
         group by 1, 2, 3",
    )
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(REPLAY)
    .persistent(false)
    .fetch_all(conn)
    .await?;
    let row = |(start, site, code, count): (jiff_sqlx::Timestamp, i64, String, i64)| MinuteRow {
        start: start.to_jiff(),
        site,
        code,
        count,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The counts of an hour, and all outcomes of its site.
pub type HourRow = (Timestamp, i64, i64);

/// The hours of `[from, to)` in which anything was counted on each of `sites`, as [`minutes`] has it: by site and code the
/// hour, its count of that code, and its outcomes of any.
pub async fn hours_of(
    conn: &mut PgConnection,
    series: &[(i64, String)],
    from: Timestamp,
    to: Timestamp,
) -> Result<HashMap<(i64, String), Vec<HourRow>>, AppError> {
    if series.is_empty() {
        return Ok(HashMap::new());
    }
    let sites: HashSet<i64> = series.iter().map(|(site, _)| *site).collect();
    let codes: HashSet<&str> = series.iter().map(|(_, code)| code.as_str()).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    // By bucket and code, a site's rows lie together in the key: each hour is a look-up. Counts and outcomes are put beside each
    // other here: the planner, which knows nothing of a partition that was just filled, would go through all of them for each.
    let rows: Vec<(i64, Option<String>, jiff_sqlx::Timestamp, i64)> = sqlx::query_as(
        "with wanted as (select array_agg(id) as ids from codes where code = any($2)),
         found as (
             select bucket, site_id, code_id, count
             from sitekeys_hour
             where bucket >= $3 and bucket < $4 and site_id = any($1)
               and (code_id = 0 or code_id = any((select ids from wanted)::integer[]))
               and (site_id <> 0 or sitekey_id = 0)
             union all
             select bucket, owner.site_id, code_id, count
             from sitekeys_hour join sitekeys as owner on owner.id = sitekey_id
             where $5 and bucket >= $3 and bucket < $4 and sitekeys_hour.site_id = 0
               and owner.site_id = any($1)
               and (code_id = 0 or code_id = any((select ids from wanted)::integer[]))),
         counted as (
             select site_id, code_id, bucket, sum(count)::bigint as count from found group by 1, 2, 3)
         select site_id, code, bucket, count
         from counted left join codes on codes.id = code_id
         order by site_id, bucket",
    )
    .bind(sites.into_iter().collect::<Vec<_>>())
    .bind(&codes)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(codes.iter().any(|code| is_unattributed(code)))
    .persistent(false)
    .fetch_all(conn)
    .await?;
    let mut outcomes: HashMap<i64, Vec<(Timestamp, i64)>> = HashMap::new();
    let mut counts: HashMap<(i64, String), HashMap<Timestamp, i64>> = HashMap::new();
    for (site, code, hour, count) in rows {
        match code {
            None => outcomes.entry(site).or_default().push((hour.to_jiff(), count)),
            Some(code) => {
                counts.entry((site, code)).or_default().insert(hour.to_jiff(), count);
            }
        }
    }
    let hours = |of: &(i64, String)| {
        let (counts, outcomes) = (counts.get(of), outcomes.get(&of.0)?);
        let count =
            |hour: &Timestamp| counts.and_then(|counts| counts.get(hour)).copied().unwrap_or(0);
        let hour = |(hour, all): &(Timestamp, i64)| (*hour, count(hour), *all);
        Some((of.clone(), outcomes.iter().map(hour).collect()))
    };
    Ok(series.iter().filter_map(hours).collect())
}

/// The same of all sites together, by code.
pub async fn hours_of_all(
    conn: &mut PgConnection,
    codes: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<HashMap<String, Vec<HourRow>>, AppError> {
    if codes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, jiff_sqlx::Timestamp, i64, i64)> = sqlx::query_as(
        "with hours as materialized (
             select bucket, code_id, sum(count)::bigint as count
             from totals_hour where bucket >= $2 and bucket < $3 group by 1, 2),
         outcomes as (select bucket, sum(count)::bigint as count from hours group by 1)
         select codes.code, outcomes.bucket, coalesce(hours.count, 0), outcomes.count
         from codes cross join outcomes
         left join hours on hours.code_id = codes.id and hours.bucket = outcomes.bucket
         where codes.code = any($1)
         order by 1, 2",
    )
    .bind(codes)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .persistent(false)
    .fetch_all(conn)
    .await?;
    let mut hours: HashMap<String, Vec<HourRow>> = HashMap::new();
    for (code, hour, count, attempts) in rows {
        hours.entry(code).or_default().push((hour.to_jiff(), count, attempts));
    }
    Ok(hours)
}

//! Which hosts events came from.

use super::parts::{Codes, Selection, push_parts};
use crate::error::AppError;
use crate::events::model::host::NONE as NO_HOST;
use crate::stats::model::{Answer, Filter, Grain, GroupBy, HostCount, Range, SiteHostCount};
use crate::stats::rules::{Family, Held, plan_of_sums};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, QueryBuilder};

/// The hosts with the most events, at most `limit`. Of the filter, the site, code and host count. Over
/// all sites, those with few events may be counted among the hosts that found no room.
pub async fn top_hosts(
    connection: &mut PgConnection,
    range: Range,
    filter: &Filter,
    limit: u32,
    held: &Held,
) -> Result<Answer<HostCount>, AppError> {
    let selection = Selection::new(filter, Codes::of(filter, &[GroupBy::Host]));
    hosts(connection, range, &selection, limit, held).await
}

/// The same of events that named no host: at most one.
pub async fn without_host(
    connection: &mut PgConnection,
    range: Range,
    filter: &Filter,
    held: &Held,
) -> Result<Answer<HostCount>, AppError> {
    let selection = Selection::new(filter, Codes::of(filter, &[GroupBy::Host]));
    let selection = Selection { hosts: Some(vec![NO_HOST]), ..selection };
    hosts(connection, range, &selection, 1, held).await
}

async fn hosts(
    connection: &mut PgConnection,
    range: Range,
    selection: &Selection<'_>,
    limit: u32,
    held: &Held,
) -> Result<Answer<HostCount>, AppError> {
    let family = Family::for_question(selection.filter, &[GroupBy::Host])
        .map_err(|_| AppError::BadRequest)?;
    let plan = plan_of_sums(range, family, held);
    let mut sql = QueryBuilder::new(
        "select host, sum(count)::bigint, min(first_seen), max(last_seen) from (",
    );
    push_parts(&mut sql, &plan, family, selection, |sql, _| {
        sql.push("host, count, first_seen, last_seen");
    });
    sql.push(") as part group by host order by 2 desc, 1 limit ").push_bind(i64::from(limit));
    let rows: Vec<(String, i64, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp)> =
        sql.build_query_as().persistent(false).fetch_all(connection).await?;
    let rows = rows.into_iter().map(|(host, count, first, last)| HostCount {
        host,
        count,
        first_seen: first.to_jiff(),
        last_seen: last.to_jiff(),
    });
    Ok(Answer { range: plan.range, rows: rows.collect() })
}

/// The hosts of one code on each site, or on one, the most frequent first, at most `limit`. Over all
/// sites, those with few events are counted together, on site -1.
pub async fn site_hosts(
    connection: &mut PgConnection,
    range: Range,
    code: &str,
    site: Option<i64>,
    limit: u32,
    held: &Held,
) -> Result<Answer<SiteHostCount>, AppError> {
    let filter = Filter { site, ..Filter::code(code) };
    let family =
        Family::for_question(&filter, &[GroupBy::Host]).map_err(|_| AppError::BadRequest)?;
    let plan = plan_of_sums(range, family, held);
    let selection = Selection::new(&filter, Codes::Together);
    let mut sql = QueryBuilder::new(
        "select site_id, host, sum(count)::bigint, min(first_seen), max(last_seen) from (",
    );
    push_parts(&mut sql, &plan, family, &selection, |sql, _| {
        sql.push("site_id, host, count, first_seen, last_seen");
    });
    sql.push(") as part group by site_id, host order by 3 desc, 1, 2 limit ")
        .push_bind(i64::from(limit));
    let rows: Vec<(i64, String, i64, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp)> =
        sql.build_query_as().persistent(false).fetch_all(connection).await?;
    let rows = rows.into_iter().map(|(site, host, count, first, last)| SiteHostCount {
        site,
        host,
        count,
        first_seen: first.to_jiff(),
        last_seen: last.to_jiff(),
    });
    Ok(Answer { range: plan.range, rows: rows.collect() })
}

/// When each of the hosts was first seen on the site with this code, ever. A host that never was
/// has no row.
pub async fn first_seen(
    connection: &mut PgConnection,
    code: &str,
    site: i64,
    hosts: &[String],
) -> Result<Vec<(String, Timestamp)>, AppError> {
    let rows: Vec<(String, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "select host, min(first_seen) from host_day
         where code_id = (select id from codes where code = $1)
           and site_id = $2 and host = any ($3)
         group by host order by host",
    )
    .bind(code)
    .bind(site)
    .bind(hosts)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(host, first)| (host, first.to_jiff())).collect())
}

/// The hosts of the errors with one code in `[from, to)`, to the minute, on one site or on all: see
/// [`host_minutes_from`](crate::events::partitions::host_minutes_from) for since when they are counted so.
pub async fn hosts_by_minute(
    connection: &mut PgConnection,
    range: Range,
    code: &str,
    site: Option<i64>,
) -> Result<Vec<(String, i64)>, AppError> {
    let hosts = sqlx::query_as(
        "select found.host, sum(found.count)::bigint
         from generate_series($1::timestamptz, $2::timestamptz - interval '1 microsecond', interval '1 minute') as at
         cross join lateral (
             select host, count from host_minute
             where bucket = at and code_id = (select id from codes where code = $3)
               and ($4::bigint is null or site_id = $4) and bucket >= $1 and bucket < $2
             offset 0) as found
         group by found.host",
    )
    .bind(Grain::Minute.floor(range.from).to_sqlx())
    .bind(range.to.to_sqlx())
    .bind(code)
    .bind(site)
    .persistent(false)
    .fetch_all(connection)
    .await?;
    Ok(hosts)
}

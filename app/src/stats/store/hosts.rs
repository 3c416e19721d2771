//! Which hosts events came from.

use super::query::push_parts;
use crate::error::AppError;
use crate::stats::model::{Answer, Filter, Grain, HostCount, Range};
use crate::stats::rules::{Family, Held, plan};
use sqlx::{PgConnection, QueryBuilder};

/// The hosts with the most events, at most `limit`. Of the filter, the site, code and host count.
pub async fn top_hosts(
    connection: &mut PgConnection,
    range: Range,
    filter: &Filter,
    limit: u32,
    held: &Held,
) -> Result<Answer<HostCount>, AppError> {
    let plan = plan(range, Family::Hosts, Grain::Day, held);
    let mut sql = QueryBuilder::new(
        "select host, sum(count)::bigint, min(first_seen), max(last_seen) from (",
    );
    push_parts(&mut sql, &plan, Family::Hosts, filter.into(), |sql| {
        sql.push("host, count, first_seen, last_seen");
    });
    sql.push(") as part group by host order by 2 desc, 1 limit ").push_bind(i64::from(limit));
    let rows: Vec<(String, i64, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp)> =
        sql.build_query_as().fetch_all(connection).await?;
    let rows = rows.into_iter().map(|(host, count, first, last)| HostCount {
        host,
        count,
        first_seen: first.to_jiff(),
        last_seen: last.to_jiff(),
    });
    Ok(Answer { range: plan.range, rows: rows.collect() })
}

//! SQL of the hosts that the gate denied, in other orders than by their number.
//!
//! Only which hosts a page has is read here, and no further than the page needs; what they were denied is counted of
//! those alone.

use super::denied::{Denied, push_conditions, table};
use crate::error::AppError;
use crate::events::model::host as special;
use crate::gate::DenyCode;
use crate::sites::model::SiteId;
use crate::stats::model::Range;
use crate::stats::rules::{Family, plan_of_sums};
use jiff::SignedDuration;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Postgres, QueryBuilder};

/// A host on a site, and the code it got there.
pub type Key = (DenyCode, SiteId, String);

/// Which hosts a page has: so many after the first `from`.
#[derive(Clone, Copy)]
pub struct Place {
    /// How many come before.
    pub from: i64,
    /// How many there are at most.
    pub limit: i64,
    /// Whether those that an operator ignores count.
    pub with_ignored: bool,
}

/// The hosts by name. Of what is asked, site, search and order do not count.
pub async fn denied_by_name(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    place: Place,
) -> Result<Vec<Key>, AppError> {
    keys(conn, asked, place, "host").await
}

/// The same, those that were seen latest first.
pub async fn denied_last(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    place: Place,
) -> Result<Vec<Key>, AppError> {
    let mut length = SignedDuration::from_hours(24);
    loop {
        // Who was seen in the newest buckets was seen after all others: mostly the last day has enough of them.
        let newest = asked.range.to.checked_sub(length).ok();
        let newest = newest.filter(|start| *start > asked.range.from);
        let range = newest.and_then(|start| Range::new(start, asked.range.to));
        let part = Denied { range: range.unwrap_or(asked.range), ..asked.clone() };
        let order = "max(last_seen) desc, host";
        let found = keys(conn, &part, place, order).await?;
        if range.is_none() || i64::try_from(found.len()).is_ok_and(|found| found >= place.limit) {
            return Ok(found);
        }
        length = length.saturating_mul(4);
    }
}

/// The same, those that were first seen latest first, ever and with whatever code. The hosts are gone through in that
/// order: the fewer of those that were ever denied were so in the range, the longer it takes.
pub async fn denied_first(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    place: Place,
) -> Result<Vec<Key>, AppError> {
    let plan = plan_of_sums(asked.range, Family::Hosts, asked.held);
    let mut sql: QueryBuilder<Postgres> = QueryBuilder::new(
        "select code, site_id, host from (
             select denied.code_id, known.site_id, known.host from hosts as known
             cross join lateral (select distinct code_id from (",
    );
    for (at, segment) in plan.segments.iter().enumerate() {
        if at > 0 {
            sql.push(" union all ");
        }
        sql.push(format_args!("select code_id from {} where ", table(segment.grain)));
        push_conditions(&mut sql, segment.range, asked.codes);
        sql.push(" and site_id = known.site_id and host = known.host");
    }
    sql.push(") as part offset 0) as denied where known.denied and known.first_seen < ");
    sql.push_bind(plan.range.to.to_sqlx());
    if !place.with_ignored {
        sql.push(
            " and not exists (select from ignored_hosts as ignored
                                where ignored.site_id = known.site_id and ignored.host = known.host)",
        );
    }
    sql.push(" order by known.first_seen desc, known.host, denied.code_id, known.site_id offset ");
    push_place(&mut sql, place);
    read(conn, sql).await
}

async fn keys(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    place: Place,
    order: &str,
) -> Result<Vec<Key>, AppError> {
    let plan = plan_of_sums(asked.range, Family::Hosts, asked.held);
    let mut sql: QueryBuilder<Postgres> =
        QueryBuilder::new("select code, site_id, host from (select code_id, site_id, host from (");
    for (at, segment) in plan.segments.iter().enumerate() {
        if at > 0 {
            sql.push(" union all ");
        }
        let table = table(segment.grain);
        sql.push(format_args!("select code_id, site_id, host, last_seen from {table} where "));
        push_conditions(&mut sql, segment.range, asked.codes);
        sql.push(" and host <> all (");
        sql.push_bind([special::NONE, special::UNUSABLE, special::OTHER]).push(")");
        if !place.with_ignored {
            sql.push(format_args!(
                " and not exists (select from ignored_hosts as ignored
                                  where ignored.site_id = {table}.site_id and ignored.host = {table}.host)"
            ));
        }
    }
    sql.push(format_args!(
        ") as part group by host, code_id, site_id order by {order}, code_id, site_id offset "
    ));
    push_place(&mut sql, place);
    read(conn, sql).await
}

fn push_place(sql: &mut QueryBuilder<Postgres>, place: Place) {
    sql.push_bind(place.from).push(" limit ").push_bind(place.limit);
    sql.push(") as shown join codes on codes.id = code_id");
}

async fn read(
    conn: &mut PgConnection,
    mut sql: QueryBuilder<Postgres>,
) -> Result<Vec<Key>, AppError> {
    let rows: Vec<(String, i64, String)> =
        sql.build_query_as().persistent(false).fetch_all(conn).await?;
    let key = |(code, site, host): (String, i64, String)| {
        Some((DenyCode::from_name(&code)?, SiteId(site), host))
    };
    Ok(rows.into_iter().filter_map(key).collect())
}

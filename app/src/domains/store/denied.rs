//! SQL of the hosts that the gate denied, from the rollups of hosts.
//!
//! One statement reads all codes: it adds up in the database what is a row each on the page, so that ten
//! thousand sites cost one pass over their hosts.

use super::super::rejected::{Denial, Order};
use crate::error::AppError;
use crate::gate::DenyCode;
use crate::sites::model::SiteId;
use crate::stats::model::{Grain, Range, SiteHostCount};
use crate::stats::rules::{Family, Held, Segment, plan_of_sums};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Postgres, QueryBuilder};

/// Which denials are looked for.
#[derive(Clone, Debug)]
pub struct Denied<'a> {
    /// When.
    pub range: Range,
    /// What the rollups still hold.
    pub held: &'a Held,
    /// With any of these codes.
    pub codes: &'a [DenyCode],
    /// Of this site, 0 for requests that belong to none; of all without one.
    pub site: Option<SiteId>,
    /// From hosts with this in their names; from all, and from none, when it is empty.
    pub search: &'a str,
    /// Which come first.
    pub order: Order,
}

impl Denied<'_> {
    /// What is counted over where each host of a site has a row of its own: the range, widened to whole hours or days.
    pub fn counted_over(&self) -> Range {
        plan_of_sums(self.range, Family::Hosts, self.held).range
    }
}

/// What was found of them.
#[derive(Clone, Debug)]
pub struct Denials {
    /// What was counted over: the range, widened to whole hours or days.
    pub range: Range,
    /// The hosts by site and code, in their order.
    pub rows: Vec<Denial>,
    /// All denials that are looked for, also of hosts beyond the limit.
    pub denied: i64,
}

type Row = (String, i64, String, i64, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp, i64);

/// The hosts that were denied, at most `limit` of them.
pub async fn denials(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    limit: i64,
) -> Result<Denials, AppError> {
    let plan = plan_of_sums(asked.range, Family::Hosts, asked.held);
    let first = match asked.order {
        Order::Count => "sum(count) desc",
        Order::First => "min(first_seen) desc",
        Order::Last => "max(last_seen) desc",
        Order::Host => "host",
    };
    let mut sql = QueryBuilder::new(
        "select codes.code, site_id, host, count, first_seen, last_seen, denied
         from (select code_id, site_id, host, sum(count)::bigint as count,
                      min(first_seen) as first_seen, max(last_seen) as last_seen,
                      (sum(sum(count)) over ())::bigint as denied
               from (",
    );
    for (at, segment) in plan.segments.iter().enumerate() {
        if at > 0 {
            sql.push(" union all ");
        }
        push_segment(&mut sql, *segment, asked);
    }
    sql.push(format_args!(
        ") as part group by code_id, site_id, host
             order by {first}, code_id, site_id, host limit "
    ));
    sql.push_bind(limit).push(") as counted join codes on codes.id = code_id");
    let rows: Vec<Row> = sql.build_query_as().persistent(false).fetch_all(conn).await?;
    let denied = rows.first().map_or(0, |(.., denied)| *denied);
    let denial = |(code, site, host, count, first, last, _): Row| {
        let (first_seen, last_seen) = (first.to_jiff(), last.to_jiff());
        let counted = SiteHostCount { site, host, count, first_seen, last_seen };
        Some(Denial { code: DenyCode::from_name(&code)?, counted })
    };
    Ok(Denials { range: plan.range, rows: rows.into_iter().filter_map(denial).collect(), denied })
}

/// A run of buckets. All keys begin with the bucket, the code and the site: those of one site are looked
/// up bucket by bucket, those of all are read through.
fn push_segment(sql: &mut QueryBuilder<Postgres>, segment: Segment, asked: &Denied<'_>) {
    let Segment { grain, range, .. } = segment;
    let table = table(grain);
    sql.push("select code_id, site_id, host, count, first_seen, last_seen from ");
    if let Some(site) = asked.site {
        push_buckets(sql, segment);
        sql.push(format_args!(
            " cross join lateral (select * from {table} where bucket = at and site_id = "
        ));
        sql.push_bind(site.0).push(" and ");
    } else {
        sql.push(format_args!("{table} where "));
    }
    push_conditions(sql, range, asked.codes);
    if !asked.search.is_empty() {
        sql.push(" and strpos(host, ").push_bind(asked.search.to_owned()).push(") > 0");
    }
    if asked.site.is_some() {
        sql.push(" offset 0) as found");
    }
}

/// How many requests of hosts that an operator ignores were denied with `code` in `range`, on one site
/// or on all.
pub async fn denied_of_ignored(
    conn: &mut PgConnection,
    code: DenyCode,
    site: Option<SiteId>,
    range: Range,
    held: &Held,
) -> Result<i64, AppError> {
    let plan = plan_of_sums(range, Family::Hosts, held);
    let mut sql = QueryBuilder::new("select coalesce(sum(count), 0)::bigint from (");
    for (at, segment) in plan.segments.iter().enumerate() {
        if at > 0 {
            sql.push(" union all ");
        }
        let table = table(segment.grain);
        sql.push("select count from ignored_hosts as ignored cross join ");
        push_buckets(&mut sql, *segment);
        sql.push(format_args!(
            " cross join lateral (select count from {table}
              where bucket = at and site_id = ignored.site_id and host = ignored.host and bucket >= "
        ));
        sql.push_bind(segment.range.from.to_sqlx());
        sql.push(" and bucket < ").push_bind(segment.range.to.to_sqlx());
        sql.push(" and code_id = (select id from codes where code = ").push_bind(code.as_str());
        sql.push(") offset 0) as found where ").push_bind(site.map(|site| site.0));
        sql.push("::bigint is null or ignored.site_id = ").push_bind(site.map(|site| site.0));
    }
    sql.push(") as part");
    Ok(sql.build_query_scalar().persistent(false).fetch_one(conn).await?)
}

/// The conditions on the bucket and the code.
pub(super) fn push_conditions(sql: &mut QueryBuilder<Postgres>, range: Range, codes: &[DenyCode]) {
    let codes: Vec<String> = codes.iter().map(|code| code.as_str().to_owned()).collect();
    sql.push("bucket >= ").push_bind(range.from.to_sqlx());
    sql.push(" and bucket < ").push_bind(range.to.to_sqlx());
    sql.push(" and code_id = any (array (select id from codes where code = any (").push_bind(codes);
    sql.push(")))");
}

/// The starts of a segment's buckets, as `at`.
pub(super) fn push_buckets(
    sql: &mut QueryBuilder<Postgres>,
    Segment { grain, range, .. }: Segment,
) {
    let seconds = grain.seconds();
    sql.push("generate_series(").push_bind(range.from.to_sqlx());
    sql.push("::timestamptz, ").push_bind(range.to.to_sqlx());
    sql.push(format_args!(
        "::timestamptz - interval '{seconds} seconds', interval '{seconds} seconds') as at"
    ));
}

pub(super) const fn table(grain: Grain) -> &'static str {
    match grain {
        // A plan for hosts has no minutes.
        Grain::Minute | Grain::Hour => "host_hour",
        Grain::Day | Grain::Week => "host_day",
    }
}

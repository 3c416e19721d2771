//! SQL of the hosts that the gate denied most on all sites.
//!
//! They are found in the rollup over all sites. It has a bounded number of hosts of each code and bucket,
//! so that neither events nor made-up hosts make it slower. Where it counts some of them together, what
//! is shown is counted once more where each host of a site has a row of its own.

use super::super::rejected::Denial;
use super::Key;
use super::denied::{Denied, push_buckets, push_conditions, table};
use crate::error::AppError;
use crate::events::model::host as special;
use crate::gate::DenyCode;
use crate::stats::model::{Grain, Range, SiteHostCount};
use crate::stats::rules::{Family, Segment, plan_of_sums};
use sqlx::{PgConnection, Postgres, QueryBuilder};

/// What stands for no host.
const HOSTLESS: [&str; 2] = [special::NONE, special::UNUSABLE];

/// A page of the hosts that were denied most on all sites.
#[derive(Clone, Debug)]
pub struct MostDenied {
    /// What was counted over: the range, widened to whole hours or days.
    pub range: Range,
    /// The page's hosts by site and code, the most denied first.
    pub rows: Vec<Denial>,
    /// Denials that named no host, by site and code. Those of the sites with the fewest may stand together.
    pub hostless: Vec<Denial>,
    /// All denials that are looked for.
    pub denied: i64,
    /// How many rows all pages have.
    pub all: i64,
    /// Whether hosts that were denied rarely are counted together, and have no row.
    pub folded: bool,
}

/// All denials, the number of rows, whether there are more; then one of them, if there is any.
type Found = (
    i64,
    i64,
    bool,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<i64>,
    Option<jiff_sqlx::Timestamp>,
    Option<jiff_sqlx::Timestamp>,
);

/// The hosts that were denied most on all sites with the codes that are asked for: `limit` of them after
/// the first `from`. Those that an operator ignores are left out, except `with_ignored`, where they have
/// a name. Of what is asked, site, search and order do not count.
pub async fn most_denied(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    with_ignored: bool,
    from: i64,
    limit: i64,
) -> Result<MostDenied, AppError> {
    let plan = plan_of_sums(asked.range, Family::CodeHosts, asked.held);
    let mut sql = QueryBuilder::new(
        "with counted as materialized (
             select code_id, site_id, host, sum(count)::bigint as count,
                    min(first_seen) as first_seen, max(last_seen) as last_seen from (",
    );
    for (at, segment) in plan.segments.iter().enumerate() {
        if at > 0 {
            sql.push(" union all ");
        }
        sql.push("select code_id, site_id, host, count, first_seen, last_seen from ");
        push_buckets(&mut sql, *segment);
        let table = table_of_all_sites(segment.grain);
        sql.push(format_args!(" cross join lateral (select * from {table} where bucket = at and "));
        push_conditions(&mut sql, segment.range, asked.codes);
        sql.push(" offset 0) as found");
    }
    sql.push(
        ") as part group by code_id, site_id, host),
         kept as (
             select * from counted
             where not exists (select from ignored_hosts as ignored
                               where ignored.site_id = counted.site_id and ignored.host = counted.host)),
         named as (
             select * from ",
    );
    sql.push(if with_ignored { "counted" } else { "kept" });
    sql.push(" where host <> all (").push_bind([special::NONE, special::UNUSABLE, special::OTHER]);
    sql.push(
        ")),
         shown as (
             (select * from named order by count desc, host, code_id, site_id offset ",
    );
    sql.push_bind(from).push(" limit ").push_bind(limit);
    sql.push(") union all select * from kept where host = any (").push_bind(HOSTLESS);
    sql.push(
        "))
         select denied, hosts, folded, code, site_id, host, count, first_seen, last_seen
         from (select (select coalesce(sum(count), 0)::bigint from counted) as denied,
                      (select count(*) from named) as hosts,
                      exists (select from counted where host = ",
    );
    sql.push_bind(special::OTHER);
    sql.push(
        ") as folded) as totals
         left join (shown join codes on codes.id = code_id) on true
         order by count desc, host, code_id, site_id",
    );
    let found: Vec<Found> = sql.build_query_as().persistent(false).fetch_all(conn).await?;
    let (denied, all, folded) = found.first().map_or((0, 0, false), |row| (row.0, row.1, row.2));
    let row = |(.., code, site, host, count, first, last): Found| {
        denial((code?, site?, host?, count?, first?, last?))
    };
    let (hostless, rows) = found
        .into_iter()
        .filter_map(row)
        .partition(|row| HOSTLESS.contains(&row.counted.host.as_str()));
    Ok(MostDenied { range: plan.range, rows, hostless, denied, all, folded })
}

type Row = (String, i64, String, i64, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp);

fn denial((code, site, host, count, first, last): Row) -> Option<Denial> {
    let (first_seen, last_seen) = (first.to_jiff(), last.to_jiff());
    let counted = SiteHostCount { site, host, count, first_seen, last_seen };
    Some(Denial { code: DenyCode::from_name(&code)?, counted })
}

/// What these hosts were denied, each on its site and with its code.
pub async fn denied_from(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    rows: &[Key],
) -> Result<Vec<Denial>, AppError> {
    let codes: Vec<String> = rows.iter().map(|(code, ..)| code.as_str().to_owned()).collect();
    let sites: Vec<i64> = rows.iter().map(|(_, site, _)| site.0).collect();
    let hosts: Vec<String> = rows.iter().map(|(.., host)| host.clone()).collect();
    by_site(conn, asked, |sql, segment| {
        let table = table(segment.grain);
        sql.push("unnest(").push_bind(codes.clone()).push("::text[], ");
        sql.push_bind(sites.clone()).push("::bigint[], ");
        sql.push_bind(hosts.clone()).push(format_args!(
            "::text[]) as row (code, site, name)
             join codes as named on named.code = row.code
             join {table} on code_id = named.id and site_id = row.site and host = row.name"
        ));
    })
    .await
}

/// What the hosts were denied that found no room among those of their site, by site and code.
pub async fn denied_from_others(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
) -> Result<Vec<Denial>, AppError> {
    by_site(conn, asked, |sql, segment| {
        let table = table(segment.grain);
        sql.push(format_args!("(select * from {table} where host = ")).push_bind(special::OTHER);
        sql.push(") as other");
    })
    .await
}

/// Adds up where each host of a site has a row of its own. `from` writes what is read of a segment.
async fn by_site(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    from: impl Fn(&mut QueryBuilder<Postgres>, Segment),
) -> Result<Vec<Denial>, AppError> {
    let plan = plan_of_sums(asked.range, Family::Hosts, asked.held);
    let mut sql = QueryBuilder::new(
        "select code, site_id, host, sum(count)::bigint, min(first_seen), max(last_seen) from (",
    );
    for (at, segment) in plan.segments.iter().enumerate() {
        if at > 0 {
            sql.push(" union all ");
        }
        sql.push("select code_id, site_id, host, count, first_seen, last_seen from ");
        from(&mut sql, *segment);
        sql.push(" where ");
        push_conditions(&mut sql, segment.range, asked.codes);
    }
    sql.push(") as part join codes on codes.id = code_id group by code, site_id, host");
    let rows: Vec<Row> = sql.build_query_as().persistent(false).fetch_all(conn).await?;
    Ok(rows.into_iter().filter_map(denial).collect())
}

const fn table_of_all_sites(grain: Grain) -> &'static str {
    match grain {
        // A plan for hosts has no minutes.
        Grain::Minute | Grain::Hour => "code_host_hour",
        Grain::Day => "code_host_day",
        Grain::Week => "code_host_week",
    }
}

//! Counts as the pages list them: by code with a trend, by site, and the sources.

use super::parts::{Codes, Selection, push_count, push_ok, push_parts};
use super::query::{Question, rows, rows_of_sites};
use crate::error::AppError;
use crate::events::model::UNATTRIBUTED;
use crate::stats::model::{
    Answer, CodeTrend, Filter, Grain, GroupBy, Key, Range, SiteCount, SourceSeen, Step,
};
use crate::stats::rules::{Family, Held, Plan, plan, steps};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use std::collections::HashMap;

/// Every code that occurred, most frequent first, with its course by `step`.
pub async fn codes(
    connection: &mut PgConnection,
    range: Range,
    site: Option<i64>,
    step: Step,
    held: &Held,
) -> Result<Answer<CodeTrend>, AppError> {
    let filter = Filter { site, ..Filter::default() };
    let question = Question { range, filter, group_by: vec![GroupBy::Code], step: Some(step) };
    let answer = rows(connection, &question, held).await?;
    let named = answer.rows.into_iter().filter_map(|row| match row.key {
        Key::Name(code) => Some((code, row.start, row.count)),
        _ => None,
    });
    Ok(Answer { range: answer.range, rows: trends(named, &steps(answer.range, step)) })
}

/// The same of each of these sites, in no order. One without events is left out.
pub async fn codes_of_sites(
    connection: &mut PgConnection,
    range: Range,
    sites: &[i64],
    step: Step,
    held: &Held,
) -> Result<Answer<(i64, Vec<CodeTrend>)>, AppError> {
    let group_by = vec![GroupBy::Site, GroupBy::Code];
    let question = Question { range, filter: Filter::default(), group_by, step: Some(step) };
    let answer = rows_of_sites(connection, &question, sites, held).await?;
    let mut by_site: HashMap<i64, Vec<(String, Timestamp, i64)>> = HashMap::new();
    for row in answer.rows {
        let (site, code) = match row.key.parts() {
            [Key::Site(site), Key::Name(code)] => (*site, code.clone()),
            [Key::Null, Key::Name(code)] => (UNATTRIBUTED, code.clone()),
            _ => continue,
        };
        by_site.entry(site).or_default().push((code, row.start, row.count));
    }
    let starts = steps(answer.range, step);
    let of_site = |(site, rows): (i64, Vec<_>)| (site, trends(rows.into_iter(), &starts));
    Ok(Answer { range: answer.range, rows: by_site.into_iter().map(of_site).collect() })
}

/// The course of each code, the most frequent first, over steps that begin at `starts`.
fn trends(
    rows: impl Iterator<Item = (String, Timestamp, i64)>,
    starts: &[Timestamp],
) -> Vec<CodeTrend> {
    let mut trends: HashMap<String, CodeTrend> = HashMap::new();
    for (code, start, count) in rows {
        let trend = trends.entry(code).or_insert_with_key(|code| CodeTrend {
            code: code.clone(),
            count: 0,
            trend: vec![0; starts.len()],
        });
        trend.count += count;
        // What a sender's clock puts into the future belongs to the last step.
        let place = match starts.binary_search(&start) {
            Ok(place) => place,
            Err(after) => after.saturating_sub(1),
        };
        if let Some(sum) = trend.trend.get_mut(place) {
            *sum += count;
        }
    }
    let mut rows: Vec<CodeTrend> = trends.into_values().collect();
    rows.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
    rows
}

/// The sites with the most errors, at most `limit`; of one code, those with the most of it, which
/// are then counted alone. Events that belong to no site are listed as site 0.
pub async fn top_sites(
    connection: &mut PgConnection,
    range: Range,
    code: Option<&str>,
    limit: u32,
    held: &Held,
) -> Result<Answer<SiteCount>, AppError> {
    let plan = plan(range, Family::Sitekeys, Grain::Week, held);
    let filter = Filter { code: code.map(str::to_owned), ..Filter::default() };
    let mut sql = site_counts(&plan, &Selection::new(&filter, Codes::TogetherAndOk));
    sql.push(" order by errors desc, attempts desc, site_id limit ").push_bind(i64::from(limit));
    site_rows(connection, sql, plan).await
}

/// What happened on each of the sites. One without events has no row.
pub async fn sites(
    connection: &mut PgConnection,
    range: Range,
    ids: &[i64],
    held: &Held,
) -> Result<Answer<SiteCount>, AppError> {
    let plan = plan(range, Family::Sitekeys, Grain::Week, held);
    let filter = Filter::default();
    let everything = Selection::new(&filter, Codes::TogetherAndOk);
    let mut sql = site_counts(&plan, &Selection { sites: Some(ids.to_vec()), ..everything });
    sql.push(" order by site_id");
    site_rows(connection, sql, plan).await
}

/// Attempts and errors by site.
fn site_counts(plan: &Plan, selection: &Selection<'_>) -> QueryBuilder<Postgres> {
    let of_one_code = selection.filter.code.is_some();
    let mut sql = QueryBuilder::new(
        "select site_id, sum(attempts)::bigint as attempts, sum(attempts - passed)::bigint as errors
         from (",
    );
    push_parts(&mut sql, plan, Family::Sitekeys, selection, |sql, segment| {
        let is_summed = !of_one_code && segment.grain != Grain::Minute;
        sql.push("site_id, ");
        if is_summed {
            sql.push("case when code_id = 0 then ");
            push_count(sql, segment, Family::Sitekeys, selection);
            sql.push(" else 0 end as attempts, case when code_id = 0 then 0 else ");
            push_count(sql, segment, Family::Sitekeys, selection);
            sql.push(" end as passed");
        } else {
            push_count(sql, segment, Family::Sitekeys, selection);
            sql.push(" as attempts, case when code_id = (");
            push_ok(sql);
            sql.push(") then ");
            push_count(sql, segment, Family::Sitekeys, selection);
            sql.push(" else 0 end as passed");
        }
    });
    sql.push(") as part group by site_id having sum(attempts) <> 0");
    sql
}

async fn site_rows(
    connection: &mut PgConnection,
    mut sql: QueryBuilder<Postgres>,
    plan: Plan,
) -> Result<Answer<SiteCount>, AppError> {
    let rows: Vec<(i64, i64, i64)> =
        sql.build_query_as().persistent(false).fetch_all(connection).await?;
    let rows =
        rows.into_iter().map(|(site, attempts, errors)| SiteCount { site, attempts, errors });
    Ok(Answer { range: plan.range, rows: rows.collect() })
}

/// On how many sites each code occurred. Events that belong to no site do not count.
pub async fn sites_per_code(
    connection: &mut PgConnection,
    range: Range,
    held: &Held,
) -> Result<Vec<(String, i64)>, AppError> {
    site_numbers(connection, range, &Filter::default(), held).await
}

/// On how many sites a code occurred. Events that belong to no site do not count.
pub async fn sites_of_code(
    connection: &mut PgConnection,
    range: Range,
    code: &str,
    held: &Held,
) -> Result<i64, AppError> {
    let numbers = site_numbers(connection, range, &Filter::code(code), held).await?;
    Ok(numbers.first().map_or(0, |(_, sites)| *sites))
}

/// The number of sites of each code that the filter lets through. Up to now, these are the sites that had it since; of a
/// time that is over, all its rows are gone through.
async fn site_numbers(
    connection: &mut PgConnection,
    range: Range,
    filter: &Filter,
    held: &Held,
) -> Result<Vec<(String, i64)>, AppError> {
    let plan = plan(range, Family::Sitekeys, Grain::Week, held);
    if range.to >= held.now {
        return Ok(sqlx::query_as(
            "select code, count(*) from code_sites join codes on codes.id = code_id
             where last_seen >= $1 and ($2::text is null or code = $2)
             group by code order by 2 desc, 1",
        )
        .bind(plan.range.from.to_sqlx())
        .bind(&filter.code)
        .fetch_all(connection)
        .await?);
    }
    let mut sql = QueryBuilder::new("select code, count(*) from (select code_id, site_id from (");
    let selection = Selection::new(filter, Codes::Each);
    push_parts(&mut sql, &plan, Family::Sitekeys, &selection, |sql, segment| {
        sql.push("code_id, site_id, ");
        push_count(sql, segment, Family::Sitekeys, &selection);
        sql.push(" as count");
    });
    sql.push(
        ") as part where site_id <> 0 group by code_id, site_id having sum(count) <> 0) as pair
         join codes on codes.id = code_id
         group by code order by 2 desc, 1",
    );
    Ok(sql.build_query_as().persistent(false).fetch_all(connection).await?)
}

/// The first hour of the range in which anything happened on `site`. Each hour is looked up by itself:
/// the key begins with it.
pub async fn first_hour(
    connection: &mut PgConnection,
    site: i64,
    range: Range,
) -> Result<Option<Timestamp>, AppError> {
    let first: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
        "select min(at) from generate_series(date_trunc('hour', $2, 'UTC'), $3, interval '1 hour') as at
         where exists (select from sitekeys_hour where bucket = at and code_id = 0 and site_id = $1)",
    )
    .bind(site)
    .bind(range.from.to_sqlx())
    .bind(range.to.to_sqlx())
    .fetch_one(connection)
    .await?;
    Ok(first.map(jiff_sqlx::Timestamp::to_jiff))
}

/// When a site or source that a filter names was last heard of: the source by our clock, the site to the
/// day, within the last 400. Nothing when it names neither, or that was never heard of.
pub async fn last_heard_of(
    connection: &mut PgConnection,
    filter: &Filter,
) -> Result<Option<Timestamp>, AppError> {
    let last: Option<jiff_sqlx::Timestamp> = if let Some(source) = &filter.source {
        sqlx::query_scalar("select max(last_seen) from sources where name = $1")
            .bind(source)
            .fetch_one(connection)
            .await?
    } else if let Some(site) = filter.site {
        sqlx::query_scalar(
            "select max(at) from (select max(bucket) as last from sitekeys_day) as newest
             cross join generate_series(0, 400) as ago
             cross join lateral (select newest.last - ago * interval '24 hours') as day (at)
             where exists (select from sitekeys_day
                           where bucket = day.at and code_id = 0 and site_id = $1)",
        )
        .bind(site)
        .fetch_one(connection)
        .await?
    } else {
        None
    };
    Ok(last.map(jiff_sqlx::Timestamp::to_jiff))
}

/// From the first day on which anything happened, on one site or on any, to the end of the last one.
pub async fn extent(
    connection: &mut PgConnection,
    site: Option<i64>,
) -> Result<Option<Range>, AppError> {
    let (first, last): (Option<jiff_sqlx::Timestamp>, Option<jiff_sqlx::Timestamp>) =
        if let Some(site) = site {
            // Of the few days with events at all, each is looked up.
            sqlx::query_as(
                "select min(day.at), max(day.at) + interval '24 hours'
                 from (select distinct bucket as at from totals_day) as day
                 cross join lateral (select from sitekeys_day
                                     where bucket = day.at and code_id = 0 and site_id = $1
                                     limit 1) as found",
            )
            .bind(site)
            .fetch_one(connection)
            .await?
        } else {
            sqlx::query_as("select min(bucket), max(bucket) + interval '24 hours' from totals_day")
                .fetch_one(connection)
                .await?
        };
    Ok(first.zip(last).and_then(|(first, last)| Range::new(first.to_jiff(), last.to_jiff())))
}

/// Every source, the one heard of latest first.
pub async fn sources(connection: &mut PgConnection) -> Result<Vec<SourceSeen>, AppError> {
    let rows: Vec<(String, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "select name, first_seen, last_seen from sources order by last_seen desc, name",
    )
    .fetch_all(connection)
    .await?;
    let seen = |(source, first, last): (String, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp)| {
        SourceSeen { source, first_seen: first.to_jiff(), last_seen: last.to_jiff() }
    };
    Ok(rows.into_iter().map(seen).collect())
}

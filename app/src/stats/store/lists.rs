//! Counts as the pages list them: by code with a trend, by site, and the sources.

use super::query::{Codes, Question, Selection, push_ok, push_parts, rows};
use crate::error::AppError;
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
    let question = Question { range, filter, group_by: Some(GroupBy::Code), step: Some(step) };
    let answer = rows(connection, &question, held).await?;
    let starts = steps(answer.range, step);
    let mut trends: HashMap<String, CodeTrend> = HashMap::new();
    for row in answer.rows {
        let Key::Name(code) = row.key else { continue };
        let trend = trends.entry(code).or_insert_with_key(|code| CodeTrend {
            code: code.clone(),
            count: 0,
            trend: vec![0; starts.len()],
        });
        trend.count += row.count;
        if let Ok(place) = starts.binary_search(&row.start) {
            trend.trend[place] += row.count;
        }
    }
    let mut rows: Vec<CodeTrend> = trends.into_values().collect();
    rows.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
    Ok(Answer { range: answer.range, rows })
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
    let plan = plan(range, Family::Sites, Grain::Day, held);
    let filter = Filter { code: code.map(str::to_owned), ..Filter::default() };
    let mut sql = site_counts(&plan, Selection { codes: Codes::TogetherAndOk, ..(&filter).into() });
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
    let plan = plan(range, Family::Sites, Grain::Day, held);
    let filter = &Filter::default();
    let selection = Selection { sites: Some(ids), filter, codes: Codes::TogetherAndOk };
    let mut sql = site_counts(&plan, selection);
    sql.push(" order by site_id");
    site_rows(connection, sql, plan).await
}

/// Attempts and errors by site.
fn site_counts(plan: &Plan, selection: Selection<'_>) -> QueryBuilder<Postgres> {
    let of_one_code = selection.filter.code.is_some();
    let mut sql = QueryBuilder::new(
        "select site_id, sum(attempts)::bigint as attempts, sum(attempts - passed)::bigint as errors
         from (",
    );
    push_parts(&mut sql, plan, Family::Sites, selection, |sql, grain| {
        if of_one_code || grain == Grain::Minute {
            sql.push("site_id, count as attempts, case when code_id = (");
            push_ok(sql);
            sql.push(") then count else 0 end as passed");
        } else {
            sql.push(
                "site_id, case when code_id = 0 then count else 0 end as attempts,
                 case when code_id = 0 then 0 else count end as passed",
            );
        }
    });
    sql.push(") as part group by site_id");
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
    let plan = plan(range, Family::Sites, Grain::Day, held);
    let mut sql =
        QueryBuilder::new("select code, count(*) from (select distinct code_id, site_id from (");
    let everything = Filter::default();
    let selection = Selection { codes: Codes::Each, ..(&everything).into() };
    push_parts(&mut sql, &plan, Family::Sites, selection, |sql, _| {
        sql.push("code_id, site_id");
    });
    sql.push(
        ") as part where site_id <> 0) as pair join codes on codes.id = code_id
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
         where exists (select from sites_hour where bucket = at and code_id = 0 and site_id = $1)",
    )
    .bind(site)
    .bind(range.from.to_sqlx())
    .bind(range.to.to_sqlx())
    .fetch_one(connection)
    .await?;
    Ok(first.map(jiff_sqlx::Timestamp::to_jiff))
}

/// From the first day on which anything happened to the end of the last one.
pub async fn extent(connection: &mut PgConnection) -> Result<Option<Range>, AppError> {
    let (first, last): (Option<jiff_sqlx::Timestamp>, Option<jiff_sqlx::Timestamp>) =
        sqlx::query_as("select min(bucket), max(bucket) + interval '24 hours' from totals_day")
            .fetch_one(connection)
            .await?;
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

//! SQL of following the samples.

use super::model::Wanted;
use crate::stats::model::Sample;
use crate::stats::store::sample;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row};

/// How far back a filter looks: a rare one must not walk through all samples.
pub(super) const LOOKED_BACK: i64 = 100_000;

const COLUMNS: &str = "select seq, samples.time, site_id, codes.code, sources.name, sitekey, host,
       referer, client, trace, user_agent
     from samples
     join codes on codes.id = code_id
     join sources on sources.id = source_id
     where seq > ";

/// The place of the newest sample; 0 before there was one.
pub(super) async fn last(conn: &mut PgConnection) -> sqlx::Result<i64> {
    let last: Option<i64> = sqlx::query_scalar(
        "select seq from samples where seq is not null order by seq desc limit 1",
    )
    .fetch_optional(conn)
    .await?;
    Ok(last.unwrap_or(0))
}

/// The samples after a place, oldest first, at most `limit`.
pub(super) async fn after(
    conn: &mut PgConnection,
    place: i64,
    limit: i64,
) -> sqlx::Result<Vec<(i64, Sample)>> {
    let mut sql = QueryBuilder::new(COLUMNS);
    sql.push_bind(place).push(" order by seq limit ").push_bind(limit);
    read(conn, sql).await
}

/// The newest samples that are wanted after one place and up to another, newest first.
pub(super) async fn newest(
    conn: &mut PgConnection,
    wanted: &Wanted,
    after: i64,
    upto: i64,
    limit: i64,
) -> sqlx::Result<Vec<(i64, Sample)>> {
    let mut sql = QueryBuilder::new(COLUMNS);
    sql.push_bind(after.max(upto - LOOKED_BACK)).push(" and seq <= ").push_bind(upto);
    push_wanted(&mut sql, wanted);
    sql.push(" order by seq desc limit ").push_bind(limit);
    read(conn, sql).await
}

/// How many samples are wanted after one place and up to another.
pub(super) async fn count(
    conn: &mut PgConnection,
    wanted: &Wanted,
    after: i64,
    upto: i64,
) -> sqlx::Result<i64> {
    let mut sql = QueryBuilder::new("select count(*) from samples where seq > ");
    sql.push_bind(after.max(upto - LOOKED_BACK)).push(" and seq <= ").push_bind(upto);
    push_wanted(&mut sql, wanted);
    sql.build_query_scalar().persistent(false).fetch_one(conn).await
}

fn push_wanted(sql: &mut QueryBuilder<Postgres>, wanted: &Wanted) {
    let Wanted { site, code, host, sitekey, source } = wanted;
    if !site.is_empty() {
        // What is no number is no site's.
        sql.push(" and site_id = ").push_bind(site.parse::<i64>().unwrap_or(-1));
    }
    if !code.is_empty() {
        sql.push(" and code_id = (select id from codes where code = ").push_bind(code.clone());
        sql.push(")");
    }
    if !source.is_empty() {
        sql.push(" and source_id = (select id from sources where name = ")
            .push_bind(source.clone());
        sql.push(")");
    }
    if !host.is_empty() {
        sql.push(" and host = ").push_bind(host.clone());
    }
    if !sitekey.is_empty() {
        sql.push(" and sitekey = ").push_bind(sitekey.clone());
    }
}

async fn read(
    conn: &mut PgConnection,
    mut sql: QueryBuilder<Postgres>,
) -> sqlx::Result<Vec<(i64, Sample)>> {
    let rows = sql.build().persistent(false).fetch_all(conn).await?;
    rows.iter().map(|row| Ok((row.try_get("seq")?, sample(row)?))).collect()
}

//! SQL of the list of sites.

use super::super::list::{Order, PAGE, Paging, Wanted};
use super::super::model::{SiteId, SiteState};
use crate::error::AppError;
use sqlx::{PgConnection, Postgres, QueryBuilder};

/// Which sites are listed.
#[derive(Clone, Debug)]
pub struct Matching<'a> {
    /// What their rows must say; see [`Wanted`], whose `search` and `only` were looked up elsewhere.
    pub wanted: &'a Wanted,
    /// Those that the search finds, if there is one.
    pub found: Option<Vec<i64>>,
    /// Only these, if any are named.
    pub among: Option<Vec<i64>>,
    /// None of these.
    pub without: Vec<i64>,
}

/// A page of the sites and one more, in the direction of `paging`, by name or the newest first.
pub async fn page(
    conn: &mut PgConnection,
    matching: &Matching<'_>,
    order: Order,
    paging: Paging,
) -> Result<Vec<SiteId>, AppError> {
    let mut sql = QueryBuilder::new("select id from sites");
    push_where(&mut sql, matching);
    let (forward, at) = match paging {
        Paging::First => (true, None),
        Paging::After(place) => (true, Some(place.site)),
        Paging::Before(place) => (false, Some(place.site)),
    };
    let by_name = order == Order::Name;
    // The newest first: what comes after has a lower number.
    let beyond = if forward == by_name { '>' } else { '<' };
    if let Some(SiteId(at)) = at {
        if by_name {
            sql.push(format_args!(
                " and (lower(name), id) {beyond} ((select lower(name) from sites where id = "
            ));
            sql.push_bind(at).push("), ").push_bind(at).push(")");
        } else {
            sql.push(format_args!(" and id {beyond} ")).push_bind(at);
        }
    }
    sql.push(match (by_name, forward) {
        (true, true) => " order by lower(name), id",
        (true, false) => " order by lower(name) desc, id desc",
        (false, true) => " order by id desc",
        (false, false) => " order by id",
    });
    sql.push(" limit ").push_bind(PAGE + 1);
    let ids: Vec<i64> = sql.build_query_scalar().persistent(false).fetch_all(conn).await?;
    Ok(ids.into_iter().map(SiteId).collect())
}

/// All of the sites, or at most `limit`, in id order.
pub async fn matching(
    conn: &mut PgConnection,
    matching: &Matching<'_>,
    limit: Option<i64>,
) -> Result<Vec<SiteId>, AppError> {
    let mut sql = QueryBuilder::new("select id from sites");
    push_where(&mut sql, matching);
    sql.push(" order by id limit ").push_bind(limit);
    let ids: Vec<i64> = sql.build_query_scalar().persistent(false).fetch_all(conn).await?;
    Ok(ids.into_iter().map(SiteId).collect())
}

/// How many sites match.
pub async fn count(conn: &mut PgConnection, matching: &Matching<'_>) -> Result<i64, AppError> {
    let mut sql = QueryBuilder::new("select count(*) from sites");
    push_where(&mut sql, matching);
    Ok(sql.build_query_scalar().persistent(false).fetch_one(conn).await?)
}

/// Every tag of a site that is not deleted, with the number of such sites, the most frequent first; at
/// most `limit`.
pub async fn tags(conn: &mut PgConnection, limit: i64) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select tag as "tag!", count(*) as "count!"
           from sites, unnest(tags) as tag
           where state <> 'deleted'
           group by tag order by 2 desc, 1 limit $1"#,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tag, row.count)).collect())
}

fn push_where(sql: &mut QueryBuilder<Postgres>, matching: &Matching<'_>) {
    let Matching { wanted, found, among, without } = matching;
    match wanted.state {
        None => sql.push(" where state <> 'deleted'"),
        Some(state) => sql.push(" where state = ").push_bind(SiteState::as_str(state)),
    };
    if let Some(tag) = &wanted.tag {
        sql.push(" and tags @> array[").push_bind(tag.clone()).push("]");
    }
    for among in [found, among].into_iter().flatten() {
        sql.push(" and id = any(").push_bind(among.clone()).push(")");
    }
    if !without.is_empty() {
        sql.push(" and id <> all(").push_bind(without.clone()).push(")");
    }
}

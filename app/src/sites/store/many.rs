//! SQL of many sites at once, one statement however many they are.

use super::super::model::{MissingReferer, Site, SiteId, SiteState};
use super::super::rules::NextState;
use super::Row;
use crate::error::AppError;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use sqlx::PgConnection;

/// These sites, in id order; those that do not exist are left out.
pub async fn by_ids(conn: &mut PgConnection, ids: &[SiteId]) -> Result<Vec<Site>, AppError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, state, state_before_delete, state_changed_at as "state_changed_at: _",
                  any_hostname, missing_referer, version, sample, created_at as "created_at: _",
                  tags, pause_reason, starts_at as "starts_at: _"
           from sites where id = any($1) order by id"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::site).collect()
}

/// The same, held against other writers until the transaction ends. They are locked in id order, so
/// that two who hold several cannot wait for each other.
pub async fn hold(conn: &mut PgConnection, ids: &[SiteId]) -> Result<Vec<Site>, AppError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, state, state_before_delete, state_changed_at as "state_changed_at: _",
                  any_hostname, missing_referer, version, sample, created_at as "created_at: _",
                  tags, pause_reason, starts_at as "starts_at: _"
           from sites where id = any($1) order by id for update"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::site).collect()
}

/// Every site that is not deleted and has one of these names.
pub async fn by_names(conn: &mut PgConnection, names: &[String]) -> Result<Vec<Site>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, state, state_before_delete, state_changed_at as "state_changed_at: _",
                  any_hostname, missing_referer, version, sample, created_at as "created_at: _",
                  tags, pause_reason, starts_at as "starts_at: _"
           from sites where state <> 'deleted' and name = any($1) order by id"#,
        names
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::site).collect()
}

/// A site that is to be added.
pub struct NewRow<'a> {
    /// See [`Site::name`].
    pub name: &'a str,
    /// Whether it is paused, else active.
    pub paused: bool,
    /// See [`Site::pause_reason`].
    pub pause_reason: Option<&'a str>,
    /// See [`Site::starts_at`].
    pub starts_at: Option<Timestamp>,
    /// See [`Site::tags`].
    pub tags: &'a [String],
    /// See [`Site::any_hostname`].
    pub any_hostname: bool,
    /// See [`Site::missing_referer`].
    pub missing_referer: MissingReferer,
}

/// Adds sites, and returns their numbers in the same order.
pub async fn insert_all(
    conn: &mut PgConnection,
    new: &[NewRow<'_>],
    now: Timestamp,
) -> Result<Vec<SiteId>, sqlx::Error> {
    let state = |new: &NewRow<'_>| if new.paused { SiteState::Paused } else { SiteState::Active };
    let names: Vec<String> = new.iter().map(|new| new.name.to_owned()).collect();
    let states: Vec<String> = new.iter().map(|new| state(new).as_str().to_owned()).collect();
    let reasons: Vec<Option<&str>> = new.iter().map(|new| new.pause_reason).collect();
    let starts: Vec<Option<jiff_sqlx::Timestamp>> =
        new.iter().map(|new| new.starts_at.map(ToSqlx::to_sqlx)).collect();
    // An array of arrays would have to be rectangular.
    let tags: Vec<Value> = new.iter().map(|new| json!(new.tags)).collect();
    let any: Vec<bool> = new.iter().map(|new| new.any_hostname).collect();
    let missing: Vec<String> =
        new.iter().map(|new| new.missing_referer.as_str().to_owned()).collect();
    let mut ids = sqlx::query_scalar!(
        "insert into sites (name, state, pause_reason, starts_at, tags, any_hostname,
                            missing_referer, state_changed_at, created_at)
         select name, state, reason, starts_at, array(select jsonb_array_elements_text(tags)),
                any_hostname, missing_referer, $8, $8
         from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[],
                     $6::boolean[], $7::text[])
              with ordinality as new (name, state, reason, starts_at, tags, any_hostname,
                                      missing_referer, place)
         order by place
         returning id",
        &names,
        &states,
        &reasons as &[Option<&str>],
        &starts as &[Option<jiff_sqlx::Timestamp>],
        &tags,
        &any,
        &missing,
        now.to_sqlx() as _,
    )
    .fetch_all(conn)
    .await?;
    // Numbers are given out in the order of insertion.
    ids.sort_unstable();
    Ok(ids.into_iter().map(SiteId).collect())
}

/// Gives each site its next state.
pub async fn set_states(
    conn: &mut PgConnection,
    next: &[(SiteId, NextState)],
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let ids: Vec<i64> = next.iter().map(|(id, _)| id.0).collect();
    let each = || next.iter().map(|(_, next)| next);
    let states: Vec<String> = each().map(|next| next.state.as_str().to_owned()).collect();
    let before: Vec<Option<&str>> =
        each().map(|next| next.before_delete.map(SiteState::as_str)).collect();
    let reasons: Vec<Option<String>> = each().map(|next| next.pause.reason.clone()).collect();
    let starts: Vec<Option<jiff_sqlx::Timestamp>> =
        each().map(|next| next.pause.starts_at.map(ToSqlx::to_sqlx)).collect();
    let done = sqlx::query!(
        "update sites
         set state = next.state, state_before_delete = next.before, state_changed_at = $6,
             pause_reason = next.reason, starts_at = next.starts_at, version = version + 1
         from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
              as next (id, state, before, reason, starts_at)
         where sites.id = next.id",
        &ids,
        &states,
        &before as &[Option<&str>],
        &reasons as &[Option<String>],
        &starts as &[Option<jiff_sqlx::Timestamp>],
        now.to_sqlx() as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Puts all of these sites into the group `tag`.
pub async fn add_tag(
    conn: &mut PgConnection,
    ids: &[SiteId],
    tag: &str,
) -> Result<u64, sqlx::Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let done = sqlx::query!(
        r#"update sites
           set tags = array(select distinct tag collate "C" from unnest(tags || $2::text) tag
                            order by tag collate "C"),
               version = version + 1
           where id = any($1)"#,
        &ids,
        tag,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Takes all of these sites out of the group `tag`.
pub async fn remove_tag(
    conn: &mut PgConnection,
    ids: &[SiteId],
    tag: &str,
) -> Result<u64, sqlx::Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let done = sqlx::query!(
        "update sites set tags = array_remove(tags, $2), version = version + 1
         where id = any($1)",
        &ids,
        tag,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Counts a change of something that belongs to each of these sites.
pub async fn bump_versions(conn: &mut PgConnection, ids: &[SiteId]) -> Result<u64, sqlx::Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let done = sqlx::query!("update sites set version = version + 1 where id = any($1)", &ids)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

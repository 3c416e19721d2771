//! SQL of sites.

pub mod list;
mod many;

pub use many::{
    NewRow, add_tag, bump_versions, by_ids, by_names, hold, insert_all, remove_tag, set_states,
};

use super::model::{Pause, Site, SiteId, SiteState};
use super::rules::NextState;
use crate::domains::host;
use crate::error::AppError;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

struct Row {
    id: i64,
    name: String,
    state: String,
    state_before_delete: Option<String>,
    state_changed_at: jiff_sqlx::Timestamp,
    any_hostname: bool,
    missing_referer: String,
    version: i64,
    sample: bool,
    created_at: jiff_sqlx::Timestamp,
    tags: Vec<String>,
    pause_reason: Option<String>,
    starts_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn site(self) -> Result<Site, AppError> {
        let state = |text: String| text.parse::<SiteState>().map_err(AppError::fault);
        Ok(Site {
            id: SiteId(self.id),
            name: self.name,
            state: state(self.state)?,
            state_before_delete: self.state_before_delete.map(state).transpose()?,
            state_changed_at: self.state_changed_at.to_jiff(),
            any_hostname: self.any_hostname,
            missing_referer: self.missing_referer.parse().map_err(AppError::fault)?,
            version: self.version,
            sample: self.sample,
            created_at: self.created_at.to_jiff(),
            tags: self.tags,
            pause_reason: self.pause_reason,
            starts_at: self.starts_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// The site with this number, whatever its state.
pub async fn by_id(conn: &mut PgConnection, id: SiteId) -> Result<Option<Site>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, state, state_before_delete, state_changed_at as "state_changed_at: _",
                  any_hostname, missing_referer, version, sample, created_at as "created_at: _",
                  tags, pause_reason, starts_at as "starts_at: _"
           from sites where id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::site).transpose()
}

/// The same, held against other writers until the transaction ends.
pub async fn by_id_for_update(
    conn: &mut PgConnection,
    id: SiteId,
) -> Result<Option<Site>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, state, state_before_delete, state_changed_at as "state_changed_at: _",
                  any_hostname, missing_referer, version, sample, created_at as "created_at: _",
                  tags, pause_reason, starts_at as "starts_at: _"
           from sites where id = $1 for update"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::site).transpose()
}

/// Sites with `search` in their name or a domain (all, if empty) and with the tag, if one is asked for,
/// by name; deleted ones only on request. Starts after the site `after`.
pub async fn page(
    conn: &mut PgConnection,
    search: &str,
    state: Option<SiteState>,
    tag: Option<String>,
    after: Option<SiteId>,
    limit: i64,
) -> Result<Vec<Site>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, state, state_before_delete, state_changed_at as "state_changed_at: _",
                  any_hostname, missing_referer, version, sample, created_at as "created_at: _",
                  tags, pause_reason, starts_at as "starts_at: _"
           from sites
           where ($1 = '' or strpos(lower(name), lower($1)) > 0
                  or exists (select from domains d where d.site_id = sites.id
                             and strpos(d.host, $5) > 0))
             and case when $2::text is null then state <> 'deleted' else state = $2 end
             and ($6::text is null or tags @> array[$6])
             and ($3::bigint is null
                  or (lower(name), id) > ((select lower(name) from sites where id = $3), $3))
           order by lower(name), id
           limit $4"#,
        search,
        state.map(SiteState::as_str),
        after.map(|id| id.0),
        limit,
        host::sought(search),
        tag,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::site).collect()
}

/// Every site, whatever its state.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<Site>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, state, state_before_delete, state_changed_at as "state_changed_at: _",
                  any_hostname, missing_referer, version, sample, created_at as "created_at: _",
                  tags, pause_reason, starts_at as "starts_at: _"
           from sites"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::site).collect()
}

/// Makes the transaction's reads see one moment of the database.
pub async fn read_consistently(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("set transaction isolation level repeatable read, read only")
        .execute(conn)
        .await
        .map(drop)
}

/// How many sites there are in each state: active, paused, deleted.
pub async fn count_by_state(conn: &mut PgConnection) -> Result<[i64; 3], sqlx::Error> {
    let row = sqlx::query!(
        r#"select count(*) filter (where state = 'active') as "active!",
                  count(*) filter (where state = 'paused') as "paused!",
                  count(*) filter (where state = 'deleted') as "deleted!"
           from sites"#
    )
    .fetch_one(conn)
    .await?;
    Ok([row.active, row.paused, row.deleted])
}

/// The names of `ids`.
pub async fn names(
    conn: &mut PgConnection,
    ids: &[i64],
) -> Result<Vec<(SiteId, String, SiteState)>, AppError> {
    let rows = sqlx::query!("select id, name, state from sites where id = any($1)", ids)
        .fetch_all(conn)
        .await?;
    rows.into_iter()
        .map(|row| Ok((SiteId(row.id), row.name, row.state.parse().map_err(AppError::fault)?)))
        .collect()
}

/// Adds an active site.
pub async fn insert(
    conn: &mut PgConnection,
    name: &str,
    tags: &[String],
    sample: bool,
    now: Timestamp,
) -> Result<SiteId, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into sites (name, tags, sample, state_changed_at, created_at)
         values ($1, $4, $2, $3, $3)
         returning id",
        name,
        sample,
        now.to_sqlx() as _,
        tags,
    )
    .fetch_one(conn)
    .await
    .map(SiteId)
}

/// Gives the site another name.
pub async fn set_name(conn: &mut PgConnection, id: SiteId, name: &str) -> Result<u64, sqlx::Error> {
    let done =
        sqlx::query!("update sites set name = $2, version = version + 1 where id = $1", id.0, name)
            .execute(conn)
            .await?;
    Ok(done.rows_affected())
}

/// Gives the site another state.
pub async fn set_state(
    conn: &mut PgConnection,
    id: SiteId,
    next: &NextState,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update sites
         set state = $2, state_before_delete = $3, state_changed_at = $4, pause_reason = $5,
             starts_at = $6, version = version + 1
         where id = $1",
        id.0,
        next.state.as_str(),
        next.before_delete.map(SiteState::as_str),
        now.to_sqlx() as _,
        next.pause.reason,
        next.pause.starts_at.map(Timestamp::to_sqlx) as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Says why a paused site is paused, and when it starts by itself.
pub async fn set_pause(
    conn: &mut PgConnection,
    id: SiteId,
    pause: &Pause,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update sites set pause_reason = $2, starts_at = $3, version = version + 1
         where id = $1 and state = 'paused'",
        id.0,
        pause.reason,
        pause.starts_at.map(Timestamp::to_sqlx) as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The paused sites whose start has come by `now`, the earliest first, at most `limit`.
pub async fn starting(
    conn: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<SiteId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "select id from sites where starts_at <= $1 and state = 'paused' order by starts_at limit $2",
        now.to_sqlx() as _,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(SiteId).collect())
}

/// Puts the site into these groups alone.
pub async fn set_tags(
    conn: &mut PgConnection,
    id: SiteId,
    tags: &[String],
) -> Result<u64, sqlx::Error> {
    let done =
        sqlx::query!("update sites set tags = $2, version = version + 1 where id = $1", id.0, tags)
            .execute(conn)
            .await?;
    Ok(done.rows_affected())
}

/// Sets how strictly the gate treats the site's traffic.
pub async fn set_policy(
    conn: &mut PgConnection,
    id: SiteId,
    any_hostname: bool,
    missing_referer: super::model::MissingReferer,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update sites set any_hostname = $2, missing_referer = $3, version = version + 1
         where id = $1",
        id.0,
        any_hostname,
        missing_referer.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Counts a change of something that belongs to the site.
pub async fn bump_version(conn: &mut PgConnection, id: SiteId) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("update sites set version = version + 1 where id = $1", id.0)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

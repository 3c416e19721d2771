//! SQL of associated domains and ignored hosts.

use super::model::{DomainId, Pattern};
use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

/// An associated domain as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its number.
    pub id: DomainId,
    /// The site it belongs to.
    pub site: SiteId,
    /// What it stands for.
    pub pattern: Pattern,
    /// When it was added.
    pub created_at: Timestamp,
}

struct Row {
    id: i64,
    site_id: i64,
    host: String,
    scope: String,
    port: Option<i32>,
    created_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn domain(self) -> Result<Domain, AppError> {
        Ok(Domain {
            id: DomainId(self.id),
            site: SiteId(self.site_id),
            pattern: Pattern {
                host: self.host,
                scope: self.scope.parse().map_err(AppError::fault)?,
                port: self.port.map(u16::try_from).transpose().map_err(AppError::fault)?,
            },
            created_at: self.created_at.to_jiff(),
        })
    }
}

/// A site's associated domains, by host.
pub async fn of_site(conn: &mut PgConnection, site: SiteId) -> Result<Vec<Domain>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, site_id, host, scope, port, created_at as "created_at: _"
           from domains where site_id = $1 order by host, port nulls first"#,
        site.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::domain).collect()
}

/// Every associated domain of every site.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<Domain>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, site_id, host, scope, port, created_at as "created_at: _" from domains"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::domain).collect()
}

/// A site's associated domains in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The site.
    pub site: SiteId,
    /// The host of its first entry.
    pub first: String,
    /// How many entries it has.
    pub count: i64,
}

/// The associated domains of `sites` in short; sites without any are left out.
pub async fn summaries(
    conn: &mut PgConnection,
    sites: &[i64],
) -> Result<Vec<Summary>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select site_id, (array_agg(host order by id))[1] as "first!", count(*) as "count!"
           from domains where site_id = any($1) group by site_id"#,
        sites
    )
    .fetch_all(conn)
    .await?;
    let summary = |(site_id, first, count)| Summary { site: SiteId(site_id), first, count };
    Ok(rows.into_iter().map(|row| summary((row.site_id, row.first, row.count))).collect())
}

/// Adds an entry; `None` when the site has that host and port already.
pub async fn insert(
    conn: &mut PgConnection,
    site: SiteId,
    pattern: &Pattern,
    now: Timestamp,
) -> Result<Option<DomainId>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "insert into domains (site_id, host, scope, port, created_at) values ($1, $2, $3, $4, $5)
         on conflict on constraint domains_unique do nothing
         returning id",
        site.0,
        pattern.host,
        pattern.scope.as_str(),
        pattern.port.map(i32::from),
        now.to_sqlx() as _,
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(DomainId))
}

/// Removes an entry of a site and returns what it was.
pub async fn delete(
    conn: &mut PgConnection,
    site: SiteId,
    id: DomainId,
) -> Result<Option<Domain>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"delete from domains where site_id = $1 and id = $2
           returning id, site_id, host, scope, port, created_at as "created_at: _""#,
        site.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::domain).transpose()
}

/// The entry of a site with this host and port.
pub async fn by_host(
    conn: &mut PgConnection,
    site: SiteId,
    host: &str,
    port: Option<u16>,
) -> Result<Option<Domain>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, site_id, host, scope, port, created_at as "created_at: _"
           from domains where site_id = $1 and host = $2 and port is not distinct from $3"#,
        site.0,
        host,
        port.map(i32::from),
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::domain).transpose()
}

/// The hosts an operator chose to leave out of the headline, of one site or of all.
pub async fn ignored(
    conn: &mut PgConnection,
    site: Option<SiteId>,
) -> Result<Vec<(SiteId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select site_id, host from ignored_hosts where $1::bigint is null or site_id = $1",
        site.map(|site| site.0)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (SiteId(row.site_id), row.host)).collect())
}

/// Leaves a host out of the headline; false when it is already.
pub async fn ignore(
    conn: &mut PgConnection,
    site: SiteId,
    host: &str,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into ignored_hosts (site_id, host, created_at) values ($1, $2, $3)
         on conflict do nothing",
        site.0,
        host,
        now.to_sqlx() as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts a host back into the headline; false when it was there.
pub async fn unignore(
    conn: &mut PgConnection,
    site: SiteId,
    host: &str,
) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("delete from ignored_hosts where site_id = $1 and host = $2", site.0, host)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

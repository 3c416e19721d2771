//! SQL of associated domains, and of the hosts that requests came from.

mod denied;
mod hosts;
mod in_order;
mod many;
mod most_denied;

pub use denied::{Denials, Denied, denials, denied_of_ignored};
pub use hosts::{
    Sent, any_seen, first_seen, ignore, ignored, let_through_among, let_through_since,
    mainly_let_through, named, sent, unignore,
};
pub use in_order::{Key, Place, denied_by_name, denied_first, denied_last};
pub use many::{delete_all, insert_all, of_sites, sites_naming, with_host};
pub use most_denied::{MostDenied, denied_from, denied_from_others, most_denied};

use super::model::{DomainId, DomainScope, Pattern};
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
    /// By whom, as in the trail; unknown for older entries.
    pub created_by: Option<String>,
}

struct Row {
    id: i64,
    site_id: i64,
    host: String,
    scope: String,
    port: Option<i32>,
    created_at: jiff_sqlx::Timestamp,
    created_by: Option<String>,
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
            created_by: self.created_by,
        })
    }
}

/// A site's associated domains, by host.
pub async fn of_site(conn: &mut PgConnection, site: SiteId) -> Result<Vec<Domain>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, site_id, host, scope, port, created_at as "created_at: _", created_by
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
        r#"select id, site_id, host, scope, port, created_at as "created_at: _", created_by from domains"#
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

/// Adds entries, all with one statement, and returns the hosts and ports of those that were added:
/// what the site has already is left as it is.
pub async fn insert(
    conn: &mut PgConnection,
    site: SiteId,
    patterns: &[&Pattern],
    now: Timestamp,
    by: &str,
) -> Result<Vec<(String, Option<i32>)>, sqlx::Error> {
    let hosts: Vec<String> = patterns.iter().map(|pattern| pattern.host.clone()).collect();
    let scopes: Vec<String> =
        patterns.iter().map(|pattern| pattern.scope.as_str().to_owned()).collect();
    let ports: Vec<Option<i32>> =
        patterns.iter().map(|pattern| pattern.port.map(i32::from)).collect();
    let rows = sqlx::query!(
        "insert into domains (site_id, host, scope, port, created_at, created_by)
         select $1, host, scope, port, $5, $6
         from unnest($2::text[], $3::text[], $4::integer[]) as new (host, scope, port)
         on conflict on constraint domains_unique do nothing
         returning host, port",
        site.0,
        &hosts,
        &scopes,
        &ports as &[Option<i32>],
        now.to_sqlx() as _,
        by,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.host, row.port)).collect())
}

/// Gives an entry of a site another scope.
pub async fn set_scope(
    conn: &mut PgConnection,
    site: SiteId,
    id: DomainId,
    scope: DomainScope,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update domains set scope = $3 where site_id = $1 and id = $2",
        site.0,
        id.0,
        scope.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
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
           returning id, site_id, host, scope, port, created_at as "created_at: _", created_by"#,
        site.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::domain).transpose()
}

/// The entry of a site with this number.
pub async fn by_id(
    conn: &mut PgConnection,
    site: SiteId,
    id: DomainId,
) -> Result<Option<Domain>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, site_id, host, scope, port, created_at as "created_at: _", created_by
           from domains where site_id = $1 and id = $2"#,
        site.0,
        id.0,
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
        r#"select id, site_id, host, scope, port, created_at as "created_at: _", created_by
           from domains where site_id = $1 and host = $2 and port is not distinct from $3"#,
        site.0,
        host,
        port.map(i32::from),
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::domain).transpose()
}

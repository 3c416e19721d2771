//! SQL of many sites' associated domains at once, one statement however many they are.

use super::super::model::{DomainId, Pattern};
use super::{Domain, Row};
use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// The associated domains of these sites, in no order.
pub async fn of_sites(conn: &mut PgConnection, sites: &[SiteId]) -> Result<Vec<Domain>, AppError> {
    let sites: Vec<i64> = sites.iter().map(|site| site.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, site_id, host, scope, port, created_at as "created_at: _",
                  created_by
           from domains where site_id = any($1)"#,
        &sites
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::domain).collect()
}

/// The entries of these sites that have this host and port.
pub async fn with_host(
    conn: &mut PgConnection,
    sites: &[SiteId],
    host: &str,
    port: Option<u16>,
) -> Result<Vec<Domain>, AppError> {
    let sites: Vec<i64> = sites.iter().map(|site| site.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, site_id, host, scope, port, created_at as "created_at: _", created_by
           from domains
           where site_id = any($1) and host = $2 and port is not distinct from $3"#,
        &sites,
        host,
        port.map(i32::from),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::domain).collect()
}

/// Adds entries to several sites, none of which may have that host and port already. `by` is who adds
/// them.
pub async fn insert_all(
    conn: &mut PgConnection,
    new: &[(SiteId, &Pattern)],
    now: Timestamp,
    by: &str,
) -> Result<u64, sqlx::Error> {
    let sites: Vec<i64> = new.iter().map(|(site, _)| site.0).collect();
    let each = || new.iter().map(|(_, pattern)| pattern);
    let hosts: Vec<String> = each().map(|pattern| pattern.host.clone()).collect();
    let scopes: Vec<String> = each().map(|pattern| pattern.scope.as_str().to_owned()).collect();
    let ports: Vec<Option<i32>> = each().map(|pattern| pattern.port.map(i32::from)).collect();
    let done = sqlx::query!(
        "insert into domains (site_id, host, scope, port, created_at, created_by)
         select site_id, host, scope, port, $5, $6
         from unnest($1::bigint[], $2::text[], $3::text[], $4::integer[])
              as new (site_id, host, scope, port)",
        &sites,
        &hosts,
        &scopes,
        &ports as &[Option<i32>],
        now.to_sqlx() as _,
        by,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Removes entries, of whatever sites.
pub async fn delete_all(conn: &mut PgConnection, ids: &[DomainId]) -> Result<u64, sqlx::Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let done = sqlx::query!("delete from domains where id = any($1)", &ids).execute(conn).await?;
    Ok(done.rows_affected())
}

/// The sites with an entry that may cover one of `hosts`: it names the host or a domain above it. Each
/// of them is still to be held against the host.
pub async fn sites_naming(
    conn: &mut PgConnection,
    hosts: &[&str],
) -> Result<Vec<SiteId>, sqlx::Error> {
    let above = |host: &&str| {
        let next = |name: &String| name.split_once('.').map(|(_, above)| above.to_owned());
        std::iter::successors(Some((*host).to_owned()), next).collect::<Vec<_>>()
    };
    let mut names: Vec<String> = hosts.iter().flat_map(above).collect();
    names.sort_unstable();
    names.dedup();
    let ids = sqlx::query_scalar!(
        r#"select site_id as "site_id!" from domains where host = any($1)
           union
           select site_id from domains
           where scope = 'preview' and substr(host, strpos(host, '.') + 1) = any($1)"#,
        &names
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(SiteId).collect())
}

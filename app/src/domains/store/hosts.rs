//! SQL of the hosts that requests came from: those an operator ignores, when each was first seen, and
//! what was sent.

use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

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

/// When each of the hosts was first seen on its site, ever, let through or denied for its referer. A
/// pair that never was has no row.
pub async fn first_seen(
    conn: &mut PgConnection,
    pairs: &[(SiteId, &str)],
) -> Result<Vec<(SiteId, String, Timestamp)>, AppError> {
    let sites: Vec<i64> = pairs.iter().map(|(site, _)| site.0).collect();
    let hosts: Vec<String> = pairs.iter().map(|(_, host)| (*host).to_owned()).collect();
    let rows = sqlx::query!(
        r#"select pair.site as "site!", pair.host as "host!",
                  min(d.first_seen) as "first_seen!: jiff_sqlx::Timestamp"
           from unnest($1::bigint[], $2::text[]) as pair (site, host)
           join host_day d on d.site_id = pair.site and d.host = pair.host
            and d.code_id = any (array(select id from codes where code in ('ok', 'referer_denied')))
           group by pair.site, pair.host"#,
        &sites,
        &hosts,
    )
    .fetch_all(conn)
    .await?;
    let row = |(site, host, first): (i64, String, jiff_sqlx::Timestamp)| {
        (SiteId(site), host, first.to_jiff())
    };
    Ok(rows.into_iter().map(|found| row((found.site, found.host, found.first_seen))).collect())
}

/// Whether anything was ever counted by host on a site.
pub async fn any_seen(conn: &mut PgConnection, site: SiteId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from host_day where site_id = $1) as "any!""#,
        site.0
    )
    .fetch_one(conn)
    .await
}

/// The hosts that a site let through since `from`, a day more or less.
pub async fn let_through_since(
    conn: &mut PgConnection,
    site: SiteId,
    from: Timestamp,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select distinct host from host_day
         where site_id = $1 and code_id = (select id from codes where code = 'ok') and bucket >= $2",
        site.0,
        from.to_sqlx() as _,
    )
    .fetch_all(conn)
    .await
}

/// Those of `hosts` that a site let through since `from`, a day more or less.
pub async fn let_through_among(
    conn: &mut PgConnection,
    site: SiteId,
    hosts: &[String],
    from: Timestamp,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select distinct host from host_day
         where site_id = $1 and code_id = (select id from codes where code = 'ok')
           and host = any ($2) and bucket >= $3",
        site.0,
        hosts,
        from.to_sqlx() as _,
    )
    .fetch_all(conn)
    .await
}

/// What was sent as the referer with `code` since `from`, from the newest sample on, at most `limit`,
/// for hosts of sites.
pub async fn referers(
    conn: &mut PgConnection,
    code: &str,
    pairs: &[(SiteId, &str)],
    from: Timestamp,
    limit: i64,
) -> Result<Vec<(SiteId, String, Vec<u8>)>, sqlx::Error> {
    let sites: Vec<i64> = pairs.iter().map(|(site, _)| site.0).collect();
    let hosts: Vec<String> = pairs.iter().map(|(_, host)| (*host).to_owned()).collect();
    let rows = sqlx::query!(
        r#"select site_id, host, referer as "referer!" from samples
           where code_id = (select id from codes where code = $1) and time >= $2
             and site_id = any ($3) and host = any ($4) and referer is not null
           order by time desc limit $5"#,
        code,
        from.to_sqlx() as _,
        &sites,
        &hosts,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (SiteId(row.site_id), row.host, row.referer)).collect())
}

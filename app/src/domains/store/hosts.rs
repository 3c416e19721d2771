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

/// When each of the hosts was first seen on its site, ever, with whatever code. A pair that never was has no row.
pub async fn first_seen(
    conn: &mut PgConnection,
    pairs: &[(SiteId, &str)],
) -> Result<Vec<(SiteId, String, Timestamp)>, AppError> {
    let sites: Vec<i64> = pairs.iter().map(|(site, _)| site.0).collect();
    let hosts: Vec<String> = pairs.iter().map(|(_, host)| (*host).to_owned()).collect();
    let rows = sqlx::query!(
        r#"select site_id as "site_id!", host as "host!", first_seen as "first_seen: jiff_sqlx::Timestamp"
           from unnest($1::bigint[], $2::text[]) as pair (site_id, host) join hosts using (site_id, host)"#,
        &sites,
        &hosts,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (SiteId(row.site_id), row.host, row.first_seen.to_jiff()))
        .collect())
}

/// Hosts of all sites that were ever denied, with `search` in their names, at most `limit` of them, in no order.
pub async fn named(
    conn: &mut PgConnection,
    search: &str,
    limit: i64,
) -> Result<Vec<(SiteId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select site_id, host from hosts where denied and strpos(host, $1) > 0 limit $2",
        search,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (SiteId(row.site_id), row.host)).collect())
}

/// Whether any host was ever seen on a site.
pub async fn any_seen(conn: &mut PgConnection, site: SiteId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from hosts where site_id = $1) as "any!""#, site.0)
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

/// Those of `hosts` from which at least one in a hundred came of what a site let through since `from`, a day more or less.
/// A single outcome makes no host a site's own: whoever reports outcomes can make one up.
pub async fn mainly_let_through(
    conn: &mut PgConnection,
    site: SiteId,
    hosts: &[String],
    from: Timestamp,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select host from host_day
         where site_id = $1 and code_id = (select id from codes where code = 'ok')
           and host = any ($2) and bucket >= $3
         group by host
         having 100 * sum(count) >= (
           select sum(count) from sitekeys_day
           where site_id = $1 and code_id = (select id from codes where code = 'ok') and bucket >= $3)",
        site.0,
        hosts,
        from.to_sqlx() as _,
    )
    .fetch_all(conn)
    .await
}

/// What a request of a host that was denied carried, from its sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The site it was sent to, 0 for none.
    pub site: SiteId,
    /// The code it was denied with.
    pub code: String,
    /// Its host.
    pub host: String,
    /// Its referer, byte for byte.
    pub referer: Option<Vec<u8>>,
    /// Its sitekey.
    pub sitekey: Option<String>,
}

type SentRow = (i64, String, String, Option<Vec<u8>>, Option<String>);

/// What hosts of sites sent in the day that ends with the last denial of each with a code, the newest of
/// each first, at most `each`. Nothing is looked for before `from`.
pub async fn sent(
    conn: &mut PgConnection,
    denials: &[(SiteId, &str, &str, Timestamp)],
    from: Timestamp,
    each: i64,
) -> Result<Vec<Sent>, sqlx::Error> {
    let sites: Vec<i64> = denials.iter().map(|(site, ..)| site.0).collect();
    let codes: Vec<String> = denials.iter().map(|(_, code, ..)| (*code).to_owned()).collect();
    let hosts: Vec<String> = denials.iter().map(|(_, _, host, _)| (*host).to_owned()).collect();
    let last: Vec<jiff_sqlx::Timestamp> = denials.iter().map(|(.., last)| last.to_sqlx()).collect();
    // Named here, the newest of all leaves out empty partitions: with them, everything would be sorted.
    let newest = denials.iter().map(|(.., last)| *last).max();
    let rows: Vec<SentRow> = sqlx::query_as(
        "select denied.site, denied.code, denied.host, sample.referer, sample.sitekey
         from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[])
              with ordinality as denied (site, code, host, last, place)
         cross join lateral (
             select time, referer, sitekey from samples
             where site_id = denied.site
               and code_id = (select id from codes where codes.code = denied.code)
               and host = denied.host and time >= $5 and time <= $7
               and time between denied.last - interval '1 day' and denied.last
             order by time desc limit $6) as sample
         order by denied.place, sample.time desc",
    )
    .bind(sites)
    .bind(codes)
    .bind(hosts)
    .bind(last)
    .bind(from.to_sqlx())
    .bind(each)
    .bind(newest.unwrap_or(from).to_sqlx())
    .persistent(false)
    .fetch_all(conn)
    .await?;
    let sent = |(site, code, host, referer, sitekey): SentRow| {
        let site = SiteId(site);
        Sent { site, code, host, referer, sitekey }
    };
    Ok(rows.into_iter().map(sent).collect())
}

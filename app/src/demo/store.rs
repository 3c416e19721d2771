//! SQL of the demo: finding the samples, and removing them from every table they are in.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Whether samples are loaded.
pub async fn is_loaded(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from sites where sample) as "loaded!""#)
        .fetch_one(conn)
        .await
}

/// The entry of the trail that the samples were loaded with, and when that was.
pub async fn loaded(conn: &mut PgConnection) -> Result<Option<(i64, Timestamp)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select id, at as "at: jiff_sqlx::Timestamp" from audit_entries
           where action = 'demo.loaded' order by id desc limit 1"#
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.at.to_jiff())))
}

/// Lets others who load or remove the samples wait until the transaction ends.
pub async fn lock(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(5346881720126002)").execute(conn).await.map(drop)
}

/// The sample sites.
pub async fn sites(conn: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!("select id from sites where sample order by id").fetch_all(conn).await
}

/// Adds the samples' verifiers. Every process remembers the number of a name for as long as it runs,
/// so these are given the same numbers each time: -1, -2 and so on.
pub async fn insert_sources(
    conn: &mut PgConnection,
    names: &[&str],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    sqlx::query!(
        "insert into sources (id, name, first_seen, last_seen) overriding system value
         select -place, name, $2, $2
         from unnest($1::text[]) with ordinality as given (name, place)
         on conflict do nothing",
        &names,
        now.to_sqlx() as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The numbers of the samples' verifiers.
pub async fn sources(conn: &mut PgConnection, names: &[&str]) -> Result<Vec<i32>, sqlx::Error> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    sqlx::query_scalar!("select id from sources where name = any($1)", &names).fetch_all(conn).await
}

/// Deletes what one table of `stats_*` holds of the sites, and of the sources without a site, and
/// subtracts it from the tables that hold the same in sum; `sitekeys_*` holds the sum of all codes of
/// a sitekey as well, under code 0.
macro_rules! take_back {
    ($stats:literal, $totals:literal $(, $sitekeys:literal by $bucket:literal)*) => {
        concat!(
            "with gone as (
               delete from ", $stats, "
               where site_id = any($1) or (site_id = 0 and source_id = any($2))
               returning bucket, site_id, code_id, sitekey_id, source_id, count)",
            $(
                ", less_of_", $sitekeys, " as (
                   update ", $sitekeys, " as kept set count = kept.count - less.count
                   from (select ", $bucket, " as bucket, code_of.id as code_id, site_id, sitekey_id,
                                sum(count)::bigint as count
                         from gone cross join lateral (values (code_id), (0)) as code_of (id)
                         group by 1, 2, 3, 4) as less
                   where kept.bucket = less.bucket and kept.code_id = less.code_id
                     and kept.site_id = less.site_id and kept.sitekey_id = less.sitekey_id)",
            )*
            " update ", $totals, " as kept set count = kept.count - less.count
             from (select bucket, code_id, source_id, sum(count)::bigint as count
                   from gone group by bucket, code_id, source_id) as less
             where kept.bucket = less.bucket and kept.code_id = less.code_id
               and kept.source_id = less.source_id"
        )
    };
}

/// Takes back what was counted of `sites`, and of `sources` without a site. Other counts stay.
pub async fn delete_counts(
    conn: &mut PgConnection,
    sites: &[i64],
    sources: &[i32],
) -> Result<(), sqlx::Error> {
    for statement in [
        take_back!("stats_minute", "totals_minute"),
        take_back!("stats_hour", "totals_hour", "sitekeys_hour" by "bucket"),
        take_back!(
            "stats_day",
            "totals_day",
            "sitekeys_day" by "bucket",
            "sitekeys_week" by "date_bin('7 days', bucket, '1970-01-05 00:00+00')"
        ),
    ] {
        sqlx::query(statement).bind(sites).bind(sources).execute(&mut *conn).await?;
    }
    for statement in [
        "delete from totals_minute where count = 0",
        "delete from totals_hour where count = 0",
        "delete from totals_day where count = 0",
        "delete from sitekeys_hour where count = 0",
        "delete from sitekeys_day where count = 0",
        "delete from sitekeys_week where count = 0",
    ] {
        sqlx::query(statement).execute(&mut *conn).await?;
    }
    sqlx::query("delete from code_sites where site_id = any($1)").bind(sites).execute(conn).await?;
    Ok(())
}

/// Deletes the hosts of `sites`, and `unattributed` hosts without a site, from one table by site and
/// from those over all sites that hold the same. What the latter have folded into the row of no site is
/// subtracted from that.
macro_rules! take_back_hosts {
    ($hosts:literal $(, $code_hosts:literal by $bucket:literal)*) => {
        concat!(
            "with gone as (
               delete from ", $hosts, "
               where site_id = any($1) or (site_id = 0 and host = any($2))
               returning bucket, code_id, host, count)",
            $(
                ", gone_from_", $code_hosts, " as (
                   delete from ", $code_hosts, "
                   where site_id = any($1) or (site_id = 0 and host = any($2))
                   returning bucket, code_id, host, count),
                 folded_in_", $code_hosts, " as (
                   select bucket, code_id, host, sum(count)::bigint as count
                   from (
                     select ", $bucket, " as bucket, code_of.id as code_id,
                            case when host in ('', '?') then host else '*' end as host, count
                     from gone cross join lateral (
                       select code_id as id union all
                       select -1 where code_id is distinct from (select id from codes where code = 'ok')
                     ) as code_of
                     union all
                     select bucket, code_id, case when host in ('', '?') then host else '*' end, -count
                     from gone_from_", $code_hosts, ") as part
                   group by bucket, code_id, host having sum(count) <> 0),
                 less_of_", $code_hosts, " as (
                   update ", $code_hosts, " as kept set count = kept.count - folded.count
                   from folded_in_", $code_hosts, " as folded
                   where kept.bucket = folded.bucket and kept.code_id = folded.code_id
                     and kept.host = folded.host and kept.site_id = -1)",
            )*
            " select"
        )
    };
}

/// Takes back the hosts of `sites`, and `unattributed` hosts without a site.
pub async fn delete_hosts(
    conn: &mut PgConnection,
    sites: &[i64],
    unattributed: &[&str],
) -> Result<(), sqlx::Error> {
    for statement in [
        take_back_hosts!("host_minute"),
        take_back_hosts!("host_hour", "code_host_hour" by "bucket"),
        take_back_hosts!(
            "host_day",
            "code_host_day" by "bucket",
            "code_host_week" by "date_bin('7 days', bucket, '1970-01-05 00:00+00')"
        ),
        "delete from hosts where site_id = any($1) or (site_id = 0 and host = any($2))",
    ] {
        sqlx::query(statement).bind(sites).bind(unattributed).execute(&mut *conn).await?;
    }
    for statement in [
        "delete from code_host_hour where count = 0",
        "delete from code_host_day where count = 0",
        "delete from code_host_week where count = 0",
    ] {
        sqlx::query(statement).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Deletes the raw events kept of `sites`, and of `sources` without a site.
pub async fn delete_samples(
    conn: &mut PgConnection,
    sites: &[i64],
    sources: &[i32],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from samples
         where site_id = any($1) or (site_id = 0 and source_id = any($2))",
        sites,
        sources
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Deletes verifiers that nothing is counted of any more.
pub async fn delete_sources(conn: &mut PgConnection, sources: &[i32]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sources where id = any($1)", sources).execute(conn).await.map(drop)
}

/// Deletes the entries of the trail on `sites` by actors whose names begin with `actors`, save those
/// that somebody else took back.
pub async fn delete_entries(
    conn: &mut PgConnection,
    sites: &[i64],
    actors: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from audit_entries as made_up
         where site_id = any($1) and starts_with(actor, $2)
           and not exists (select from audit_entries as real where real.undoes = made_up.id)",
        sites,
        actors
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Deletes the sites with all that is theirs.
pub async fn delete_sites(conn: &mut PgConnection, sites: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from ignored_hosts where site_id = any($1)", sites)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from domains where site_id = any($1)", sites).execute(&mut *conn).await?;
    sqlx::query!("delete from sitekeys where site_id = any($1)", sites).execute(&mut *conn).await?;
    sqlx::query!("delete from secrets where site_id = any($1)", sites).execute(&mut *conn).await?;
    sqlx::query!("delete from sites where id = any($1) and sample", sites)
        .execute(conn)
        .await
        .map(drop)
}

//! The hosts that have a row already, and when each was first seen.

use super::HostTable;
use super::stamps;
use crate::events::aggregate::{Arrivals, HostGroup};
use jiff_sqlx::Timestamp;
use sqlx::{PgConnection, Row};

/// The statement that looks each group up by itself. As a plain join, groups of many hours were looked for in every
/// row of every partition: half a minute for ten thousand of them, in which nothing else is written.
macro_rules! hosts_of {
    ($table:literal) => {
        concat!(
            "select given.bucket, given.site_id, given.code_id, kept.host
             from unnest($1::timestamptz[], $2::bigint[], $3::integer[])
                  as given (bucket, site_id, code_id)
             cross join lateral (
                 select host from ",
            $table,
            "    where bucket = given.bucket and code_id = given.code_id and site_id = given.site_id
                 offset 0) as kept"
        )
    };
}

/// The hosts of each group.
pub(in crate::events) async fn hosts_of(
    connection: &mut PgConnection,
    table: HostTable,
    groups: &[HostGroup],
) -> sqlx::Result<Vec<(HostGroup, String)>> {
    let sql = match table {
        HostTable::Minute => hosts_of!("host_minute"),
        HostTable::Hour => hosts_of!("host_hour"),
        HostTable::Day => hosts_of!("host_day"),
    };
    let rows = sqlx::query(sql)
        .bind(stamps(groups.iter().map(|group| group.bucket)))
        .bind(groups.iter().map(|group| group.site).collect::<Vec<_>>())
        .bind(groups.iter().map(|group| group.code).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let bucket = row.try_get::<Timestamp, _>(0)?.to_jiff();
            let group = HostGroup { bucket, site: row.try_get(1)?, code: row.try_get(2)? };
            Ok((group, row.try_get(3)?))
        })
        .collect()
}

/// Notes hosts that were not known, and what was not known of them. What is known is not touched: a host that comes every
/// minute costs a look-up.
pub(in crate::events) async fn note_arrivals(
    connection: &mut PgConnection,
    hosts: &Arrivals<'_>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into hosts as known (site_id, host, first_seen, denied)
         select site_id, host, first_seen, denied
         from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::boolean[])
              as given (site_id, host, first_seen, denied)
         where not exists (select from hosts as known
                           where known.site_id = given.site_id and known.host = given.host
                             and known.first_seen <= given.first_seen and known.denied >= given.denied)
         on conflict (site_id, host) do update
         set first_seen = least(known.first_seen, excluded.first_seen), denied = known.denied or excluded.denied",
    )
    .bind(hosts.keys().map(|(site, _)| *site).collect::<Vec<_>>())
    .bind(hosts.keys().map(|(_, host)| *host).collect::<Vec<_>>())
    .bind(stamps(hosts.values().map(|arrival| arrival.first)))
    .bind(hosts.values().map(|arrival| arrival.denied).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

//! The hosts that have a row already.

use super::HostTable;
use super::stamps;
use crate::events::aggregate::HostGroup;
use jiff_sqlx::Timestamp;
use sqlx::{PgConnection, Row};

/// The hosts of each group.
pub(in crate::events) async fn hosts_of(
    connection: &mut PgConnection,
    table: HostTable,
    groups: &[HostGroup],
) -> sqlx::Result<Vec<(HostGroup, String)>> {
    let sql = match table {
        HostTable::Hour => {
            "select kept.bucket, kept.site_id, kept.code_id, kept.host
             from unnest($1::timestamptz[], $2::bigint[], $3::integer[])
                  as given (bucket, site_id, code_id)
             join host_hour as kept using (bucket, site_id, code_id)
             where kept.bucket = any($1)"
        }
        HostTable::Day => {
            "select kept.bucket, kept.site_id, kept.code_id, kept.host
             from unnest($1::timestamptz[], $2::bigint[], $3::integer[])
                  as given (bucket, site_id, code_id)
             join host_day as kept using (bucket, site_id, code_id)"
        }
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

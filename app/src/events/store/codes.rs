//! When each code last occurred on a site.

use super::stamps;
use crate::events::aggregate::Latest;
use sqlx::PgConnection;

/// Notes codes that occurred later than was known. In the same minute nothing is written.
pub(in crate::events) async fn note_codes(
    connection: &mut PgConnection,
    latest: &Latest,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into code_sites as known (code_id, site_id, last_seen)
         select code_id, site_id, last_seen
         from unnest($1::integer[], $2::bigint[], $3::timestamptz[]) as given (code_id, site_id, last_seen)
         where not exists (select from code_sites as known
                           where known.code_id = given.code_id and known.site_id = given.site_id
                             and known.last_seen >= given.last_seen)
         on conflict (code_id, site_id) do update
         set last_seen = greatest(known.last_seen, excluded.last_seen)",
    )
    .bind(latest.keys().map(|(code, _)| *code).collect::<Vec<_>>())
    .bind(latest.keys().map(|(_, site)| *site).collect::<Vec<_>>())
    .bind(stamps(latest.values().copied()))
    .execute(connection)
    .await?;
    Ok(())
}

//! How a change of a site is told to the gates of other processes.

use crate::sites::model::SiteId;
use sqlx::PgConnection;

/// The PostgreSQL channel on which a changed site's number is told.
pub const CHANNEL: &str = "sitekeeper_gate";

/// Tells every process, on commit, that `sites` changed, with a notice for each.
pub async fn notify(conn: &mut PgConnection, sites: &[SiteId]) -> Result<(), sqlx::Error> {
    let sites: Vec<i64> = sites.iter().map(|site| site.0).collect();
    sqlx::query!(
        "select count(pg_notify($1, site::text)) from unnest($2::bigint[]) site",
        CHANNEL,
        &sites,
    )
    .fetch_one(conn)
    .await
    .map(drop)
}

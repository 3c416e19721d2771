//! How a change of a site is told to the gates of other processes.

use crate::sites::model::SiteId;
use sqlx::PgConnection;

/// The PostgreSQL channel on which a changed site's number is told.
pub const CHANNEL: &str = "sitekeeper_gate";

/// Tells every process, on commit, that `site` changed.
pub async fn notify(conn: &mut PgConnection, site: SiteId) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, site.to_string())
        .execute(conn)
        .await
        .map(drop)
}

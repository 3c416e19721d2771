//! SQL of the search.

use crate::error::AppError;
use crate::sites::model::{SiteId, SiteState};
use sqlx::PgConnection;

/// A site that was found.
pub struct Found {
    /// Its number.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: SiteState,
    /// The domain by which it was found, if not by its name.
    pub domain: Option<String>,
}

/// Sites with `name` (in lower case) in their name or `host` in a domain: those whose name begins with it
/// first, deleted ones last.
pub async fn sites(
    conn: &mut PgConnection,
    name: &str,
    host: &str,
    limit: i64,
) -> Result<Vec<Found>, AppError> {
    let rows = sqlx::query!(
        r#"with found as (
               select id, null::text as host from sites where strpos(lower(name), $1) > 0
               union all
               select site_id, min(host) from domains where strpos(host, $2) > 0 group by site_id)
           select s.id, s.name, s.state, min(found.host) as domain,
                  bool_or(found.host is null) as "by_name!"
           from found join sites s on s.id = found.id
           group by s.id
           order by s.state = 'deleted', not starts_with(lower(s.name), $1), lower(s.name), s.id
           limit $3"#,
        name,
        host,
        limit,
    )
    .fetch_all(conn)
    .await?;
    let found = |name, state: String, id, domain| {
        let state = state.parse().map_err(AppError::fault)?;
        Ok(Found { id: SiteId(id), name, state, domain })
    };
    rows.into_iter()
        .map(|row| found(row.name, row.state, row.id, row.domain.filter(|_| !row.by_name)))
        .collect()
}

//! SQL of maintenance windows.

use super::model::{Window, WindowId};
use super::rules::Checked;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

struct Row {
    id: i64,
    name: String,
    site_id: Option<i64>,
    site_name: Option<String>,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    reason: String,
}

impl Row {
    fn window(self) -> Window {
        Window {
            id: WindowId(self.id),
            name: self.name,
            site: self.site_id.map(SiteId),
            site_name: self.site_name,
            starts_at: self.starts_at.to_jiff(),
            ends_at: self.ends_at.to_jiff(),
            reason: self.reason,
        }
    }
}

/// The windows that go on at `now` or are ahead, the next to end first.
pub async fn ahead(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<Window>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select w.id, w.name, site_id, s.name as "site_name?", w.starts_at as "starts_at: _",
                  ends_at as "ends_at: _", reason
           from maintenance_windows w left join sites s on s.id = w.site_id
           where ends_at > $1 order by ends_at, w.id"#,
        now.to_sqlx() as _,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Row::window).collect())
}

/// The last twenty that are over at `now`, the newest first.
pub async fn past(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<Window>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select w.id, w.name, site_id, s.name as "site_name?", w.starts_at as "starts_at: _",
                  ends_at as "ends_at: _", reason
           from maintenance_windows w left join sites s on s.id = w.site_id
           where ends_at <= $1 order by ends_at desc, w.id desc limit 20"#,
        now.to_sqlx() as _,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Row::window).collect())
}

/// The window with this number, held against other writers until the transaction ends.
pub async fn by_id_for_update(
    conn: &mut PgConnection,
    id: WindowId,
) -> Result<Option<Window>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select w.id, w.name, site_id, s.name as "site_name?", w.starts_at as "starts_at: _",
                  ends_at as "ends_at: _", reason
           from maintenance_windows w left join sites s on s.id = w.site_id
           where w.id = $1 for update of w"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Row::window))
}

/// Adds a window.
pub async fn insert(
    conn: &mut PgConnection,
    new: &Checked,
    site: Option<SiteId>,
    now: Timestamp,
) -> Result<WindowId, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into maintenance_windows (name, site_id, starts_at, ends_at, reason, created_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
        new.name,
        site.map(|site| site.0),
        new.starts_at.to_sqlx() as _,
        new.ends_at.to_sqlx() as _,
        new.reason,
        now.to_sqlx() as _,
    )
    .fetch_one(conn)
    .await
    .map(WindowId)
}

/// Ends a window; returns how many changed.
pub async fn end(
    conn: &mut PgConnection,
    id: WindowId,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "update maintenance_windows set ends_at = $2 where id = $1 and starts_at < $2 and ends_at > $2",
        id.0,
        now.to_sqlx() as _,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Deletes a window that has not begun; returns how many there were.
pub async fn delete(
    conn: &mut PgConnection,
    id: WindowId,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "delete from maintenance_windows where id = $1 and starts_at >= $2",
        id.0,
        now.to_sqlx() as _,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

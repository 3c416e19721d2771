//! SQL of the trail.

use super::commands::Change;
use super::model::{Action, ChangeMark, Entry, EntryId, PAGE, Trail};
use crate::context::Actor;
use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// Writes an entry; to be called in the transaction of the change.
pub async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    at: Timestamp,
    action: Action,
    change: Change<'_>,
) -> Result<EntryId, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into audit_entries
             (at, actor, action, site_id, subject, before, after, undoes, request_id, address)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         returning id",
        at.to_sqlx() as _,
        actor.name,
        action.as_str(),
        change.site.map(|site| site.0),
        change.subject,
        change.before,
        change.after,
        change.undoes.map(|id| id.0),
        actor.request_id,
        actor.address,
    )
    .fetch_one(conn)
    .await
    .map(EntryId)
}

struct Row {
    id: i64,
    at: jiff_sqlx::Timestamp,
    actor: String,
    action: String,
    site_id: Option<i64>,
    site_name: Option<String>,
    subject: String,
    before: Option<Value>,
    after: Option<Value>,
    undone_by: Option<i64>,
    undoes: Option<i64>,
    request_id: Option<String>,
    address: Option<String>,
}

impl Row {
    fn entry(self) -> Result<Entry, AppError> {
        Ok(Entry {
            id: EntryId(self.id),
            at: self.at.to_jiff(),
            actor: self.actor,
            action: self.action.parse().map_err(AppError::fault)?,
            site: self.site_id.map(SiteId),
            site_name: self.site_name,
            subject: self.subject,
            before: self.before,
            after: self.after,
            undone_by: self.undone_by.map(EntryId),
            undoes: self.undoes.map(EntryId),
            request_id: self.request_id,
            address: self.address,
        })
    }
}

/// The newest entries before `before` (all, if `None`), of one site or of all.
pub async fn page(
    conn: &mut PgConnection,
    site: Option<SiteId>,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<Entry>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select e.id, e.at as "at: _", e.actor, e.action, e.site_id, s.name as "site_name?",
                  e.subject, e.before, e.after, u.id as "undone_by?", e.undoes, e.request_id,
                  e.address
           from audit_entries e
           left join sites s on s.id = e.site_id
           left join audit_entries u on u.undoes = e.id
           where ($1::bigint is null or e.site_id = $1) and ($2::bigint is null or e.id < $2)
           order by e.id desc
           limit $3"#,
        site.map(|site| site.0),
        before.map(|id| id.0),
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::entry).collect()
}

/// The page of the trail before `before`, and whether there is an older one.
pub async fn trail(
    conn: &mut PgConnection,
    site: Option<SiteId>,
    before: Option<EntryId>,
    now: Timestamp,
) -> Result<Trail, AppError> {
    // One more than is shown tells whether another page follows.
    let mut entries = page(conn, site, before, PAGE + 1).await?;
    let more = entries.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        entries.pop();
    }
    let older = entries.last().filter(|_| more).map(|entry| entry.id);
    Ok(Trail { entries, older, now })
}

/// One entry.
pub async fn by_id(conn: &mut PgConnection, id: EntryId) -> Result<Option<Entry>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select e.id, e.at as "at: _", e.actor, e.action, e.site_id, s.name as "site_name?",
                  e.subject, e.before, e.after, u.id as "undone_by?", e.undoes, e.request_id,
                  e.address
           from audit_entries e
           left join sites s on s.id = e.site_id
           left join audit_entries u on u.undoes = e.id
           where e.id = $1"#,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::entry).transpose()
}

/// Configuration changes in `[from, to)`, oldest first, of one site or of all; at most `limit`.
pub async fn changes_between(
    conn: &mut PgConnection,
    site: Option<SiteId>,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> Result<Vec<ChangeMark>, AppError> {
    let rows = sqlx::query!(
        r#"select id, at as "at: jiff_sqlx::Timestamp", action, subject
           from audit_entries
           where at >= $1 and at < $2 and ($3::bigint is null or site_id = $3)
             and site_id is not null
           order by at, id
           limit $4"#,
        from.to_sqlx() as _,
        to.to_sqlx() as _,
        site.map(|site| site.0),
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let action: Action = row.action.parse().map_err(AppError::fault)?;
            Ok(ChangeMark {
                id: EntryId(row.id),
                at: row.at.to_jiff(),
                label: format!("{} {}", action.past(), row.subject),
            })
        })
        .collect()
}

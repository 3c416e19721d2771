//! SQL of the trail: what is written.

mod read;

pub use read::*;

use super::commands::Change;
use super::model::{Action, EntryId};
use crate::context::Actor;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// Writes an entry; to be called in the transaction of the change. The first entry of its batch becomes
/// a part of the batch, too.
pub async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    at: Timestamp,
    action: Action,
    change: &Change<'_>,
) -> Result<EntryId, sqlx::Error> {
    sqlx::query_scalar!(
        "with opened as (
             update audit_entries set batch = id where id = $11 and batch is null
         )
         insert into audit_entries
             (at, actor, action, site_id, subject, before, after, undoes, request_id, address, batch)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         returning id",
        at.to_sqlx() as _,
        actor.name,
        action.as_str(),
        change.site.map(|site| site.0),
        change.subject,
        change.before.as_ref(),
        change.after.as_ref(),
        change.undoes.map(|id| id.0),
        actor.request_id,
        actor.address,
        change.batch.map(|id| id.0),
    )
    .fetch_one(conn)
    .await
    .map(EntryId)
}

/// Writes several entries of `batch`; they are numbered in their order.
pub async fn insert_all(
    conn: &mut PgConnection,
    actor: &Actor,
    at: Timestamp,
    batch: EntryId,
    changes: &[(Action, Change<'_>)],
) -> Result<Vec<EntryId>, sqlx::Error> {
    let each = || changes.iter().map(|(_, change)| change);
    let actions: Vec<String> =
        changes.iter().map(|(action, _)| action.as_str().to_owned()).collect();
    let sites: Vec<Option<i64>> = each().map(|change| change.site.map(|site| site.0)).collect();
    let subjects: Vec<String> = each().map(|change| change.subject.to_owned()).collect();
    let before: Vec<Option<Value>> = each().map(|change| change.before.clone()).collect();
    let after: Vec<Option<Value>> = each().map(|change| change.after.clone()).collect();
    let undoes: Vec<Option<i64>> = each().map(|change| change.undoes.map(|id| id.0)).collect();
    let mut ids = sqlx::query_scalar!(
        "with opened as (
             update audit_entries set batch = id where id = $5 and batch is null
         )
         insert into audit_entries
             (at, actor, request_id, address, batch, action, site_id, subject, before, after, undoes)
         select $1, $2, $3, $4, $5, action, site_id, subject, before, after, undoes
         from unnest($6::text[], $7::bigint[], $8::text[], $9::jsonb[], $10::jsonb[], $11::bigint[])
              with ordinality as new (action, site_id, subject, before, after, undoes, place)
         order by place
         returning id",
        at.to_sqlx() as _,
        actor.name,
        actor.request_id,
        actor.address,
        batch.0,
        &actions,
        &sites as &[Option<i64>],
        &subjects,
        &before as &[Option<Value>],
        &after as &[Option<Value>],
        &undoes as &[Option<i64>],
    )
    .fetch_all(conn)
    .await?;
    ids.sort_unstable();
    Ok(ids.into_iter().map(EntryId).collect())
}

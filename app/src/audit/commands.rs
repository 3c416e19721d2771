//! Writing the trail.

use super::model::{Action, EntryId};
use super::store;
use crate::context::Act;
use crate::sites::model::SiteId;
use serde_json::Value;
use sqlx::PgConnection;

/// What a command did, for its entry.
#[derive(Default)]
pub struct Change<'a> {
    /// The site it was done to.
    pub site: Option<SiteId>,
    /// The thing it was done to: a host, a name, a shortened key.
    pub subject: &'a str,
    /// The value before.
    pub before: Option<Value>,
    /// The value after.
    pub after: Option<Value>,
    /// The entry it takes back.
    pub undoes: Option<EntryId>,
    /// The first entry of the batch it belongs to: what one click changed, and one *Undo* takes back.
    ///
    /// Entries that are written together name none, and become one; see [`record_all`].
    pub batch: Option<EntryId>,
}

/// What a command's entry belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cause {
    /// See [`Change::undoes`].
    pub undoes: Option<EntryId>,
    /// See [`Change::batch`].
    pub batch: Option<EntryId>,
}

impl Cause {
    /// Taking `entry` back, if it is one.
    pub fn undoing(entry: Option<EntryId>) -> Self {
        Self { undoes: entry, batch: None }
    }
}

/// Writes the entry of a command, in the command's own transaction.
pub async fn record(
    tx: &mut PgConnection,
    act: &Act,
    action: Action,
    change: Change<'_>,
) -> Result<EntryId, sqlx::Error> {
    store::insert(tx, &act.actor, act.now(), action, &change).await
}

/// Writes the entries of several changes, in their order, at the cost of two statements however many
/// they are. They belong to the batch that the first names; if it names none, they become one.
pub async fn record_all(
    tx: &mut PgConnection,
    act: &Act,
    changes: &[(Action, Change<'_>)],
) -> Result<Vec<EntryId>, sqlx::Error> {
    let Some(((action, change), rest)) = changes.split_first() else { return Ok(Vec::new()) };
    let first = store::insert(tx, &act.actor, act.now(), *action, change).await?;
    if rest.is_empty() {
        return Ok(vec![first]);
    }
    let batch = change.batch.unwrap_or(first);
    let rest = store::insert_all(tx, &act.actor, act.now(), batch, rest).await?;
    Ok([vec![first], rest].concat())
}

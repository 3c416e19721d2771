//! Changes of sitekeys and secrets: each one transaction with its entry in the trail, visible at the
//! gate before it returns.

mod issue;
mod undo;

use super::model::{Key, KeyId, KeyKind, KeyState};
use super::{rules, store};
use crate::audit::commands::{Cause, Change, record};
use crate::audit::model::{Action, EntryId};
use crate::context::Act;
use crate::error::{AppError, Failure};
use crate::sites;
use crate::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, Transaction};

pub use issue::{Issued, issue, issue_in, rotate, rotate_in};
pub use undo::{take_rotation_back, undo_in};

/// Revokes a key for good. The last active one of a site cannot be revoked.
pub async fn revoke(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: KeyId,
) -> Result<(), Failure> {
    let (mut tx, keys) = hold(act, site, version, id.kind).await?;
    let key = find(&keys, id)?;
    rules::revocable(key, &keys)?;
    revoke_in(&mut tx, act, key).await?;
    let (before, after) = (json!({ "state": key.state }), json!({ "state": KeyState::Revoked }));
    told(&mut tx, act, key, Told::Revoked, before, after, Cause::default()).await?;
    finish(act, tx, site).await?;
    Ok(())
}

/// Calls a key something else; the empty label is none.
pub async fn set_label(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: KeyId,
    label: &str,
) -> Result<EntryId, Failure> {
    let label = rules::label(label)?;
    let (mut tx, keys) = hold(act, site, version, id.kind).await?;
    let entry = set_label_in(&mut tx, act, find(&keys, id)?, &label, Cause::default()).await?;
    finish(act, tx, site).await?;
    Ok(entry)
}

/// Ends the grace of a replaced key `grace` from now: later, sooner, or at once. It is not revoked by
/// that, so the change can be taken back.
pub async fn set_grace(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: KeyId,
    grace: SignedDuration,
) -> Result<EntryId, Failure> {
    let end = rules::retires_at(act.now(), grace)?;
    let (mut tx, keys) = hold(act, site, version, id.kind).await?;
    let entry = set_grace_in(&mut tx, act, find(&keys, id)?, end, Cause::default()).await?;
    finish(act, tx, site).await?;
    Ok(entry)
}

async fn set_label_in(
    tx: &mut PgConnection,
    act: &Act,
    key: &Key,
    label: &str,
    cause: Cause,
) -> Result<EntryId, Failure> {
    sites::commands::written(store::set_label(tx, key.id, label).await?)?;
    let said = |label: &str| json!({ "key": key.id.number, "label": label });
    told(tx, act, key, Told::Labelled, said(&key.label), said(label), cause).await
}

async fn set_grace_in(
    tx: &mut PgConnection,
    act: &Act,
    key: &Key,
    end: Timestamp,
    cause: Cause,
) -> Result<EntryId, Failure> {
    rules::has_grace(key)?;
    let rows = store::set_state(tx, key.id, KeyState::Retiring, Some(end), act.now()).await?;
    sites::commands::written(rows)?;
    let said = |end| json!({ "key": key.id.number, "retires_at": end });
    let (before, after) = (said(key.retires_at), said(Some(end)));
    told(tx, act, key, Told::GraceChanged, before, after, cause).await
}

async fn revoke_in(tx: &mut PgConnection, act: &Act, key: &Key) -> Result<(), AppError> {
    let rows = store::set_state(tx, key.id, KeyState::Revoked, None, act.now()).await?;
    sites::commands::written(rows)
}

/// Opens a transaction that holds the site, with its keys of one kind.
async fn hold(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    kind: KeyKind,
) -> Result<(Transaction<'static, Postgres>, Vec<Key>), Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let keys = store::of_site(&mut tx, site, kind).await?;
    Ok((tx, keys))
}

/// Counts the site's version and commits.
async fn finish(
    act: &Act,
    mut tx: Transaction<'static, Postgres>,
    site: SiteId,
) -> Result<(), AppError> {
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await
}

fn find(keys: &[Key], id: KeyId) -> Result<&Key, AppError> {
    keys.iter().find(|key| key.id == id).ok_or(AppError::NotFound)
}

/// What is told of a key in the trail, whichever its kind.
#[derive(Clone, Copy)]
enum Told {
    Issued,
    Rotated,
    RotationUndone,
    GraceChanged,
    Labelled,
    Revoked,
}

impl Told {
    const fn action(self, kind: KeyKind) -> Action {
        match (self, kind) {
            (Self::Issued, KeyKind::Sitekey) => Action::SitekeyIssued,
            (Self::Issued, KeyKind::Secret) => Action::SecretIssued,
            (Self::Rotated, KeyKind::Sitekey) => Action::SitekeyRotated,
            (Self::Rotated, KeyKind::Secret) => Action::SecretRotated,
            (Self::RotationUndone, KeyKind::Sitekey) => Action::SitekeyRotationUndone,
            (Self::RotationUndone, KeyKind::Secret) => Action::SecretRotationUndone,
            (Self::GraceChanged, KeyKind::Sitekey) => Action::SitekeyGraceChanged,
            (Self::GraceChanged, KeyKind::Secret) => Action::SecretGraceChanged,
            (Self::Labelled, KeyKind::Sitekey) => Action::SitekeyLabelled,
            (Self::Labelled, KeyKind::Secret) => Action::SecretLabelled,
            (Self::Revoked, KeyKind::Sitekey) => Action::SitekeyRevoked,
            (Self::Revoked, KeyKind::Secret) => Action::SecretRevoked,
        }
    }
}

/// Writes the entry of a change of `key`. Its number stands in the values as `key`, since the last
/// four characters of a secret do not name it for sure.
async fn told(
    tx: &mut PgConnection,
    act: &Act,
    key: &Key,
    what: Told,
    before: Value,
    after: Value,
    cause: Cause,
) -> Result<EntryId, Failure> {
    let Cause { undoes, batch } = cause;
    let (subject, before, after) = (&key.name(), Some(before), Some(after));
    let change = Change { site: Some(key.site), subject, before, after, undoes, batch };
    Ok(record(tx, act, what.action(key.id.kind), change).await?)
}

/// A key of a rotation as the trail keeps it: `name` stands under `sitekey` or `last_four`.
fn named(key: KeyId, text: &str) -> Value {
    let name = match key.kind {
        KeyKind::Sitekey => "sitekey",
        KeyKind::Secret => "last_four",
    };
    json!({ "key": key.number, name: text })
}

/// `value` with one more field.
fn with(mut value: Value, name: &str, field: impl Into<Value>) -> Value {
    value[name] = field.into();
    value
}

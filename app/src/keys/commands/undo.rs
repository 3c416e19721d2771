//! Taking changes of keys back.

use super::{Told, find, finish, hold, named, revoke_in, set_grace_in, set_label_in, told, with};
use crate::audit::commands::Cause;
use crate::audit::model::{Action, Entry, EntryId};
use crate::context::Act;
use crate::error::{AppError, Failure, Refusal};
use crate::keys::model::{Key, KeyId, KeyKind, KeyState};
use crate::keys::{reads, rules, store};
use crate::sites;
use crate::sites::model::{Site, SiteId};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgConnection;

/// What entries about keys say of them, as far as it takes to undo one.
#[derive(Deserialize)]
struct Said {
    key: i64,
    #[serde(default)]
    label: String,
    retires_at: Option<jiff::Timestamp>,
}

/// Takes a rotation, a change of a grace, or a label back, inside a transaction that holds the site.
///
/// # Errors
/// Refuses what no longer fits, and a rotation whose new key is in use; see [`rules::taken_back`].
pub async fn undo_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    entry: &Entry,
    cause: Cause,
) -> Result<EntryId, Failure> {
    sites::rules::changeable(site)?;
    let kind = match entry.action {
        Action::SitekeyRotated | Action::SitekeyGraceChanged | Action::SitekeyLabelled => {
            KeyKind::Sitekey
        }
        _ => KeyKind::Secret,
    };
    let before = said(entry.before.as_ref())?;
    let keys = store::of_site(tx, site.id, kind).await?;
    let key = find(&keys, KeyId { kind, number: before.key })?;
    let undone = match entry.action {
        Action::SitekeyLabelled | Action::SecretLabelled => {
            set_label_in(tx, act, key, &before.label, cause).await
        }
        Action::SitekeyGraceChanged | Action::SecretGraceChanged => {
            let end = before.retires_at.ok_or_else(unreadable)?;
            set_grace_in(tx, act, key, end, cause).await
        }
        _ => {
            let new = KeyId { kind, number: said(entry.after.as_ref())?.key };
            take_back_in(tx, act, key, find(&keys, new)?, false, cause).await
        }
    }?;
    sites::commands::written(sites::store::bump_version(tx, site.id).await?)?;
    Ok(undone)
}

/// Takes the rotation back by which key `new` took over, by somebody who saw what breaks: the old key
/// is active again, `new` is revoked, whatever came with it.
///
/// # Errors
/// See [`rules::taken_back`]; also refuses a key that took over from none.
pub async fn take_rotation_back(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    new: KeyId,
) -> Result<EntryId, Failure> {
    let (mut tx, keys) = hold(act, site, version, new.kind).await?;
    let new = find(&keys, new)?;
    let (kind, replaces) = (new.id.kind, new.replaces.ok_or(AppError::NotFound)?);
    let old = find(&keys, KeyId { kind, number: replaces })?;
    let rotated = Told::Rotated.action(kind);
    let undoes = store::rotation_to(&mut tx, site, rotated, new.id).await?;
    let entry = take_back_in(&mut tx, act, old, new, true, Cause::undoing(undoes)).await?;
    finish(act, tx, site).await?;
    Ok(entry)
}

async fn take_back_in(
    tx: &mut PgConnection,
    act: &Act,
    old: &Key,
    new: &Key,
    confirmed: bool,
    cause: Cause,
) -> Result<EntryId, Failure> {
    let requests = reads::requests_since_issued(tx, new, act.now()).await?;
    rules::taken_back(old, new, requests, confirmed, act.now())?;
    let rows = store::set_state(tx, old.id, KeyState::Active, None, act.now()).await?;
    sites::commands::written(rows)?;
    revoke_in(tx, act, new).await?;
    let before = with(named(new.id, &new.text), "state", json!(new.state));
    let after = with(named(old.id, &old.text), "state", json!(KeyState::Active));
    told(tx, act, old, Told::RotationUndone, before, after, cause).await
}

/// Entries written before keys were named by their numbers cannot be taken back.
fn said(value: Option<&Value>) -> Result<Said, Refusal> {
    serde_json::from_value(value.cloned().unwrap_or_default()).map_err(|_| unreadable())
}

fn unreadable() -> Refusal {
    let message = "This was written before keys could be taken back. Change the key itself.";
    Refusal::new("not_undoable", "entry", message)
}

//! New keys: one more, or one in the place of another.

use super::{Told, find, finish, hold, named, revoke_in, told, with};
use crate::audit::commands::{Cause, Change, record};
use crate::audit::model::EntryId;
use crate::context::{Act, fill_random};
use crate::error::{AppError, Failure};
use crate::keys::model::{Key, KeyId, KeyKind, KeyState};
use crate::keys::store::NewKey;
use crate::keys::{rules, store};
use crate::sites;
use crate::sites::model::SiteId;
use jiff::SignedDuration;
use serde_json::json;
use sqlx::PgConnection;

/// A key that was just issued. A secret is in here in full, and nowhere else.
pub struct Issued {
    /// Its number.
    pub id: KeyId,
    /// The key itself, in full.
    pub text: String,
    /// The entry of the trail.
    pub entry: EntryId,
}

/// Issues one more key of a kind.
///
/// # Errors
/// Refuses a label that is none, and more than [`rules::MOST_ACTIVE`] active keys.
pub async fn issue(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    kind: KeyKind,
    label: &str,
) -> Result<Issued, Failure> {
    let label = rules::label(label)?;
    let (mut tx, keys) = hold(act, site, version, kind).await?;
    rules::issuable(&keys, kind)?;
    let issued = issue_in(&mut tx, act, site, kind, &label, Cause::default()).await?;
    finish(act, tx, site).await?;
    Ok(issued)
}

/// Issues a key inside a transaction that already holds the site.
pub async fn issue_in(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    kind: KeyKind,
    label: &str,
    Cause { undoes, batch }: Cause,
) -> Result<Issued, AppError> {
    let Minted { id, text, name } = mint_in(tx, act, site, kind, label, None).await?;
    let after = (!label.is_empty()).then(|| json!({ "label": label }));
    let change = Change { site: Some(site), subject: &name, before: None, after, undoes, batch };
    let entry = record(tx, act, Told::Issued.action(kind), change).await?;
    Ok(Issued { id, text, entry })
}

/// Replaces an active key: a new one is accepted at once, the old one for `grace` more.
///
/// # Errors
/// See [`rules::rotatable`].
pub async fn rotate(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: KeyId,
    grace: SignedDuration,
) -> Result<Issued, Failure> {
    let (mut tx, keys) = hold(act, site, version, id.kind).await?;
    let old = find(&keys, id)?;
    rules::rotatable(old, &keys, grace, act.now())?;
    let issued = rotate_in(&mut tx, act, old, grace).await?;
    finish(act, tx, site).await?;
    Ok(issued)
}

/// Replaces `old` inside a transaction that already holds its site. The new key has its label.
///
/// # Errors
/// Refuses a grace that is out of range.
pub async fn rotate_in(
    tx: &mut PgConnection,
    act: &Act,
    old: &Key,
    grace: SignedDuration,
) -> Result<Issued, Failure> {
    let (state, retires_at) = rules::after_grace(act.now(), grace)?;
    if state == KeyState::Revoked {
        revoke_in(tx, act, old).await?;
    } else {
        let rows = store::set_state(tx, old.id, state, retires_at, act.now()).await?;
        sites::commands::written(rows)?;
    }
    let replaces = Some(old.id.number);
    let new = mint_in(tx, act, old.site, old.id.kind, &old.label, replaces).await?;
    let before = with(named(old.id, &old.text), "state", json!(old.state));
    let after = with(named(new.id, new.shown()), "old_retires_at", json!(retires_at));
    let entry = told(tx, act, old, Told::Rotated, before, after, Cause::default()).await?;
    Ok(Issued { id: new.id, text: new.text, entry })
}

struct Minted {
    id: KeyId,
    text: String,
    /// See [`Key::name`].
    name: String,
}

impl Minted {
    /// See [`Key::text`].
    fn shown(&self) -> &str {
        self.name.trim_start_matches('…')
    }
}

async fn mint_in(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    kind: KeyKind,
    label: &str,
    replaces: Option<i64>,
) -> Result<Minted, AppError> {
    let created_by = &act.actor.name;
    let new = NewKey { site, label, replaces, created_by, created_at: act.now() };
    Ok(match kind {
        KeyKind::Sitekey => {
            let sitekey = minted(|random| rules::mint_sitekey(random))?;
            let number = store::insert_sitekey(tx, &sitekey, &new).await?;
            Minted { id: KeyId::sitekey(number), name: sitekey.clone(), text: sitekey }
        }
        KeyKind::Secret => {
            let secret = minted(|random| rules::mint_secret(random))?;
            let number = store::insert_secret(tx, &secret, &new).await?;
            let name = format!("…{}", secret.last_four());
            Minted { id: KeyId::secret(number), name, text: secret.reveal().to_owned() }
        }
    })
}

/// Mints with the operating system's randomness, whose failure must not make a guessable key.
fn minted<T>(mint: impl FnOnce(&mut dyn FnMut(&mut [u8])) -> T) -> Result<T, AppError> {
    let mut failed = None;
    let mut random = |bytes: &mut [u8]| {
        if let Err(error) = fill_random(bytes) {
            failed = Some(error);
        }
    };
    let key = mint(&mut random);
    failed.map_or(Ok(key), Err)
}

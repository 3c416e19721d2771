//! Issuing, rotating and revoking sitekeys and secrets: each one transaction with its entry in the
//! trail, visible at the gate before it returns.

use super::model::{KeyState, SecretId, SitekeyId};
use super::{rules, store};
use crate::audit::commands::{Change, record};
use crate::audit::model::Action;
use crate::context::{Act, fill_random};
use crate::error::{AppError, Failure, Refusal};
use crate::sites;
use crate::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::PgConnection;

/// Issues a sitekey inside a transaction that already holds the site.
pub async fn issue_sitekey_in(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
) -> Result<String, AppError> {
    let sitekey = minted(|random| rules::mint_sitekey(random))?;
    store::insert_sitekey(tx, site, &sitekey, act.now()).await?;
    let change = Change { site: Some(site), subject: &sitekey, ..Change::default() };
    record(tx, act, Action::SitekeyIssued, change).await?;
    Ok(sitekey)
}

/// Issues a secret inside a transaction that already holds the site, and returns it in full.
pub async fn issue_secret_in(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
) -> Result<String, AppError> {
    let secret = minted(|random| rules::mint_secret(random))?;
    store::insert_secret(tx, site, &secret.hash(), secret.last_four(), act.now()).await?;
    let subject = &format!("…{}", secret.last_four());
    let change = Change { site: Some(site), subject, ..Change::default() };
    record(tx, act, Action::SecretIssued, change).await?;
    Ok(secret.reveal().to_owned())
}

/// Replaces a live sitekey: a new one is active at once, the old one is accepted for `grace` more.
pub async fn rotate_sitekey(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: SitekeyId,
    grace: SignedDuration,
) -> Result<String, Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let old = store::sitekey_of(&mut tx, site, id).await?.ok_or(AppError::NotFound)?;
    live(old.state, "sitekey")?;
    let (state, retires_at) = after_grace(act.now(), grace)?;
    sites::commands::written(store::set_sitekey_state(&mut tx, id, state, retires_at).await?)?;
    let sitekey = minted(|random| rules::mint_sitekey(random))?;
    store::insert_sitekey(&mut tx, site, &sitekey, act.now()).await?;
    let change = Change {
        site: Some(site),
        subject: &old.sitekey,
        before: Some(json!({ "sitekey": old.sitekey, "state": old.state })),
        after: Some(json!({ "sitekey": sitekey, "old_retires_at": retires_at })),
        undoes: None,
    };
    record(&mut tx, act, Action::SitekeyRotated, change).await?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(sitekey)
}

/// Replaces a live secret, and returns the new one in full.
pub async fn rotate_secret(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: SecretId,
    grace: SignedDuration,
) -> Result<String, Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let secrets = store::secrets(&mut tx, site).await?;
    let old = secrets.into_iter().find(|secret| secret.id == id).ok_or(AppError::NotFound)?;
    live(old.state, "secret")?;
    let (state, retires_at) = after_grace(act.now(), grace)?;
    sites::commands::written(store::set_secret_state(&mut tx, id, state, retires_at).await?)?;
    let secret = minted(|random| rules::mint_secret(random))?;
    store::insert_secret(&mut tx, site, &secret.hash(), secret.last_four(), act.now()).await?;
    let change = Change {
        site: Some(site),
        subject: &format!("…{}", old.last_four),
        before: Some(json!({ "last_four": old.last_four, "state": old.state })),
        after: Some(json!({ "last_four": secret.last_four(), "old_retires_at": retires_at })),
        undoes: None,
    };
    record(&mut tx, act, Action::SecretRotated, change).await?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(secret.reveal().to_owned())
}

/// Revokes a sitekey for good. The last live one of a site cannot be revoked: pause the site instead.
pub async fn revoke_sitekey(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: SitekeyId,
) -> Result<(), Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let sitekeys = store::sitekeys(&mut tx, Some(site)).await?;
    let old = sitekeys.iter().find(|key| key.id == id).ok_or(AppError::NotFound)?;
    if old.state == KeyState::Revoked {
        return Err(
            Refusal::new("sitekey_revoked", "sitekey", "This sitekey is revoked already.").into()
        );
    }
    if !sitekeys.iter().any(|key| key.id != id && key.state == KeyState::Active) {
        return Err(Refusal::new(
            "sitekey_last",
            "sitekey",
            "This is the site's last active sitekey. Rotate it, or pause the site.",
        )
        .into());
    }
    let rows = store::set_sitekey_state(&mut tx, id, KeyState::Revoked, None).await?;
    sites::commands::written(rows)?;
    let change = Change {
        site: Some(site),
        subject: &old.sitekey,
        before: Some(json!({ "state": old.state })),
        after: Some(json!({ "state": KeyState::Revoked })),
        undoes: None,
    };
    record(&mut tx, act, Action::SitekeyRevoked, change).await?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(())
}

/// Revokes a secret for good. The last active one of a site cannot be revoked: rotate it instead.
pub async fn revoke_secret(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: SecretId,
) -> Result<(), Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let secrets = store::secrets(&mut tx, site).await?;
    let old = secrets.iter().find(|secret| secret.id == id).ok_or(AppError::NotFound)?;
    if old.state == KeyState::Revoked {
        return Err(
            Refusal::new("secret_revoked", "secret", "This secret is revoked already.").into()
        );
    }
    if !secrets.iter().any(|secret| secret.id != id && secret.state == KeyState::Active) {
        return Err(Refusal::new(
            "secret_last",
            "secret",
            "This is the site's last active secret. Rotate it instead.",
        )
        .into());
    }
    let written = store::set_secret_state(&mut tx, id, KeyState::Revoked, None).await?;
    sites::commands::written(written)?;
    let change = Change {
        site: Some(site),
        subject: &format!("…{}", old.last_four),
        before: Some(json!({ "state": old.state })),
        after: Some(json!({ "state": KeyState::Revoked })),
        undoes: None,
    };
    record(&mut tx, act, Action::SecretRevoked, change).await?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(())
}

fn live(state: KeyState, field: &'static str) -> Result<(), Refusal> {
    match state {
        KeyState::Active => Ok(()),
        KeyState::Retiring | KeyState::Revoked => Err(Refusal::new(
            "key_replaced",
            field,
            format!("This {field} was replaced or revoked already. Rotate the active one."),
        )),
    }
}

/// Where the old key stands after a rotation: retiring until its grace ends, or revoked at once.
fn after_grace(
    now: Timestamp,
    grace: SignedDuration,
) -> Result<(KeyState, Option<Timestamp>), Refusal> {
    if grace.is_negative() || grace > SignedDuration::from_hours(30 * 24) {
        return Err(Refusal::new("grace_range", "grace", "Choose a grace between 0 and 30 days."));
    }
    if grace.is_zero() {
        return Ok((KeyState::Revoked, None));
    }
    let until = now.saturating_add(grace).unwrap_or(Timestamp::MAX);
    Ok((KeyState::Retiring, Some(until)))
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

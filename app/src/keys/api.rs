//! Server functions of sitekeys and secrets.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{KeyId, KeyKind};
use super::pages::{KeyPageData, KeysPageData, RotationData, SecretFound, SitekeyFound};
use crate::error::AppError;
use crate::sites::model::SiteId;
use leptos::prelude::*;

/// What the keys tab shows.
#[server(endpoint = "/keys/page")]
pub async fn keys_page(site: SiteId) -> Result<KeysPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::page(&operator, site).await
}

/// What the pages before a change of one key show; of the newest active sitekey without a `key`.
#[server(endpoint = "/keys/one")]
pub async fn key_page(site: SiteId, key: Option<KeyId>) -> Result<KeyPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::one(&operator, site, key).await
}

/// What the page of a rotation shows, by the key that took over.
#[server(endpoint = "/keys/rotation")]
pub async fn rotation_page(site: SiteId, new: KeyId) -> Result<RotationData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::rotation(&operator, site, new).await
}

/// Which sitekey was pasted.
#[server(endpoint = "/keys/which_sitekey")]
pub async fn which_sitekey(pasted: String) -> Result<SitekeyFound, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::which_sitekey(&operator, &pasted).await
}

/// Which secret has this SHA-256, in lower-case hexadecimal digits.
#[server(endpoint = "/keys/which_secret")]
pub async fn which_secret(hash: String) -> Result<SecretFound, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let hash = super::rules::unhex(&hash).ok_or(AppError::BadRequest)?;
    super::reads::which_secret(&operator, &hash).await
}

/// Issues one more key.
#[server(endpoint = "/keys/issue")]
pub async fn issue_key(
    site: SiteId,
    version: i64,
    kind: KeyKind,
    label: String,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let act = operator.act();
    match super::commands::issue(&act, site, Some(version), kind, &label).await {
        Ok(issued) => {
            let (message, reveal) = match kind {
                KeyKind::Sitekey => ("Issued another sitekey. It is accepted now.", None),
                KeyKind::Secret => (
                    "Issued another secret. It is accepted now.",
                    Some(operator.keep_for_reveal(issued.text)?),
                ),
            };
            let done = Done { reveal, ..Done::told(message) };
            operator.answer(&back, "issue-key", &[], Ok(done)).await
        }
        Err(failure) => {
            let form = format!("/sites/{site}/keys/issue?kind={kind}");
            operator.answer(&form, "issue-key", &[("label", &label)], Err(failure)).await
        }
    }
}

/// Replaces a key; the old one is accepted for `grace_days` more. Leads to the page of the rotation,
/// which shows a new secret.
#[server(endpoint = "/keys/rotate")]
pub async fn rotate_key(
    site: SiteId,
    version: i64,
    kind: KeyKind,
    key: i64,
    grace_days: i64,
) -> Result<(), AppError> {
    use super::pages::key_path;
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, old) = (operator.act(), KeyId { kind, number: key });
    let grace = super::rules::grace_of_days(grace_days);
    match super::commands::rotate(&act, site, Some(version), old, grace).await {
        Ok(issued) => {
            let (place, reveal) = match kind {
                KeyKind::Sitekey => ("in your pages", None),
                KeyKind::Secret => ("on your server", Some(operator.keep_for_reveal(issued.text)?)),
            };
            let message = if grace_days == 0 {
                format!("Issued a new {kind}; the old one is refused now. Put the new one {place}.")
            } else {
                format!("Issued a new {kind}. Put it {place} before the old one ends.")
            };
            // What was revoked at once is so for good.
            let undo = (grace_days > 0).then_some(issued.entry);
            let path = key_path(site, "rotation", issued.id);
            operator
                .answer(&path, "rotate", &[], Ok(Done { undo, reveal, ..Done::told(message) }))
                .await
        }
        Err(failure) => {
            let typed = [("grace_days", &*grace_days.to_string())];
            let form = key_path(site, "rotate", old);
            operator.answer(&form, "rotate", &typed, Err(failure)).await
        }
    }
}

/// Revokes a key for good.
#[server(endpoint = "/keys/revoke")]
pub async fn revoke_key(
    site: SiteId,
    version: i64,
    kind: KeyKind,
    key: i64,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, key) = (operator.act(), KeyId { kind, number: key });
    let outcome = super::commands::revoke(&act, site, Some(version), key).await;
    let message = match kind {
        KeyKind::Sitekey => "Revoked for good. The gate refuses the sitekey now.",
        KeyKind::Secret => "Revoked the secret for good.",
    };
    operator.answer(&back, "revoke", &[], outcome.map(|()| Done::told(message))).await
}

/// Calls a key something else.
#[server(endpoint = "/keys/label")]
pub async fn label_key(
    site: SiteId,
    version: i64,
    kind: KeyKind,
    key: i64,
    label: String,
    back: String,
) -> Result<(), AppError> {
    use super::pages::key_path;
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, key) = (operator.act(), KeyId { kind, number: key });
    match super::commands::set_label(&act, site, Some(version), key, &label).await {
        Ok(entry) => {
            let done = Done::undoable(format!("Saved the label of the {kind}."), entry);
            operator.answer(&back, "label-key", &[], Ok(done)).await
        }
        Err(failure) => {
            let form = key_path(site, "label", key);
            operator.answer(&form, "label-key", &[("label", &label)], Err(failure)).await
        }
    }
}

/// Ends the grace of a replaced key `grace_days` from now.
#[server(endpoint = "/keys/grace")]
pub async fn set_key_grace(
    site: SiteId,
    version: i64,
    kind: KeyKind,
    key: i64,
    grace_days: i64,
    back: String,
) -> Result<(), AppError> {
    use super::pages::key_path;
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, key) = (operator.act(), KeyId { kind, number: key });
    let grace = super::rules::grace_of_days(grace_days);
    match super::commands::set_grace(&act, site, Some(version), key, grace).await {
        Ok(entry) => {
            let message = match grace_days {
                0 => format!("The old {kind} is refused now."),
                1 => format!("The old {kind} is accepted for 1 day from now."),
                days => format!("The old {kind} is accepted for {days} days from now."),
            };
            operator.answer(&back, "grace", &[], Ok(Done::undoable(message, entry))).await
        }
        Err(failure) => {
            let typed = [("grace_days", &*grace_days.to_string())];
            let form = key_path(site, "grace", key);
            operator.answer(&form, "grace", &typed, Err(failure)).await
        }
    }
}

/// Takes the rotation back by which `key` took over.
#[server(endpoint = "/keys/take_back")]
pub async fn take_rotation_back(
    site: SiteId,
    version: i64,
    kind: KeyKind,
    key: i64,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, new) = (operator.act(), KeyId { kind, number: key });
    let outcome = super::commands::take_rotation_back(&act, site, Some(version), new).await;
    let told = format!("Taken back: the old {kind} is active again, the new one revoked.");
    operator.answer(&back, "take-back", &[], outcome.map(|_| Done::told(told))).await
}

//! Server functions of sitekeys and secrets.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{Secret, SecretId, Sitekey, SitekeyId};
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::sites::pages::SiteHead;
use jiff::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the keys tab and the pages before a rotation or revocation show.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeysPageData {
    /// The site.
    pub head: SiteHead,
    /// Its sitekeys with their traffic, newest first.
    pub sitekeys: Vec<SitekeyRow>,
    /// Its secrets, newest first.
    pub secrets: Vec<Secret>,
}

/// A sitekey with its traffic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SitekeyRow {
    /// The sitekey.
    pub sitekey: Sitekey,
    /// Requests with it in the last seven days.
    pub requests: i64,
    /// The hour of the last of them.
    pub last_used: Option<Timestamp>,
}

/// Which key is meant by a page or a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// A sitekey.
    Sitekey(SitekeyId),
    /// A secret.
    Secret(SecretId),
}

/// What the keys tab shows.
#[server(endpoint = "/keys/page")]
pub async fn keys_page(site: SiteId) -> Result<KeysPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::page(&operator, site).await
}

/// Replaces a sitekey; the old one is accepted for `grace_days` more.
#[server(endpoint = "/keys/rotate_sitekey")]
pub async fn rotate_sitekey(
    site: SiteId,
    version: i64,
    sitekey: SitekeyId,
    grace_days: i64,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, grace) = (operator.act(), super::rules::grace_of_days(grace_days));
    let outcome = super::commands::rotate_sitekey(&act, site, Some(version), sitekey, grace).await;
    let told = "Issued a new sitekey. Put it in your pages before the old one ends.";
    operator.answer(&back, "rotate", &[], outcome.map(|_| Done::told(told))).await
}

/// Replaces a secret and shows the new one; the old one is accepted for `grace_days` more.
#[server(endpoint = "/keys/rotate_secret")]
pub async fn rotate_secret(
    site: SiteId,
    version: i64,
    secret: SecretId,
    grace_days: i64,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, grace) = (operator.act(), super::rules::grace_of_days(grace_days));
    let outcome = super::commands::rotate_secret(&act, site, Some(version), secret, grace).await;
    let outcome = match outcome {
        Ok(secret) => {
            let message =
                "Issued a new secret. Put it on your server before the old one ends.".into();
            Ok(Done { message, undo: None, reveal: Some(operator.keep_for_reveal(secret)?) })
        }
        Err(failure) => Err(failure),
    };
    operator.answer(&back, "rotate", &[], outcome).await
}

/// Revokes a sitekey for good.
#[server(endpoint = "/keys/revoke_sitekey")]
pub async fn revoke_sitekey(
    site: SiteId,
    version: i64,
    sitekey: SitekeyId,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let act = operator.act();
    let outcome = super::commands::revoke_sitekey(&act, site, Some(version), sitekey).await;
    let outcome = outcome.map(|()| Done::told("Revoked. The gate refuses the sitekey now."));
    operator.answer(&back, "revoke", &[], outcome).await
}

/// Revokes a secret for good.
#[server(endpoint = "/keys/revoke_secret")]
pub async fn revoke_secret(
    site: SiteId,
    version: i64,
    secret: SecretId,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let act = operator.act();
    let outcome = super::commands::revoke_secret(&act, site, Some(version), secret).await;
    let outcome = outcome.map(|()| Done::told("Revoked the secret."));
    operator.answer(&back, "revoke", &[], outcome).await
}

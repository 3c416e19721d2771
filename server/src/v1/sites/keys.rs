//! `/v1/sites/{id}/sitekeys` and `/v1/sites/{id}/secrets`.

use super::ask::{self, Body, Etag, Paging, Parameters, Reader, SiteAt, Writer};
use super::idempotency::IdempotencyKey;
use crate::v1::Problem;
use app::context::AppState;
use app::error::{AppError, Failure, Refusal};
use app::keys::model::{KeyState, Secret, SecretId, Sitekey, SitekeyId};
use app::keys::rules::grace_of_days;
use app::keys::{commands, store};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sitekey.
#[derive(Serialize, ToSchema)]
pub(crate) struct SitekeyAnswer {
    /// Its number.
    id: i64,
    /// The sitekey itself, which is public.
    sitekey: String,
    /// `active`, `retiring` or `revoked`.
    #[schema(value_type = String)]
    state: KeyState,
    /// The first moment at which it is refused; null unless it is retiring.
    #[schema(value_type = Option<String>, format = DateTime)]
    retires_at: Option<Timestamp>,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Sitekey> for SitekeyAnswer {
    fn from(key: Sitekey) -> Self {
        let Sitekey { id, sitekey, state, retires_at, created_at, .. } = key;
        Self { id: id.0, sitekey, state, retires_at, created_at }
    }
}

/// A page of sitekeys, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SitekeysPage {
    /// The sitekeys.
    sitekeys: Vec<SitekeyAnswer>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// List a site's sitekeys.
#[utoipa::path(
    get,
    path = "/v1/sites/{id}/sitekeys",
    params(("id" = i64, Path, description = "The site's number"), Paging),
    responses(
        (status = 200, description = "A page of sitekeys, the site's version in `ETag`", body = SitekeysPage),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:read`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
    )
)]
pub(super) async fn sitekeys(
    State(state): State<AppState>,
    _: Reader,
    SiteAt(site): SiteAt,
    Parameters(paging): Parameters<Paging>,
) -> Result<(Etag, Json<SitekeysPage>), Problem> {
    let read = async |conn: &mut _| store::sitekeys(conn, Some(site)).await;
    let (etag, keys) = ask::at_one_moment(&state, site, read).await?;
    let (keys, next) = paging.page(keys, |key| key.id.0)?;
    let sitekeys = keys.into_iter().map(SitekeyAnswer::from).collect();
    Ok((etag, Json(SitekeysPage { sitekeys, next })))
}

/// A secret: everything but the secret itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretAnswer {
    /// Its number.
    id: i64,
    /// Its last four characters, to recognise it by.
    last_four: String,
    /// `active`, `retiring` or `revoked`.
    #[schema(value_type = String)]
    state: KeyState,
    /// The first moment at which it is refused; null unless it is retiring.
    #[schema(value_type = Option<String>, format = DateTime)]
    retires_at: Option<Timestamp>,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Secret> for SecretAnswer {
    fn from(key: Secret) -> Self {
        let Secret { id, last_four, state, retires_at, created_at, .. } = key;
        Self { id: id.0, last_four, state, retires_at, created_at }
    }
}

/// A page of secrets, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretsPage {
    /// The secrets.
    secrets: Vec<SecretAnswer>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// List a site's secrets. A secret itself is never told again.
#[utoipa::path(
    get,
    path = "/v1/sites/{id}/secrets",
    params(("id" = i64, Path, description = "The site's number"), Paging),
    responses(
        (status = 200, description = "A page of secrets, the site's version in `ETag`", body = SecretsPage),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:read`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
    )
)]
pub(super) async fn secrets(
    State(state): State<AppState>,
    _: Reader,
    SiteAt(site): SiteAt,
    Parameters(paging): Parameters<Paging>,
) -> Result<(Etag, Json<SecretsPage>), Problem> {
    let read = async |conn: &mut _| store::secrets(conn, site).await;
    let (etag, keys) = ask::at_one_moment(&state, site, read).await?;
    let (keys, next) = paging.page(keys, |key| key.id.0)?;
    let secrets = keys.into_iter().map(SecretAnswer::from).collect();
    Ok((etag, Json(SecretsPage { secrets, next })))
}

/// Which key is replaced, and how long it is still accepted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// The number of the key; may be left out while the site has one active key.
    id: Option<i64>,
    /// Whole days for which the old key is still accepted, 0 to 30; 1 if left out.
    #[serde(default = "one_day")]
    grace_days: i64,
}

const fn one_day() -> i64 {
    1
}

/// The key that is meant: the named one, or else the only active one.
fn chosen(asked: Option<i64>, active: &[i64]) -> Result<i64, Problem> {
    match (asked, active) {
        (Some(id), _) => Ok(id),
        (None, [id]) => Ok(*id),
        (None, []) => {
            Err(Refusal::new("no_active_key", "id", "The site has no active key.").into())
        }
        (None, _) => {
            let message = "The site has several active keys. Send the id of the one to replace.";
            Err(Refusal::new("key_ambiguous", "id", message).into())
        }
    }
}

/// The refusal of a rotation in the words of [`Rotation`].
fn problem(failure: Failure) -> Problem {
    let problem = Problem::from(failure).renaming("grace", "grace_days");
    problem.renaming("sitekey", "id").renaming("secret", "id")
}

/// A sitekey that replaced another.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedSitekey {
    /// The new sitekey.
    #[serde(flatten)]
    sitekey: SitekeyAnswer,
    /// The one it replaced.
    replaced: SitekeyAnswer,
}

/// Replace a sitekey. The new one is accepted at once, the old one for its grace.
#[utoipa::path(
    post,
    path = "/v1/sites/{id}/sitekeys/rotate",
    request_body = Rotation,
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` the site was read with"),
        IdempotencyKey,
    ),
    responses(
        (status = 201, description = "The new sitekey", body = RotatedSitekey),
        (status = 400, description = "The body cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site or sitekey", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "The sitekey is not active, or the grace is out of range", body = Problem),
    )
)]
pub(super) async fn rotate_sitekey(
    State(state): State<AppState>,
    writer: Writer,
    SiteAt(site): SiteAt,
    Body(rotation): Body<Rotation>,
) -> Result<(StatusCode, Json<RotatedSitekey>), Problem> {
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    ask::site(&mut conn, site).await?;
    let keys = store::sitekeys(&mut conn, Some(site)).await?;
    let active = keys.iter().filter(|key| key.state == KeyState::Active).map(|key| key.id.0);
    let old = SitekeyId(chosen(rotation.id, &active.collect::<Vec<_>>())?);
    drop(conn);
    let grace = grace_of_days(rotation.grace_days);
    let new = commands::rotate_sitekey(&writer.act, site, writer.version, old, grace)
        .await
        .map_err(problem)?;
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    let mut keys = store::sitekeys(&mut conn, Some(site)).await?;
    let mut take = |wanted: &dyn Fn(&Sitekey) -> bool| {
        let place = keys.iter().position(wanted).ok_or(AppError::NotFound)?;
        Ok::<_, AppError>(keys.swap_remove(place).into())
    };
    let sitekey = take(&|key| key.sitekey == new)?;
    let replaced = take(&|key| key.id == old)?;
    Ok((StatusCode::CREATED, Json(RotatedSitekey { sitekey, replaced })))
}

/// A secret that replaced another.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedSecret {
    /// The secret itself. It is told this once.
    secret: String,
    /// What is kept of the one it replaced.
    replaced: SecretAnswer,
}

/// Replace a secret. The new one is accepted at once, the old one for its grace.
#[utoipa::path(
    post,
    path = "/v1/sites/{id}/secrets/rotate",
    request_body = Rotation,
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` the site was read with"),
        IdempotencyKey,
    ),
    responses(
        (status = 201, description = "The new secret", body = RotatedSecret),
        (status = 400, description = "The body cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site or secret", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "The secret is not active, or the grace is out of range", body = Problem),
    )
)]
pub(super) async fn rotate_secret(
    State(state): State<AppState>,
    writer: Writer,
    SiteAt(site): SiteAt,
    Body(rotation): Body<Rotation>,
) -> Result<(StatusCode, Json<RotatedSecret>), Problem> {
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    ask::site(&mut conn, site).await?;
    let keys = store::secrets(&mut conn, site).await?;
    let active = keys.iter().filter(|key| key.state == KeyState::Active).map(|key| key.id.0);
    let old = SecretId(chosen(rotation.id, &active.collect::<Vec<_>>())?);
    drop(conn);
    let grace = grace_of_days(rotation.grace_days);
    let secret = commands::rotate_secret(&writer.act, site, writer.version, old, grace)
        .await
        .map_err(problem)?;
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    let keys = store::secrets(&mut conn, site).await?;
    let replaced = keys.into_iter().find(|key| key.id == old).ok_or(AppError::NotFound)?.into();
    Ok((StatusCode::CREATED, Json(RotatedSecret { secret, replaced })))
}

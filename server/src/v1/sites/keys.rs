//! `/v1/sites/{id}/sitekeys` and `/v1/sites/{id}/secrets`.

pub(super) mod label;

use super::ask::{self, Etag, Paging, Parameters, Reader, SiteAt, Writer};
use super::idempotency::IdempotencyKey;
use crate::v1::Problem;
use crate::v1::body::Body;
use app::context::AppState;
use app::error::{AppError, Failure, Refusal};
use app::keys::commands::{self, Issued};
use app::keys::model::{Key, KeyId, KeyKind, KeyState};
use app::keys::reads;
use app::keys::rules::{KEY_REPLACED, USUAL_GRACE_DAYS, grace_of_days};
use app::sites::model::SiteId;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a sitekey and a secret have in common.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyLife {
    /// Its number.
    id: i64,
    /// What operators call it; empty without a label.
    label: String,
    /// `active`, `retiring` or `revoked`.
    #[schema(value_type = String)]
    state: KeyState,
    /// The first moment at which it is refused; null unless it is retiring.
    #[schema(value_type = Option<String>, format = DateTime)]
    retires_at: Option<Timestamp>,
    /// When it was revoked; null unless it is, and where that was not kept.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Who issued it: an e-mail address, `token:<name>` or `cli`; null for older keys.
    created_by: Option<String>,
    /// The number of the key it took over from.
    replaces: Option<i64>,
    /// Of a sitekey, the end of the hour of its last request within 7 days, or now if that hour runs; of
    /// a secret, the last time that `/v1/keypair/check` saw it.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

/// A sitekey.
#[derive(Serialize, ToSchema)]
pub(crate) struct SitekeyAnswer {
    /// The sitekey itself, which is public.
    sitekey: String,
    #[serde(flatten)]
    life: KeyLife,
}

impl From<Key> for SitekeyAnswer {
    fn from(key: Key) -> Self {
        let (sitekey, life) = apart(key);
        Self { sitekey, life }
    }
}

/// The text by which a key is known, and the rest of it.
fn apart(key: Key) -> (String, KeyLife) {
    let life = KeyLife {
        id: key.id.number,
        label: key.label,
        state: key.state,
        retires_at: key.retires_at,
        revoked_at: key.revoked_at,
        created_at: key.created_at,
        created_by: key.created_by,
        replaces: key.replaces,
        last_used_at: key.last_used_at,
    };
    (key.text, life)
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
    let (etag, keys) = keys_of(&state, site, KeyKind::Sitekey).await?;
    let (keys, next) = paging.page(keys, |key| key.id.number)?;
    let sitekeys = keys.into_iter().map(SitekeyAnswer::from).collect();
    Ok((etag, Json(SitekeysPage { sitekeys, next })))
}

/// The keys of a kind that a site has, with the version of the site.
async fn keys_of(
    state: &AppState,
    site: SiteId,
    kind: KeyKind,
) -> Result<(Etag, Vec<Key>), Problem> {
    let now = state.clock.now();
    let read = async |conn: &mut _| reads::listed(conn, site, kind, now).await;
    ask::at_one_moment(state, site, read).await
}

/// A secret: everything but the secret itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretAnswer {
    /// Its last four characters, to recognise it by.
    last_four: String,
    #[serde(flatten)]
    life: KeyLife,
}

impl From<Key> for SecretAnswer {
    fn from(key: Key) -> Self {
        let (last_four, life) = apart(key);
        Self { last_four, life }
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
    let (etag, keys) = keys_of(&state, site, KeyKind::Secret).await?;
    let (keys, next) = paging.page(keys, |key| key.id.number)?;
    let secrets = keys.into_iter().map(SecretAnswer::from).collect();
    Ok((etag, Json(SecretsPage { secrets, next })))
}

/// Which key is replaced, and how long it is still accepted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// The number of the key; may be left out while the site has one active key.
    id: Option<i64>,
    /// Whole days for which the old key is still accepted, 0 to 30; 7 if left out.
    #[serde(default = "usual_grace")]
    grace_days: i64,
}

const fn usual_grace() -> i64 {
    USUAL_GRACE_DAYS
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

/// Replaces the key that is meant. Answers the new one in full, the one it replaced, and the others of its kind as they
/// are after.
async fn rotated(
    writer: &Writer,
    site: SiteId,
    kind: KeyKind,
    rotation: &Rotation,
) -> Result<(Issued, Key, Vec<Key>), Problem> {
    let state = &writer.act.state;
    let (_, keys) = keys_of(state, site, kind).await?;
    let active = keys.iter().filter(|key| key.state == KeyState::Active);
    let number = chosen(rotation.id, &active.map(|key| key.id.number).collect::<Vec<_>>())?;
    let (old, grace) = (KeyId { kind, number }, grace_of_days(rotation.grace_days));
    let issued = commands::rotate(&writer.act, site, writer.version, old, grace);
    let issued = issued.await.map_err(|failure| match failure {
        // It was active a moment ago: somebody else was faster, and rotating once more is hardly meant.
        Failure::Refused(refusal) if rotation.id.is_none() && refusal.code == KEY_REPLACED => {
            let detail =
                format!("This {kind} was rotated by somebody else just now. Look at it again.");
            Problem::conflict("rotated_meanwhile", detail)
        }
        failure => problem(failure),
    })?;
    let (_, mut keys) = keys_of(state, site, kind).await?;
    let place = keys.iter().position(|key| key.id == old).ok_or(AppError::NotFound)?;
    let replaced = keys.swap_remove(place);
    Ok((issued, replaced, keys))
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
        (status = 409, description = "Somebody else rotated it at the same time", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "The sitekey is not active, or the grace is out of range", body = Problem),
    )
)]
pub(super) async fn rotate_sitekey(
    writer: Writer,
    SiteAt(site): SiteAt,
    Body(rotation): Body<Rotation>,
) -> Result<(StatusCode, Json<RotatedSitekey>), Problem> {
    let (issued, replaced, keys) = rotated(&writer, site, KeyKind::Sitekey, &rotation).await?;
    let new = keys.into_iter().find(|key| key.id == issued.id).ok_or(AppError::NotFound)?;
    let answer = RotatedSitekey { sitekey: new.into(), replaced: replaced.into() };
    Ok((StatusCode::CREATED, Json(answer)))
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
        (status = 409, description = "Somebody else rotated it at the same time", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "The secret is not active, or the grace is out of range", body = Problem),
    )
)]
pub(super) async fn rotate_secret(
    writer: Writer,
    SiteAt(site): SiteAt,
    Body(rotation): Body<Rotation>,
) -> Result<(StatusCode, Json<RotatedSecret>), Problem> {
    let (issued, replaced, _) = rotated(&writer, site, KeyKind::Secret, &rotation).await?;
    let answer = RotatedSecret { secret: issued.text, replaced: replaced.into() };
    Ok((StatusCode::CREATED, Json(answer)))
}

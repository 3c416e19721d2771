//! `PATCH /v1/sites/{id}/sitekeys/{key}` and the same of secrets: what a key is called.

use super::super::ask::{Etag, SiteAt, Writer};
use super::{SecretAnswer, SitekeyAnswer, keys_of, problem};
use crate::v1::Problem;
use crate::v1::body::Body;
use app::context::AppState;
use app::error::AppError;
use app::keys::commands;
use app::keys::model::{Key, KeyId};
use app::sites::model::SiteId;
use axum::Json;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::ToSchema;

/// The number of a key, from the address.
pub(in crate::v1::sites) struct KeyAt(i64);

impl FromRequestParts<AppState> for KeyAt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Numbers {
            key: i64,
        }
        let path = Path::<Numbers>::from_request_parts(parts, state).await;
        path.map(|Path(Numbers { key })| Self(key)).map_err(|_| Problem::not_found())
    }
}

/// What a key is called from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyChanges {
    /// Up to 60 characters; empty for no label.
    label: String,
}

/// Label a sitekey.
#[utoipa::path(
    patch,
    path = "/v1/sites/{id}/sitekeys/{key}",
    request_body = KeyChanges,
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("key" = i64, Path, description = "The sitekey's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` the site was read with"),
    ),
    responses(
        (status = 200, description = "The sitekey, the site's version in `ETag`", body = SitekeyAnswer),
        (status = 400, description = "The body or `If-Match` cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site or sitekey", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "The label was refused; nothing changed", body = Problem),
    )
)]
pub(in crate::v1::sites) async fn label_sitekey(
    writer: Writer,
    SiteAt(site): SiteAt,
    KeyAt(number): KeyAt,
    Body(changes): Body<KeyChanges>,
) -> Result<(Etag, Json<SitekeyAnswer>), Problem> {
    let (etag, key) = labelled(&writer, site, KeyId::sitekey(number), &changes).await?;
    Ok((etag, Json(key.into())))
}

/// Label a secret.
#[utoipa::path(
    patch,
    path = "/v1/sites/{id}/secrets/{key}",
    request_body = KeyChanges,
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("key" = i64, Path, description = "The secret's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` the site was read with"),
    ),
    responses(
        (status = 200, description = "The secret, the site's version in `ETag`", body = SecretAnswer),
        (status = 400, description = "The body or `If-Match` cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site or secret", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "The label was refused; nothing changed", body = Problem),
    )
)]
pub(in crate::v1::sites) async fn label_secret(
    writer: Writer,
    SiteAt(site): SiteAt,
    KeyAt(number): KeyAt,
    Body(changes): Body<KeyChanges>,
) -> Result<(Etag, Json<SecretAnswer>), Problem> {
    let (etag, key) = labelled(&writer, site, KeyId::secret(number), &changes).await?;
    Ok((etag, Json(key.into())))
}

async fn labelled(
    writer: &Writer,
    site: SiteId,
    id: KeyId,
    changes: &KeyChanges,
) -> Result<(Etag, Key), Problem> {
    let KeyChanges { label } = changes;
    let saved = commands::set_label(&writer.act, site, writer.version, id, label).await;
    saved.map_err(problem)?;
    let (etag, keys) = keys_of(&writer.act.state, site, id.kind).await?;
    Ok((etag, keys.into_iter().find(|key| key.id == id).ok_or(AppError::NotFound)?))
}

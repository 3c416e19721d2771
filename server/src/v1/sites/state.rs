//! `DELETE /v1/sites/{id}`, `POST …/pause`, `…/start` and `…/restore`.

use super::ask::{Etag, SiteAt, Writer};
use super::{SiteAnswer, idempotency, present};
use crate::v1::Problem;
use crate::v1::body::Body;
use app::sites::commands;
use app::sites::model::{Pause, SiteId};
use app::sites::rules::{StateChange, pause_of};
use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a pause says, and when it ends.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseSaid {
    /// Why, in up to 200 characters; null for no reason.
    #[serde(default)]
    reason: Option<String>,
    /// When the site starts by itself, within a year; null for when somebody starts it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    starts_at: Option<Timestamp>,
}

impl From<Pause> for PauseSaid {
    fn from(Pause { reason, starts_at }: Pause) -> Self {
        Self { reason, starts_at }
    }
}

impl From<PauseSaid> for Pause {
    fn from(PauseSaid { reason, starts_at }: PauseSaid) -> Self {
        Self { reason, starts_at }
    }
}

/// Delete a site. It can be restored for 30 days; its sitekeys answer `site_deleted` for ever.
#[utoipa::path(
    delete,
    path = "/v1/sites/{id}",
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` it was read with"),
    ),
    responses(
        (status = 200, description = "The deleted site", body = SiteAnswer),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "It is deleted already", body = Problem),
    )
)]
pub(super) async fn delete(
    writer: Writer,
    SiteAt(id): SiteAt,
) -> Result<(Etag, Json<SiteAnswer>), Problem> {
    change_state(&writer, id, StateChange::Delete).await
}

/// Pause a site: the gate answers `site_paused`. The body may be left out.
#[utoipa::path(
    post,
    path = "/v1/sites/{id}/pause",
    request_body = PauseSaid,
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` it was read with"),
        idempotency::IdempotencyKey,
    ),
    responses(
        (status = 200, description = "The paused site", body = SiteAnswer),
        (status = 400, description = "The body cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "Its state does not allow that, or the reason or the time was refused", body = Problem),
    )
)]
pub(super) async fn pause(
    writer: Writer,
    SiteAt(id): SiteAt,
    Body(said): Body<PauseSaid>,
) -> Result<(Etag, Json<SiteAnswer>), Problem> {
    let said = pause_of(&said.into(), writer.act.now());
    let said = said.map_err(|refusal| Problem::from(refusal).renaming("at", "starts_at"))?;
    commands::pause(&writer.act, id, writer.version, said).await?;
    present(&writer.act, id).await
}

/// Start a paused site.
#[utoipa::path(
    post,
    path = "/v1/sites/{id}/start",
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` it was read with"),
        idempotency::IdempotencyKey,
    ),
    responses(
        (status = 200, description = "The started site", body = SiteAnswer),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "Its state does not allow that", body = Problem),
    )
)]
pub(super) async fn start(
    writer: Writer,
    SiteAt(id): SiteAt,
) -> Result<(Etag, Json<SiteAnswer>), Problem> {
    change_state(&writer, id, StateChange::Start).await
}

/// Restore a deleted site to the state it had.
#[utoipa::path(
    post,
    path = "/v1/sites/{id}/restore",
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` it was read with"),
        idempotency::IdempotencyKey,
    ),
    responses(
        (status = 200, description = "The restored site", body = SiteAnswer),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "It is not deleted, or was so too long ago", body = Problem),
    )
)]
pub(super) async fn restore(
    writer: Writer,
    SiteAt(id): SiteAt,
) -> Result<(Etag, Json<SiteAnswer>), Problem> {
    change_state(&writer, id, StateChange::Restore).await
}

async fn change_state(
    writer: &Writer,
    id: SiteId,
    change: StateChange,
) -> Result<(Etag, Json<SiteAnswer>), Problem> {
    commands::change_state(&writer.act, id, writer.version, change).await?;
    present(&writer.act, id).await
}

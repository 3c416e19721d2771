//! `/v1/sites`: making and changing sites, their domains and their keys.
//!
//! A site has a version, which every answer about it carries as its `ETag`. A change may name the
//! version it was made for in `If-Match`; if somebody else was faster it is refused with 412.

mod ask;
mod domains;
mod idempotency;
mod keys;
mod state;

use super::Problem;
use super::body::Body;
use app::context::{Act, AppState};
use app::error::AppError;
use app::sites::commands::{self, CreatedSite, Edit};
use app::sites::model::{MissingReferer, Pause, Site, SiteId, SiteState};
use app::sites::rules::{self, restorable_until};
use app::sites::store;
use ask::{
    Etag, Parameters, Reader, SiteAt, Writer, bad_cursor, decode_cursor, encode_cursor, etag, limit,
};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use state::PauseSaid;
use std::str::FromStr as _;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes under `/v1/sites`.
pub(crate) fn router(state: AppState) -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, state::delete))
        .routes(routes!(state::pause))
        .routes(routes!(state::start))
        .routes(routes!(state::restore))
        .routes(routes!(domains::list, domains::add))
        .routes(routes!(domains::remove))
        .routes(routes!(keys::sitekeys))
        .routes(routes!(keys::rotate_sitekey))
        .routes(routes!(keys::label::label_sitekey))
        .routes(routes!(keys::secrets))
        .routes(routes!(keys::rotate_secret))
        .routes(routes!(keys::label::label_secret))
        .layer(from_fn_with_state(state, idempotency::once))
}

/// A site.
#[derive(Serialize, ToSchema)]
pub(crate) struct SiteAnswer {
    /// Its number.
    id: i64,
    /// Its name.
    name: String,
    /// `active`, `paused` or `deleted`.
    #[schema(value_type = String)]
    state: SiteState,
    /// The domain check is off: every hostname is let through.
    any_hostname: bool,
    /// What a request without a usable referer gets: `deny` or `allow`.
    #[schema(value_type = String)]
    missing_referer: MissingReferer,
    /// Counts its changes; the same as in the `ETag`.
    version: i64,
    /// It was made by the demo.
    sample: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Its groups, in order.
    tags: Vec<String>,
    /// What its pause says; null unless it is paused.
    pause: Option<PauseSaid>,
    /// When it got its present state.
    #[schema(value_type = String, format = DateTime)]
    state_changed_at: Timestamp,
    /// The last moment at which it can be restored; null unless it is deleted.
    #[schema(value_type = Option<String>, format = DateTime)]
    restorable_until: Option<Timestamp>,
}

impl From<Site> for SiteAnswer {
    fn from(site: Site) -> Self {
        let deleted = site.state == SiteState::Deleted;
        let paused = site.state == SiteState::Paused;
        Self {
            pause: paused.then(|| site.pause().into()),
            id: site.id.0,
            name: site.name,
            state: site.state,
            any_hostname: site.any_hostname,
            missing_referer: site.missing_referer,
            version: site.version,
            sample: site.sample,
            created_at: site.created_at,
            tags: site.tags,
            state_changed_at: site.state_changed_at,
            restorable_until: deleted.then(|| restorable_until(site.state_changed_at)),
        }
    }
}

/// Which sites.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SitesQuestion {
    /// Only those whose name or domains hold this.
    search: Option<String>,
    /// Only those in this state: `active`, `paused` or `deleted`. All but the deleted if left out.
    state: Option<String>,
    /// Only those with this tag.
    tag: Option<String>,
    /// How many: 1 to 200; 50 if left out.
    limit: Option<String>,
    /// `next` of the page before; the first page if left out.
    cursor: Option<String>,
}

/// A page of sites, by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct SitesPage {
    /// The sites.
    sites: Vec<SiteAnswer>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// List sites.
#[utoipa::path(
    get,
    path = "/v1/sites",
    params(SitesQuestion),
    responses(
        (status = 200, description = "A page of sites", body = SitesPage),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:read`", body = Problem),
    )
)]
async fn list(
    State(state): State<AppState>,
    _: Reader,
    Parameters(question): Parameters<SitesQuestion>,
) -> Result<Json<SitesPage>, Problem> {
    let limit = limit(question.limit.as_deref())?;
    let after = decode_cursor(question.cursor.as_deref())?.map(SiteId);
    let of_state = question.state.as_deref().map(SiteState::from_str).transpose();
    let of_state = of_state.map_err(|error| Problem::bad_request("state", format!("{error}.")))?;
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    if let Some(after) = after
        && store::by_id(&mut conn, after).await?.is_none()
    {
        return Err(bad_cursor());
    }
    let search = question.search.unwrap_or_default();
    let tag = question.tag.as_deref().filter(|tag| !tag.is_empty());
    let tag = tag
        .map(rules::tag)
        .transpose()
        .map_err(|refusal| Problem::bad_request("tag", refusal.message))?;
    // One more than is asked for tells whether another page follows.
    let rows = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut sites = store::page(&mut conn, search.trim(), of_state, tag, after, rows).await?;
    let more = sites.len() > limit;
    sites.truncate(limit);
    let next = sites.last().filter(|_| more).map(|site| encode_cursor(site.id.0));
    Ok(Json(SitesPage { sites: sites.into_iter().map(SiteAnswer::from).collect(), next }))
}

/// A site to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSite {
    /// Its name: 1 to 120 characters.
    name: String,
    /// Its associated domains, as one would type them.
    #[serde(default)]
    domains: Vec<String>,
    /// Whether the domains include their subdomains.
    #[serde(default)]
    include_subdomains: bool,
    /// Its groups: up to 20, each of up to 40 letters, digits and `-`, `_`, `.`, `/`.
    #[serde(default)]
    tags: Vec<String>,
}

/// A site that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedAnswer {
    /// The site.
    #[serde(flatten)]
    site: SiteAnswer,
    /// Its first sitekey.
    sitekey: String,
    /// Its first secret. It is told this once.
    secret: String,
}

/// Make a site, with a sitekey and a secret.
#[utoipa::path(
    post,
    path = "/v1/sites",
    request_body = NewSite,
    params(idempotency::IdempotencyKey),
    responses(
        (status = 201, description = "The site; its address in `Location`", body = CreatedAnswer),
        (status = 400, description = "The body cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 422, description = "The name or a domain was refused; nothing was made", body = Problem),
    )
)]
async fn create(
    writer: Writer,
    Body(new): Body<NewSite>,
) -> Result<(StatusCode, Etag, [(header::HeaderName, HeaderValue); 1], Json<CreatedAnswer>), Problem>
{
    let act = &writer.act;
    let CreatedSite { id, sitekey, secret, .. } =
        commands::create(act, &new.name, &new.domains, new.include_subdomains, &new.tags)
            .await
            .map_err(|failure| Problem::from(failure).renaming("pattern", "domains"))?;
    let (etag, Json(site)) = present(act, id).await?;
    let location = HeaderValue::try_from(format!("/v1/sites/{id}")).map_err(AppError::fault)?;
    let created = Json(CreatedAnswer { site, sitekey, secret });
    Ok((StatusCode::CREATED, etag, [(header::LOCATION, location)], created))
}

/// The site as it is now.
async fn present(act: &Act, id: SiteId) -> Result<(Etag, Json<SiteAnswer>), Problem> {
    let mut conn = act.state.pool.acquire().await.map_err(AppError::from)?;
    let site = ask::site(&mut conn, id).await?;
    Ok((etag(site.version), Json(site.into())))
}

/// Read a site.
#[utoipa::path(
    get,
    path = "/v1/sites/{id}",
    params(("id" = i64, Path, description = "The site's number")),
    responses(
        (status = 200, description = "The site, its version in `ETag`", body = SiteAnswer),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:read`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
    )
)]
async fn read(
    State(state): State<AppState>,
    _: Reader,
    SiteAt(id): SiteAt,
) -> Result<(Etag, Json<SiteAnswer>), Problem> {
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    let site = ask::site(&mut conn, id).await?;
    Ok((etag(site.version), Json(site.into())))
}

/// New values for a site. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteChanges {
    /// Its name: 1 to 120 characters.
    name: Option<String>,
    /// Turns the domain check off, or on again.
    any_hostname: Option<bool>,
    /// What a request without a usable referer gets: `deny` or `allow`.
    #[schema(value_type = Option<String>)]
    missing_referer: Option<MissingReferer>,
    /// Its groups from now on, in place of those it has.
    tags: Option<Vec<String>>,
    /// What the pause of a paused site says from now on, whole.
    pause: Option<PauseSaid>,
}

/// Change a site.
#[utoipa::path(
    patch,
    path = "/v1/sites/{id}",
    request_body = SiteChanges,
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` it was read with"),
    ),
    responses(
        (status = 200, description = "The changed site", body = SiteAnswer),
        (status = 400, description = "The body or `If-Match` cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "A value was refused; nothing changed", body = Problem),
    )
)]
async fn update(
    writer: Writer,
    SiteAt(id): SiteAt,
    Body(changes): Body<SiteChanges>,
) -> Result<(Etag, Json<SiteAnswer>), Problem> {
    let SiteChanges { name, any_hostname, missing_referer, tags, pause } = changes;
    let edit = Edit { name, any_hostname, missing_referer, tags, pause: pause.map(Pause::from) };
    commands::edit(&writer.act, id, writer.version, &edit).await.map_err(|failure| {
        Problem::from(failure).renaming("at", "pause").renaming("reason", "pause")
    })?;
    present(&writer.act, id).await
}

//! `/v1/sites/{id}/domains`: the hosts a site's sitekeys may be used on.

use super::ask::{self, Etag, Paging, Parameters, Reader, SiteAt, Writer};
use super::idempotency::IdempotencyKey;
use crate::v1::Problem;
use crate::v1::body::Body;
use app::context::AppState;
use app::domains::commands::{Added, add as add_domain, remove as remove_domain};
use app::domains::model::{DomainId, DomainScope, Note};
use app::domains::store::{self, Domain};
use app::error::AppError;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An associated domain.
#[derive(Serialize, ToSchema)]
pub(crate) struct DomainAnswer {
    /// Its number.
    id: i64,
    /// As one would type it: `host` or `host:port`.
    pattern: String,
    /// The host in canonical ASCII; with a `*` in its first label if `scope` is `preview`.
    host: String,
    /// `exact`, `subdomains` (the host and all below it) or `preview`.
    #[schema(value_type = String)]
    scope: DomainScope,
    /// The port that a request must name; null for any.
    port: Option<u16>,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Domain> for DomainAnswer {
    fn from(domain: Domain) -> Self {
        Self {
            id: domain.id.0,
            pattern: domain.pattern.to_string(),
            host: domain.pattern.host,
            scope: domain.pattern.scope,
            port: domain.pattern.port,
            created_at: domain.created_at,
        }
    }
}

/// A page of domains, by host.
#[derive(Serialize, ToSchema)]
pub(crate) struct DomainsPage {
    /// The domains.
    domains: Vec<DomainAnswer>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// List a site's associated domains.
#[utoipa::path(
    get,
    path = "/v1/sites/{id}/domains",
    params(("id" = i64, Path, description = "The site's number"), Paging),
    responses(
        (status = 200, description = "A page of domains, the site's version in `ETag`", body = DomainsPage),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:read`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
    )
)]
pub(super) async fn list(
    State(state): State<AppState>,
    _: Reader,
    SiteAt(site): SiteAt,
    Parameters(paging): Parameters<Paging>,
) -> Result<(Etag, Json<DomainsPage>), Problem> {
    let read = ask::at_one_moment(&state, site, async |conn| store::of_site(conn, site).await);
    let (etag, domains) = read.await?;
    let (domains, next) = paging.page(domains, |domain| domain.id.0)?;
    let domains = domains.into_iter().map(DomainAnswer::from).collect();
    Ok((etag, Json(DomainsPage { domains, next })))
}

/// A domain to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDomain {
    /// As one would type it: a host, a URL, or a host with a `*` in its first label.
    pattern: String,
    /// Whether everything below the host is meant as well.
    #[serde(default)]
    include_subdomains: bool,
}

/// A domain that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedAnswer {
    /// The domain.
    #[serde(flatten)]
    domain: DomainAnswer,
    /// What was changed on the way to the canonical form, and what is worth knowing.
    notes: Vec<String>,
}

/// Add an associated domain. The gate lets it through before the answer is sent.
#[utoipa::path(
    post,
    path = "/v1/sites/{id}/domains",
    request_body = NewDomain,
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` the site was read with"),
        IdempotencyKey,
    ),
    responses(
        (status = 201, description = "The domain", body = AddedAnswer),
        (status = 400, description = "The body cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "The domain was refused", body = Problem),
    )
)]
pub(super) async fn add(
    State(state): State<AppState>,
    writer: Writer,
    SiteAt(site): SiteAt,
    Body(new): Body<NewDomain>,
) -> Result<(StatusCode, Json<AddedAnswer>), Problem> {
    let NewDomain { pattern, include_subdomains } = new;
    let Added { canonical, .. } =
        add_domain(&writer.act, site, writer.version, &pattern, include_subdomains).await?;
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    let pattern = canonical.pattern;
    let domain = store::by_host(&mut conn, site, &pattern.host, pattern.port).await?;
    let domain = domain.ok_or(AppError::NotFound)?.into();
    let notes = canonical.notes.iter().map(Note::message).collect();
    Ok((StatusCode::CREATED, Json(AddedAnswer { domain, notes })))
}

/// A site's number and a domain's.
#[derive(Deserialize)]
pub(super) struct Numbers {
    domain_id: DomainId,
}

/// Remove an associated domain. The gate refuses it before the answer is sent.
#[utoipa::path(
    delete,
    path = "/v1/sites/{id}/domains/{domain_id}",
    params(
        ("id" = i64, Path, description = "The site's number"),
        ("domain_id" = i64, Path, description = "The domain's number"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` the site was read with"),
    ),
    responses(
        (status = 204, description = "It is removed"),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `sites:write`", body = Problem),
        (status = 404, description = "There is no such site or domain", body = Problem),
        (status = 412, description = "Somebody changed the site since it was read", body = Problem),
        (status = 422, description = "The site is deleted", body = Problem),
    )
)]
pub(super) async fn remove(
    writer: Writer,
    SiteAt(site): SiteAt,
    domain: Result<Path<Numbers>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(Numbers { domain_id }) = domain.map_err(|_| Problem::not_found())?;
    remove_domain(&writer.act, site, writer.version, domain_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! The machine API: `/v1`, bearer tokens, JSON, problems as RFC 9457. Described by itself at
//! `/v1/openapi.json`, readable at `/v1/docs`.

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod check;
mod docs;
pub(crate) mod events;
pub(crate) mod keypair;
pub(crate) mod logs;
pub(crate) mod problem;
pub(crate) mod sites;
pub(crate) mod stats;

pub(crate) use bearer::Bearer;
pub(crate) use problem::Problem;

use crate::plain;
use app::context::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::routing::{any, get};
use docs::Reference;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sitekeeper",
        description = "What verifiers and programs ask of Sitekeeper. Every call carries \
                       `Authorization: Bearer <token>`; make one with `sitekeeper token create`."
    ),
    modifiers(&BearerScheme),
    security(("bearer" = []))
)]
struct ApiDoc;

struct BearerScheme;

impl utoipa::Modify for BearerScheme {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = api.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The routes under `/v1`.
pub(crate) fn router(state: AppState) -> Router {
    let (router, api) = OpenApiRouter::with_openapi(ApiDoc::openapi())
        .routes(routes!(check::check))
        .merge(keypair::router())
        .routes(routes!(events::report))
        .routes(routes!(logs::export))
        .routes(routes!(stats::read))
        .merge(sites::router(state.clone()))
        .split_for_parts();
    // The document is made of types that serialise.
    let document: Bytes = serde_json::to_vec(&api).unwrap_or_default().into();
    let docs = docs::page(Reference::read(&serde_json::from_slice(&document).unwrap_or_default()));
    let json = [(header::CONTENT_TYPE, "application/json")];
    router
        .with_state(state)
        .route("/v1/openapi.json", get(async move || (json, document.clone())))
        .route("/v1/docs", get(async move || plain::html(StatusCode::OK, docs.clone())))
        .route("/v1/{*path}", any(async || Problem::not_found()))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
}

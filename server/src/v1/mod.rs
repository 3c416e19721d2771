//! The machine API: `/v1`, bearer tokens, JSON, problems as RFC 9457. Described by itself at
//! `/v1/openapi.json`, readable at `/v1/docs`.

pub(crate) mod bearer;
pub(crate) mod check;
pub(crate) mod events;
pub(crate) mod problem;
pub(crate) mod sites;
pub(crate) mod stats;

pub(crate) use bearer::Bearer;
pub(crate) use problem::Problem;

use app::context::AppState;
use axum::Router;
use axum::response::{Html, IntoResponse};
use axum::routing::{any, get};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_scalar::Scalar;

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
        .routes(routes!(events::report))
        .routes(routes!(stats::read))
        .merge(sites::router(state.clone()))
        .split_for_parts();
    let docs = Scalar::new(api.clone()).to_html();
    router
        .with_state(state)
        .route("/v1/openapi.json", get(async move || axum::Json(api.clone()).into_response()))
        .route("/v1/docs", get(async move || Html(docs.clone())))
        .route("/v1/{*path}", any(async || Problem::not_found()))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
}

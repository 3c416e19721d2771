//! The console: pages and server functions, for people in a browser.

use crate::middleware::host::{self, Origin};
use crate::middleware::{forms, lean, same_origin, settled, sign_in};
use crate::{assets, audit_csv, errors_file, incident_file, live};
use app::app::{Assets, shell};
use app::auth::sessions::PgSessionStore;
use app::context::{AppState, RequestId};
use axum::Router;
use axum::extract::FromRef;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use leptos::config::LeptosOptions;
use leptos::prelude::{provide_context, use_context, with_context};
use leptos_axum::{LeptosRoutes as _, ResponseOptions, generate_route_list};
use tower_sessions::cookie::{SameSite, time};
use tower_sessions::{Expiry, SessionManagerLayer};

/// A session ends after this long without a request.
const IDLE: time::Duration = time::Duration::hours(12);

/// What the console's routes share.
#[derive(Clone)]
pub(crate) struct Console {
    /// What pages and server functions work with.
    pub(crate) state: AppState,
    /// The browser files' names.
    pub(crate) assets: Assets,
    /// The origin that operators open, if one was set: without one they may use any that is surely ours.
    pub(crate) origin: Option<Origin>,
    /// Whether operators reach the console over HTTPS.
    pub(crate) https: bool,
    /// Whether a proxy in front says whom it speaks for.
    pub(crate) trust_forwarded_for: bool,
}

impl FromRef<Console> for LeptosOptions {
    fn from_ref(console: &Console) -> Self {
        console.assets.options.clone()
    }
}

/// The console's routes.
pub(crate) fn router(console: Console) -> Router {
    let cookie = if console.https { "__Host-sitekeeper" } else { "sitekeeper" };
    let sessions = SessionManagerLayer::new(PgSessionStore(console.state.pool.clone()))
        .with_name(cookie)
        .with_secure(console.https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(IDLE));
    let routes = generate_route_list(app::app::App);
    let provide = {
        let state = console.state.clone();
        move || provide_request(&state)
    };
    let page = {
        let assets = console.assets.clone();
        move || {
            set_policy();
            let path = with_context::<Parts, _>(|parts| parts.uri.path().to_owned());
            shell(assets.clone(), &path.unwrap_or_default())
        }
    };
    Router::new()
        .route("/audit.csv", get(audit_csv::answer))
        .route("/errors/live/events", get(live::events))
        .route("/incidents/{id}/timeline.json", get(incident_file::answer))
        .route("/errors.csv", get(errors_file::csv))
        .route("/errors.json", get(errors_file::json))
        .leptos_routes_with_context(&console, routes, provide.clone(), page.clone())
        .fallback(leptos_axum::render_app_async_with_context(provide, page))
        .layer(from_fn(lean::make))
        .layer(from_fn(forms::bound))
        .layer(from_fn_with_state(console.state.clone(), settled::settle))
        .layer(from_fn_with_state(console.clone(), sign_in::require))
        .layer(sessions)
        .layer(from_fn_with_state(console.clone(), same_origin::guard))
        .layer(from_fn_with_state(console.clone(), host::require))
        .route("/pkg/{*file}", get(assets::package))
        .route("/favicon.svg", get(assets::public))
        .route("/robots.txt", get(assets::public))
        .with_state(console)
}

/// Gives pages and server functions what they work with, and the id of the request they answer: they may run in other
/// tasks than the one that took the request.
fn provide_request(state: &AppState) {
    provide_context(state.clone());
    let id = with_context::<Parts, _>(|parts| parts.extensions.get::<RequestId>().cloned());
    if let Some(id) = id.flatten() {
        provide_context(id);
    }
}

/// Lets the page run its own scripts, WebAssembly and styles, and nothing else.
fn set_policy() {
    let (Some(options), Some(nonce)) =
        (use_context::<ResponseOptions>(), leptos::nonce::use_nonce())
    else {
        return;
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

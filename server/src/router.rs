//! The whole HTTP surface: the console for people, `/v1` for machines, and the health checks.

use crate::console::Console;
use crate::middleware::{headers, legible, request_id, time_limit};
use crate::monitoring::{Monitoring, requests};
use crate::{console, health, v1};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;

/// Every route there is.
pub(crate) fn router(console: Console, monitoring: Monitoring) -> Router {
    let state = console.state.clone();
    let health = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(state.clone())
        .merge(
            Router::new()
                .route("/metrics", get(health::metrics))
                .with_state((monitoring, state.clone())),
        );
    console::router(console.clone())
        .merge(v1::router(state))
        .merge(health)
        .layer(from_fn(time_limit::bound))
        .layer(from_fn(legible::require))
        .layer(from_fn_with_state(console.clone(), headers::add))
        .layer(from_fn_with_state(console, request_id::identify))
        .layer(from_fn(requests::measure))
}

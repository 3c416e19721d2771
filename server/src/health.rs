//! `/healthz`, `/readyz` and `/metrics`, for machines that watch over this one.

use crate::monitoring::Monitoring;
use app::context::AppState;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

/// The process runs.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can do its work: the database answers.
pub(crate) async fn readyz(State(state): State<AppState>) -> impl IntoResponse {
    match app::database::ping(&state.pool).await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// Our own figures, in Prometheus' text format.
pub(crate) async fn metrics(
    State((monitoring, state)): State<(Monitoring, AppState)>,
) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], monitoring.render(&state))
}

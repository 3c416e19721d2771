//! Lets a page show everything that was answered before it was asked for.

use app::context::AppState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Duration;

/// How long a page waits. Beyond that it shows what is added up: somebody who looks into an outage must see something.
const WITHIN: Duration = Duration::from_secs(1);

pub(crate) async fn settle(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(error) = state.events.settle(WITHIN).await {
        tracing::warn!(%error, path = request.uri().path(), "a page is without it");
    }
    next.run(request).await
}

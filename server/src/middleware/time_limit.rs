//! Bounds the time a request may take: the gaps in its body, and the whole of it.

use crate::plain::refuse;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Duration;
use tower_http::timeout::TimeoutBody;

/// How long a body may stand still.
const STALL: Duration = Duration::from_secs(15);
/// How long a request may take until its answer begins. A statement that needs longer is a fault.
const WHOLE: Duration = Duration::from_mins(1);

pub(crate) async fn bound(request: Request, next: Next) -> Response {
    // Shares the address, which is looked at only when time has run out.
    let uri = request.uri().clone();
    let request = if request.body().is_end_stream() {
        request
    } else {
        request.map(|body| Body::new(TimeoutBody::new(STALL, body)))
    };
    tokio::time::timeout(WHOLE, next.run(request)).await.unwrap_or_else(|_| {
        tracing::warn!(path = uri.path(), "a request took more than a minute");
        refuse(
            uri.path(),
            StatusCode::SERVICE_UNAVAILABLE,
            "time",
            "This took too long",
            "The request took more than a minute and was given up. Try again.",
        )
    })
}

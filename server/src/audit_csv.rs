//! `/audit.csv`: the trail as a file, for signed-in operators.

use crate::console::Console;
use app::audit::export;
use app::audit::model::Filter;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use std::collections::HashMap;

/// The entries that the query looks for, as on the page `/audit`.
pub(crate) async fn answer(
    State(console): State<Console>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let filter = Filter::read(|name| query.get(name).cloned());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(export::csv(console.state, filter))).into_response()
}

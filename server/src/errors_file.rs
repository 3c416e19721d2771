//! `/errors.csv` and `/errors.json`: what the page `/errors` shows, as files, for signed-in operators.

use crate::console::Console;
use crate::plain;
use app::codes::explorer::{Report, Wanted, export, misread, report};
use app::error::AppError;
use app::stats::report::Window;
use app::ui::range::Chosen;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use std::collections::HashMap;

/// The lines of the page as CSV.
pub(crate) async fn csv(
    State(console): State<Console>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8");
    answer(&console, &query, |report| {
        let name = (header::CONTENT_DISPOSITION, "attachment; filename=\"errors.csv\"");
        ([kind, name, NOT_STORED], export::csv(report)).into_response()
    })
    .await
}

/// The page as JSON.
pub(crate) async fn json(
    State(console): State<Console>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    answer(&console, &query, |report| {
        let name = (header::CONTENT_DISPOSITION, "attachment; filename=\"errors.json\"");
        ([name, NOT_STORED], Json(export::json(report))).into_response()
    })
    .await
}

const NOT_STORED: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// What the page with this query shows. What makes no sense, and numbers that are not of all that was asked, are
/// refused here: nobody would see a note beside a file.
async fn answer(
    console: &Console,
    query: &HashMap<String, String>,
    file: impl FnOnce(&Report) -> Response,
) -> Response {
    let value = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let chosen = match Chosen::parse(value("range"), value("from"), value("to")) {
        Ok(chosen) => chosen,
        Err(problem) => return (StatusCode::BAD_REQUEST, problem + "\n").into_response(),
    };
    if let Some(problem) = misread(|name| query.get(name).cloned()) {
        return (StatusCode::BAD_REQUEST, problem + "\n").into_response();
    }
    let wanted = Wanted::read(|name| query.get(name).cloned());
    match read(console, chosen, wanted).await {
        Ok(report) => match report.left_out() {
            Some(by) => {
                let by = by.name();
                let told = format!("Hosts are not counted by {by}: leave out host or {by}.\n");
                (StatusCode::BAD_REQUEST, told).into_response()
            }
            None => file(&report),
        },
        Err(error) => plain::failed(&error),
    }
}

async fn read(console: &Console, chosen: Chosen, wanted: Wanted) -> Result<Report, AppError> {
    let now = console.state.clock.now();
    let window = Window::new(chosen.resolve(now), now, console.state.held(now));
    let mut connection = console.state.pool.acquire().await?;
    let days = console.state.keeping.kept().retention.sample_days;
    report::report(&mut connection, &window, wanted, days, None).await
}

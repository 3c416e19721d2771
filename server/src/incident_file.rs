//! `/incidents/{id}/timeline.json`: an incident as a file, for signed-in operators.

use crate::console::Console;
use crate::plain;
use app::error::AppError;
use app::incidents::model::IncidentId;
use app::incidents::{export, store};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

/// The incident with its timeline.
pub(crate) async fn answer(State(console): State<Console>, Path(id): Path<i64>) -> Response {
    match read(&console, IncidentId(id)).await {
        Ok(json) => {
            let name = format!("attachment; filename=\"incident-{id}.json\"");
            let headers = [
                (header::CONTENT_DISPOSITION, name),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, Json(json)).into_response()
        }
        Err(error) => plain::failed(&error),
    }
}

async fn read(console: &Console, id: IncidentId) -> Result<Value, AppError> {
    let mut conn = console.state.pool.acquire().await?;
    let incident = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let steps = store::steps(&mut conn, id).await?;
    Ok(export::json(&incident, &steps))
}

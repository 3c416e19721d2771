//! `POST /v1/events`: verifiers report their outcomes.

use super::{Bearer, Problem, body};
use app::context::AppState;
use app::events::figures;
use app::events::model::{MAX_BODY, Receipt, Reject};
use app::events::prepare::Batch;
use app::events::rules::Defaults;
use app::events::wire::{self, BodyError, Format};
use app::events::writer::SubmitError;
use app::tokens::model::Scope;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header;
use serde::Serialize;
use utoipa::ToSchema;

/// Bodies above this are read on a thread of their own: they would hold up the checks that share
/// this one.
const READ_ASIDE: usize = 64 * 1024;

/// An outcome, as a verifier reports it. Unknown fields are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what app::events::wire reads")]
pub(crate) struct ReportedEvent {
    /// Counts once per source and id within 24 hours, however often it is sent. At most 64
    /// characters. Without an id, the event counts every time.
    id: Option<String>,
    /// RFC 3339, or Unix milliseconds; the time of receipt if left out. At most 5 minutes ahead.
    time: Option<String>,
    /// The sitekey as the visitor sent it.
    sitekey: Option<String>,
    /// `ok` or an error code.
    code: String,
    /// The `Referer` or `Origin` as the visitor sent it.
    referer: Option<String>,
    /// How many outcomes this event stands for; 1 if left out.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    count: Option<u64>,
    /// The verifier's name; the token's if left out. At most 120 characters.
    source: Option<String>,
    /// An opaque name of the visitor. At most 64 characters.
    client: Option<String>,
    /// The trace number (tno). At most 128 characters.
    trace: Option<String>,
    /// The visitor's user agent.
    user_agent: Option<String>,
}

/// What became of the events.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportAnswer {
    /// How many were counted. They are durable.
    accepted: u64,
    /// How many had been counted before.
    duplicate: u64,
    /// Those that were not counted, and why.
    rejected: Vec<Reject>,
}

/// Report outcomes.
///
/// The body is one event, an array of events (`application/json`), or one event a line
/// (`application/x-ndjson`); at most 50,000 events and 8 MiB. The answer comes once the events are
/// durable. What was not answered can be sent again: an event with an `id` counts once.
#[utoipa::path(
    post,
    path = "/v1/events",
    request_body(
        content(
            (Vec<ReportedEvent> = "application/json"),
            (ReportedEvent = "application/x-ndjson"),
        ),
    ),
    responses(
        (status = 200, description = "What became of the events", body = ReportAnswer),
        (status = 400, description = "The body as a whole cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `events:write`", body = Problem),
        (status = 413, description = "Too many bytes or events", body = Problem),
        (status = 415, description = "The body is compressed", body = Problem),
        (status = 429, description = "Too much waits; see `Retry-After`", body = Problem),
        (status = 503, description = "The events may not be stored; send them again", body = Problem),
    )
)]
pub(crate) async fn report(
    State(state): State<AppState>,
    bearer: Bearer,
    request: Request,
) -> Result<Json<ReportAnswer>, Problem> {
    bearer.require(Scope::EventsWrite)?;
    let (parts, body) = body::read(request, MAX_BODY).await?;
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let format = Format::from_content_type(content_type.and_then(|value| value.to_str().ok()));
    let (mut batch, mut rejected) = read_anywhere(&state, &body, format, bearer.name()).await?;
    if !batch.strangers().is_empty()
        && state.gate.learn(batch.strangers()).await.map_err(|_| Problem::unavailable())?
    {
        (batch, rejected) = read_anywhere(&state, &body, format, bearer.name()).await?;
    }
    figures::rejected(&rejected);
    let Receipt { accepted, duplicate } =
        state.events.submit(batch).await.map_err(|error| match error {
            SubmitError::Busy { retry_after_s } => Problem::busy(retry_after_s),
            SubmitError::Unavailable => Problem::unavailable(),
        })?;
    Ok(Json(ReportAnswer { accepted, duplicate, rejected }))
}

/// Reads a short body here and a long one on another thread.
async fn read_anywhere(
    state: &AppState,
    body: &Bytes,
    format: Format,
    source: &str,
) -> Result<(Batch, Vec<Reject>), Problem> {
    if body.len() <= READ_ASIDE {
        return read(state, body, format, source);
    }
    let (state, body, source) = (state.clone(), body.clone(), source.to_owned());
    tokio::task::spawn_blocking(move || read(&state, &body, format, &source))
        .await
        .map_err(|_| Problem::unavailable())?
}

fn read(
    state: &AppState,
    body: &[u8],
    format: Format,
    source: &str,
) -> Result<(Batch, Vec<Reject>), Problem> {
    let defaults = Defaults { now: state.clock.now(), source };
    let found = wire::read(body, format, &defaults).map_err(|error| match error {
        BodyError::Malformed(message) => Problem::bad_request("body", message),
        BodyError::TooMany => Problem::too_large(error.to_string()),
    })?;
    Ok((state.events.prepare(&found.events), found.rejected))
}

//! `POST /v1/events`: verifiers report their outcomes.

mod intake;

pub(super) use intake::{Report, take};

use super::{Bearer, Problem};
use app::context::AppState;
use app::events::model::Reject;
use app::events::wire::Format;
use app::tokens::model::Scope;
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;

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
    /// The verifier's name; the token's if left out. At most 120 characters, each of which can be seen.
    /// 10,000 are told apart, of which one token may name half of those that are left; the events of others
    /// are counted under `other`.
    source: Option<String>,
    /// An opaque name of the visitor. At most 64 characters.
    client: Option<String>,
    /// The trace number (tno). At most 128 characters.
    trace: Option<String>,
    /// The visitor's user agent.
    user_agent: Option<String>,
}

/// An outcome in an envelope: `CloudEvents` 1.0. Extensions are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what app::events::wire reads")]
pub(crate) struct CloudEvent {
    /// `1.0`.
    specversion: String,
    /// The event's `id`, unless `data` has one.
    id: String,
    /// The event's `source`, unless `data` has one.
    source: String,
    /// Anything; it is not looked at.
    r#type: String,
    /// The event's `time`, unless `data` has one. RFC 3339.
    time: Option<String>,
    /// The event's other fields.
    data: ReportedEvent,
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
/// The body is one event, an array of events (`application/json`), one event a line
/// (`application/x-ndjson`), or events in `CloudEvents` envelopes, one or an array; with the headers
/// `ce-specversion`, `ce-id`, `ce-source` and `ce-type`, the body is the data of one. A body without a
/// media type, or with one that says nothing, such as `text/plain`, is read as JSON. It may be
/// compressed with `Content-Encoding: gzip` or `zstd`; at most 50,000 events and 8 MiB, also once
/// decompressed. The answer comes once the events are durable. What was not answered can be sent
/// again: an event with an `id` counts once. A request with thousands of different minutes, codes, hosts
/// or sitekeys is counted in several transactions, so that it holds up no other; after a 503, some of its
/// events may be counted already.
#[utoipa::path(
    post,
    path = "/v1/events",
    request_body(
        content(
            (Vec<ReportedEvent> = "application/json"),
            (ReportedEvent = "application/x-ndjson"),
            (CloudEvent = "application/cloudevents+json"),
            (Vec<CloudEvent> = "application/cloudevents-batch+json"),
        ),
    ),
    responses(
        (status = 200, description = "What became of the events", body = ReportAnswer),
        (status = 400, description = "The body as a whole cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `events:write`", body = Problem),
        (status = 413, description = "Too many bytes or events", body = Problem),
        (status = 415, description = "Another media type or encoding, or a media type that says nothing of a body that is not JSON", body = Problem),
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
    let format = Format::of_events(request.headers())?;
    let Report { receipt, rejected } = take(&state, &bearer, format, request).await?;
    let (accepted, duplicate) = (receipt.accepted, receipt.duplicate);
    Ok(Json(ReportAnswer { accepted, duplicate, rejected }))
}

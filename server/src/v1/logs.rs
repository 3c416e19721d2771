//! `POST /v1/logs`: OTLP over HTTP. What OpenTelemetry's programs send as logs are outcomes to us.

use super::events::{Report, take};
use super::{Bearer, Problem};
use app::context::AppState;
use app::events::wire::Format;
use app::events::wire::otlp::answer::Encoding;
use app::tokens::model::Scope;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;

/// `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`, as protobuf or as JSON. Each log
/// record is an event.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what app::events::wire reads")]
#[schema(rename_all = "camelCase")]
pub(crate) struct ExportLogsServiceRequest {
    /// Of each resource its records. `service.name` and `service.instance.id` are the events'
    /// `source`, as in `edge/edge-1`; an instance that is a UUID is left out.
    resource_logs: Vec<serde_json::Value>,
}

/// `opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what app::events::wire::otlp::answer writes")]
#[schema(rename_all = "camelCase")]
pub(crate) struct ExportLogsServiceResponse {
    /// Not there if every record was taken.
    partial_success: Option<ExportLogsPartialSuccess>,
}

/// How many log records cannot be counted, and why. They are not to be sent again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what app::events::wire::otlp::answer writes")]
#[schema(rename_all = "camelCase")]
pub(crate) struct ExportLogsPartialSuccess {
    /// How many; in JSON a string.
    rejected_log_records: i64,
    /// Why, of the first of them.
    error_message: String,
}

/// `google.rpc.Status`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what app::events::wire::otlp::answer writes")]
pub(crate) struct RpcStatus {
    /// A `google.rpc.Code`.
    code: i32,
    /// What was wrong, and what would be right.
    message: String,
}

/// Report outcomes as OTLP logs.
///
/// Each log record is an event. Its fields are the attributes `captcha.code`, `captcha.sitekey`,
/// `captcha.referer`, `captcha.id`, `captcha.count`, `captcha.source`, `captcha.client`,
/// `captcha.trace`, `captcha.user_agent` and `captcha.time`. Where one is not there, the semantic
/// conventions are looked at (`log.record.uid` is the `id`, `client.address` the `client`,
/// `user_agent.original` the `user_agent`, `http.request.header.referer` the `referer`), then a body
/// that is a map of the fields of an event, then the record's own time and the resource's
/// `service.name` and `service.instance.id`, which make the `source`. The body may be compressed with
/// `Content-Encoding: gzip` or `zstd`; at most 50,000 log records and 8 MiB, also once decompressed.
/// The answer has the encoding of the request.
#[utoipa::path(
    post,
    path = "/v1/logs",
    request_body(
        content(
            (ExportLogsServiceRequest = "application/x-protobuf"),
            (ExportLogsServiceRequest = "application/json"),
        ),
    ),
    responses(
        (status = 200, description = "The records that can be counted are durable", body = ExportLogsServiceResponse),
        (status = 400, description = "The body as a whole cannot be read", body = RpcStatus),
        (status = 401, description = "No valid token", body = RpcStatus),
        (status = 403, description = "The token lacks the scope `events:write`", body = RpcStatus),
        (status = 413, description = "Too many bytes or records", body = RpcStatus),
        (status = 415, description = "Another media type or encoding", body = RpcStatus),
        (status = 429, description = "Too much waits; see `Retry-After`", body = RpcStatus),
        (status = 503, description = "The records may not be stored; send them again", body = RpcStatus),
    )
)]
pub(crate) async fn export(
    State(state): State<AppState>,
    bearer: Result<Bearer, Problem>,
    request: Request,
) -> Response {
    let format = Format::of_logs(request.headers());
    // The answer has the encoding of the request; one that has neither is for a person to read.
    let encoding = match format {
        Ok(Format::OtlpProtobuf) => Encoding::Protobuf,
        _ => Encoding::Json,
    };
    let taken = async {
        let bearer = bearer?;
        bearer.require(Scope::EventsWrite)?;
        take(&state, &bearer, format?, request).await
    };
    match taken.await {
        Ok(Report { rejected, .. }) => {
            let media_type = [(header::CONTENT_TYPE, encoding.media_type())];
            (media_type, encoding.response(&rejected)).into_response()
        }
        Err(problem) => failure(problem, encoding),
    }
}

/// The problem as OTLP tells it: the same status and headers, and a `google.rpc.Status`.
fn failure(problem: Problem, encoding: Encoding) -> Response {
    let message = problem.detail().to_owned();
    let (mut head, _) = problem.into_response().into_parts();
    let media_type = HeaderValue::from_static(encoding.media_type());
    head.headers.insert(header::CONTENT_TYPE, media_type);
    head.headers.remove(header::CONTENT_LENGTH);
    let body = encoding.status(head.status.as_u16(), message);
    Response::from_parts(head, body.into())
}

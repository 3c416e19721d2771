//! `Idempotency-Key`: a POST that is sent again with the same key within a day is answered as the
//! first time, and does nothing.
//!
//! What was refused (4xx) changed nothing, and gives its key back. Secrets are not kept: where an
//! answer told one, the same answer later has null in its place.

use crate::v1::{Bearer, Problem};
use app::context::AppState;
use app::error::AppError;
use app::tokens::idempotency::{Claim, KeptAnswer, MAX_KEY, claim, keep, release};
use app::tokens::model::TokenId;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tracing::Instrument as _;
use utoipa::IntoParams;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_BODY: usize = 512 * 1024;

/// The header, for the description of the API.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what the middleware reads")]
pub(super) struct IdempotencyKey {
    /// Makes it safe to send the request again: with the same key and token it is done once within
    /// 24 hours. 1 to 255 printable ASCII characters. A secret is told only the first time.
    #[param(rename = "Idempotency-Key")]
    key: Option<String>,
}

pub(super) async fn once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match request.headers().get(IDEMPOTENCY_KEY).cloned() {
        Some(key) if request.method() == Method::POST => {
            answer_once(state, &key, request, next).await.unwrap_or_else(Problem::into_response)
        }
        _ => next.run(request).await,
    }
}

async fn answer_once(
    state: AppState,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = key.to_str().ok().filter(|key| (1..=MAX_KEY).contains(&key.len()));
    let key = key.map(str::to_owned).ok_or_else(|| {
        let detail = format!("Send 1 to {MAX_KEY} printable ASCII characters, such as a UUID.");
        Problem::bad_request("Idempotency-Key", detail)
    })?;
    let (mut parts, body) = request.into_parts();
    let token = Bearer::from_request_parts(&mut parts, &state).await?.id();
    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| Problem::too_large("The body has more than 512 KiB."))?;
    let mut hash = Sha256::new();
    hash.update(parts.uri.path());
    hash.update([0]);
    hash.update(&body);
    let hash = hash.finalize();
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    let claimed = claim(&mut conn, token, &key, &hash, state.clock.now()).await?;
    drop(conn);
    match claimed {
        Claim::First => {
            let request = Request::from_parts(parts, Body::from(body));
            // In a task of its own: a client that goes away must not leave the key without an answer.
            let answering = async move { answer_first(&state, token, &key, request, next).await };
            tokio::spawn(answering.in_current_span()).await.map_err(AppError::fault)?
        }
        Claim::Answered(answer) => Ok(again(answer)),
        Claim::Unanswered => Err(Problem::conflict(
            "idempotency_unanswered",
            "The request with this Idempotency-Key is not answered yet. Try again in a second; if \
             it stays so, the server went down meanwhile: look whether the change was made, and \
             send another key if not.",
        )),
        Claim::Taken => Err(Problem::conflict(
            "idempotency_taken",
            "This Idempotency-Key was used for another request within 24 hours. Send another key.",
        )),
    }
}

async fn answer_first(
    state: &AppState,
    token: TokenId,
    key: &str,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = next.run(request).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(AppError::fault)?;
    let mut conn = state.pool.acquire().await.map_err(AppError::from)?;
    if parts.status.is_client_error() {
        release(&mut conn, token, key).await?;
    } else {
        let text = |name| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        let answer = KeptAnswer {
            status: parts.status.as_u16(),
            etag: text(header::ETAG),
            location: text(header::LOCATION),
            body: without_secrets(&body),
        };
        keep(&mut conn, token, key, &answer).await?;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// What is kept of a body.
fn without_secrets(body: &Bytes) -> Option<Value> {
    let mut body: Value = serde_json::from_slice(body).ok()?;
    if let Some(secret) = body.get_mut("secret") {
        *secret = Value::Null;
    }
    Some(body)
}

/// The answer of the first time.
fn again(answer: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match answer.body {
        Some(body) => (status, axum::Json(body)).into_response(),
        None => status.into_response(),
    };
    let kept = [(header::ETAG, answer.etag), (header::LOCATION, answer.location)];
    for (name, value) in kept {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    let headers = response.headers_mut();
    if !status.is_success() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_not_kept() {
        let body = Bytes::from(r#"{"id": 1, "sitekey": "site_1", "secret": "secret_1"}"#);
        let kept = without_secrets(&body);
        assert_eq!(kept, Some(json!({ "id": 1, "sitekey": "site_1", "secret": null })));
    }
}

//! Bounds the forms of the console and the questions of its islands, which are server functions under `/api`, and
//! answers those that fail.
//!
//! Leptos answers a form that fails with a redirect to its `Referer`, which the sender chooses, and a script always with
//! 500. Here a form gets a page, both get the status of the error, and server functions never see that header.

use crate::body::{BodyError, whole};
use crate::plain::sorry;
use app::error::AppError;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// The largest form holds a pasted list of domains.
const MAX_FORM: usize = 512 * 1024;
/// The forms of people who are not signed in hold an address and a password.
const MAX_ENTRANCE_FORM: usize = 16 * 1024;
/// An error of a server function is a few words.
const MAX_ERROR: usize = 64 * 1024;

pub(crate) async fn bound(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let html = accepts_html(request.headers());
    let request = match readable(request).await {
        Ok(request) => request,
        Err(refused) => return refused.respond(html),
    };
    let answer = next.run(request).await;
    if answer.status().is_success() || answer.status().is_redirection() {
        return answer;
    }
    with_its_status(answer, html).await
}

/// Whether a browser that shows pages asks, and not a script.
pub(crate) fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// Why a form is not even read.
struct Unreadable {
    status: StatusCode,
    told: &'static str,
}

impl Unreadable {
    fn respond(self, html: bool) -> Response {
        if html {
            sorry(self.status, "This form could not be read", self.told)
        } else {
            (self.status, format!("{}\n", self.told)).into_response()
        }
    }
}

/// The request as server functions get it: whole, without NUL, and without the headers that Leptos would redirect by.
async fn readable(request: Request) -> Result<Request, Unreadable> {
    let entrance = matches!(request.uri().path(), "/api/auth/sign_in" | "/api/auth/set_up");
    let limit = if entrance { MAX_ENTRANCE_FORM } else { MAX_FORM };
    let unreadable = |status, told| Unreadable { status, told };
    let (mut parts, body) = whole(request, limit, |_| true).await.map_err(|error| match error {
        BodyError::TooLarge | BodyError::NoRoom => {
            unreadable(StatusCode::PAYLOAD_TOO_LARGE, "It holds too much. Send it in parts.")
        }
        BodyError::CutShort => {
            unreadable(StatusCode::BAD_REQUEST, "It ended early. Go back and send it again.")
        }
    })?;
    if has_nul(&body) {
        let told = "It holds a NUL character, which no name, host or address has. Go back and leave it out.";
        return Err(unreadable(StatusCode::BAD_REQUEST, told));
    }
    parts.headers.remove(header::REFERER);
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Whether a form holds a NUL, as it is or percent-encoded.
fn has_nul(form: &Bytes) -> bool {
    form.contains(&0) || form.windows(3).any(|three| three == b"%00")
}

/// The failed answer under the status of its error: Leptos calls each a 500.
async fn with_its_status(answer: Response, html: bool) -> Response {
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, MAX_ERROR).await.unwrap_or_default();
    let error = serde_json::from_slice::<AppError>(&body).ok();
    if let Some(status) = error.as_ref().and_then(|error| StatusCode::from_u16(error.status()).ok())
    {
        parts.status = status;
    }
    if let Some(AppError::Throttled { retry_after_s }) = error {
        parts.headers.insert(header::RETRY_AFTER, retry_after_s.into());
    }
    if !html {
        return Response::from_parts(parts, Body::from(body));
    }
    let told = error.unwrap_or(AppError::BadRequest).to_string();
    let title = if parts.status.is_server_error() {
        "Something failed on our side"
    } else {
        "This form could not be read"
    };
    let mut page = sorry(parts.status, title, &told);
    if let Some(wait) = parts.headers.remove(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_seen_however_it_is_written() {
        assert!(has_nul(&Bytes::from_static(b"email=a%00b")));
        assert!(has_nul(&Bytes::from_static(b"email=a\0b")));
        assert!(!has_nul(&Bytes::from_static(b"email=a%2500b&x=%0A")));
    }
}

//! Errors of the machine API, as RFC 9457 `application/problem+json`.

use app::error::{AppError, Failure, Refusal, STALE};
use app::events::wire::format::UnknownMediaType;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for a program (`code`, `field`) and for a person (`title`, `detail`).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The HTTP status.
    status: u16,
    /// The kind of problem, in words.
    title: &'static str,
    /// What was wrong here, and what would be right.
    detail: String,
    /// A stable name of the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The field or parameter that was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// A value that would be accepted in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
    /// What would be accepted instead, and the header that says so (RFC 9110 §15.5.16).
    #[serde(skip)]
    accepted: Option<Box<(HeaderName, &'static str)>>,
}

impl Problem {
    /// A problem of this kind.
    pub(crate) fn of(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let status = status.as_u16();
        Self {
            status,
            title,
            detail,
            code: None,
            field: None,
            suggestion: None,
            retry_after_s: None,
            accepted: None,
        }
    }

    /// What was wrong here, and what would be right.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// Whether the body as a whole makes no sense.
    pub(crate) fn is_of_body(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST.as_u16() && self.field.as_deref() == Some("body")
    }

    /// 415: the body was taken for JSON, since its media type says nothing, and is not.
    pub(crate) fn unsaid(
        UnknownMediaType { found, accepted }: UnknownMediaType,
        why: &str,
    ) -> Self {
        let detail = format!(
            "the media type {found:?} does not say what the body is, and as JSON it cannot be read ({why}); \
             send {accepted}"
        );
        let problem =
            Self::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Media type not supported", detail)
                .about("Content-Type");
        Self { accepted: Some(Box::new((header::ACCEPT, accepted))), ..problem }
    }

    /// The same problem, said of `field`.
    pub(crate) fn about(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    /// 400: the request, or one field of it, makes no sense.
    pub(crate) fn bad_request(field: &str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, "The request cannot be read", detail).about(field)
    }

    /// 401: there is no live token.
    pub(crate) fn unauthorized() -> Self {
        Self::of(
            StatusCode::UNAUTHORIZED,
            "No valid token",
            "Send `Authorization: Bearer <token>` with a token that is neither revoked nor expired.",
        )
    }

    /// 403: the token lacks a scope.
    pub(crate) fn forbidden(scope: &str) -> Self {
        let detail = format!("The token lacks the scope {scope}. Make one that has it.");
        Self::of(StatusCode::FORBIDDEN, "Scope missing", detail)
    }

    /// 404.
    pub(crate) fn not_found() -> Self {
        Self::of(StatusCode::NOT_FOUND, "Not found", "There is nothing at this address.")
    }

    /// 409: what was asked collides with another request.
    pub(crate) fn conflict(code: &str, detail: impl Into<String>) -> Self {
        let problem = Self::of(StatusCode::CONFLICT, "Conflict", detail);
        Self { code: Some(code.to_owned()), ..problem }
    }

    /// 412: the thing changed since it was read.
    pub(crate) fn stale() -> Self {
        let detail = "The site changed since it was read. Read it again, and send the change with its new ETag.";
        let problem = Self::of(StatusCode::PRECONDITION_FAILED, "Changed meanwhile", detail);
        Self { code: Some(STALE.to_owned()), field: Some("If-Match".to_owned()), ..problem }
    }

    /// The same problem with `field`, as a form calls it, under the name the request gave it.
    pub(crate) fn renaming(self, field: &str, name: &str) -> Self {
        match &self.field {
            Some(found) if found == field => Self { field: Some(name.to_owned()), ..self },
            _ => self,
        }
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        Self::of(
            StatusCode::METHOD_NOT_ALLOWED,
            "Method not allowed",
            "This address answers other methods: see /v1/docs.",
        )
    }

    /// 413: more than is taken at once.
    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::of(StatusCode::PAYLOAD_TOO_LARGE, "Too large", detail)
    }

    /// 415: the body is encoded in another way than one of `accepted`.
    pub(crate) fn unsupported_encoding(found: &str, accepted: &'static str) -> Self {
        let detail =
            format!("The body has the Content-Encoding {found:?}. Send one of: {accepted}.");
        let problem =
            Self::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Encoding not supported", detail)
                .about("Content-Encoding");
        Self { accepted: Some(Box::new((header::ACCEPT_ENCODING, accepted))), ..problem }
    }

    /// 429: the token asks more often than is allowed.
    pub(crate) fn throttled(retry_after_s: u64) -> Self {
        let detail = format!("This token asks too often. Ask again in {retry_after_s} s.");
        let problem = Self::of(StatusCode::TOO_MANY_REQUESTS, "Too many requests", detail);
        Self { retry_after_s: Some(retry_after_s), ..problem }
    }

    /// 429: the queue is full; send the same again later.
    pub(crate) fn busy(retry_after_s: u64) -> Self {
        let detail = format!("The queue is full. Send the same again in {retry_after_s} s.");
        let problem = Self::of(StatusCode::TOO_MANY_REQUESTS, "Busy", detail);
        Self { retry_after_s: Some(retry_after_s), ..problem }
    }

    /// 503: the database does not answer; what was sent may not be counted.
    pub(crate) fn unavailable() -> Self {
        let problem = Self::of(
            StatusCode::SERVICE_UNAVAILABLE,
            "Unavailable",
            "The database does not answer. Send the same again; events with an id are counted once.",
        );
        Self { retry_after_s: Some(1), ..problem }
    }
}

impl Problem {
    /// 503, for a read that would leave out what was answered already.
    pub(crate) fn unsettled() -> Self {
        let problem = Self::of(
            StatusCode::SERVICE_UNAVAILABLE,
            "Unavailable",
            "More was reported than is added up yet. Ask again in a moment.",
        );
        Self { retry_after_s: Some(2), ..problem }
    }
}

impl From<UnknownMediaType> for Problem {
    fn from(unknown: UnknownMediaType) -> Self {
        let accepted = unknown.accepted;
        let detail = unknown.to_string();
        let problem =
            Self::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Media type not supported", detail)
                .about("Content-Type");
        Self { accepted: Some(Box::new((header::ACCEPT, accepted))), ..problem }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        if refusal.code == STALE {
            return Self::stale();
        }
        Self {
            code: Some(refusal.code.into_owned()),
            field: Some(refusal.field.into_owned()),
            suggestion: refusal.suggestion,
            ..Self::of(StatusCode::UNPROCESSABLE_ENTITY, "Refused", refusal.message)
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status =
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::of(status, "Failed", error.to_string())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Error(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(accepted) = self.accepted {
            let (name, accepted) = *accepted;
            headers.insert(name, HeaderValue::from_static(accepted));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

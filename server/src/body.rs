//! Reading a request's body whole, within a limit.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It has more bytes than are taken.
    TooLarge,
    /// It ended early, or stood still for too long.
    CutShort,
}

/// The request's head and its whole body of at most `limit` bytes.
pub(crate) async fn whole(request: Request, limit: usize) -> Result<(Parts, Bytes), BodyError> {
    let (parts, body) = request.into_parts();
    let mut limited = Request::new(body);
    DefaultBodyLimit::max(limit).apply(&mut limited);
    match Bytes::from_request(limited, &()).await {
        Ok(bytes) => Ok((parts, bytes)),
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(BodyError::TooLarge)
        }
        Err(_) => Err(BodyError::CutShort),
    }
}

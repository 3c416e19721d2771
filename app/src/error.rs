//! What can go wrong, in the two kinds the house tells apart: a [`Refusal`] is an answer that the
//! person who asked can act on; an [`AppError`] is a fixed public message. [`Failure`] is either.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An error whose text is fixed: it never carries the words of the error it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// Nobody is signed in, or the session has ended.
    #[error("Sign in to go on.")]
    SignedOut,
    /// What was asked for does not exist.
    #[error("There is nothing at this address.")]
    NotFound,
    /// The request could not be read as one: a missing or unreadable argument.
    #[error("The request could not be read. Reload the page and try again.")]
    BadRequest,
    /// Too many tries in too short a time.
    #[error("Too many attempts. Wait {retry_after_s} seconds and try again.")]
    Throttled {
        /// Seconds until the next attempt is allowed.
        retry_after_s: u64,
    },
    /// A fault of ours. The log tells more under the same request id.
    #[error("Something failed on our side. Try again; if it stays, report request {request_id}.")]
    Fault {
        /// The id the log line carries.
        request_id: String,
    },
}

impl AppError {
    /// The HTTP status this error answers with.
    pub fn status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::NotFound => 404,
            Self::BadRequest => 400,
            Self::Throttled { .. } => 429,
            Self::Fault { .. } => 500,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Self::BadRequest,
            _ => Self::Fault { request_id: "unknown".to_owned() },
        }
    }
}

/// "No", with the reason and the way on. The views show it at its field; the machine API answers it
/// as a problem with `code`, `field` and `suggestion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A stable name, as in `public_suffix`.
    pub code: Cow<'static, str>,
    /// The field that was wrong, by its form name.
    pub field: Cow<'static, str>,
    /// One sentence: what was wrong and what would be right.
    pub message: String,
    /// A value that would be accepted in its place.
    pub suggestion: Option<String>,
}

impl Refusal {
    /// A refusal of `field` without a ready replacement.
    pub fn new(code: &'static str, field: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), field: field.into(), message: message.into(), suggestion: None }
    }
}

/// The [`Refusal::code`] of a write that named an outdated version.
pub const STALE: &str = "stale";

/// Why a command did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was refused: the asker can do something about it.
    Refused(Refusal),
    /// It failed.
    Error(AppError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E: Into<AppError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

//! What senders of OTLP are answered, in the encoding in which they asked: see
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>.

use crate::events::model::Reject;
use prost::Message;
use serde_json::json;
use std::fmt::Write as _;

/// One of OTLP's two encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

/// `ExportLogsServiceResponse`.
#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

/// `ExportLogsPartialSuccess`.
#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected_log_records: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// `google.rpc.Status`, without details.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// How many rejected records the message tells of one by one.
const TOLD: usize = 5;

impl Encoding {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    /// The body that says what became of a request's records: nothing if all were taken, else how
    /// many were not, and why.
    pub fn response(self, rejected: &[Reject]) -> Vec<u8> {
        let partial_success = (!rejected.is_empty()).then(|| PartialSuccess {
            rejected_log_records: i64::try_from(rejected.len()).unwrap_or(i64::MAX),
            error_message: message(rejected),
        });
        match (self, partial_success) {
            (Self::Protobuf, partial_success) => Response { partial_success }.encode_to_vec(),
            (Self::Json, None) => b"{}".to_vec(),
            (Self::Json, Some(partial)) => {
                // 64-bit numbers are strings in protobuf's JSON.
                let partial = json!({
                    "rejectedLogRecords": partial.rejected_log_records.to_string(),
                    "errorMessage": partial.error_message,
                });
                json!({ "partialSuccess": partial }).to_string().into_bytes()
            }
        }
    }

    /// The body that says why a request failed with this HTTP status.
    pub fn status(self, http_status: u16, message: String) -> Vec<u8> {
        let code = rpc_code(http_status);
        match self {
            Self::Protobuf => Status { code, message }.encode_to_vec(),
            Self::Json => json!({ "code": code, "message": message }).to_string().into_bytes(),
        }
    }
}

fn message(rejected: &[Reject]) -> String {
    let mut message = String::new();
    for Reject { index, reason } in rejected.iter().take(TOLD) {
        // A string takes whatever is written.
        let _ = write!(message, "log record {index}: {reason}. ");
    }
    match rejected.len().saturating_sub(TOLD) {
        0 => message.truncate(message.trim_end().len()),
        more => {
            let _ = write!(message, "And {more} more.");
        }
    }
    message
}

/// The `google.rpc.Code` for an HTTP status.
fn rpc_code(http_status: u16) -> i32 {
    match http_status {
        401 => 16,      // UNAUTHENTICATED
        403 => 7,       // PERMISSION_DENIED
        429 => 8,       // RESOURCE_EXHAUSTED
        503 => 14,      // UNAVAILABLE
        400..=499 => 3, // INVALID_ARGUMENT
        _ => 13,        // INTERNAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejects(count: usize) -> Vec<Reject> {
        (0..count).map(|index| Reject { index, reason: "code: is missing".into() }).collect()
    }

    #[test]
    fn full_success_leaves_partial_success_unset() {
        assert_eq!(Encoding::Protobuf.response(&[]), b"");
        assert_eq!(Encoding::Json.response(&[]), b"{}");
    }

    #[test]
    fn partial_success_says_how_many_and_why() {
        let bytes = Encoding::Protobuf.response(&rejects(7));
        let partial = Response::decode(bytes.as_slice()).unwrap().partial_success.unwrap();
        assert_eq!(partial.rejected_log_records, 7);
        assert!(partial.error_message.starts_with("log record 0: code: is missing. log record 1"));
        assert!(partial.error_message.ends_with("And 2 more."), "{}", partial.error_message);
        let json: serde_json::Value =
            serde_json::from_slice(&Encoding::Json.response(&rejects(1))).unwrap();
        assert_eq!(json["partialSuccess"]["rejectedLogRecords"], "1");
        assert_eq!(json["partialSuccess"]["errorMessage"], "log record 0: code: is missing.");
    }

    #[test]
    fn a_failure_is_a_status_of_the_rpc_kind() {
        let bytes = Encoding::Protobuf.status(429, "The queue is full.".into());
        let status = Status::decode(bytes.as_slice()).unwrap();
        assert_eq!((status.code, status.message.as_str()), (8, "The queue is full."));
        let json: serde_json::Value =
            serde_json::from_slice(&Encoding::Json.status(400, "No.".into())).unwrap();
        assert_eq!(json, json!({ "code": 3, "message": "No." }));
    }
}

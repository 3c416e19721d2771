//! Which format a body has: the one place where media types are told apart.

use super::cloud_events::{self, Envelope};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// How a body is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// One event as a JSON object, or an array of them.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A `CloudEvent` as one JSON object: structured mode.
    CloudEvent,
    /// An array of those: batched mode.
    CloudEventBatch,
    /// The data of a `CloudEvent` whose attributes were headers: binary mode.
    CloudEventData(Box<Envelope>),
    /// OTLP logs, JSON.
    OtlpJson,
    /// OTLP logs, protobuf.
    OtlpProtobuf,
}

/// A media type that is not read here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the media type {found:?} is not read here; send {accepted}")]
pub struct UnknownMediaType {
    /// What was sent.
    pub found: String,
    /// What would be read, as in the header `Accept`.
    pub accepted: &'static str,
}

/// The media type of a body of `/v1/events` that says nothing, though there is one: such a body is read as JSON,
/// and when it is none, its sender is told what to say.
pub fn unsaid(headers: &HeaderMap) -> Option<UnknownMediaType> {
    let found = media_type(headers);
    SAY_NOTHING.contains(&found.as_str()).then_some(UnknownMediaType { found, accepted: EVENTS })
}

/// Media types that say nothing of a body: what programs send that were told of none, as `curl -d` does.
const SAY_NOTHING: [&str; 3] =
    ["text/plain", "application/octet-stream", "application/x-www-form-urlencoded"];
/// What [`Format::of_events`] knows.
const EVENTS: &str = "application/json, application/x-ndjson, application/cloudevents+json, \
                      application/cloudevents-batch+json";
/// What [`Format::of_logs`] knows.
const LOGS: &str = "application/x-protobuf, application/json";

impl Format {
    /// Of a body of `/v1/events`. No media type, or one that says nothing (see [`unsaid`]), is taken for
    /// JSON.
    ///
    /// # Errors
    ///
    /// [`UnknownMediaType`].
    pub fn of_events(headers: &HeaderMap) -> Result<Self, UnknownMediaType> {
        match media_type(headers).as_str() {
            vague if SAY_NOTHING.contains(&vague) => Ok(json_or_data(headers)),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/jsonlines" => Ok(Self::Ndjson),
            "application/cloudevents+json" => Ok(Self::CloudEvent),
            "application/cloudevents-batch+json" => Ok(Self::CloudEventBatch),
            "" | "application/json" | "text/json" => Ok(json_or_data(headers)),
            other => Err(UnknownMediaType { found: other.to_owned(), accepted: EVENTS }),
        }
    }

    /// Of a body of `/v1/logs`.
    ///
    /// # Errors
    ///
    /// [`UnknownMediaType`].
    pub fn of_logs(headers: &HeaderMap) -> Result<Self, UnknownMediaType> {
        match media_type(headers).as_str() {
            "application/x-protobuf" | "application/protobuf" => Ok(Self::OtlpProtobuf),
            "application/json" => Ok(Self::OtlpJson),
            other => Err(UnknownMediaType { found: other.to_owned(), accepted: LOGS }),
        }
    }
}

fn json_or_data(headers: &HeaderMap) -> Format {
    match cloud_events::Envelope::of(headers) {
        Some(envelope) => Format::CloudEventData(Box::new(envelope)),
        None => Format::Json,
    }
}

/// The media type in lower case, without its parameters; empty if there is none.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
    let name = value.split(';').next().unwrap_or_default().trim();
    // A media type is short; what is not is no media type, and is shown to its sender.
    name[..name.floor_char_boundary(100)].to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(media_type: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))])
    }

    #[test]
    fn media_types_choose_the_format() {
        let events = |media_type| Format::of_events(&headers(media_type)).unwrap();
        assert_eq!(events("application/x-ndjson; charset=utf-8"), Format::Ndjson);
        assert_eq!(events("Application/JSONL"), Format::Ndjson);
        assert_eq!(events("application/json"), Format::Json);
        assert_eq!(events("application/x-www-form-urlencoded"), Format::Json, "as curl -d sends");
        assert_eq!(Format::of_events(&HeaderMap::new()).unwrap(), Format::Json);
        assert_eq!(events("application/cloudevents+json; charset=UTF-8"), Format::CloudEvent);
        assert_eq!(events("application/cloudevents-batch+json"), Format::CloudEventBatch);
        let logs = |media_type| Format::of_logs(&headers(media_type)).unwrap();
        assert_eq!(logs("application/x-protobuf"), Format::OtlpProtobuf);
        assert_eq!(logs("application/json;charset=utf-8"), Format::OtlpJson);
    }

    #[test]
    fn a_media_type_that_says_nothing_is_told_from_one_that_is_missing() {
        for vague in ["text/plain; charset=utf-8", "application/x-www-form-urlencoded"] {
            assert!(unsaid(&headers(vague)).is_some(), "{vague}");
        }
        for plain in ["application/json", "application/x-ndjson", "text/csv"] {
            assert_eq!(unsaid(&headers(plain)), None, "{plain}");
        }
        assert_eq!(unsaid(&HeaderMap::new()), None);
    }

    #[test]
    fn what_is_read_nowhere_is_refused_with_what_is() {
        for other in [
            "application/xml",
            "application/cloudevents+xml",
            "application/x-protobuf",
            "multipart/form-data; boundary=x",
            "no type",
        ] {
            let refused = Format::of_events(&headers(other)).unwrap_err();
            assert!(refused.to_string().contains("application/cloudevents+json"), "{other}");
        }
        for other in ["", "application/x-ndjson", "text/plain"] {
            assert!(Format::of_logs(&headers(other)).is_err(), "{other}");
        }
        assert!(Format::of_logs(&HeaderMap::new()).is_err(), "nothing tells the two apart");
    }

    #[test]
    fn headers_of_a_cloud_event_make_its_body_the_data() {
        let mut given = headers("application/json");
        given.insert("ce-specversion", HeaderValue::from_static("1.0"));
        given.insert("ce-id", HeaderValue::from_static("a"));
        assert!(matches!(Format::of_events(&given), Ok(Format::CloudEventData(_))));
        given.insert(CONTENT_TYPE, HeaderValue::from_static("application/cloudevents+json"));
        assert_eq!(Format::of_events(&given).unwrap(), Format::CloudEvent, "the type goes first");
    }
}

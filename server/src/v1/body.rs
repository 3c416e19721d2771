//! Bodies of the machine API's requests.

mod compressed;
mod room;

pub(super) use compressed::decoded;

use super::Problem;
use crate::body::{BodyError, announced, whole};
use app::context::AppState;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use room::{NoRoom, Place, ROOM};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A body that says one thing: a question, a site, a list of domains.
const MAX_OBJECT: usize = 512 * 1024;

/// The request's head and its whole body of at most `limit` bytes.
pub(crate) async fn read(request: Request, limit: usize) -> Result<(Parts, Bytes), Problem> {
    refuse_encoding(request.headers())?;
    let (parts, bytes, _) = received(request, limit).await?;
    Ok((parts, bytes))
}

/// The same, whatever the body's encoding, with the place that it takes.
async fn received(
    request: Request,
    limit: usize,
) -> Result<(Parts, Bytes, Place<'static>), Problem> {
    let announced = announced(request.headers()).unwrap_or(0);
    let mut place = ROOM.place(limit.min(announced));
    let read = whole(request, limit, |bytes| place.grow(bytes).is_ok()).await;
    let (parts, bytes) = read.map_err(|error| match error {
        BodyError::NoRoom => NoRoom.into(),
        BodyError::TooLarge => {
            let limit = limit / 1024;
            Problem::too_large(format!(
                "The body has more than {limit} KiB. Send it in several requests."
            ))
        }
        BodyError::CutShort => Problem::bad_request("body", "The body ended early. Send it again."),
    })?;
    Ok((parts, bytes, place))
}

/// Refuses what would have to be decompressed first.
fn refuse_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let encoding = value.to_str().unwrap_or("?").trim();
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
            return Err(Problem::unsupported_encoding(encoding, "identity"));
        }
    }
    Ok(())
}

/// A JSON object in the body; an empty body is an empty object.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Problem> {
        let (_, bytes) = read(request, MAX_OBJECT).await?;
        object(&bytes).map(Self)
    }
}

fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let refuse = |error: &dyn std::fmt::Display| {
        Problem::bad_request("body", format!("Send a JSON object: {error}."))
    };
    let json = if bytes.is_empty() { b"{}" } else { bytes };
    let value: Value = serde_json::from_slice(json).map_err(|error| refuse(&error))?;
    // An array would be read as the fields in their order.
    let Value::Object(fields) = &value else { return Err(refuse(&"the body is none")) };
    // PostgreSQL's text cannot hold it, and nothing we keep has one.
    if let Some((name, _)) = fields.iter().find(|(_, value)| has_nul(value)) {
        let detail =
            format!("{} holds a NUL character (\\u0000). Leave it out.", name.escape_debug());
        return Err(Problem::bad_request(&name.replace('\0', ""), detail));
    }
    serde_json::from_value(value).map_err(|error| refuse(&error))
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderMap, HeaderValue};
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Named {
        name: String,
    }

    #[test]
    fn a_body_is_an_object_or_nothing() {
        assert_eq!(object::<Named>(b"").unwrap(), Named::default());
        assert_eq!(object::<Named>(br#"{"name": "a"}"#).unwrap().name, "a");
        for wrong in [&br#"["a"]"#[..], b"null", b"7", b"{", br#"{"name": 7}"#] {
            assert!(object::<Named>(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn a_nul_is_refused_by_its_field() {
        let problem = object::<Named>(br#"{"name": "a\u0000b"}"#).unwrap_err();
        let problem = serde_json::to_value(problem).unwrap();
        assert_eq!((&problem["status"], &problem["field"]), (&400.into(), &"name".into()));
        assert!(
            object::<Named>(br#"{"name": "a\\u0000b"}"#).is_ok(),
            "an escaped backslash is none"
        );
    }

    #[test]
    fn only_plain_bodies_are_taken() {
        let encoded = |value| {
            HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(value))])
        };
        assert!(refuse_encoding(&HeaderMap::new()).is_ok());
        assert!(refuse_encoding(&encoded("identity")).is_ok());
        for value in ["gzip", "zstd", "br", "identity, gzip"] {
            assert!(refuse_encoding(&encoded(value)).is_err(), "{value}");
        }
    }
}

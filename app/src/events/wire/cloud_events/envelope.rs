//! The attributes of a `CloudEvent` in binary mode: HTTP headers.

use super::Attributes;
use crate::events::rules::{RawEvent, Reason, Value};
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// What the `ce-` headers of a request say; what is not there is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    specversion: Option<String>,
    id: Option<String>,
    source: Option<String>,
    kind: Option<String>,
    time: Option<String>,
}

impl Envelope {
    /// Of a request in binary mode, which is one that has the header `ce-specversion`.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let attribute = |name| headers.get(name).map(|value| decode(value.as_bytes()));
        Some(Self {
            specversion: Some(attribute("ce-specversion")?),
            id: attribute("ce-id"),
            source: attribute("ce-source"),
            kind: attribute("ce-type"),
            time: attribute("ce-time"),
        })
    }

    /// The event's id, source and time, if the envelope is whole.
    pub(super) fn attributes(&self) -> Result<RawEvent<'_>, Reason> {
        let attributes = Attributes {
            specversion: value(self.specversion.as_deref()),
            id: value(self.id.as_deref()),
            source: value(self.source.as_deref()),
            kind: value(self.kind.as_deref()),
            time: value(self.time.as_deref()),
        };
        attributes.check()
    }
}

fn value(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Absent, |text| Value::Text(Cow::Borrowed(text)))
}

/// A header's value as the HTTP binding (1.0.2, section 3.1.3.2) wants it read: quoted strings are
/// unquoted, then percent-encoding is undone, once. Some clients encode nothing: what is not UTF-8 is
/// Latin-1, which HTTP's headers once were.
fn decode(value: &[u8]) -> String {
    let value = match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    };
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let unquoted = match quoted {
        Some(inner) => Cow::Owned(unescape(inner)),
        None => value,
    };
    percent_decode_str(&unquoted).decode_utf8_lossy().into_owned()
}

/// Drops the backslash before each character that has one.
fn unescape(quoted: &str) -> String {
    let mut plain = String::with_capacity(quoted.len());
    let mut rest = quoted.chars();
    while let Some(character) = rest.next() {
        if character == '\\' {
            plain.extend(rest.next());
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn header_values_are_unquoted_and_then_decoded_once() {
        for (value, read) in [
            ("edge-1", "edge-1"),
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
            (r#""a \"b\" \\ c%20d""#, r#"a "b" \ c d"#),
            ("%2541", "%41"),
            ("100%", "100%"),
            ("\"", "\""),
            ("", ""),
        ] {
            assert_eq!(decode(value.as_bytes()), read, "{value}");
        }
        assert_eq!(decode(b"/edge/\xe9"), "/edge/é", "Latin-1");
        assert_eq!(decode("/edge/é".as_bytes()), "/edge/é", "UTF-8");
    }
}

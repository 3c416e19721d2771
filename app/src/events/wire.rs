//! Reading the body of a request: one JSON object, an array of them, or one a line (NDJSON).
//!
//! Strings are borrowed from the body wherever they hold no escapes. Whatever is not understood is
//! skipped without recursion, so deep nesting costs nothing.

use super::model::{Event, MAX_EVENTS, Reject};
use super::rules::{Defaults, RawEvent, Reason, Value, check};
use memchr::memchr;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use std::borrow::Cow;
use std::fmt;

/// How a body is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One object, or an array of objects.
    Json,
    /// One object a line.
    Ndjson,
}

impl Format {
    /// NDJSON under any of its media types; anything else is taken for JSON.
    pub fn from_content_type(content_type: Option<&str>) -> Self {
        const NDJSON: [&str; 5] = [
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
            "application/x-jsonlines",
            "application/jsonlines",
        ];
        let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let ndjson = NDJSON.iter().any(|name| name.eq_ignore_ascii_case(media_type.trim()));
        if ndjson { Self::Ndjson } else { Self::Json }
    }
}

/// What a body held.
#[derive(Debug, Default)]
pub struct Body<'a> {
    /// The events that can be counted.
    pub events: Vec<Event<'a>>,
    /// Those that cannot.
    pub rejected: Vec<Reject>,
}

/// The body cannot be taken in parts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is not what it says it is.
    #[error("{0}")]
    Malformed(String),
    /// It holds more than [`MAX_EVENTS`].
    #[error("the body has more than {MAX_EVENTS} events; send them in several requests")]
    TooMany,
}

/// Reads and checks all events of a body.
///
/// # Errors
///
/// [`BodyError`]. A single event that cannot be counted is none: it is in [`Body::rejected`].
pub fn read<'a>(
    body: &'a [u8],
    format: Format,
    defaults: &Defaults<'a>,
) -> Result<Body<'a>, BodyError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut reader = Reader { defaults, found: Body::default(), index: 0 };
    match format {
        Format::Json => reader.document(body)?,
        Format::Ndjson => reader.lines(body)?,
    }
    Ok(reader.found)
}

/// An object, or what stood in its place.
type Item<'a> = Result<RawEvent<'a>, &'static str>;

struct Reader<'r, 'a> {
    defaults: &'r Defaults<'a>,
    found: Body<'a>,
    index: usize,
}

impl<'a> Reader<'_, 'a> {
    fn lines(&mut self, mut rest: &'a [u8]) -> Result<(), BodyError> {
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest[..end].trim_ascii();
            rest = rest.get(end + 1..).unwrap_or_default();
            if line.is_empty() {
                continue;
            }
            if self.index == MAX_EVENTS {
                return Err(BodyError::TooMany);
            }
            match serde_json::from_slice::<Line<'a>>(line) {
                Ok(Line(item)) => self.take(item),
                Err(error) => {
                    self.reject(
                        format!("line: is not JSON ({error}); send one object a line").into(),
                    );
                }
            }
        }
        Ok(())
    }

    fn document(&mut self, body: &'a [u8]) -> Result<(), BodyError> {
        if body.trim_ascii().is_empty() {
            return Err(BodyError::Malformed(
                "the body is empty; send an event or an array of events".into(),
            ));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let outcome = (&mut *self).deserialize(&mut deserializer).and_then(|()| deserializer.end());
        match outcome {
            Ok(()) => Ok(()),
            Err(_) if self.index > MAX_EVENTS => Err(BodyError::TooMany),
            Err(error) if error.is_data() => Err(BodyError::Malformed(error.to_string())),
            Err(error) => Err(BodyError::Malformed(format!(
                "the body is not JSON: {error}; for one event a line, send Content-Type: application/x-ndjson"
            ))),
        }
    }

    fn take(&mut self, item: Item<'a>) {
        let checked = item
            .map_err(|kind| Reason::from(format!("event: is {kind}; send an object")))
            .and_then(|raw| check(raw, self.defaults));
        match checked {
            Ok(event) => {
                self.found.events.push(event);
                self.index += 1;
            }
            Err(reason) => self.reject(reason),
        }
    }

    fn reject(&mut self, reason: Reason) {
        self.found.rejected.push(Reject { index: self.index, reason });
        self.index += 1;
    }
}

impl<'de> DeserializeSeed<'de> for &mut Reader<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Reader<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event (an object) or an array of events")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let event = EventVisitor.visit_map(map)?;
        self.take(event);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(Line(item)) = items.next_element()? {
            if self.index == MAX_EVENTS {
                self.index += 1;
                return Err(A::Error::custom("too many events"));
            }
            self.take(item);
        }
        Ok(())
    }
}

/// One event, alone on its line or within an array.
struct Line<'a>(Item<'a>);

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EventVisitor).map(Line)
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Id,
    Time,
    Sitekey,
    Code,
    Referer,
    Count,
    Source,
    Client,
    Trace,
    UserAgent,
    #[serde(other)]
    Unknown,
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Item<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut event = RawEvent::default();
        while let Some(field) = map.next_key()? {
            let place = match field {
                Field::Id => &mut event.id,
                Field::Time => &mut event.time,
                Field::Sitekey => &mut event.sitekey,
                Field::Code => &mut event.code,
                Field::Referer => &mut event.referer,
                Field::Count => &mut event.count,
                Field::Source => &mut event.source,
                Field::Client => &mut event.client,
                Field::Trace => &mut event.trace,
                Field::UserAgent => &mut event.user_agent,
                Field::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *place = map.next_value()?;
        }
        Ok(Ok(event))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        skip(items)?;
        Ok(Err("an array"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Err("a string"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Err("a boolean"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Err("a number"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Err("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Err("a number"))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Err("null"))
    }
}

fn skip<'de, A: SeqAccess<'de>>(mut items: A) -> Result<(), A::Error> {
    while items.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Value::Integer(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Value::Integer(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Value::Fraction(number))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Value::Other("a boolean"))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        skip(items)?;
        Ok(Value::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other("an object"))
    }
}

#[cfg(test)]
mod tests;

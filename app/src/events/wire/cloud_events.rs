//! CloudEvents 1.0 in the three ways HTTP carries them: structured, batched, and binary.
//!
//! The `id`, `source` and `time` around an event are ours: `CloudEvents` tells events apart by source
//! and id as we do. `data` holds the other fields, and where it holds one of the three as well, the
//! data's is taken, since it is the verifier that wrote it and the envelope may be a gateway's.
//! `type` is required by the specification and says nothing to us.

mod envelope;

pub use envelope::Envelope;

use super::json::{Line, document};
use super::value::EventVisitor;
use super::{BodyError, Intake, Item, refusal};
use crate::events::rules::{RawEvent, Reason, Value};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use std::fmt;

/// The one version there is.
const VERSION: &str = "1.0";

/// Reads one event in structured mode.
pub(super) fn read<'a>(body: &'a [u8], intake: &mut Intake<'_, 'a>) -> Result<(), BodyError> {
    document(
        body,
        Document { intake, batch: false },
        "; for an array, send Content-Type: application/cloudevents-batch+json",
    )
}

/// Reads an array of events.
pub(super) fn read_batch<'a>(body: &'a [u8], intake: &mut Intake<'_, 'a>) -> Result<(), BodyError> {
    document(body, Document { intake, batch: true }, "; send an array of CloudEvents")
}

/// Reads the data of the event whose envelope stood in the request's headers.
pub(super) fn read_data<'a>(
    body: &'a [u8],
    envelope: &'a Envelope,
    intake: &mut Intake<'_, 'a>,
) -> Result<(), BodyError> {
    let mut data = Err(Reason::Borrowed("data: is missing; send an object"));
    document(body, Data(&mut data), "; with ce- headers, send the event's data")?;
    let attributes = envelope.attributes();
    Ok(intake.take(attributes.and_then(|attributes| Ok(data?.or(attributes))))?)
}

struct Data<'d, 'a>(&'d mut Item<'a>);

impl<'de> DeserializeSeed<'de> for Data<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Line(item) = Line::deserialize(deserializer)?;
        if let Err(reason) = &item {
            return Err(D::Error::custom(reason.replacen("event:", "the body", 1)));
        }
        *self.0 = item;
        Ok(())
    }
}

struct Document<'i, 'r, 'a> {
    intake: &'i mut Intake<'r, 'a>,
    batch: bool,
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.batch {
            deserializer.deserialize_seq(self)
        } else {
            deserializer.deserialize_map(self)
        }
    }
}

impl<'de> Visitor<'de> for Document<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.batch { "an array of CloudEvents" } else { "a CloudEvent" })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let event = EventInEnvelope.visit_map(map)?;
        self.intake.take(event).map_err(refusal)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(Wrapped(item)) = items.next_element()? {
            self.intake.take(item).map_err(refusal)?;
        }
        Ok(())
    }
}

/// An element of a batch.
struct Wrapped<'a>(Item<'a>);

impl<'de> Deserialize<'de> for Wrapped<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EventInEnvelope).map(Wrapped)
    }
}

/// What stands around an event, as it was read.
#[derive(Default)]
struct Attributes<'a> {
    specversion: Value<'a>,
    id: Value<'a>,
    source: Value<'a>,
    /// `type`.
    kind: Value<'a>,
    time: Value<'a>,
}

impl<'a> Attributes<'a> {
    /// The attributes that are ours, if those that must be there are.
    fn check(self) -> Item<'a> {
        let Self { specversion, id, source, kind, time } = self;
        match specversion {
            Value::Text(version) if version == VERSION => {}
            other => return Err(other.unlike("specversion", "\"1.0\"")),
        }
        for (name, value) in [("id", &id), ("source", &source), ("type", &kind)] {
            match value {
                Value::Text(text) if !text.is_empty() => {}
                other => return Err(other.unlike(name, "a string: CloudEvents require it")),
            }
        }
        Ok(RawEvent { id, time, source, ..RawEvent::default() })
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Attribute {
    Specversion,
    Id,
    Source,
    Type,
    Time,
    Data,
    DataBase64,
    #[serde(other)]
    Unknown,
}

struct EventInEnvelope;

impl<'de> Visitor<'de> for EventInEnvelope {
    type Value = Item<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a CloudEvent")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut attributes = Attributes::default();
        let mut data: Item<'de> = Ok(RawEvent::default());
        while let Some(attribute) = map.next_key()? {
            let place = match attribute {
                Attribute::Specversion => &mut attributes.specversion,
                Attribute::Id => &mut attributes.id,
                Attribute::Source => &mut attributes.source,
                Attribute::Type => &mut attributes.kind,
                Attribute::Time => &mut attributes.time,
                Attribute::Data => {
                    let Line(item) = map.next_value()?;
                    data = item.map_err(|reason| reason.replacen("event:", "data:", 1).into());
                    continue;
                }
                Attribute::DataBase64 => {
                    map.next_value::<IgnoredAny>()?;
                    data = Err("data_base64: is not read; send data as a JSON object".into());
                    continue;
                }
                Attribute::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *place = map.next_value()?;
        }
        Ok(attributes.check().and_then(|attributes| Ok(data?.or(attributes))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        EventVisitor.visit_seq(items)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        EventVisitor.visit_str(text)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        EventVisitor.visit_bool(value)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        EventVisitor.visit_u64(number)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        EventVisitor.visit_i64(number)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        EventVisitor.visit_f64(number)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        EventVisitor.visit_unit()
    }
}

#[cfg(test)]
mod tests;

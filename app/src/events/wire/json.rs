//! One event as a JSON object, or an array of them.

use super::value::EventVisitor;
use super::{BodyError, Intake, Item, refusal};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Reads an object, or an array of whatever there is: what is no object is rejected in its place.
pub(super) fn read<'a>(body: &'a [u8], intake: &mut Intake<'_, 'a>) -> Result<(), BodyError> {
    document(
        body,
        Document(intake),
        "; for one event a line, send Content-Type: application/x-ndjson",
    )
}

/// Reads one JSON value from end to end. `hint` is told to senders of what is not JSON.
pub(super) fn document<'a, T>(body: &'a [u8], seed: T, hint: &str) -> Result<(), BodyError>
where
    T: DeserializeSeed<'a, Value = ()>,
{
    if body.trim_ascii().is_empty() {
        return Err(BodyError::Malformed(
            "the body is empty; send an event or an array of events".into(),
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    seed.deserialize(&mut deserializer).and_then(|()| deserializer.end()).map_err(|error| {
        BodyError::Malformed(if error.is_data() {
            error.to_string()
        } else {
            format!("the body is not JSON: {error}{hint}")
        })
    })
}

struct Document<'i, 'r, 'a>(&'i mut Intake<'r, 'a>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event (an object) or an array of events")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let event = EventVisitor.visit_map(map)?;
        self.0.take(event).map_err(refusal)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(Line(item)) = items.next_element()? {
            self.0.take(item).map_err(refusal)?;
        }
        Ok(())
    }
}

/// One event, alone on its line or within an array.
pub(super) struct Line<'a>(pub(super) Item<'a>);

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EventVisitor).map(Line)
    }
}

//! What protobuf's JSON mapping is made of, for reading without building: an object whose names a
//! type takes one by one, a list whose elements it does, text and numbers.

use crate::events::rules::Value;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;

/// A message: takes its fields as they come.
pub(super) trait Message<'de> {
    /// What it is, as in `a LogRecord (an object)`.
    const IS: &'static str;

    /// Takes the value of this name, or says that it has no such name.
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error>;
}

/// A repeated field: takes its elements as they come.
pub(super) trait Elements<'de> {
    /// Takes the next element, or says that there is none.
    fn element<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error>;
}

/// Reads an object, or null, into a message.
pub(super) struct Object<'m, M>(pub(super) &'m mut M);

impl<'de, M: Message<'de>> DeserializeSeed<'de> for Object<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, M: Message<'de>> Visitor<'de> for Object<'_, M> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(M::IS)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = map.next_key()? {
            if !self.0.field(&name, &mut map)? {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads an array, or null, element by element.
pub(super) struct List<'m, M>(pub(super) &'m mut M);

impl<'de, M: Elements<'de>> DeserializeSeed<'de> for List<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, M: Elements<'de>> Visitor<'de> for List<'_, M> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.0.element(&mut list)? {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A string, borrowed where it has no escapes; null is the empty one.
#[derive(Default)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Text(text) => Ok(Self(text)),
            Value::Absent => Ok(Self::default()),
            _ => Err(D::Error::custom("expected a string")),
        }
    }
}

/// A number, or a string that is one.
pub(super) struct Number<'a>(pub(super) Value<'a>);

impl<'de> Deserialize<'de> for Number<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            number @ (Value::Integer(_) | Value::Fraction(_) | Value::Absent) => number,
            Value::Text(text) => match (text.parse::<i128>(), text.parse::<f64>()) {
                (Ok(whole), _) => Value::Integer(whole),
                (_, Ok(fraction)) => Value::Fraction(fraction),
                _ => return Err(D::Error::custom("expected a number, or a string that is one")),
            },
            _ => return Err(D::Error::custom("expected a number")),
        }))
    }
}

//! OTLP logs as JSON: protobuf's JSON mapping, as OTLP restricts it. Names are in lowerCamelCase,
//! 64-bit numbers are strings or numbers, `null` is as good as nothing, and unknown names are skipped.

mod object;

use super::{Record, Resource, alone};
use crate::events::rules::{RawEvent, Value};
use crate::events::wire::json::document;
use crate::events::wire::{BodyError, Intake, refusal};
use object::{Elements, List, Message, Number, Object, Text};
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess};

/// Reads an `ExportLogsServiceRequest`.
pub(in super::super) fn read<'a>(
    body: &'a [u8],
    intake: &mut Intake<'_, 'a>,
) -> Result<(), BodyError> {
    document(body, Object(&mut Request(intake)), "; send an ExportLogsServiceRequest")
}

struct Request<'i, 'r, 'a>(&'i mut Intake<'r, 'a>);

impl<'de> Message<'de> for Request<'_, '_, 'de> {
    const IS: &'static str = "an ExportLogsServiceRequest (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        if name != "resourceLogs" {
            return Ok(false);
        }
        map.next_value_seed(List(self)).map(|()| true)
    }
}

impl<'de> Elements<'de> for Request<'_, '_, 'de> {
    fn element<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut logs = ResourceLogs {
            intake: &mut *self.0,
            resource: Resource::default(),
            waiting: Vec::new(),
        };
        if list.next_element_seed(Object(&mut logs))?.is_none() {
            return Ok(false);
        }
        let ResourceLogs { resource, waiting, .. } = logs;
        for mut record in waiting {
            if matches!(record.source, Value::Absent) {
                record.source = resource.source();
            }
            self.0.take(Ok(record)).map_err(refusal)?;
        }
        Ok(true)
    }
}

/// Names may stand in any order, so the records wait until the resource is known.
struct ResourceLogs<'i, 'r, 'a> {
    intake: &'i mut Intake<'r, 'a>,
    resource: Resource<'a>,
    waiting: Vec<RawEvent<'a>>,
}

impl<'de> Message<'de> for ResourceLogs<'_, '_, 'de> {
    const IS: &'static str = "ResourceLogs (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "resource" => map.next_value_seed(Object(&mut self.resource))?,
            "scopeLogs" => map.next_value_seed(List(&mut ScopeLogs(self)))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl<'de> Message<'de> for Resource<'de> {
    const IS: &'static str = "a Resource (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        if name != "attributes" {
            return Ok(false);
        }
        let mut take = |key: &str, value| self.attribute(key, value);
        map.next_value_seed(List(&mut KeyValues(&mut take))).map(|()| true)
    }
}

struct ScopeLogs<'l, 'i, 'r, 'a>(&'l mut ResourceLogs<'i, 'r, 'a>);

impl<'de> Elements<'de> for ScopeLogs<'_, '_, '_, 'de> {
    fn element<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        Ok(list.next_element_seed(Object(self))?.is_some())
    }
}

impl<'de> Message<'de> for ScopeLogs<'_, '_, '_, 'de> {
    const IS: &'static str = "ScopeLogs (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        if name != "logRecords" {
            return Ok(false);
        }
        map.next_value_seed(List(&mut LogRecords(self.0))).map(|()| true)
    }
}

struct LogRecords<'l, 'i, 'r, 'a>(&'l mut ResourceLogs<'i, 'r, 'a>);

impl<'de> Elements<'de> for LogRecords<'_, '_, '_, 'de> {
    fn element<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut record = Record::default();
        if list.next_element_seed(Object(&mut record))?.is_none() {
            return Ok(false);
        }
        let ResourceLogs { intake, waiting, .. } = &mut *self.0;
        intake.room(waiting.len()).map_err(refusal)?;
        waiting.push(record.into_event(&Resource::default()));
        Ok(true)
    }
}

impl<'de> Message<'de> for Record<'de> {
    const IS: &'static str = "a LogRecord (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "timeUnixNano" => self.time = nanoseconds(map)?,
            "observedTimeUnixNano" => self.observed = nanoseconds(map)?,
            "attributes" => {
                let mut take = |key: &str, value| self.attribute(key, value);
                map.next_value_seed(List(&mut KeyValues(&mut take)))?;
            }
            "body" => {
                let mut take = |key: &str, value| self.entry(key, value);
                map.next_value_seed(Object(&mut Body(&mut take)))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn nanoseconds<'de, A: MapAccess<'de>>(map: &mut A) -> Result<u64, A::Error> {
    let Number(number) = map.next_value()?;
    match number {
        Value::Absent => Ok(0),
        Value::Integer(number) => u64::try_from(number)
            .map_err(|_| A::Error::custom(format!("{number} is no time in nanoseconds"))),
        _ => Err(A::Error::custom("a time must be a whole number of nanoseconds")),
    }
}

/// Takes key and value of each `KeyValue`.
struct KeyValues<'f, F>(&'f mut F);

impl<'de, F: FnMut(&str, Value<'de>)> Elements<'de> for KeyValues<'_, F> {
    fn element<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut pair = KeyValue { key: Text::default(), value: AnyValue::default() };
        if list.next_element_seed(Object(&mut pair))?.is_none() {
            return Ok(false);
        }
        (self.0)(&pair.key.0, pair.value.0);
        Ok(true)
    }
}

struct KeyValue<'a> {
    key: Text<'a>,
    value: AnyValue<'a>,
}

impl<'de> Message<'de> for KeyValue<'de> {
    const IS: &'static str = "a KeyValue (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "key" => self.key = map.next_value()?,
            "value" => map.next_value_seed(Object(&mut self.value))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

#[derive(Default)]
struct AnyValue<'a>(Value<'a>);

impl<'de> Message<'de> for AnyValue<'de> {
    const IS: &'static str = "an AnyValue (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        if name == "arrayValue" {
            let mut array = ArrayValue::default();
            map.next_value_seed(Object(&mut array))?;
            self.0 = alone(array.first, array.more);
            return Ok(true);
        }
        let Some(value) = scalar(name, map)? else { return Ok(false) };
        self.0 = value;
        Ok(true)
    }
}

/// The value of this name of an `AnyValue`; `None` if it has no such name.
fn scalar<'de, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<Option<Value<'de>>, A::Error> {
    let mut skip = |kind| map.next_value::<IgnoredAny>().map(|_| Some(Value::Other(kind)));
    match name {
        "boolValue" => skip("a boolean"),
        "arrayValue" => skip("an array"),
        "kvlistValue" => skip("an object"),
        "bytesValue" => skip("bytes"),
        "stringValue" => {
            let Text(text) = map.next_value()?;
            Ok(Some(Value::Text(text)))
        }
        "intValue" | "doubleValue" => {
            let Number(number) = map.next_value()?;
            Ok(Some(number))
        }
        _ => Ok(None),
    }
}

#[derive(Default)]
struct ArrayValue<'a> {
    first: Option<Value<'a>>,
    more: bool,
}

impl<'de> Message<'de> for ArrayValue<'de> {
    const IS: &'static str = "an ArrayValue (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        if name != "values" {
            return Ok(false);
        }
        map.next_value_seed(List(self)).map(|()| true)
    }
}

impl<'de> Elements<'de> for ArrayValue<'de> {
    fn element<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        if self.first.is_some() {
            let more = list.next_element::<IgnoredAny>()?.is_some();
            self.more |= more;
            return Ok(more);
        }
        let mut scalar = Scalar::default();
        let found = list.next_element_seed(Object(&mut scalar))?.is_some();
        self.first = found.then_some(scalar.0);
        Ok(found)
    }
}

/// An `AnyValue` within an array: no deeper than this.
#[derive(Default)]
struct Scalar<'a>(Value<'a>);

impl<'de> Message<'de> for Scalar<'de> {
    const IS: &'static str = "an AnyValue (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        let Some(value) = scalar(name, map)? else { return Ok(false) };
        self.0 = value;
        Ok(true)
    }
}

/// A record's body, of which only a map is read.
struct Body<'f, F>(&'f mut F);

impl<'de, F: FnMut(&str, Value<'de>)> Message<'de> for Body<'_, F> {
    const IS: &'static str = "an AnyValue (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        if name != "kvlistValue" {
            return Ok(false);
        }
        map.next_value_seed(Object(&mut KeyValueList(self.0))).map(|()| true)
    }
}

struct KeyValueList<'f, F>(&'f mut F);

impl<'de, F: FnMut(&str, Value<'de>)> Message<'de> for KeyValueList<'_, F> {
    const IS: &'static str = "a KeyValueList (an object)";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        if name != "values" {
            return Ok(false);
        }
        map.next_value_seed(List(&mut KeyValues(self.0))).map(|()| true)
    }
}

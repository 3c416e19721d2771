//! OTLP logs, as OpenTelemetry's programs send them: each log record is an event.
//!
//! A field of ours is the attribute `captcha.<field>`. Where that is not there, the semantic
//! conventions are asked (`client.address`, `user_agent.original`, …: see [`attributes`]), then a
//! body that is a map with our fields, which is what log shippers make of a JSON line, then what the
//! record and its resource say of themselves: the time, and the source.

pub mod answer;
mod attributes;
pub(super) mod json;
pub(super) mod protobuf;

use crate::events::rules::{RawEvent, Value};
use attributes::{Place, place};
use std::borrow::Cow;

/// A log record, as far as it was read.
#[derive(Default)]
struct Record<'a> {
    /// Nanoseconds since 1970; 0 is unknown.
    time: u64,
    /// When it was first seen, likewise.
    observed: u64,
    own: RawEvent<'a>,
    convention: RawEvent<'a>,
    body: RawEvent<'a>,
}

impl<'a> Record<'a> {
    /// Takes an attribute.
    fn attribute(&mut self, key: &str, value: Value<'a>) {
        match place(key) {
            Some(Place::Own(field)) => *field.of(&mut self.own) = value,
            Some(Place::Convention(field)) => *field.of(&mut self.convention) = value,
            None => {}
        }
    }

    /// Takes an entry of a body that is a map: our fields, with or without `captcha.`.
    fn entry(&mut self, key: &str, value: Value<'a>) {
        if let Some(field) = attributes::own(key.strip_prefix(attributes::OURS).unwrap_or(key)) {
            *field.of(&mut self.body) = value;
        }
    }

    /// The event that it is, sent by `resource`.
    fn into_event(self, resource: &Resource<'a>) -> RawEvent<'a> {
        let nanoseconds = if self.time == 0 { self.observed } else { self.time };
        let time = match nanoseconds {
            0 => Value::Absent,
            some => Value::Integer((some / 1_000_000).into()),
        };
        let around = RawEvent { time, source: resource.source(), ..RawEvent::default() };
        self.own.or(self.convention).or(self.body).or(around)
    }
}

/// The beginning of the name of a service that nobody named.
const UNNAMED: &str = "unknown_service";

/// What a resource says of who sends its records.
#[derive(Default)]
struct Resource<'a> {
    service: Value<'a>,
    instance: Value<'a>,
}

impl<'a> Resource<'a> {
    /// Takes an attribute.
    fn attribute(&mut self, key: &str, value: Value<'a>) {
        match key {
            // What programs say that were not told their name.
            "service.name" if matches!(&value, Value::Text(name) if name.starts_with(UNNAMED)) => {}
            "service.name" => self.service = value,
            "service.instance.id" => self.instance = value,
            _ => {}
        }
    }

    /// `service/instance`, or the one of them there is. An instance that is named by a UUID is not
    /// named for people: programs make up a new one at every start, and each would be another source.
    fn source(&self) -> Value<'a> {
        match (&self.service, &self.instance) {
            (service, Value::Text(instance)) if is_uuid(instance) => service.clone(),
            (Value::Text(service), Value::Text(instance)) if !instance.is_empty() => {
                Value::Text(Cow::Owned(format!("{service}/{instance}")))
            }
            (Value::Absent, instance) => instance.clone(),
            (service, _) => service.clone(),
        }
    }
}

fn is_uuid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

/// What an array is taken for: HTTP headers are arrays by convention, mostly of one value.
fn alone(first: Option<Value<'_>>, more: bool) -> Value<'_> {
    match first {
        Some(value) if !more => value,
        _ => Value::Other("an array"),
    }
}

#[cfg(test)]
mod tests;

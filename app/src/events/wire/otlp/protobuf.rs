//! OTLP logs as protobuf, read where they lie.
//!
//! The usual way, decoding into structs, gives the sender of two bytes (an empty record) two hundred
//! bytes of our memory, four million times in a body. Here a message is a slice, and its fields are
//! looked at one after the other; see docs/adr/0006.

mod fields;

use super::{Record, Resource, alone};
use crate::events::rules::Value;
use crate::events::wire::{BodyError, Intake};
use fields::{Fields, Wire};
use std::borrow::Cow;

/// Reads an `ExportLogsServiceRequest`.
pub(in super::super) fn read<'a>(
    body: &'a [u8],
    intake: &mut Intake<'_, 'a>,
) -> Result<(), BodyError> {
    for field in Fields::of(body) {
        if let (1, Wire::Bytes(resource_logs)) = field? {
            read_resource_logs(resource_logs, intake)?;
        }
    }
    Ok(())
}

fn read_resource_logs<'a>(message: &'a [u8], intake: &mut Intake<'_, 'a>) -> Result<(), BodyError> {
    // Fields may stand in any order, so the resource is looked for first.
    let mut resource = Resource::default();
    for field in Fields::of(message) {
        if let (1, Wire::Bytes(found)) = field? {
            for field in Fields::of(found) {
                if let (1, Wire::Bytes(attribute)) = field? {
                    let (key, value) = key_value(attribute)?;
                    resource.attribute(&key, value);
                }
            }
        }
    }
    for field in Fields::of(message) {
        if let (2, Wire::Bytes(scope_logs)) = field? {
            for field in Fields::of(scope_logs) {
                if let (2, Wire::Bytes(found)) = field? {
                    intake.take(Ok(record(found)?.into_event(&resource)))?;
                }
            }
        }
    }
    Ok(())
}

fn record(message: &[u8]) -> Result<Record<'_>, BodyError> {
    let mut record = Record::default();
    for field in Fields::of(message) {
        match field? {
            (1, Wire::Fixed64(time)) => record.time = time,
            (5, Wire::Bytes(body)) => entries(body, &mut record)?,
            (6, Wire::Bytes(attribute)) => {
                let (key, value) = key_value(attribute)?;
                record.attribute(&key, value);
            }
            (11, Wire::Fixed64(observed)) => record.observed = observed,
            _ => {}
        }
    }
    Ok(record)
}

/// Takes the entries of a record's body, if it is a map.
fn entries<'a>(any_value: &'a [u8], record: &mut Record<'a>) -> Result<(), BodyError> {
    for field in Fields::of(any_value) {
        if let (6, Wire::Bytes(list)) = field? {
            for field in Fields::of(list) {
                if let (1, Wire::Bytes(entry)) = field? {
                    let (key, value) = key_value(entry)?;
                    record.entry(&key, value);
                }
            }
        }
    }
    Ok(())
}

fn key_value(message: &[u8]) -> Result<(Cow<'_, str>, Value<'_>), BodyError> {
    let (mut key, mut value) = (Cow::Borrowed(""), Value::Absent);
    for field in Fields::of(message) {
        match field? {
            (1, Wire::Bytes(bytes)) => key = String::from_utf8_lossy(bytes),
            (2, Wire::Bytes(any_value)) => value = scalar_or_alone(any_value)?,
            _ => {}
        }
    }
    Ok((key, value))
}

/// An `AnyValue`; an array of one value is that value.
fn scalar_or_alone(any_value: &[u8]) -> Result<Value<'_>, BodyError> {
    let mut value = Value::Absent;
    for field in Fields::of(any_value) {
        value = match field? {
            (5, Wire::Bytes(array)) => {
                let (mut first, mut more) = (None, false);
                for field in Fields::of(array) {
                    if let (1, Wire::Bytes(element)) = field? {
                        more = first.is_some();
                        first = Some(scalar(element)?);
                        if more {
                            break;
                        }
                    }
                }
                alone(first, more)
            }
            (number, wire) => one_of(number, wire).unwrap_or(value),
        };
    }
    Ok(value)
}

/// An `AnyValue` within an array: no deeper than this.
fn scalar(any_value: &[u8]) -> Result<Value<'_>, BodyError> {
    let mut value = Value::Absent;
    for field in Fields::of(any_value) {
        let (number, wire) = field?;
        value = one_of(number, wire).unwrap_or(value);
    }
    Ok(value)
}

/// The value that this field of an `AnyValue` is; the last of them is the one that is meant.
fn one_of(number: u32, wire: Wire<'_>) -> Option<Value<'_>> {
    Some(match (number, wire) {
        // Strings must be UTF-8, and bytes may be: what a visitor sent is either.
        (1 | 7, Wire::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(Cow::Borrowed(text)),
            Err(_) => Value::Bytes(bytes),
        },
        (2, Wire::Varint(_)) => Value::Other("a boolean"),
        (3, Wire::Varint(number)) => Value::Integer(number.cast_signed().into()),
        (4, Wire::Fixed64(bits)) => Value::Fraction(f64::from_bits(bits)),
        (5, Wire::Bytes(_)) => Value::Other("an array"),
        (6, Wire::Bytes(_)) => Value::Other("an object"),
        _ => return None,
    })
}

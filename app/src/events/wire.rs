//! Reading the body of a request: one file per format, and the one place ([`format`]) that tells
//! them apart.
//!
//! Every format is read where it lies, in one pass, and comes out as the same [`RawEvent`]s, which
//! the same rules then check. Strings are borrowed from the body wherever they hold no escapes.
//! Whatever is not understood is skipped without recursion, and no more than [`MAX_EVENTS`] are
//! ever held, so that what a body costs is bounded by its length, whatever it says.

mod cloud_events;
pub mod encoding;
pub mod format;
mod json;
mod ndjson;
pub mod otlp;
mod value;

pub use format::Format;

use super::model::{Event, MAX_EVENTS, Reject};
use super::rules::{Defaults, RawEvent, Reason, Refused, check};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::HashMap;

/// What a body held.
#[derive(Debug, Default)]
pub struct Body<'a> {
    /// The events that can be counted.
    pub events: Vec<Event<'a>>,
    /// Those that cannot.
    pub rejected: Vec<Reject>,
    /// The sources of those that lie too far ahead.
    pub ahead: Ahead<'a>,
}

/// Sources, and the time of the newest of their events that lie too far ahead.
pub type Ahead<'a> = HashMap<Cow<'a, str>, Timestamp>;

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
    format: &'a Format,
    defaults: &Defaults<'a>,
) -> Result<Body<'a>, BodyError> {
    let mut intake = Intake { defaults, found: Body::default(), index: 0, overflow: false };
    let outcome = match format {
        Format::Json => json::read(text(body), &mut intake),
        Format::Ndjson => ndjson::read(text(body), &mut intake),
        Format::CloudEvent => cloud_events::read(text(body), &mut intake),
        Format::CloudEventBatch => cloud_events::read_batch(text(body), &mut intake),
        Format::CloudEventData(envelope) => {
            cloud_events::read_data(text(body), envelope, &mut intake)
        }
        Format::OtlpJson => otlp::json::read(text(body), &mut intake),
        Format::OtlpProtobuf => otlp::protobuf::read(body, &mut intake),
    };
    match outcome {
        _ if intake.overflow => Err(BodyError::TooMany),
        outcome => outcome.map(|()| intake.found),
    }
}

/// Text without the mark that some programs put before it.
fn text(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// An object, or what stood in its place: `an array`.
type Item<'a> = Result<RawEvent<'a>, Reason>;

/// Takes what the readers find, checks it, and counts.
struct Intake<'r, 'a> {
    defaults: &'r Defaults<'a>,
    found: Body<'a>,
    /// The place of the next event.
    index: usize,
    /// There were more than [`MAX_EVENTS`].
    overflow: bool,
}

/// There is no room for another event; what was being read is refused as a whole.
struct Full;

impl<'a> Intake<'_, 'a> {
    /// Takes an event, or the reason why there is none in its place.
    fn take(&mut self, item: Item<'a>) -> Result<(), Full> {
        self.room(0)?;
        match item.map_err(Refused::from).and_then(|raw| check(raw, self.defaults)) {
            Ok(event) => self.found.events.push(event),
            Err(Refused { reason, ahead }) => {
                if let Some((source, time)) = ahead {
                    let newest = self.found.ahead.entry(source).or_insert(time);
                    *newest = time.max(*newest);
                }
                self.found.rejected.push(Reject { index: self.index, reason });
            }
        }
        self.index += 1;
        Ok(())
    }

    /// Whether one more can be taken after `waiting` others.
    fn room(&mut self, waiting: usize) -> Result<(), Full> {
        if self.index + waiting < MAX_EVENTS {
            return Ok(());
        }
        self.overflow = true;
        Err(Full)
    }
}

impl From<Full> for BodyError {
    fn from(_: Full) -> Self {
        Self::TooMany
    }
}

/// The same, through serde.
fn refusal<E: serde::de::Error>(_: Full) -> E {
    E::custom("too many events")
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

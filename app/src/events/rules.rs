//! Which events are counted, and what the sender of any other is told.
//!
//! A verifier must not lose an outcome to what a visitor sent, so `sitekey`, `referer` and
//! `user_agent` are taken as they come, however long; what the verifier itself makes up is held to
//! its bounds.

use super::model::{
    EARLIEST, Event, MAX_AHEAD, MAX_CLIENT, MAX_COUNT, MAX_ID, MAX_SOURCE, MAX_TRACE, REPLAY,
    Retention,
};
use crate::codes::normalise_code;
use crate::letters::unseen;
use crate::stats::model::Grain;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// A value of an event's field as it stood in the request, before anything was asked of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// A string.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Fraction(f64),
    /// Bytes, or what was sent as a string and is not UTF-8. Only some formats can carry them.
    Bytes(&'a [u8]),
    /// Something no field may be; named as in `an array`.
    Other(&'static str),
}

/// An event as it stood in the request.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of `Event`")]
pub struct RawEvent<'a> {
    pub id: Value<'a>,
    pub time: Value<'a>,
    pub sitekey: Value<'a>,
    pub code: Value<'a>,
    pub referer: Value<'a>,
    pub count: Value<'a>,
    pub source: Value<'a>,
    pub client: Value<'a>,
    pub trace: Value<'a>,
    pub user_agent: Value<'a>,
}

/// What an event is taken to say where it says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Defaults<'a> {
    /// The present instant: the time of an event without one.
    pub now: Timestamp,
    /// The source of an event without one: the name of the token it came with.
    pub source: &'a str,
}

/// Why an event is not counted: the field, what was wrong, what would be right.
pub type Reason = Cow<'static, str>;

/// An event that is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<'a> {
    /// Why.
    pub reason: Reason,
    /// Whose event it is and when it happened by that clock, if it lies too far ahead: the clock is wrong.
    pub ahead: Option<(Cow<'a, str>, Timestamp)>,
}

impl From<Reason> for Refused<'_> {
    fn from(reason: Reason) -> Self {
        Self { reason, ahead: None }
    }
}

/// The event, if it can be counted.
///
/// # Errors
///
/// The [`Reason`] to tell its sender.
pub fn check<'a>(raw: RawEvent<'a>, defaults: &Defaults<'a>) -> Result<Event<'a>, Refused<'a>> {
    let code = code(raw.code)?;
    let time = time(&raw.time, defaults.now)?;
    let source = source(raw.source).map(|named| named.unwrap_or(Cow::Borrowed(defaults.source)));
    if time.duration_since(defaults.now) > MAX_AHEAD {
        let reason =
            format!("time: {time} is more than 5 minutes in the future; check the sender's clock");
        let ahead = source.ok().map(|source| (source, time));
        return Err(Refused { reason: reason.into(), ahead });
    }
    Ok(Event {
        code,
        time,
        count: count(&raw.count)?,
        id: id(raw.id)?,
        source: source?,
        client: bounded("client", raw.client, MAX_CLIENT)?,
        trace: bounded("trace", raw.trace, MAX_TRACE)?,
        sitekey: readable("sitekey", raw.sitekey)?,
        referer: referer(raw.referer)?,
        user_agent: readable("user_agent", raw.user_agent)?,
    })
}

impl RawEvent<'_> {
    /// The same, with what it leaves open taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            id: self.id.or(other.id),
            time: self.time.or(other.time),
            sitekey: self.sitekey.or(other.sitekey),
            code: self.code.or(other.code),
            referer: self.referer.or(other.referer),
            count: self.count.or(other.count),
            source: self.source.or(other.source),
            client: self.client.or(other.client),
            trace: self.trace.or(other.trace),
            user_agent: self.user_agent.or(other.user_agent),
        }
    }
}

fn referer(value: Value<'_>) -> Result<Option<Cow<'_, [u8]>>, Reason> {
    match value {
        Value::Bytes(bytes) => Ok(Some(Cow::Borrowed(bytes)).filter(|bytes| !bytes.is_empty())),
        other => Ok(text("referer", other)?.map(into_bytes)),
    }
}

/// What a visitor sent, made readable: bytes that are not UTF-8 become U+FFFD.
fn readable<'a>(field: &str, value: Value<'a>) -> Result<Option<Cow<'a, str>>, Reason> {
    match value {
        Value::Bytes(bytes) => text(field, Value::Text(String::from_utf8_lossy(bytes))),
        other => text(field, other),
    }
}

fn into_bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// An optional string; an empty one says as little as none.
fn text<'a>(field: &str, value: Value<'a>) -> Result<Option<Cow<'a, str>>, Reason> {
    match value {
        Value::Absent => Ok(None),
        Value::Text(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        other => Err(format!("{field}: is {}; send a string", other.kind()).into()),
    }
}

/// An optional string of at most `most` characters.
fn bounded<'a>(field: &str, value: Value<'a>, most: usize) -> Result<Option<Cow<'a, str>>, Reason> {
    let text = text(field, value)?;
    if let Some(text) = &text
        && text.len() > most
    {
        let length = text.chars().count();
        if length > most {
            return Err(format!("{field}: has {length} characters; send at most {most}").into());
        }
    }
    Ok(text)
}

fn code(value: Value<'_>) -> Result<Cow<'_, str>, Reason> {
    let refuse = |refusal: crate::codes::CodeRefusal| {
        Reason::from(format!("{refusal}; {}", lower_first(refusal.suggestion())))
    };
    match value {
        Value::Text(Cow::Borrowed(raw)) => normalise_code(raw).map(Cow::Borrowed).map_err(refuse),
        Value::Text(Cow::Owned(raw)) => {
            normalise_code(&raw).map(|code| Cow::Owned(code.to_owned())).map_err(refuse)
        }
        Value::Absent => {
            Err("code: is missing; send \"ok\" or an error code such as \"referer_denied\"".into())
        }
        other => Err(format!("code: is {}; send a string", other.kind()).into()),
    }
}

fn lower_first(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(rest).collect()
}

fn time(value: &Value<'_>, now: Timestamp) -> Result<Timestamp, Reason> {
    const RIGHT: &str = "send RFC 3339 such as \"2026-05-01T12:00:00Z\", or Unix milliseconds";
    let time = match value {
        Value::Absent => return Ok(now),
        Value::Text(text) => {
            let stamp = match text.parse::<i64>() {
                Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
                Err(_) => text.parse().ok(),
            };
            stamp.ok_or_else(|| format!("time: {:?} is not a time; {RIGHT}", excerpt(text)))?
        }
        Value::Integer(milliseconds) => i64::try_from(*milliseconds)
            .ok()
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
            .ok_or_else(|| format!("time: {milliseconds} is not a time; {RIGHT}"))?,
        Value::Fraction(milliseconds) => SignedDuration::try_from_secs_f64(milliseconds / 1000.0)
            .ok()
            .and_then(|since| Timestamp::from_duration(since).ok())
            .ok_or_else(|| format!("time: {milliseconds} is not a time; {RIGHT}"))?,
        other => return Err(format!("time: is {}; {RIGHT}", other.kind()).into()),
    };
    if time < EARLIEST {
        return Err(format!(
            "time: {time} is before {EARLIEST}; Unix time is read as milliseconds, not seconds"
        )
        .into());
    }
    Ok(time)
}

fn excerpt(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(end, _)| &text[..end])
}

fn count(value: &Value<'_>) -> Result<u64, Reason> {
    let refuse = |found: &dyn std::fmt::Display| {
        Reason::from(format!(
            "count: is {found}; send a whole number from 1 to {MAX_COUNT}, or leave it out for 1"
        ))
    };
    match value {
        Value::Absent => Ok(1),
        Value::Integer(count) => u64::try_from(*count)
            .ok()
            .filter(|count| (1..=MAX_COUNT).contains(count))
            .ok_or_else(|| refuse(count)),
        Value::Fraction(count) => Err(refuse(count)),
        other => Err(refuse(&other.kind())),
    }
}

/// An id that is there but empty is a mistake that would count every retry again.
fn id(value: Value<'_>) -> Result<Option<Cow<'_, str>>, Reason> {
    if matches!(&value, Value::Text(text) if text.is_empty()) {
        return Err(
            "id: is empty; send what tells this event from all others, or leave it out".into()
        );
    }
    bounded("id", value, MAX_ID)
}

fn source(value: Value<'_>) -> Result<Option<Cow<'_, str>>, Reason> {
    let source = bounded("source", value, MAX_SOURCE)?;
    if let Some(source) = &source {
        if source.starts_with(REPLAY) {
            return Err(format!(
                "source: begins with {REPLAY:?}, which is kept for replayed logs; choose another name"
            )
            .into());
        }
        if source.contains(unseen) {
            return Err(
                "source: has a control or invisible character; send a plain name such as \"edge-1\""
                    .into(),
            );
        }
    }
    Ok(source)
}

impl Value<'_> {
    /// The same, or `other` if there is none.
    fn or(self, other: Self) -> Self {
        if matches!(self, Self::Absent) { other } else { self }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Text(_) => "a string",
            Self::Integer(_) | Self::Fraction(_) => "a number",
            Self::Bytes(_) => "bytes that are not UTF-8",
            Self::Other(kind) => kind,
        }
    }

    /// Why this is not what `field` must be: `right`.
    pub fn unlike(&self, field: &str, right: &str) -> Reason {
        match self {
            Self::Absent => format!("{field}: is missing; send {right}"),
            Self::Text(text) if text.is_empty() => format!("{field}: is empty; send {right}"),
            Self::Text(text) => format!("{field}: is {:?}; send {right}", excerpt(text)),
            other => format!("{field}: is {}; send {right}", other.kind()),
        }
        .into()
    }
}

/// The first instants that the tables with a retention still hold, each the start of a UTC day.
/// They only ever move forward: whatever was written since is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floors {
    /// Of the rollups by minute.
    pub minute: Timestamp,
    /// Of the rollups by hour, hosts excepted.
    pub hour: Timestamp,
    /// Of the rollup of hosts by hour.
    pub host_hour: Timestamp,
    /// Of the samples.
    pub sample: Timestamp,
}

impl Retention {
    /// What is held at `now`.
    pub fn floors(&self, now: Timestamp) -> Floors {
        let today = Grain::Day.floor(now);
        let back = |days: u16| {
            today
                .checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
                .unwrap_or(Timestamp::MIN)
        };
        Floors {
            minute: back(self.minute_days),
            hour: back(self.hour_days),
            host_hour: back(self.host_hour_days),
            sample: back(self.sample_days),
        }
    }
}

#[cfg(test)]
mod tests;

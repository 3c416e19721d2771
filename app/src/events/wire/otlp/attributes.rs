//! Which attribute of a log record is which field of an event.
//!
//! | field | ours | semantic conventions |
//! |---|---|---|
//! | `id` | `captcha.id` | `log.record.uid` |
//! | `time` | `captcha.time` | |
//! | `sitekey` | `captcha.sitekey` | |
//! | `code` | `captcha.code` | |
//! | `referer` | `captcha.referer` | `http.request.header.referer` |
//! | `count` | `captcha.count` | |
//! | `source` | `captcha.source` | |
//! | `client` | `captcha.client` | `client.address` |
//! | `trace` | `captcha.trace` | |
//! | `user_agent` | `captcha.user_agent` | `user_agent.original` |
//!
//! `trace` is the CAPTCHA's own trace number; the record's `trace_id` is another thing and not read.

use crate::events::rules::{RawEvent, Value};

/// The beginning of our attributes.
pub(super) const OURS: &str = "captcha.";

/// A field of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
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
}

impl Field {
    /// Where it stands in an event.
    pub(super) fn of<'e, 'a>(self, event: &'e mut RawEvent<'a>) -> &'e mut Value<'a> {
        match self {
            Self::Id => &mut event.id,
            Self::Time => &mut event.time,
            Self::Sitekey => &mut event.sitekey,
            Self::Code => &mut event.code,
            Self::Referer => &mut event.referer,
            Self::Count => &mut event.count,
            Self::Source => &mut event.source,
            Self::Client => &mut event.client,
            Self::Trace => &mut event.trace,
            Self::UserAgent => &mut event.user_agent,
        }
    }
}

/// Whose word an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Ours: it is taken first.
    Own(Field),
    /// A semantic convention's.
    Convention(Field),
}

/// The field that an attribute is; `None` for one that is nothing to us.
pub(super) fn place(key: &str) -> Option<Place> {
    if let Some(name) = key.strip_prefix(OURS) {
        return own(name).map(Place::Own);
    }
    let field = match key {
        "log.record.uid" => Field::Id,
        "http.request.header.referer" => Field::Referer,
        "client.address" => Field::Client,
        "user_agent.original" => Field::UserAgent,
        _ => return None,
    };
    Some(Place::Convention(field))
}

/// The field of this name.
pub(super) fn own(name: &str) -> Option<Field> {
    Some(match name {
        "id" => Field::Id,
        "time" => Field::Time,
        "sitekey" => Field::Sitekey,
        "code" => Field::Code,
        "referer" => Field::Referer,
        "count" => Field::Count,
        "source" => Field::Source,
        "client" => Field::Client,
        "trace" => Field::Trace,
        "user_agent" => Field::UserAgent,
        _ => return None,
    })
}

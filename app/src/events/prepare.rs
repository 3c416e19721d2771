//! Making events ready for the writer, in the task of whoever sends them: to whom they belong,
//! which host they came from, and whether they are kept as a sample.

use super::heard::Newest;
use super::keeping::Keeping;
use super::model::{EARLIEST, Event, REPLAY, UNATTRIBUTED, host, is_unattributed};
use super::portions::{Cut, Cutter};
use super::store::Dictionary;
use super::wire::Ahead;
use crate::gate::live::Gate;
use crate::gate::referer::{self, Referer};
use crate::keys::rules::check_sitekey;
use crate::stats::model::Grain;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Events ready to be counted.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) events: Vec<Prepared>,
    /// Memory held, in bytes.
    pub(super) weight: usize,
    /// When it was received.
    pub(super) received: Timestamp,
    /// The token that it came with; none if it is our own.
    pub(super) token: Option<i64>,
    /// The newest event of each source, also of those that are rejected for their time; none of replayed
    /// logs.
    pub(super) newest: Newest,
    /// Where its portions end.
    pub(super) cuts: Vec<Cut>,
    /// Well-formed sitekeys that the gate has not heard of, some perhaps more than once.
    strangers: Vec<String>,
}

/// The most strangers that a batch names.
const STRANGERS: usize = 100;

impl Batch {
    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Well-formed sitekeys that the gate has not heard of: another process may have issued them a
    /// moment ago. At most a hundred.
    pub fn strangers(&self) -> &[String] {
        &self.strangers
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

impl Batch {
    fn meet(&mut self, sitekey: Option<&str>) {
        let stranger = sitekey.filter(|sitekey| check_sitekey(sitekey).is_ok());
        if let Some(stranger) = stranger.filter(|_| self.strangers.len() < STRANGERS) {
            self.strangers.push(stranger.to_owned());
        }
    }

    /// Meets the sources of events that are rejected since they lie too far ahead.
    pub(super) fn meet_ahead(&mut self, ahead: &Ahead<'_>, dictionary: &Dictionary) {
        for (source, time) in ahead {
            self.newest.meet(&dictionary.source(source), *time);
            self.weight += size_of::<(Name, Timestamp)>() + source.len();
        }
    }
}

/// An event as the writer counts it.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) id: Option<EventId>,
    pub(super) time: Timestamp,
    pub(super) site: i64,
    pub(super) sitekey: i64,
    pub(super) code: Name,
    pub(super) source: Name,
    pub(super) count: i64,
    pub(super) host: Box<str>,
    pub(super) sample: Option<Box<Detail>>,
}

/// What tells an event from all others of all sources, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EventId {
    pub(super) hash: Uuid,
    /// It is told for ever, not only for a day.
    pub(super) permanent: bool,
}

/// A code or a source: its id in the dictionary, or its name while it has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Known(i32),
    New(Box<str>),
}

/// What a sample keeps beside what is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Detail {
    pub(super) sitekey: Option<Box<str>>,
    pub(super) referer: Option<Box<[u8]>>,
    pub(super) client: Option<Box<str>>,
    pub(super) trace: Option<Box<str>>,
    pub(super) user_agent: Option<Box<str>>,
}

/// Makes ready `events`, received at `now`.
pub(super) fn prepare(
    events: &[Event<'_>],
    gate: &Gate,
    dictionary: &Dictionary,
    sampler: &Sampler,
    now: Timestamp,
) -> Batch {
    let mut picks = sampler.picks(now);
    let mut cutter = Cutter::default();
    let events_of = Vec::with_capacity(events.len());
    let mut batch = Batch { events: events_of, received: now, ..Batch::default() };
    for event in events {
        let owner = event.sitekey.as_deref().and_then(|sitekey| gate.owner_of(sitekey));
        let (site, sitekey) = match owner {
            Some((_, sitekey)) if is_unattributed(&event.code) => (UNATTRIBUTED, sitekey.0),
            Some((site, sitekey)) => (site.0, sitekey.0),
            None => {
                batch.meet(event.sitekey.as_deref());
                (UNATTRIBUTED, 0)
            }
        };
        let time = event.time.max(EARLIEST);
        let sample = picks.pick(time, site, &event.code).then(|| Box::new(Detail::of(event)));
        let prepared = Prepared {
            id: event.id.as_deref().map(|id| EventId::new(&event.source, id)),
            time,
            site,
            sitekey,
            code: dictionary.code(&event.code),
            source: dictionary.source(&event.source),
            count: i64::try_from(event.count).unwrap_or(i64::MAX),
            host: host_of(event.referer.as_deref()),
            sample,
        };
        batch.weight += prepared.weight();
        if !event.source.starts_with(REPLAY) {
            batch.newest.meet(&prepared.source, time);
        }
        cutter.meet(&prepared);
        batch.events.push(prepared);
    }
    batch.cuts = cutter.finish();
    batch
}

fn host_of(referer: Option<&[u8]>) -> Box<str> {
    match referer.map_or(Referer::Missing, referer::parse) {
        Referer::Missing => host::NONE.into(),
        Referer::Unusable(_) => host::UNUSABLE.into(),
        // `https://*/` names no host, and is not what stands for several.
        Referer::Host { host, .. } if !host::is_named(&host) => host::UNUSABLE.into(),
        Referer::Host { host, .. } => host.into_boxed_str(),
    }
}

impl EventId {
    fn new(source: &str, id: &str) -> Self {
        let mut hash = Sha256::new();
        // The length keeps ("ab", "c") from ("a", "bc").
        hash.update((source.len() as u64).to_le_bytes());
        hash.update(source);
        hash.update(id);
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self { hash: Uuid::from_bytes(bytes), permanent: source.starts_with(REPLAY) }
    }
}

impl Prepared {
    fn weight(&self) -> usize {
        let name = |name: &Name| match name {
            Name::Known(_) => 0,
            Name::New(name) => name.len(),
        };
        let detail = self.sample.as_ref().map_or(0, |detail| {
            let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
            size_of::<Detail>()
                + text(&detail.sitekey)
                + detail.referer.as_ref().map_or(0, |bytes| bytes.len())
                + text(&detail.client)
                + text(&detail.trace)
                + text(&detail.user_agent)
        });
        size_of::<Self>() + self.host.len() + name(&self.code) + name(&self.source) + detail
    }
}

/// The most bytes kept of what a visitor may have made up, by field.
const MAX_SITEKEY: usize = 128;
const MAX_REFERER: usize = 2_048;
const MAX_USER_AGENT: usize = 512;

impl Detail {
    fn of(event: &Event<'_>) -> Self {
        let text = |text: &Option<std::borrow::Cow<'_, str>>, most| {
            text.as_deref().map(|text| storable(text, most))
        };
        Self {
            sitekey: text(&event.sitekey, MAX_SITEKEY),
            referer: event
                .referer
                .as_deref()
                .map(|bytes| bytes[..bytes.len().min(MAX_REFERER)].into()),
            client: text(&event.client, usize::MAX),
            trace: text(&event.trace, usize::MAX),
            user_agent: text(&event.user_agent, MAX_USER_AGENT),
        }
    }
}

/// The text's first `most` bytes, to the last whole character. PostgreSQL stores no NUL.
fn storable(text: &str, most: usize) -> Box<str> {
    let text = &text[..text.floor_char_boundary(most)];
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// Chooses which events are kept as samples: the first few of each site, code and minute, errors
/// before successes, and no more than so many a minute altogether.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    keeping: Keeping,
    hasher: RandomState,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// By minute, site and hashed code.
    each: HashMap<(Timestamp, i64, u64), u8>,
    /// By minute and whether it is an error.
    all: HashMap<(Timestamp, bool), u16>,
}

/// Beyond this, what was taken is forgotten: a few samples more cost less than memory.
const MAX_REMEMBERED: usize = 50_000;

impl Sampler {
    pub(super) fn new(keeping: Keeping) -> Self {
        Self { keeping, ..Self::default() }
    }

    fn picks(&self, now: Timestamp) -> Picks<'_> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.each.len() > MAX_REMEMBERED {
            *taken = Taken::default();
        }
        Picks { hasher: &self.hasher, taken, floor: self.keeping.floors(now).sample }
    }
}

struct Picks<'s> {
    hasher: &'s RandomState,
    taken: std::sync::MutexGuard<'s, Taken>,
    floor: Timestamp,
}

impl Picks<'_> {
    fn pick(&mut self, time: Timestamp, site: i64, code: &str) -> bool {
        if time < self.floor {
            return false;
        }
        let error = code != crate::codes::OK;
        let (most_each, most_all) = if error { (5, 500) } else { (1, 100) };
        let minute = Grain::Minute.floor(time);
        let all = self.taken.all.entry((minute, error)).or_default();
        if *all >= most_all {
            return false;
        }
        let key = (minute, site, self.hasher.hash_one(code));
        let all_before = *all;
        let each = self.taken.each.entry(key).or_default();
        if *each >= most_each {
            return false;
        }
        *each += 1;
        self.taken.all.insert((minute, error), all_before + 1);
        true
    }
}

#[cfg(test)]
mod tests;

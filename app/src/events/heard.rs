//! When each source was heard of, and how far its clock runs ahead: noted once a minute, whatever it
//! sends.
//!
//! An event that lies ahead of our clock proves that its sender's clock runs ahead by at least so
//! much. One that lies behind proves nothing by itself: it may have waited to be sent. So the newest
//! event of a batch is what counts; also one that is rejected since it lies too far ahead.

use super::portions::Portion;
use super::prepare::Name;
use super::store::{self, Names};
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashMap;

/// How many of a source's leads are kept.
pub(super) const LEADS: i32 = 15;

/// A source that was heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) source: i32,
    /// How far its newest event lay ahead of our clock, in milliseconds.
    pub(super) lead_ms: i32,
}

/// The minute in which each source was last noted, counted from the Unix epoch.
#[derive(Debug, Default)]
pub(super) struct Noted(HashMap<i32, i64>);

impl Noted {
    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// The sources of `portions` that were not noted in this minute yet. Replayed logs tell nothing.
    pub(super) fn due(
        &self,
        portions: &[Portion<'_>],
        names: &Names,
        now: Timestamp,
    ) -> Vec<Heard> {
        let mut due: HashMap<i32, i32> = HashMap::new();
        for Portion { batch, .. } in portions {
            for (source, newest) in &batch.newest {
                let source = names.source(source);
                if self.0.get(&source) == Some(&minute(now)) {
                    continue;
                }
                let lead = newest.duration_since(batch.received).as_millis();
                let lead =
                    i32::try_from(lead).unwrap_or(if lead > 0 { i32::MAX } else { i32::MIN });
                due.entry(source).and_modify(|known| *known = lead.max(*known)).or_insert(lead);
            }
        }
        let mut due: Vec<Heard> =
            due.into_iter().map(|(source, lead_ms)| Heard { source, lead_ms }).collect();
        due.sort_unstable_by_key(|heard| heard.source);
        due
    }

    /// Remembers what was committed.
    pub(super) fn remember(&mut self, heard: &[Heard], now: Timestamp) {
        self.0.extend(heard.iter().map(|heard| (heard.source, minute(now))));
    }
}

fn minute(now: Timestamp) -> i64 {
    now.as_second().div_euclid(60)
}

/// Notes the sources.
pub(super) async fn note(
    connection: &mut PgConnection,
    heard: &[Heard],
    now: Timestamp,
) -> sqlx::Result<()> {
    if heard.is_empty() { Ok(()) } else { store::heard(connection, heard, now).await }
}

/// The newest event of each source.
#[derive(Debug, Default)]
pub(super) struct Newest(HashMap<Name, Timestamp>);

impl Newest {
    /// Whether no source was met.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sources that were met.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Name> {
        self.0.keys()
    }

    /// Meets an event of `source`.
    pub(super) fn meet(&mut self, source: &Name, time: Timestamp) {
        match self.0.get_mut(source) {
            Some(newest) => *newest = time.max(*newest),
            None => {
                self.0.insert(source.clone(), time);
            }
        }
    }
}

impl<'a> IntoIterator for &'a Newest {
    type Item = (&'a Name, &'a Timestamp);
    type IntoIter = std::collections::hash_map::Iter<'a, Name, Timestamp>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

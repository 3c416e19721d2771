//! What was sent and what was acknowledged, as the senders know it.

use crate::event::{Event, Kind};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Every event that was ever sent.
#[derive(Default)]
pub(crate) struct Ledger {
    entries: Mutex<Vec<Entry>>,
    wrong: Mutex<Vec<String>>,
}

#[derive(Clone, Copy)]
struct Entry {
    event: Event,
    acknowledged: bool,
}

/// The place of an event in the ledger.
pub(crate) type Place = usize;

/// How often something may have been counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// What was acknowledged.
    pub(crate) least: i64,
    /// That, and what was sent without ever being acknowledged.
    pub(crate) most: i64,
}

impl Bounds {
    pub(crate) fn add(&mut self, other: Self) {
        self.least += other.least;
        self.most += other.most;
    }

    pub(crate) fn hold(self, count: i64) -> bool {
        (self.least..=self.most).contains(&count)
    }
}

/// How many events were sent, and how many of them were acknowledged.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Standing {
    sent: usize,
    acknowledged: usize,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes events that are about to be sent, made from as many new ids.
    pub(crate) fn enter(&self, count: usize, mut make: impl FnMut(u32) -> Event) -> Vec<Place> {
        let mut entries = self.entries();
        let first = entries.len();
        entries.extend((first..first + count).map(|place| Entry {
            event: make(u32::try_from(place).unwrap_or(u32::MAX)),
            acknowledged: false,
        }));
        (first..first + count).collect()
    }

    /// The events at these places.
    pub(crate) fn events(&self, places: &[Place]) -> Vec<Event> {
        let entries = self.entries();
        places.iter().map(|place| entries[*place].event).collect()
    }

    /// Notes that the server has said to have counted these.
    pub(crate) fn acknowledge(&self, places: &[Place]) {
        let mut entries = self.entries();
        for place in places {
            entries[*place].acknowledged = true;
        }
    }

    /// Those with an id of which nobody knows whether they were counted.
    pub(crate) fn abandoned(&self) -> Vec<Place> {
        let entries = self.entries();
        let open = entries.iter().enumerate();
        open.filter(|(_, entry)| !entry.acknowledged && entry.event.id.is_some())
            .map(|(place, _)| place)
            .collect()
    }

    /// How often each kind may have been counted, by minute.
    pub(crate) fn bounds(&self) -> HashMap<Kind, Bounds> {
        let mut bounds: HashMap<Kind, Bounds> = HashMap::new();
        for Entry { event, acknowledged } in &*self.entries() {
            let most = i64::from(event.count);
            let least = if *acknowledged { most } else { 0 };
            bounds.entry(event.kind.of_minute()).or_default().add(Bounds { least, most });
        }
        bounds
    }

    pub(crate) fn standing(&self) -> Standing {
        let entries = self.entries();
        let acknowledged = entries.iter().filter(|entry| entry.acknowledged).count();
        Standing { sent: entries.len(), acknowledged }
    }

    /// Notes something that must not be.
    pub(crate) fn wrong(&self, what: String) {
        eprintln!("crash: WRONG: {what}");
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// What must not have been.
    pub(crate) fn all_wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How often what happened to requests.
#[derive(Default, Serialize)]
pub(crate) struct Tally {
    /// Sent, all tries counted.
    pub(crate) sent: AtomicU64,
    /// Answered 200.
    pub(crate) acknowledged: AtomicU64,
    /// Sent again after an error.
    pub(crate) retried: AtomicU64,
    /// Sent again although they had been acknowledged.
    pub(crate) repeated: AtomicU64,
    /// Given up without an answer.
    pub(crate) abandoned: AtomicU64,
    /// Answered 429, and sent again after as long as the answer said.
    pub(crate) told_to_wait: AtomicU64,
    /// Answered 503.
    pub(crate) unavailable: AtomicU64,
    /// Broken by the server or the network.
    pub(crate) broken: AtomicU64,
    /// Cut off by the sender with the request half sent.
    pub(crate) cut_in_request: AtomicU64,
    /// Cut off by the sender before the answer.
    pub(crate) cut_before_answer: AtomicU64,
    /// Cut off by the sender in the middle of the answer.
    pub(crate) cut_in_answer: AtomicU64,
}

/// Counts one more.
pub(crate) fn tick(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

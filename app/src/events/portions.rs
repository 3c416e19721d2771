//! Cutting a request into portions, each of which fits into one transaction.
//!
//! A request may name an hour, a code and a host of its own for each of its fifty thousand events. While
//! its ids and keys are written, nobody else's are: there is one writer; and each key has a row in every
//! rollup, which readers wait for. So a transaction takes a bounded number of keys of each request, and the request is answered when its
//! last portion is durable. Portions are runs of events in their order, committed one after the other, so
//! that the first event of an id counts, as if they had come in requests of their own.

use super::prepare::{Batch, Prepared};
use crate::stats::model::Grain;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// The most keys of a portion: minute, site, sitekey, code, source and host. A key has at most twenty-two
/// rows in the rollups.
pub(super) const KEYS_A_PORTION: usize = 4_096;
/// The most UTC days of a portion: in the rollups, each may need a partition of its own in several tables,
/// and each of those a lock until the commit.
pub(super) const DAYS_A_PORTION: usize = 64;

/// What one transaction takes of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portion<'b> {
    /// The batch.
    pub(super) batch: &'b Batch,
    /// Its events that are taken.
    pub(super) events: &'b [Prepared],
    /// The most keys that these have.
    pub(super) keys: usize,
}

/// Where a portion ends, and how many keys it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    end: usize,
    keys: usize,
}

impl Batch {
    /// How many portions it has: one at least.
    pub(super) fn portions(&self) -> usize {
        self.cuts.len().max(1)
    }

    /// Its portion at this place; an empty one beyond the last.
    pub(super) fn portion(&self, at: usize) -> Portion<'_> {
        let start = at.checked_sub(1).and_then(|before| self.cuts.get(before));
        let start = start.map_or(0, |cut| cut.end);
        let Cut { end, keys } = self.cuts.get(at).copied().unwrap_or_default();
        Portion { batch: self, events: self.events.get(start..end).unwrap_or_default(), keys }
    }
}

/// Cuts a batch while its events are met, one after the other.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    hasher: RandomState,
    /// The keys of the portion that is being filled, hashed: two with the same hash are at worst one
    /// key too many.
    keys: HashSet<u64>,
    days: HashSet<i64>,
    met: usize,
    cuts: Vec<Cut>,
}

impl Cutter {
    /// Meets the next event.
    pub(super) fn meet(&mut self, event: &Prepared) {
        let Prepared { time, site, sitekey, code, source, host, .. } = event;
        let minute = Grain::Minute.floor(*time).as_second();
        let day = Grain::Day.floor(*time).as_second();
        let key = self.hasher.hash_one((minute, site, sitekey, code, source, host));
        let is_full = self.keys.len() >= KEYS_A_PORTION && !self.keys.contains(&key)
            || self.days.len() >= DAYS_A_PORTION && !self.days.contains(&day);
        if is_full {
            self.cut();
        }
        self.keys.insert(key);
        self.days.insert(day);
        self.met += 1;
    }

    fn cut(&mut self) {
        self.cuts.push(Cut { end: self.met, keys: self.keys.len() });
        self.keys.clear();
        self.days.clear();
    }

    /// Where the portions end.
    pub(super) fn finish(mut self) -> Vec<Cut> {
        self.cut();
        self.cuts
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepare::Name;
    use super::*;
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::constant(1_781_481_600, 0); // 2026-06-15T00:00:00Z

    fn event(minutes: i32, code: i32, host: &str) -> Prepared {
        Prepared {
            id: None,
            time: START + SignedDuration::from_mins(minutes.into()),
            site: 1,
            sitekey: 1,
            code: Name::Known(code),
            source: Name::Known(1),
            count: 1,
            host: host.into(),
            sample: None,
        }
    }

    fn batch(events: Vec<Prepared>) -> Batch {
        let mut cutter = Cutter::default();
        for event in &events {
            cutter.meet(event);
        }
        let mut batch = Batch::default();
        (batch.cuts, batch.events) = (cutter.finish(), events);
        batch
    }

    fn lengths(batch: &Batch) -> Vec<usize> {
        (0..batch.portions()).map(|at| batch.portion(at).events.len()).collect()
    }

    #[test]
    fn a_batch_of_few_keys_is_whole_however_long() {
        let same = batch((0..50_000).map(|_| event(0, 1, "shop.example")).collect());
        assert_eq!((lengths(&same), same.portion(0).keys), (vec![50_000], 1));
        assert_eq!(lengths(&batch(Vec::new())), [0], "what says nothing but how clocks go");
        assert_eq!(lengths(&Batch::default()), [0]);
    }

    #[test]
    fn a_portion_has_so_many_keys_and_days_and_no_more() {
        let codes = batch((0..10_000).map(|code| event(0, code, "")).collect());
        assert_eq!(lengths(&codes), [4_096, 4_096, 1_808]);
        let hosts = batch((0..5_000).map(|host| event(0, 1, &host.to_string())).collect());
        assert_eq!(lengths(&hosts), [4_096, 904]);
        let days = batch((0..100).map(|day| event(-day * 1_440, 1, "")).collect());
        assert_eq!(lengths(&days), [64, 36]);
        // A key that is there already takes no room.
        let twice = batch((0..8_192).map(|place| event(0, place % 4_096, "")).collect());
        assert_eq!(lengths(&twice), [8_192]);
    }

    proptest! {
        #[test]
        fn portions_are_all_events_in_their_order(
            given in prop::collection::vec((-200_000_i32..0, 0_i32..3), 0..400),
        ) {
            let batch = batch(given.iter().map(|(minutes, code)| event(*minutes, *code, "")).collect());
            let mut place = 0;
            for at in 0..batch.portions() {
                let portion = batch.portion(at);
                let mut days: Vec<_> =
                    portion.events.iter().map(|event| Grain::Day.floor(event.time)).collect();
                days.sort_unstable();
                days.dedup();
                prop_assert!(days.len() <= DAYS_A_PORTION && portion.keys <= KEYS_A_PORTION);
                prop_assert!(!portion.events.is_empty() || batch.is_empty());
                for event in portion.events {
                    prop_assert_eq!(event.time, batch.events[place].time);
                    place += 1;
                }
            }
            prop_assert_eq!(place, given.len());
            prop_assert!(batch.portion(batch.portions()).events.is_empty());
        }
    }
}

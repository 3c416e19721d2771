//! Judges the values of a file, each with nothing but what came before it.
//!
//! The baseline is that of live series; what a bucket scatters beyond its hour is learned from the
//! buckets. A value scores by how improbable it was, alone or with those before it, after the most
//! improbable past values have told how much improbability means in this file.

mod history;
mod surprise;
mod watch;

use super::baseline::Baseline;
use super::fit::{Cells, WEEK};
use super::model::WINDOW;
use history::{History, Measure};
use std::collections::HashMap;
use watch::{Bucket, Watch};

/// Seconds. Shorter buckets are learned from by the hour, as live series are; longer ones as they are.
const SHORT: i64 = 15 * 60;
const HOUR: i64 = 3_600;
/// Seconds.
const MOST: i64 = 366 * 86_400;
/// The length of a bucket is what most of the first rows lie apart.
const INFERRED_FROM: usize = 1_000;
/// So many buckets are looked at together: a spike, a rise, and a shift.
const SPANS: [usize; 3] = [1, 3, WINDOW];
/// So many values tell a little of what is usual.
const LEARNING: usize = 12;
/// An alarm is one value in a thousand, less what only goes on: so many decades of improbability score
/// one half.
const ALARM: f64 = 3.0;

/// What became of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// How surprising it was: 0 not at all, 1 beyond belief; one half is an alarm.
    pub score: f64,
    /// Whether an incident begins here. What goes on, or fades, does not begin again.
    pub alarm: bool,
}

/// The length of the buckets of a file in seconds: what most neighbours lie apart.
pub fn bucket_of(seconds: &[i64]) -> i64 {
    let mut steps: HashMap<i64, usize> = HashMap::new();
    for pair in seconds.windows(2).take(INFERRED_FROM) {
        let step = pair[1].saturating_sub(pair[0]);
        if step > 0 {
            *steps.entry(step).or_default() += 1;
        }
    }
    let most = steps.into_iter().max_by_key(|(step, times)| (*times, std::cmp::Reverse(*step)));
    most.map_or(60, |(step, _)| step)
}

/// Judges values one after another.
pub struct Stream {
    bucket: i64,
    cell: i64,
    history: History,
    measure: Measure,
    watches: [Watch; SPANS.len()],
    baseline: Baseline,
    /// How much buckets scatter.
    scatter: f64,
    /// The cell that values come from now.
    open_cell: Option<i64>,
    last: Option<i64>,
}

impl Stream {
    /// A stream of buckets of so many seconds.
    pub fn new(bucket: i64) -> Self {
        let bucket = bucket.clamp(1, MOST);
        let buckets = if bucket < SHORT { Cells::slots(bucket, HOUR) } else { 1 };
        let cell = bucket.saturating_mul(i64::try_from(buckets).unwrap_or(1));
        Self {
            bucket,
            cell,
            history: History::new(bucket, cell),
            measure: Measure::default(),
            watches: SPANS.map(Watch::new),
            baseline: Baseline::of_cells(Cells { seconds: cell, first: 0, values: &[] }, &[]),
            scatter: 0.0,
            open_cell: None,
            last: None,
        }
    }

    /// Judges a value, and learns from it.
    pub fn score(&mut self, second: i64, value: f64) -> Scored {
        let cell = second.div_euclid(self.cell);
        self.measure.see(value);
        if self.open_cell.is_none_or(|open| open < cell) {
            self.learn(cell);
        }
        self.fade(second);
        let count = self.measure.count(value);
        let start = second.div_euclid(self.bucket).saturating_mul(self.bucket);
        let usual = self.baseline.expect_span(start, self.bucket);
        let mean = usual.mean.max(self.measure.floor());
        let bucket = Bucket { count, mean, spread: usual.dispersion, scatter: self.scatter };
        // What comes first surprises nobody: nothing is known of what is usual.
        let decades = if self.history.len() < LEARNING {
            0.0
        } else {
            self.watches.iter_mut().map(|watch| watch.see(bucket)).fold(0.0, f64::max)
        };
        self.history.see(cell, value, count, mean);
        Scored { score: decades / (decades + ALARM), alarm: decades >= ALARM }
    }

    /// Learns from all closed cells, once `cell` begins.
    fn learn(&mut self, cell: i64) {
        self.open_cell = Some(cell);
        let (first, values) = self.history.cells(cell, &self.baseline, self.measure);
        let cells = Cells { seconds: self.cell, first, values: &values };
        self.baseline = Baseline::of_cells(cells, &[]);
        self.scatter = self.history.scatter();
        for watch in &mut self.watches {
            watch.learn();
        }
    }

    fn fade(&mut self, second: i64) {
        let since = self.last.map_or(0, |last| second.saturating_sub(last)).clamp(0, WEEK);
        self.last = Some(self.last.map_or(second, |last| last.max(second)));
        #[expect(clippy::cast_precision_loss, reason = "at most a week")]
        for watch in &mut self.watches {
            watch.fade(since as f64);
        }
    }
}

#[cfg(test)]
mod tests;

//! What a file brought so far: by cells, for the seasons; by buckets, for their scatter.

use super::super::baseline::{Baseline, LOOKED_BACK};
use super::super::fit::spread_of;
use std::collections::{BTreeMap, VecDeque};

/// What is not a count has no chance of its own: it is told in so small units that only the scatter
/// that was seen remains.
const UNITS: f64 = 1e6;
/// So many cells and buckets are remembered, whatever their length.
const LEAST: i64 = 60;
const MOST: i64 = 8_064;

/// How values become counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measure {
    /// The least value, where some are negative.
    least: f64,
    fractional: bool,
    /// The mean size of values so far.
    size: f64,
    seen: f64,
}

impl Measure {
    pub(super) fn see(&mut self, value: f64) {
        self.least = self.least.min(value);
        self.fractional |= value.fract() != 0.0 || value < 0.0;
        self.seen += 1.0;
        self.size += (value.abs() - self.size) / self.seen;
    }

    /// The value as a count.
    pub(super) fn count(&self, value: f64) -> f64 {
        (value - self.least) * self.scale()
    }

    /// Nothing is expected to be rarer than one event in ten buckets.
    pub(super) fn floor(&self) -> f64 {
        if self.fractional { UNITS * 1e-3 } else { 0.1 }
    }

    fn scale(&self) -> f64 {
        if !self.fractional {
            return 1.0;
        }
        UNITS / (self.size - self.least).max(f64::MIN_POSITIVE.sqrt())
    }
}

/// The last weeks.
pub(super) struct History {
    /// Sum and number of the buckets of each cell.
    cells: BTreeMap<i64, (f64, f64)>,
    /// Value and expectation of each bucket, as counts.
    buckets: VecDeque<(f64, f64)>,
    seconds: i64,
    per_cell: f64,
    most_cells: i64,
    most_buckets: usize,
}

impl History {
    pub(super) fn new(bucket: i64, cell: i64) -> Self {
        let weeks = |seconds: i64| (LOOKED_BACK / seconds).clamp(LEAST, MOST);
        #[expect(clippy::cast_precision_loss, reason = "at most 3,600")]
        let per_cell = (cell / bucket) as f64;
        Self {
            cells: BTreeMap::new(),
            buckets: VecDeque::new(),
            seconds: cell,
            per_cell,
            most_cells: weeks(cell),
            most_buckets: usize::try_from(weeks(bucket)).unwrap_or(0),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Remembers a value of `cell`, what it is as a count, and what was expected.
    pub(super) fn see(&mut self, cell: i64, value: f64, count: f64, mean: f64) {
        if self.buckets.len() == self.most_buckets {
            self.buckets.pop_front();
        }
        self.buckets.push_back((count, mean));
        let (sum, buckets) = self.cells.entry(cell).or_default();
        *sum += value;
        *buckets += 1.0;
        while let Some(oldest) = self.cells.first_entry() {
            if *oldest.key() > cell.saturating_sub(self.most_cells) {
                break;
            }
            oldest.remove();
        }
    }

    /// How much more than by chance buckets scatter around what was expected of them.
    pub(super) fn scatter(&self) -> f64 {
        let (values, means): (Vec<f64>, Vec<f64>) = self.buckets.iter().copied().unzip();
        spread_of(&values, &means, 1.0)
    }

    /// All cells before `now` as counts, and the number of the first. Where nothing was measured, what
    /// was expected is taken for measured.
    pub(super) fn cells(&self, now: i64, usual: &Baseline, measure: Measure) -> (i64, Vec<f64>) {
        let first = self.cells.keys().next().copied().unwrap_or(now);
        let first = first.max(now.saturating_sub(self.most_cells)).min(now);
        let values = (first..now).map(|cell| match self.cells.get(&cell) {
            Some((sum, buckets)) => measure.count(sum / buckets) * self.per_cell,
            None => usual.expect_span(cell.saturating_mul(self.seconds), self.seconds).mean,
        });
        (first, values.collect())
    }
}

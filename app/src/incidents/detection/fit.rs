//! The seasons of a series, learned from cells of equal length: hours, or the buckets of a file.

use super::robust::{centre, quantile};

/// Seconds.
pub(super) const DAY: i64 = 86_400;
/// Seconds. Weeks count from the epoch; on which day one begins does not matter.
pub(super) const WEEK: i64 = 7 * DAY;
/// The level follows the last six hours.
const LEVEL_LENGTH: i64 = 6 * 3_600;
/// An hour of a wild incident moves the level no more than three usual ones.
const LEVEL_CLIP: f64 = 3.0;
/// So many events weigh as much as what is observed: the level of little is not believed.
const LEVEL_WEIGHT: f64 = 4.0;
/// The level stays between a quarter and four times the usual.
const LEVEL_MOST: f64 = 4.0;
/// Half, and nine tenths, of normal values lie within so many deviations. The wider one hears of
/// bursts that the narrower one is deaf to; both are deaf to a past incident of two days.
const QUANTILES: [(f64, f64); 2] = [(0.5, 0.674_5), (0.9, 1.645)];
/// What is believed of a series that is too sparse to tell, and the bounds of what is.
const SPREAD_UNKNOWN: f64 = 0.5;
const SPREAD_LEAST: f64 = 0.002;
const SPREAD_MOST: f64 = 2.0;
/// Cells with less than this say little about scatter; and so many others are needed.
const CELL_TELLING: f64 = 0.5;
const CELLS_NEEDED: usize = 12;

/// Cells without a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells<'a> {
    /// The length of each in seconds.
    pub(super) seconds: i64,
    /// The number of the first, counted from the epoch.
    pub(super) first: i64,
    pub(super) values: &'a [f64],
}

impl Cells<'_> {
    /// How many make up `period` seconds; at least one.
    pub(super) fn slots(seconds: i64, period: i64) -> usize {
        let seconds = seconds.max(1);
        let cells = period / seconds + i64::from(period % seconds != 0);
        usize::try_from(cells).unwrap_or(1).max(1)
    }

    /// Which of the slots of `period` a cell falls into.
    pub(super) fn slot(seconds: i64, period: i64, cell: i64) -> usize {
        let seconds = seconds.max(1);
        let into = cell.saturating_mul(seconds).rem_euclid(period.max(1));
        usize::try_from(into / seconds).unwrap_or(0)
    }

    fn slot_of(&self, period: i64, index: usize) -> usize {
        Self::slot(self.seconds, period, self.first.saturating_add_unsigned(index as u64))
    }

    /// For how many seconds the series is known.
    pub(super) fn known(&self) -> i64 {
        i64::try_from(self.values.len()).unwrap_or(i64::MAX).saturating_mul(self.seconds)
    }
}

/// What cells taught.
pub(super) struct Fit {
    /// What each slot of the week brings.
    pub(super) usual: Vec<f64>,
    /// How much more than by chance cells scatter around usual × level.
    pub(super) spread: f64,
    /// What the last cells brought, over what was usual.
    pub(super) level: f64,
    /// How little is known of usual and level, as dispersion.
    pub(super) doubt: f64,
    /// What each cell was expected to bring.
    pub(super) fitted: Vec<f64>,
}

impl Fit {
    /// What cells teach in which nothing came: most codes never come to most sites, and there are
    /// thousands of such series.
    fn of_nothing(cells: Cells<'_>) -> Self {
        Self {
            usual: vec![0.0; Cells::slots(cells.seconds, WEEK)],
            spread: SPREAD_UNKNOWN,
            level: 1.0,
            doubt: 1.0,
            fitted: vec![0.0; cells.values.len()],
        }
    }
}

/// Learns the seasons.
pub(super) fn fit(cells: Cells<'_>) -> Fit {
    if cells.values.iter().all(|value| *value == 0.0) {
        return Fit::of_nothing(cells);
    }
    let known = cells.known();
    let mut usual = if known >= 2 * WEEK {
        let days = profile(cells, DAY);
        let weeks = profile(cells, WEEK);
        let seen = count_of(cells.values.len()) / count_of(weeks.len());
        // What only few weeks say is believed as far as chance does not explain it.
        let spread = spread_around(cells, &weeks, seen);
        let near = shrink(&weeks, &neighbours(&weeks), seen, spread);
        shrink(&near, &spread_out(cells.seconds, &days, DAY), seen, spread)
    } else if known >= DAY {
        let days = profile(cells, DAY);
        let seen = count_of(cells.values.len()) / count_of(days.len());
        let spread = spread_around(cells, &days, seen);
        let near = shrink(&days, &neighbours(&days), seen, spread);
        spread_out(cells.seconds, &near, DAY)
    } else {
        let all = centre(&mut cells.values.to_vec(), &mut Vec::new());
        vec![all; Cells::slots(cells.seconds, WEEK)]
    };
    for value in &mut usual {
        *value = value.max(0.0);
    }
    let levels = levels(cells, &usual);
    let fitted: Vec<f64> = (0..cells.values.len())
        .map(|index| usual[cells.slot_of(WEEK, index) % usual.len()] * levels[index])
        .collect();
    let spread = spread_of(cells.values, &fitted, 1.0);
    let level = levels.last().copied().unwrap_or(1.0);
    let per_slot = usual.iter().sum::<f64>() / count_of(usual.len());
    let samples = 3.0 * (count_of(cells.values.len()) / count_of(usual.len())).max(1.0);
    let recent = count_of(Cells::slots(cells.seconds, LEVEL_LENGTH));
    let doubt = spread * (1.0 / samples + 1.0 / recent)
        + 1.0 / (samples * per_slot + 1.0)
        + 1.0 / (recent * per_slot + LEVEL_WEIGHT);
    Fit { usual, spread, level, doubt: doubt.min(1.0), fitted }
}

/// The centre of each slot of `period`.
fn profile(cells: Cells<'_>, period: i64) -> Vec<f64> {
    let mut slots = vec![Vec::new(); Cells::slots(cells.seconds, period)];
    for (index, value) in cells.values.iter().enumerate() {
        let slot = cells.slot_of(period, index);
        if let Some(values) = slots.get_mut(slot) {
            values.push(*value);
        }
    }
    let mut scratch = Vec::new();
    slots.iter_mut().map(|values| centre(values, &mut scratch)).collect()
}

/// A profile of `period`, said of each slot of the week.
fn spread_out(seconds: i64, profile: &[f64], period: i64) -> Vec<f64> {
    (0_i64..)
        .take(Cells::slots(seconds, WEEK))
        .map(|cell| profile[Cells::slot(seconds, period, cell) % profile.len()])
        .collect()
}

/// The mean of each slot and the two beside it.
fn neighbours(slots: &[f64]) -> Vec<f64> {
    let count = slots.len();
    (0..count)
        .map(|at| (slots[(at + count - 1) % count] + slots[at] + slots[(at + 1) % count]) / 3.0)
        .collect()
}

/// Moves each of `own`, the middle of `seen` values, towards `other`, as far as chance explains the
/// difference.
fn shrink(own: &[f64], other: &[f64], seen: f64, spread: f64) -> Vec<f64> {
    own.iter()
        .zip(other)
        .map(|(own, other)| {
            let mean = f64::midpoint(*own, *other).max(0.01);
            let chance = (mean + spread * mean * mean) / seen.max(1.0);
            let difference = (own - other).powi(2);
            own + (other - own) * chance / (chance + difference)
        })
        .collect()
}

/// The level before each cell, and after the last: what came lately over what was usual then.
fn levels(cells: Cells<'_>, usual: &[f64]) -> Vec<f64> {
    let length = Cells::slots(cells.seconds, LEVEL_LENGTH);
    let expected: Vec<f64> = (0..cells.values.len())
        .map(|index| usual[cells.slot_of(WEEK, index) % usual.len()])
        .collect();
    let clipped = |index: usize| {
        let most = LEVEL_CLIP * expected[index] + LEVEL_CLIP;
        cells.values[index].min(most)
    };
    let (mut came, mut meant) = (0.0, 0.0);
    (0..=cells.values.len())
        .map(|index| {
            if index > 0 {
                came += clipped(index - 1);
                meant += expected[index - 1];
            }
            if index > length {
                came -= clipped(index - 1 - length);
                meant -= expected[index - 1 - length];
            }
            let level = (came.max(0.0) + LEVEL_WEIGHT) / (meant.max(0.0) + LEVEL_WEIGHT);
            level.clamp(1.0 / LEVEL_MOST, LEVEL_MOST)
        })
        .collect()
}

/// The spread around slots of which each is the middle of `seen` of the very values that are compared
/// with it.
fn spread_around(cells: Cells<'_>, slots: &[f64], seen: f64) -> f64 {
    let period = if slots.len() == Cells::slots(cells.seconds, WEEK) { WEEK } else { DAY };
    let fitted: Vec<f64> = (0..cells.values.len())
        .map(|index| slots[cells.slot_of(period, index) % slots.len()])
        .collect();
    let own = if seen > 1.5 { seen / (seen - 1.0) } else { 2.0 };
    spread_of(cells.values, &fitted, own)
}

/// The dispersion with which half, and nine tenths, of the values lie as close to what was expected as
/// they do: for each value the dispersion that would put it just there, and the quantile of those.
pub(super) fn spread_of(values: &[f64], expected: &[f64], inflation: f64) -> f64 {
    let telling = || values.iter().zip(expected).filter(|(_, mean)| **mean >= CELL_TELLING);
    let mut each = Vec::with_capacity(values.len());
    let mut spread = SPREAD_LEAST;
    for (share, deviations) in QUANTILES {
        each.clear();
        each.extend(telling().map(|(value, mean)| {
            let square = (value - mean).powi(2) * inflation / (deviations * deviations);
            (square - mean) / (mean * mean)
        }));
        if each.len() < CELLS_NEEDED {
            return SPREAD_UNKNOWN;
        }
        spread = spread.max(quantile(&mut each, share));
    }
    spread.min(SPREAD_MOST)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of cells")]
fn count_of(cells: usize) -> f64 {
    cells as f64
}

//! The last minutes of a series beside what they usually bring.

use super::baseline::Baseline;
use super::demands::Demands;
use super::expectation::as_f64;
use super::model::{Minute, MinuteCount, WINDOW};
use super::robust::{MAD, median};
use super::tail::ln_upper;

/// What is judged now is not asked how much the minutes before it scattered.
const JUDGED: usize = 3;
/// So many events tell how they scatter; fewer are taken for as clumped as the hours allow, within
/// reason.
const TELLING: f64 = 60.0;
const CLUMP_UNKNOWN: f64 = 10.0;

/// The window of a series.
pub(super) struct Window {
    pub(super) counts: [f64; WINDOW],
    pub(super) expected: [f64; WINDOW],
    /// The scatter that lasts through the window.
    dispersion: f64,
    /// The scatter from minute to minute: variance over mean.
    clump: f64,
}

impl Window {
    /// The window that ends with `minute`: more must have come than both this time of the week and this
    /// many attempts usually bring.
    pub(super) fn new(
        baseline: &Baseline,
        minute: Minute,
        recent: &[MinuteCount; WINDOW],
        demands: &Demands,
    ) -> Self {
        let mut window =
            Self { counts: [0.0; WINDOW], expected: [0.0; WINDOW], dispersion: 0.0, clump: 1.0 };
        let mut least_clump: f64 = 1.0;
        let mut most_clump: f64 = 1.0;
        let first = minute.saturating_sub_unsigned(WINDOW as u64 - 1);
        for ((index, at), seen) in (first..).enumerate().zip(recent) {
            let usual = baseline.expect(at);
            window.counts[index] = as_f64(seen.count);
            let of_attempts = usual.rate.unwrap_or(0.0) * as_f64(seen.attempts);
            window.expected[index] = usual.mean.max(of_attempts).max(demands.floor);
            window.dispersion = window.dispersion.max(usual.dispersion);
            least_clump = least_clump.max(1.0 + usual.dispersion * usual.mean);
            most_clump = most_clump.max(usual.clump);
        }
        window.clump = window.clump_between(least_clump.min(most_clump), most_clump);
        window
    }

    /// Hours do not say whether they differ from each other as a whole, or because events come in
    /// bursts. Between the two, the minutes before those that are judged decide.
    fn clump_between(&self, least: f64, most: f64) -> f64 {
        let before = &self.counts[..WINDOW - JUDGED];
        let total: f64 = before.iter().sum();
        if total < TELLING {
            return most.clamp(1.0, CLUMP_UNKNOWN);
        }
        let mut steps: [f64; WINDOW - JUDGED - 1] = [0.0; WINDOW - JUDGED - 1];
        for (step, pair) in steps.iter_mut().zip(before.windows(2)) {
            *step = (pair[1] - pair[0]).abs();
        }
        // Steps between independent counts scatter with twice their variance.
        let variance = (MAD * median(&mut steps)).powi(2) / 2.0;
        (variance * as_f64(before.len() as u64) / total).clamp(least, most)
    }

    /// The logarithm of the chance that the last `minutes` bring what they brought or more. The largest
    /// counts no more than the second largest: one batch that was sent at once is no rise.
    pub(super) fn ln_rise(&self, minutes: usize) -> f64 {
        let counts = &self.counts[WINDOW - minutes..];
        let (mut first, mut second) = (0.0_f64, 0.0_f64);
        for count in counts {
            second = second.max(count.min(first));
            first = first.max(*count);
        }
        let came = counts.iter().sum::<f64>() - first + second;
        let mean = self.expected_in(minutes);
        ln_upper(came, mean, self.dispersion_of(mean))
    }

    pub(super) fn came_in(&self, minutes: usize) -> f64 {
        self.counts[WINDOW - minutes..].iter().sum()
    }

    pub(super) fn expected_in(&self, minutes: usize) -> f64 {
        self.expected[WINDOW - minutes..].iter().sum()
    }

    /// In how many of the last `minutes` the count is beyond `factor` times the expected.
    pub(super) fn beyond(&self, minutes: usize, factor: f64) -> usize {
        let from = WINDOW - minutes;
        let minutes = self.counts[from..].iter().zip(&self.expected[from..]);
        minutes.filter(|(count, expected)| **count > factor * **expected).count()
    }

    fn dispersion_of(&self, mean: f64) -> f64 {
        self.dispersion + (self.clump - 1.0) / mean.max(1e-9)
    }

    /// The index in the window where a step to `factor` times the expected most likely lies, which ends
    /// with the window: where the likelihood of all that came after gains most from it.
    pub(super) fn onset(&self, factor: f64) -> usize {
        let factor = if factor.is_finite() { factor.max(1e-3) } else { 1e3 };
        let (mut gained, mut best, mut onset) = (0.0, f64::NEG_INFINITY, WINDOW - 1);
        for index in (0..WINDOW).rev() {
            gained += self.counts[index] * factor.ln() - (factor - 1.0) * self.expected[index];
            if gained >= best {
                (best, onset) = (gained, index);
            }
        }
        onset
    }
}

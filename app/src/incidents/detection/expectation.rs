//! What one stretch of time usually brings, and how far from it is far.

use super::tail::{ln_lower, ln_upper};

/// Nineteen of twenty usual counts lie within the band: so many deviations to either side.
const BAND: f64 = 1.96;

/// What a minute (or a bucket of another size) usually brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expectation {
    /// Events.
    pub mean: f64,
    /// How much more than by chance they scatter: the variance is `mean + dispersion × mean²`.
    pub dispersion: f64,
    /// The usual share of attempts that are events of this series, where attempts are known.
    pub rate: Option<f64>,
    /// Up to how many events come together: variance over mean of the minutes of an hour, if all of
    /// the hour's scatter came from bursts within it.
    pub clump: f64,
}

impl Expectation {
    /// The chance that a usual minute brings `count` or more.
    pub fn upper_tail(&self, count: u64) -> f64 {
        ln_upper(as_f64(count), self.mean, self.dispersion).exp()
    }

    /// The chance that a usual minute brings `count` or fewer.
    pub fn lower_tail(&self, count: u64) -> f64 {
        ln_lower(as_f64(count), self.mean, self.dispersion).exp()
    }

    /// Between what counts nineteen of twenty usual minutes lie: for the band of a chart.
    pub fn band(&self) -> (f64, f64) {
        if self.mean <= 0.0 {
            return (0.0, 0.0);
        }
        // Wilson and Hilferty (1931): the cube root of such a count is close to normal.
        let relative = (1.0 / self.mean + self.dispersion) / 9.0;
        let at = |deviations: f64| {
            self.mean * (1.0 - relative + deviations * relative.sqrt()).max(0.0).powi(3)
        };
        (at(-BAND).min(self.mean), at(BAND).max(self.mean))
    }
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53, and chances need no more")]
pub(super) fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_band_holds_the_mean_and_leaves_little_outside(
            mean in 5.0_f64..1e5, dispersion in 0.001_f64..0.3,
        ) {
            let expectation = Expectation { mean, dispersion, rate: None, clump: 1.0 };
            let (low, high) = expectation.band();
            prop_assert!(low <= mean && mean <= high);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test")]
            let chance = expectation.upper_tail(high.ceil() as u64 + 1);
            prop_assert!((0.002..0.05).contains(&chance), "{chance}");
        }
    }
}

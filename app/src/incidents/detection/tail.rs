//! How likely counts as large, or as small, as an observed one are.
//!
//! Counts of events scatter more than chance alone would have them, so they are taken for negative
//! binomial: variance `mean + dispersion × mean²`. The tails are incomplete beta functions, computed
//! as logarithms, since a true incident lies far beyond what `f64` can hold as a probability.

/// No traffic is steadier than one per cent.
const LEAST_DISPERSION: f64 = 1e-4;
const MOST_DISPERSION: f64 = 1e4;
/// Beyond this, the rest of the chance is negligible beside the dispersion.
const LARGEST_MEAN: f64 = 1e6;
const LEAST_MEAN: f64 = 1e-9;
/// Beyond this, logarithms of factorials lose their last digits.
const LARGEST_COUNT: f64 = 1e10;
const ROUNDS: u32 = 20_000;
const EXACT: f64 = 1e-13;

/// The natural logarithm of the chance of `count` or more. A count may be fractional.
pub(super) fn ln_upper(count: f64, mean: f64, dispersion: f64) -> f64 {
    let (count, mean, shape) = scaled(count, mean, dispersion);
    if count <= 0.0 {
        return 0.0;
    }
    let total = mean + shape;
    ln_beta(count, shape, mean / total, shape / total)
}

/// The natural logarithm of the chance of `count` or fewer. A count may be fractional.
pub(super) fn ln_lower(count: f64, mean: f64, dispersion: f64) -> f64 {
    let (count, mean, shape) = scaled(count, mean, dispersion);
    let total = mean + shape;
    ln_beta(shape, count + 1.0, shape / total, mean / total)
}

fn scaled(count: f64, mean: f64, dispersion: f64) -> (f64, f64, f64) {
    let bounded = |value: f64, low, high| if value.is_nan() { low } else { value.clamp(low, high) };
    let mean = bounded(mean, LEAST_MEAN, f64::MAX);
    let shape = 1.0 / bounded(dispersion, LEAST_DISPERSION, MOST_DISPERSION);
    let scale = (LARGEST_MEAN / mean).min(1.0);
    (bounded(count * scale, 0.0, LARGEST_COUNT), mean * scale, shape)
}

/// The logarithm of the regularised incomplete beta function; `x + y = 1`, both given so that neither
/// is lost to rounding.
fn ln_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let front = a * x.ln() + b * y.ln() + libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    if x < (a + 1.0) / (a + b + 2.0) {
        (front - a.ln() + fraction(a, b, x).ln()).min(0.0)
    } else {
        let other = (front - b.ln() + fraction(b, a, y).ln()).min(0.0);
        (-other.exp()).ln_1p().max(-700.0)
    }
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let keep = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut above = 1.0;
    let mut below = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut result = below;
    for round in (1..=ROUNDS).map(f64::from) {
        let at = a + 2.0 * round;
        let even = round * (b - round) * x / ((at - 1.0) * at);
        let odd = -(a + round) * (a + b + round) * x / (at * (at + 1.0));
        let mut step = 1.0;
        for term in [even, odd] {
            below = 1.0 / keep(1.0 + term * below);
            above = keep(1.0 + term / above);
            step = below * above;
            result *= step;
        }
        if (step - 1.0).abs() < EXACT {
            break;
        }
    }
    result.max(1e-300)
}

#[cfg(test)]
mod tests;

//! Counts by chance, for tests.

use fastrand::Rng;

/// A negative binomial count.
pub(super) fn count(rng: &mut Rng, mean: f64, dispersion: f64) -> u64 {
    let rate =
        if dispersion > 0.0 { gamma(rng, 1.0 / dispersion) * mean * dispersion } else { mean };
    poisson(rng, rate)
}

fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

/// Marsaglia and Tsang (2000).
fn gamma(rng: &mut Rng, shape: f64) -> f64 {
    if shape < 1.0 {
        return gamma(rng, shape + 1.0) * (1.0 - rng.f64()).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    loop {
        let x = normal(rng);
        let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
        if v > 0.0 && (1.0 - rng.f64()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of tests")]
fn poisson(rng: &mut Rng, mean: f64) -> u64 {
    if mean > 50.0 {
        return (mean + mean.sqrt() * normal(rng)).round().max(0.0) as u64;
    }
    let (mut count, mut left) = (0, 1.0 - rng.f64());
    while left > (-mean).exp() {
        count += 1;
        left *= 1.0 - rng.f64();
    }
    count
}

//! Draws that a seed repeats.

use fastrand::Rng;

/// A number between the two, on a logarithmic scale.
pub(crate) fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low * (high / low).powf(rng.f64())
}

fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

/// A gamma variable of mean 1 and the given squared coefficient of variation (Marsaglia and Tsang,
/// 2000).
pub(crate) fn scatter(rng: &mut Rng, dispersion: f64) -> f64 {
    let shape = 1.0 / dispersion;
    let (d, boost) = if shape < 1.0 {
        (shape + 2.0 / 3.0, (1.0 - rng.f64()).powf(1.0 / shape))
    } else {
        (shape - 1.0 / 3.0, 1.0)
    };
    loop {
        let x = normal(rng);
        let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
        if v > 0.0 && (1.0 - rng.f64()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v * boost / shape;
        }
    }
}

/// A Poisson count.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
pub(crate) fn poisson(rng: &mut Rng, mean: f64) -> u64 {
    if mean <= 0.0 {
        return 0;
    }
    if mean > 50.0 {
        return (mean + mean.sqrt() * normal(rng)).round().max(0.0) as u64;
    }
    let (mut count, mut left, end) = (0, 1.0 - rng.f64(), (-mean).exp());
    while left > end {
        count += 1;
        left *= 1.0 - rng.f64();
    }
    count
}

/// A count of the given mean that scatters more than by chance.
pub(crate) fn count(rng: &mut Rng, mean: f64, dispersion: f64) -> u64 {
    if mean <= 0.0 {
        return 0;
    }
    let mean = mean * scatter(rng, dispersion);
    poisson(rng, mean)
}

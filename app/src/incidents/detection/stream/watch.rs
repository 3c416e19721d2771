//! One look at a stream: at each value, or at the sum of the last few.

use super::super::tail::{ln_lower, ln_upper};
use super::surprise::{Surprise, Surprises};
use std::collections::VecDeque;

/// Past this chance (natural logarithm: one in a thousand) a sum is remembered, so that more of the same
/// is no news.
const LN_REMEMBERED: f64 = -6.9;
/// Seconds in which half of such a memory fades.
const HALF_LIFE: f64 = 6.0 * 3_600.0;

/// One bucket.
#[derive(Clone, Copy)]
pub(super) struct Bucket {
    pub(super) count: f64,
    /// What was expected.
    pub(super) mean: f64,
    /// How much more than by chance hours scatter, and buckets.
    pub(super) spread: f64,
    pub(super) scatter: f64,
}

/// A sum of buckets that is watched.
pub(super) struct Watch {
    span: usize,
    last: VecDeque<Bucket>,
    surprises: Surprises,
    /// The most and the least there was lately, over what was expected.
    remembered: [f64; 2],
}

impl Watch {
    /// Watches the last `span` buckets.
    pub(super) fn new(span: usize) -> Self {
        Self {
            span,
            last: VecDeque::with_capacity(span),
            surprises: Surprises::default(),
            remembered: [1.0; 2],
        }
    }

    /// Learns what surprises are usual.
    pub(super) fn learn(&mut self) {
        self.surprises.learn();
    }

    /// Lets memories fade.
    pub(super) fn fade(&mut self, seconds: f64) {
        let kept = 0.5_f64.powf(seconds / HALF_LIFE);
        self.remembered = self.remembered.map(|ratio| ratio.powf(kept));
    }

    /// How many decades of improbability the next bucket brings, with those before it.
    pub(super) fn see(&mut self, bucket: Bucket) -> f64 {
        if self.last.len() == self.span {
            self.last.pop_front();
        }
        self.last.push_back(bucket);
        if self.last.len() < self.span {
            return 0.0;
        }
        let count: f64 = self.last.iter().map(|bucket| bucket.count).sum();
        let mean: f64 = self.last.iter().map(|bucket| bucket.mean).sum();
        #[expect(clippy::cast_precision_loss, reason = "a short span")]
        let dispersion = bucket.spread.max(bucket.scatter / self.span as f64);
        let plain = surprise(count, [mean, mean], dispersion);
        let news = surprise(count, self.remembered.map(|ratio| mean * ratio), dispersion);
        if plain.ln_chance < LN_REMEMBERED {
            let ratio = (count / mean).max(1e-3);
            let [most, least] = self.remembered;
            self.remembered = [most.max(ratio), least.min(ratio)];
        }
        let decades = self.surprises.decades(news);
        self.surprises.see(plain);
        decades
    }
}

/// How a count surprises that was expected between the two.
fn surprise(count: f64, [high, low]: [f64; 2], dispersion: f64) -> Surprise {
    let up = ln_upper(count, high, dispersion);
    let down = ln_lower(count, low, dispersion);
    let ln_chance = (up.min(down) + std::f64::consts::LN_2).min(0.0);
    Surprise { ln_chance, distance: if up < down { count - high } else { count - low } }
}

//! How much improbability means in a file: where counts are wilder than any formula, the improbable
//! happens every day.

use super::super::robust::{median, quantile};
use std::collections::VecDeque;

/// What is beyond this share of past values is the tail.
const TAIL: f64 = 0.02;
/// So many values are remembered: four weeks of five-minute buckets.
const REMEMBERED: usize = 8_064;
/// What is believed beforehand of the tail counts as much as so many values of it.
const BELIEVED: f64 = 10.0;
/// Fewer values than this tell nothing of a tail.
const NEEDED: usize = 100;

/// Past surprises of one sort, and the tail they make: beyond where it begins, it is exponential.
/// The steps are read from the median of what is beyond, which past incidents hardly move.
struct Tail {
    past: VecDeque<f64>,
    from: f64,
    step: f64,
    known: bool,
}

impl Tail {
    fn new(from: f64, step: f64) -> Self {
        Self { past: VecDeque::new(), from, step, known: false }
    }

    fn see(&mut self, surprise: f64) {
        if self.past.len() == REMEMBERED {
            self.past.pop_front();
        }
        self.past.push_back(surprise);
    }

    /// Where the tail begins, in what steps it falls, and of how many values that is known.
    fn fit(&mut self) -> (f64, f64, f64) {
        let mut past: Vec<f64> = self.past.iter().copied().collect();
        let from = quantile(&mut past, 1.0 - TAIL);
        let mut beyond: Vec<f64> =
            past.into_iter().filter(|past| *past > from).map(|past| past - from).collect();
        self.known = self.past.len() >= NEEDED && !beyond.is_empty();
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let count = beyond.len() as f64;
        (from, median(&mut beyond) / std::f64::consts::LN_2, count)
    }

    /// How many decades of improbability that is, given the past.
    fn decades(&self, surprise: f64) -> f64 {
        let beyond = (surprise - self.from) / self.step;
        // Below the tail nothing is unusual; what is left there is to keep an order.
        let ln = if beyond > 0.0 { beyond - TAIL.ln() } else { -TAIL.ln() * beyond.exp() };
        ln / std::f64::consts::LN_10
    }
}

/// The surprises of past values.
pub(super) struct Surprises {
    /// How improbable the values were, as negative natural logarithms. If the formula were right, a
    /// fiftieth of them would lie beyond 3.9, and they would fall by e with each step of 1.
    chances: Tail,
    /// By how much values were above and below what was expected, as natural logarithms: what is
    /// improbable for the night may be little beside what the day brings by chance.
    distances: [Tail; 2],
}

impl Default for Surprises {
    fn default() -> Self {
        Self {
            chances: Tail::new(-TAIL.ln(), 1.0),
            distances: [(); 2].map(|()| Tail::new(0.0, 1.0)),
        }
    }
}

/// One value, as it surprises.
#[derive(Clone, Copy)]
pub(super) struct Surprise {
    /// The natural logarithm of its chance.
    pub(super) ln_chance: f64,
    /// What came, less what was expected.
    pub(super) distance: f64,
}

impl Surprise {
    fn ln_distance(&self, side: usize) -> f64 {
        let distance = if side == 0 { self.distance } else { -self.distance };
        distance.max(1e-3).ln()
    }
}

impl Surprises {
    /// Remembers one.
    pub(super) fn see(&mut self, surprise: Surprise) {
        self.chances.see(-surprise.ln_chance);
        for (side, tail) in self.distances.iter_mut().enumerate() {
            tail.see(surprise.ln_distance(side));
        }
    }

    /// Learns the tails from all past values. That of chances is never thinner than the formula's.
    pub(super) fn learn(&mut self) {
        let (from, step, count) = self.chances.fit();
        let weighed =
            |seen: f64, formula: f64| (seen * count + formula * BELIEVED) / (count + BELIEVED);
        self.chances.from = weighed(from, -TAIL.ln()).max(-TAIL.ln());
        self.chances.step = weighed(step, 1.0).max(1.0);
        for tail in &mut self.distances {
            let (from, step, count) = tail.fit();
            tail.from = from;
            // Beforehand: one tenth as often at twice the distance.
            let usual = std::f64::consts::LN_2 / std::f64::consts::LN_10;
            tail.step = (step * count + usual * BELIEVED) / (count + BELIEVED);
        }
    }

    /// How many decades of improbability that is, given the past: both the chance and the distance must
    /// be unusual.
    pub(super) fn decades(&self, surprise: Surprise) -> f64 {
        let side = usize::from(surprise.distance < 0.0);
        let chance = self.chances.decades(-surprise.ln_chance);
        let tail = &self.distances[side];
        if tail.known { chance.min(tail.decades(surprise.ln_distance(side))) } else { chance }
    }
}

//! The judgement of a minute over all series at once.

use super::demands::demands;
use super::discovery::threshold;
use super::model::{Judgement, Minute, Verdict, WINDOW, Watched};
use super::window::Window;

/// A rise shows in two of the last three minutes.
const RISING: usize = 3;
const RISEN: usize = 2;
/// A minute belongs to a rise from this many times the expected on.
const MINUTE_RISEN: f64 = 1.5;
/// An incident is over after ten minutes that look usual, all but one of them.
const CALM: usize = 10;
const CALM_EXCEPT: usize = 1;
/// The natural logarithm of the chance above which minutes look usual: one in a hundred.
const LN_CALM: f64 = -4.605;
/// No score is larger: beyond, numbers say nothing.
const MOST_SCORE: f64 = 300.0;

/// Judges one minute of all series. The order of the judgements is that of the series.
///
/// All series that are watched belong into one call, also the quiet ones: their number bounds the false
/// alarms of the minute.
pub fn judge<K: Copy>(minute: Minute, series: &[Watched<'_, K>]) -> Vec<Judgement<K>> {
    let seen: Vec<Seen> = series.iter().map(|watched| Seen::of(minute, watched)).collect();
    let mut candidates: Vec<f64> =
        seen.iter().filter(|seen| seen.candidate).map(|seen| seen.ln_chance).collect();
    let discovered = threshold(&mut candidates, series.len());
    let verdict = |seen: &Seen, open: bool| match (open, seen.calm) {
        (true, true) => Verdict::Cleared,
        (true, false) => Verdict::Going,
        (false, _) if seen.candidate && seen.ln_chance <= discovered => Verdict::Raised,
        (false, _) => Verdict::Quiet,
    };
    series
        .iter()
        .zip(&seen)
        .map(|(watched, seen)| seen.judgement(minute, watched, verdict(seen, watched.open)))
        .collect()
}

/// One series, looked at by itself.
struct Seen {
    window: Window,
    ln_chance: f64,
    /// Whether it fulfils every demand but the one on all series together.
    candidate: bool,
    calm: bool,
}

impl Seen {
    fn of<K>(minute: Minute, watched: &Watched<'_, K>) -> Self {
        let demands = demands(watched.policy, watched.baseline.is_new());
        let window = Window::new(watched.baseline, minute, &watched.recent, &demands);
        let loud = |minutes: usize| {
            let (came, expected) = (window.came_in(minutes), window.expected_in(minutes));
            came - expected >= demands.excess && came >= demands.factor * expected
        };
        let persists = window.beyond(RISING, MINUTE_RISEN) >= RISEN;
        // Two looks at the same minutes: the chance of either is at most twice that of one.
        let ln_chance = [RISING, WINDOW]
            .into_iter()
            .filter(|minutes| loud(*minutes))
            .map(|minutes| window.ln_rise(minutes) + std::f64::consts::LN_2)
            .fold(0.0, f64::min);
        let calm = watched.open && {
            let small = window.came_in(CALM) - window.expected_in(CALM) < demands.excess;
            let few = window.beyond(CALM, f64::midpoint(1.0, demands.factor)) <= CALM_EXCEPT;
            small || (few && window.ln_rise(CALM) > LN_CALM)
        };
        Self { candidate: persists && ln_chance <= demands.ln_chance, ln_chance, calm, window }
    }

    fn judgement<K: Copy>(
        &self,
        minute: Minute,
        watched: &Watched<'_, K>,
        verdict: Verdict,
    ) -> Judgement<K> {
        let unusual = matches!(verdict, Verdict::Raised | Verdict::Going);
        let onset = if unusual { self.onset() } else { 0 };
        let came: u64 = watched.recent[onset..].iter().map(|seen| seen.count).sum();
        let expected = self.window.expected_in(WINDOW - onset);
        let since = minute.saturating_sub_unsigned((WINDOW - 1 - onset) as u64);
        Judgement {
            key: watched.key,
            verdict,
            onset: unusual.then_some(since),
            observed: came,
            expected,
            factor: self.window.came_in(WINDOW - onset) / expected.max(f64::MIN_POSITIVE),
            score: (-self.ln_chance / std::f64::consts::LN_10).clamp(0.0, MOST_SCORE),
        }
    }

    /// Where in the window it began.
    fn onset(&self) -> usize {
        let ratio =
            self.window.came_in(RISING) / self.window.expected_in(RISING).max(f64::MIN_POSITIVE);
        self.window.onset(ratio.max(MINUTE_RISEN))
    }
}

#[cfg(test)]
mod tests;

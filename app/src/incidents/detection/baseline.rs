//! What is usual for one series, by the minute of the week.

use super::expectation::{Expectation, as_f64};
use super::fit::{Cells, DAY, WEEK, fit};
use super::model::{Hour, HourCount, Minute};

/// Seconds.
const HOUR: i64 = 3_600;
/// Seconds.
const MINUTE: i64 = 60;
/// So far back one looks.
pub(super) const LOOKED_BACK: i64 = 4 * WEEK;
/// Before two weeks are known, a Saturday is judged by weekdays: by so much it may be off.
const WEEKDAY_UNKNOWN: f64 = 0.1;
/// Nothing is known of the day of what is newer than that.
const DAY_UNKNOWN: f64 = 1.0;
/// Past counts further from what was usual than so many deviations do not make the usual rate.
const RATE_BELIEVED: f64 = 3.0;

/// What is usual: seasons of the week and the day, the level of the last hours, and how far counts
/// scatter.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// The length of a slot in seconds.
    seconds: i64,
    /// What each slot of the week brings, at the level of the last hours. Single precision: thousands
    /// of these are kept.
    usual: Box<[f32]>,
    spread: f32,
    doubt: f32,
    rate: Option<f64>,
    known: i64,
}

impl Baseline {
    /// What is usual, from the closed hours before `now`: `hours` in any order, those without events
    /// may be absent, hours of other times are ignored. `since` is the first hour in which the site was
    /// known. The usual rate is read from the hours given, so those with attempts and no event belong
    /// into them.
    pub fn of_hours(hours: &[HourCount], since: Hour, now: Hour) -> Self {
        let first = since.max(now.saturating_sub(LOOKED_BACK / HOUR)).min(now);
        let length = usize::try_from(now.saturating_sub(first)).unwrap_or(0);
        let mut values = vec![0.0; length];
        let mut attempts = vec![0.0; length];
        for hour in hours {
            let index = hour.hour.checked_sub(first).and_then(|index| usize::try_from(index).ok());
            if let Some(index) = index.filter(|index| *index < length) {
                values[index] += as_f64(hour.count);
                attempts[index] += as_f64(hour.attempts);
            }
        }
        Self::of_cells(Cells { seconds: HOUR, first, values: &values }, &attempts)
    }

    /// What is usual, from cells of any length that end now; `attempts` are empty where unknown.
    pub(super) fn of_cells(cells: Cells<'_>, attempts: &[f64]) -> Self {
        let fit = fit(cells);
        let rate = rate(cells.values, attempts, &fit.fitted, fit.spread);
        let known = cells.known();
        let unknown = if known < DAY {
            DAY_UNKNOWN
        } else if known < 2 * WEEK {
            WEEKDAY_UNKNOWN
        } else {
            0.0
        };
        #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
        Self {
            seconds: cells.seconds,
            usual: fit.usual.iter().map(|usual| (usual * fit.level) as f32).collect(),
            spread: fit.spread as f32,
            doubt: (fit.doubt + unknown) as f32,
            rate,
            known,
        }
    }

    /// What a minute usually brings.
    pub fn expect(&self, minute: Minute) -> Expectation {
        self.expect_span(minute.saturating_mul(MINUTE), MINUTE)
    }

    /// What `length` seconds from `start` usually bring.
    pub(super) fn expect_span(&self, start: i64, length: i64) -> Expectation {
        let (usual, slope) = self.at(start, length);
        let cell = seconds(self.seconds);
        let spread = f64::from(self.spread);
        let mean = usual * seconds(length) / cell;
        Expectation {
            mean,
            // Where within the hour a step lies is not known.
            dispersion: spread + f64::from(self.doubt) + slope * slope / 12.0,
            rate: self.rate,
            clump: 1.0 + spread * usual,
        }
    }

    /// Whether too little is known to tell what is usual: less than a day.
    pub fn is_new(&self) -> bool {
        self.known < DAY
    }

    /// What a cell brings at that time, between the middles of two, and how steep it is there.
    fn at(&self, start: i64, length: i64) -> (f64, f64) {
        let value = |cell: i64| {
            let slot = Cells::slot(self.seconds, WEEK, cell);
            self.usual.get(slot % self.usual.len().max(1)).map_or(0.0, |usual| f64::from(*usual))
        };
        if length >= self.seconds {
            return (value(start.div_euclid(self.seconds)), 0.0);
        }
        let middle = start.saturating_add(length / 2).saturating_sub(self.seconds / 2);
        let before = middle.div_euclid(self.seconds);
        let share = seconds(middle.rem_euclid(self.seconds)) / seconds(self.seconds);
        let (one, two) = (value(before), value(before.saturating_add(1)));
        let usual = one + (two - one) * share;
        let slope = if usual > 0.0 { ((two - one) / usual).clamp(-2.0, 2.0) } else { 0.0 };
        (usual, slope)
    }
}

/// The usual share of attempts, from the hours in which attempts are known.
fn rate(values: &[f64], attempts: &[f64], fitted: &[f64], spread: f64) -> Option<f64> {
    let (mut events, mut of) = (0.0, 0.0);
    for ((value, attempts), usual) in values.iter().zip(attempts).zip(fitted) {
        if *attempts > 0.0 {
            let deviation = (usual.max(1.0) + spread * usual * usual).sqrt();
            events += value.min(usual + RATE_BELIEVED * deviation).min(*attempts);
            of += attempts;
        }
    }
    (of > 0.0).then(|| events / of)
}

#[expect(clippy::cast_precision_loss, reason = "spans of time that people look at")]
fn seconds(seconds: i64) -> f64 {
    seconds as f64
}

#[cfg(test)]
mod tests;

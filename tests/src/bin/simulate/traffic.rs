//! Sites and what they bring when nothing is wrong: seasons of the day and the week, hours and minutes
//! that scatter, and bursts that decay within the hour, as the tweets of a company do.

use crate::chance::{between, count, poisson, scatter};
use app::incidents::detection::{Kind, Minute};
use fastrand::Rng;

/// The codes that are watched on each site, with their class and between what shares of the attempts
/// they usually are.
pub(crate) const CODES: [(&str, Kind, f64, f64); 9] = [
    ("referer_denied", Kind::Fixable, 0.001, 0.03),
    ("site_paused", Kind::Fixable, 0.0, 0.0),
    ("site_deleted", Kind::Fixable, 0.0, 0.0),
    ("sitekey_invalid", Kind::Fixable, 0.000_01, 0.001),
    ("payload_used", Kind::Attack, 0.000_5, 0.005),
    ("verify_limit", Kind::Attack, 0.000_1, 0.002),
    ("tno_invalid", Kind::Noise, 0.001, 0.02),
    ("runtime_err", Kind::Platform, 0.000_1, 0.001),
    ("request_timeout", Kind::Platform, 0.000_5, 0.005),
];
pub(crate) const REFERER_DENIED: usize = 0;
pub(crate) const SITE_PAUSED: usize = 1;
pub(crate) const SITE_DELETED: usize = 2;
pub(crate) const SITEKEY_INVALID: usize = 3;
pub(crate) const PAYLOAD_USED: usize = 4;
pub(crate) const TNO_INVALID: usize = 6;
pub(crate) const RUNTIME_ERR: usize = 7;
pub(crate) const REQUEST_TIMEOUT: usize = 8;

/// What a site brought in some time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Brought {
    pub(crate) attempts: u64,
    pub(crate) codes: [u64; CODES.len()],
}

impl Brought {
    pub(crate) fn add(&mut self, other: &Self) {
        self.attempts += other.attempts;
        for (sum, count) in self.codes.iter_mut().zip(other.codes) {
            *sum += count;
        }
    }
}

/// A site.
pub(crate) struct Site {
    /// Attempts a minute, on average.
    rate: f64,
    /// When its day is, and how quiet its night.
    noon: f64,
    night: f64,
    weekend: f64,
    hourly: f64,
    by_minute: f64,
    /// Bursts a day, and how much larger than usual they begin.
    bursts: f64,
    burst: f64,
    shares: [f64; CODES.len()],
    /// A client that tries again and again: so often a day.
    storms: f64,
    // What goes on now.
    hour: i64,
    level: f64,
    code_levels: [f64; CODES.len()],
    bursting: f64,
}

impl Site {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            rate: between(rng, 0.5, 300.0),
            noon: 11.0 + 6.0 * rng.f64(),
            night: between(rng, 0.05, 0.7),
            weekend: between(rng, 0.3, 1.2),
            hourly: between(rng, 0.003, 0.05),
            by_minute: between(rng, 0.01, 0.2),
            bursts: between(rng, 0.05, 1.0),
            burst: between(rng, 1.0, 6.0),
            shares: CODES.map(
                |(_, _, low, high)| {
                    if high > 0.0 { between(rng, low, high) } else { 0.0 }
                },
            ),
            storms: between(rng, 0.02, 0.5),
            hour: i64::MIN,
            level: 1.0,
            code_levels: [1.0; CODES.len()],
            bursting: 0.0,
        }
    }

    /// What the season has a minute bring.
    pub(crate) fn season(&self, minute: Minute) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "less than a week of minutes")]
        let hour = (minute.rem_euclid(1_440)) as f64 / 60.0;
        let day = 0.5 + 0.5 * ((hour - self.noon) * std::f64::consts::TAU / 24.0).cos();
        // Flat at noon and at night, steep between.
        let day = day * day * (3.0 - 2.0 * day);
        // 1 January 1970 was a Thursday.
        let week = if matches!(minute.div_euclid(1_440).rem_euclid(7), 2 | 3) {
            self.weekend
        } else {
            1.0
        };
        self.rate * week * (self.night + (1.0 - self.night) * day)
    }

    /// What a minute brings; `growth` multiplies the attempts.
    pub(crate) fn minute(&mut self, rng: &mut Rng, minute: Minute, growth: f64) -> Brought {
        let hour = minute.div_euclid(60);
        if hour != self.hour {
            self.hour = hour;
            self.level = scatter(rng, self.hourly);
            self.code_levels = self.code_levels.map(|_| scatter(rng, 0.1));
        }
        if rng.f64() < self.bursts / 1_440.0 {
            self.bursting += self.burst;
        }
        self.bursting *= 0.95;
        let mean = self.season(minute) * self.level * (1.0 + self.bursting) * growth;
        let attempts = count(rng, mean, self.by_minute);
        self.with_errors(rng, attempts, 1.0)
    }

    /// What an hour brings. Of four weeks, single minutes do not matter.
    pub(crate) fn hour(&mut self, rng: &mut Rng, hour: i64) -> Brought {
        let mean: f64 = (0..6).map(|tenth| self.season(hour * 60 + tenth * 10 + 5) * 10.0).sum();
        let bursts = poisson(rng, self.bursts / 24.0);
        #[expect(clippy::cast_precision_loss, reason = "one or two")]
        let extra = self.rate * self.burst * 20.0 * bursts as f64;
        self.code_levels = self.code_levels.map(|_| scatter(rng, 0.1));
        let attempts = count(rng, mean + extra, self.hourly + self.by_minute / 60.0);
        self.with_errors(rng, attempts, 60.0)
    }

    fn with_errors(&self, rng: &mut Rng, attempts: u64, minutes: f64) -> Brought {
        let mut brought = Brought { attempts, ..Brought::default() };
        for (index, share) in self.shares.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "small counts")]
            let mean = attempts as f64 * share * self.code_levels[index];
            brought.codes[index] = poisson(rng, mean);
        }
        if rng.f64() < self.storms * minutes / 1_440.0 {
            let code = [REFERER_DENIED, PAYLOAD_USED, TNO_INVALID][rng.usize(..3)];
            let storm = rng.u64(5..40);
            brought.codes[code] += storm;
            brought.attempts += storm;
        }
        brought
    }
}

//! The traffic of the sample sites: what [`samples`](super::samples) tells, as events.
//!
//! A pure function of the moment it ends at: the randomness comes from a generator with a fixed
//! seed, so the same moment always gives the same events.

use super::samples::{
    Age, BACKGROUND, Effect, Episode, OUTAGE, SCRIPT, SITES, SOURCES, SPAN, STRAY, SampleHost,
    SampleSite, USER_AGENTS,
};
use crate::codes::OK;
use crate::stats::model::Grain;
use fastrand::Rng;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::f64::consts::TAU;

/// Some of the samples' outcomes, alike but for the instant and counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// When.
    pub time: Timestamp,
    /// Whose: a place in [`SITES`].
    pub site: usize,
    /// With which sitekey of the site, counted from 0 in the order they were issued; `None` for none.
    pub sitekey: Option<usize>,
    /// `ok` or an error code of the catalogue.
    pub code: &'static str,
    /// From which host; `None` without a referer.
    pub host: Option<&'static str>,
    /// How many; at least 1.
    pub count: u64,
    /// The verifier that reports it.
    pub source: &'static str,
    /// An opaque name of the visitor.
    pub client: String,
    /// The trace number.
    pub trace: String,
    /// What the visitor browses with.
    pub user_agent: &'static str,
}

/// The traffic of all sample sites in the two weeks before `end`, oldest first.
pub fn traffic(end: Timestamp) -> Vec<Outcome> {
    let mut writer = Writer { end, rng: Rng::with_seed(20_261_123), outcomes: Vec::new() };
    for (index, site) in SITES.iter().enumerate() {
        for step in steps(end) {
            writer.visitors(index, site, &step);
        }
        for episode in site.episodes {
            writer.extra(index, site, episode);
        }
    }
    writer.outcomes.sort_by_key(|outcome| outcome.time);
    writer.outcomes
}

/// The traffic of a short while after that, of the sites as they are by then. Their pages carry the sitekey in the place
/// `newest`, counted from 0 in the order they were issued, save those where somebody forgot to change it. `gate` has
/// `ok` or an error code for a request to a site with a sitekey from a host.
pub fn goes_on(
    start: Timestamp,
    length: SignedDuration,
    newest: impl Fn(usize) -> usize,
    gate: impl Fn(usize, usize, Option<&str>) -> &'static str,
) -> Vec<Outcome> {
    let rng = Rng::with_seed(start.as_second().unsigned_abs());
    let mut writer = Writer { end: start, rng, outcomes: Vec::new() };
    let step = Step { start, age: SignedDuration::ZERO, length };
    for (index, site) in SITES.iter().enumerate() {
        let attempts = site.attempts(&step);
        for host in site.hosts {
            let sitekey = if carries_the_first(site, host) { 0 } else { newest(index) };
            let count = poisson(&mut writer.rng, attempts * host.share);
            match gate(index, sitekey, Some(host.host)) {
                OK => writer.served(index, &step, Some(sitekey), host.host, count),
                code => writer.push(index, &step, Some(sitekey), code, Some(host.host), count),
            }
        }
        for (host, of_a_million) in STRAY {
            let count = poisson(&mut writer.rng, attempts * of_a_million / 1e6);
            let code = gate(index, newest(index), host);
            writer.push(index, &step, Some(newest(index)), code, host, count);
        }
    }
    writer.outcomes
}

/// Whether pages of this host still carry the site's first sitekey.
fn carries_the_first(site: &SampleSite, host: &SampleHost) -> bool {
    let forgotten = |episode: &Episode| {
        episode.until.is_zero()
            && matches!(episode.effect, Effect::RetiredSitekey(of) if of == host.host)
    };
    site.episodes.iter().any(forgotten)
}

impl SampleSite {
    /// How many attempts there are in a while, on average.
    fn attempts(&self, step: &Step) -> f64 {
        self.attempts_a_minute * step.length.as_secs_f64() / 60.0 * season(self, step.start)
    }
}

/// The moment that the demo ends at when it is loaded at `now`: the start of the minute.
pub fn end(now: Timestamp) -> Timestamp {
    Grain::Minute.floor(now)
}

/// The instant `age` before `end`.
pub fn before(end: Timestamp, age: Age) -> Timestamp {
    end.checked_sub(age).unwrap_or(Timestamp::MIN)
}

/// A while whose outcomes are counted together.
#[derive(Clone, Copy, Debug)]
struct Step {
    start: Timestamp,
    /// How long before the end it starts.
    age: Age,
    length: SignedDuration,
}

/// The steps of the two weeks: finer where a chart looks closer.
fn steps(end: Timestamp) -> impl Iterator<Item = Step> {
    let mut age = SPAN;
    std::iter::from_fn(move || {
        if !age.is_positive() {
            return None;
        }
        let length = match age.as_mins() {
            ..=15 => SignedDuration::from_secs(10),
            16..=120 => SignedDuration::from_mins(1),
            121..=2_880 => SignedDuration::from_mins(5),
            _ => SignedDuration::from_mins(15),
        };
        let step = Step { start: before(end, age), age, length };
        age -= length;
        Some(step)
    })
}

/// How busy the instant is, to 1 on an average weekday: quiet before dawn, busiest in the afternoon.
fn season(site: &SampleSite, instant: Timestamp) -> f64 {
    let civil = instant.to_zoned(TimeZone::UTC);
    let hour = f64::from(civil.hour()) + f64::from(civil.minute()) / 60.0;
    let of_day = 1.0 + 0.5 * (TAU * (hour - 15.0) / 24.0).cos();
    let weekend = matches!(civil.weekday().to_monday_zero_offset(), 5 | 6);
    of_day * if weekend { site.weekend } else { 1.0 }
}

impl Episode {
    fn holds(&self, age: Age) -> bool {
        age <= self.from && age > self.until
    }
}

struct Writer {
    end: Timestamp,
    rng: Rng,
    outcomes: Vec<Outcome>,
}

impl Writer {
    /// The outcomes of a site's own visitors.
    fn visitors(&mut self, index: usize, site: &SampleSite, step: &Step) {
        let attempts = site.attempts(step);
        let paused = site
            .episodes
            .iter()
            .any(|episode| matches!(episode.effect, Effect::Paused) && episode.holds(step.age));
        for host in site.hosts {
            let count = poisson(&mut self.rng, attempts * host.share);
            match standing(site, host, step.age) {
                Standing { refused: Some(code), sitekey } => {
                    self.push(index, step, sitekey, code, Some(host.host), count);
                }
                Standing { refused: None, sitekey } => {
                    self.served(index, step, sitekey, host.host, count);
                }
            }
        }
        let newest = Some(newest_sitekey(site, step.age));
        for (host, of_a_million) in STRAY {
            let count = poisson(&mut self.rng, attempts * of_a_million / 1e6);
            let code = if paused { "site_paused" } else { "referer_denied" };
            self.push(index, step, newest, code, host, count);
        }
    }

    /// `count` attempts that the gate lets through: some fail all the same.
    fn served(
        &mut self,
        index: usize,
        step: &Step,
        sitekey: Option<usize>,
        host: &'static str,
        count: u64,
    ) {
        let outage = step.age <= OUTAGE.from && step.age > OUTAGE.until;
        let failing = OUTAGE.codes.iter().filter(|_| outage).copied();
        let background = BACKGROUND.iter().map(|(code, of_a_million)| (*code, of_a_million / 1e6));
        let mut left = count;
        for (code, share) in background.chain(failing) {
            let failed = poisson(&mut self.rng, as_f64(count) * share).min(left);
            left -= failed;
            self.push(index, step, sitekey, code, Some(host), failed);
        }
        self.push(index, step, sitekey, OK, Some(host), left);
    }

    /// The outcomes that an episode adds to those of the site's own visitors.
    fn extra(&mut self, index: usize, site: &SampleSite, episode: &Episode) {
        let (code, host, a_minute) = match episode.effect {
            Effect::Foreign(host, a_minute) => ("referer_denied", host, a_minute),
            Effect::NoSitekey(host, a_minute) => ("no_sitekey", host, a_minute),
            Effect::Replayed(host, a_minute) => ("payload_used", host, a_minute),
            Effect::Denied(_)
            | Effect::Paused
            | Effect::OldSitekey(_)
            | Effect::RetiredSitekey(_) => return,
        };
        let scripted = matches!(episode.effect, Effect::Replayed(..));
        let trace = self.opaque();
        let clients = [self.opaque(), self.opaque(), self.opaque()];
        let length = SignedDuration::from_mins(1);
        let mut age = episode.from;
        while age > episode.until {
            let step = Step { start: before(self.end, age), age, length };
            let sitekey = (code != "no_sitekey").then(|| newest_sitekey(site, age));
            let mut left = poisson(&mut self.rng, a_minute);
            // A script's requests are told one by one, as a verifier would.
            while left > 0 {
                let count = if scripted { 1 } else { left };
                left -= count;
                self.push(index, &step, sitekey, code, Some(host), count);
                if let Some(outcome) = self.outcomes.last_mut()
                    && scripted
                {
                    outcome.trace.clone_from(&trace);
                    outcome.client.clone_from(&clients[self.rng.usize(..clients.len())]);
                    outcome.user_agent = SCRIPT;
                }
            }
            age -= length;
        }
    }

    fn push(
        &mut self,
        site: usize,
        step: &Step,
        sitekey: Option<usize>,
        code: &'static str,
        host: Option<&'static str>,
        count: u64,
    ) {
        if count == 0 {
            return;
        }
        let within = SignedDuration::from_millis(self.rng.i64(0..step.length.as_secs() * 1000));
        let time = step.start.checked_add(within).unwrap_or(step.start);
        let (client, trace) = (self.opaque(), self.opaque());
        let source = SOURCES[self.rng.usize(..SOURCES.len())];
        let user_agent = USER_AGENTS[self.rng.usize(..USER_AGENTS.len())];
        let outcome =
            Outcome { time, site, sitekey, code, host, count, source, client, trace, user_agent };
        self.outcomes.push(outcome);
    }

    fn opaque(&mut self) -> String {
        format!("{:016x}", self.rng.u64(..))
    }
}

/// How the gate treats a host's visitors.
struct Standing {
    refused: Option<&'static str>,
    sitekey: Option<usize>,
}

fn standing(site: &SampleSite, host: &SampleHost, age: Age) -> Standing {
    let ordinary = Standing { refused: None, sitekey: Some(newest_sitekey(site, age)) };
    site.episodes.iter().filter(|episode| episode.holds(age)).fold(ordinary, |standing, episode| {
        match episode.effect {
            Effect::Denied(of) if of == host.host => {
                Standing { refused: Some("referer_denied"), ..standing }
            }
            Effect::Paused => Standing { refused: Some("site_paused"), ..standing },
            Effect::OldSitekey(of) if of == host.host => Standing { sitekey: Some(0), ..standing },
            Effect::RetiredSitekey(of) if of == host.host => {
                Standing { refused: Some("sitekey_invalid"), sitekey: Some(0) }
            }
            _ => standing,
        }
    })
}

/// The sitekey that a site's pages carry, counted from 0.
fn newest_sitekey(site: &SampleSite, age: Age) -> usize {
    use super::samples::Change::SitekeyRotated;
    let rotated = |change: &&(Age, super::samples::Change)| {
        matches!(change.1, SitekeyRotated(_)) && age <= change.0
    };
    site.history.iter().filter(rotated).count()
}

/// How often something happens that happens `mean` times on average.
fn poisson(rng: &mut Rng, mean: f64) -> u64 {
    if mean > 50.0 {
        // So many are as good as normally distributed (Box–Muller).
        let (radius, angle) = ((-2.0 * (1.0 - rng.f64()).ln()).sqrt(), TAU * rng.f64());
        return as_count(mean + mean.sqrt() * radius * angle.cos());
    }
    // Knuth: how many uniform numbers multiply to less than e^-mean.
    let limit = (-mean).exp();
    let mut product = rng.f64();
    let mut count = 0;
    while product > limit {
        product *= rng.f64();
        count += 1;
    }
    count
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, which is what a count below nothing should do"
)]
fn as_count(value: f64) -> u64 {
    value.round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "a minute's attempts are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;

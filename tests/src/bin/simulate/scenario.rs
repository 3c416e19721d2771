//! The thirteen things that happen, each with what it does to the traffic.

use crate::chance::{between, count, poisson};
use crate::traffic::{
    Brought, PAYLOAD_USED, REFERER_DENIED, REQUEST_TIMEOUT, RUNTIME_ERR, SITE_DELETED, SITE_PAUSED,
    SITEKEY_INVALID, TNO_INVALID,
};
use app::incidents::detection::Minute;
use fastrand::Rng;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    Pause,
    Delete,
    DomainRemoved,
    KeyRevoked,
    SitekeyTypo,
    ReplayAttack,
    TnoBurst,
    KeyTheft,
    PlatformOutage,
    BenignSurge,
    SlowGrowth,
    LateData,
    Silence,
}

pub(crate) const ALL: [What; 13] = [
    What::Pause,
    What::Delete,
    What::DomainRemoved,
    What::KeyRevoked,
    What::SitekeyTypo,
    What::ReplayAttack,
    What::TnoBurst,
    What::KeyTheft,
    What::PlatformOutage,
    What::BenignSurge,
    What::SlowGrowth,
    What::LateData,
    What::Silence,
];

/// What should be found, if anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A code on the site rises.
    Code(usize),
    /// A code rises that belongs to no site: the sitekey is unknown.
    Unattributed,
    /// The attempts of the site vanish.
    Silence,
    /// A code rises over all sites.
    Everywhere,
    /// Nothing is wrong.
    Nothing,
}

impl What {
    pub(crate) fn sign(self) -> Sign {
        match self {
            Self::Pause => Sign::Code(SITE_PAUSED),
            Self::Delete => Sign::Code(SITE_DELETED),
            Self::DomainRemoved | Self::KeyTheft => Sign::Code(REFERER_DENIED),
            Self::KeyRevoked => Sign::Code(SITEKEY_INVALID),
            // A sitekey that never was names no site.
            Self::SitekeyTypo => Sign::Unattributed,
            Self::ReplayAttack => Sign::Code(PAYLOAD_USED),
            Self::TnoBurst => Sign::Code(TNO_INVALID),
            Self::PlatformOutage => Sign::Everywhere,
            Self::BenignSurge | Self::SlowGrowth | Self::LateData => Sign::Nothing,
            Self::Silence => Sign::Silence,
        }
    }
}

/// One thing that happens to one site, or to all.
pub(crate) struct Scenario {
    pub(crate) what: What,
    pub(crate) site: usize,
    pub(crate) start: Minute,
    pub(crate) end: Minute,
    /// How much of the traffic it takes, or how many events a minute it sends.
    pub(crate) size: f64,
    /// Whether the seed of this run drew it.
    pub(crate) drawn: bool,
}

impl Scenario {
    /// Draws one within `from..until`, on a site that `busy` accepts at that time.
    pub(crate) fn draw(
        rng: &mut Rng,
        what: What,
        from: Minute,
        until: Minute,
        drawn: bool,
        mut busy: impl FnMut(&mut Rng, Minute) -> Option<usize>,
    ) -> Self {
        let (length, size) = match what {
            What::Pause | What::Delete => (rng.i64(30..240), 0.9 + 0.1 * rng.f64()),
            What::DomainRemoved | What::KeyRevoked | What::SitekeyTypo => {
                (rng.i64(30..240), 0.3 + 0.7 * rng.f64())
            }
            What::ReplayAttack | What::TnoBurst => (rng.i64(10..120), between(rng, 40.0, 400.0)),
            What::KeyTheft => (rng.i64(20..180), between(rng, 10.0, 200.0)),
            What::PlatformOutage => (rng.i64(5..60), between(rng, 0.05, 0.6)),
            What::BenignSurge => (rng.i64(30..240), between(rng, 2.0, 10.0)),
            What::SlowGrowth => (2 * 1_440, 1.5 + 1.5 * rng.f64()),
            What::LateData => (rng.i64(30..90), 0.2 + 0.5 * rng.f64()),
            What::Silence => (rng.i64(60..240), 1.0),
        };
        loop {
            let start = rng.i64(from..(until - length).max(from + 1));
            if let Some(site) = busy(rng, start) {
                return Self { what, site, start, end: start + length, size, drawn };
            }
        }
    }

    pub(crate) fn touches(&self, site: usize, minute: Minute) -> bool {
        (self.site == site || self.what == What::PlatformOutage)
            && (self.start..self.end).contains(&minute)
    }

    /// By how much it multiplies the attempts of a minute.
    pub(crate) fn growth(&self, minute: Minute) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "minutes of days")]
        let done = (minute - self.start) as f64 / (self.end - self.start) as f64;
        match self.what {
            What::Silence => 0.0,
            What::BenignSurge => self.size,
            What::SlowGrowth => 1.0 + (self.size - 1.0) * done,
            _ => 1.0,
        }
    }

    /// What it does to a minute of a site; answers what goes to unknown sitekeys, and what is late.
    pub(crate) fn strike(&self, rng: &mut Rng, brought: &mut Brought) -> (u64, Option<Brought>) {
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let part = brought.attempts as f64 * self.size;
        let denied = poisson(rng, part).min(brought.attempts);
        match self.what {
            What::Pause => brought.codes[SITE_PAUSED] += denied,
            What::Delete => brought.codes[SITE_DELETED] += denied,
            What::DomainRemoved => brought.codes[REFERER_DENIED] += denied,
            What::KeyRevoked => brought.codes[SITEKEY_INVALID] += denied,
            What::SitekeyTypo => {
                brought.attempts -= denied;
                return (denied, None);
            }
            What::ReplayAttack => send(rng, brought, PAYLOAD_USED, self.size),
            What::TnoBurst => send(rng, brought, TNO_INVALID, self.size),
            What::KeyTheft => send(rng, brought, REFERER_DENIED, self.size),
            What::PlatformOutage => {
                brought.codes[RUNTIME_ERR] += denied / 2;
                brought.codes[REQUEST_TIMEOUT] += denied - denied / 2;
            }
            What::LateData => {
                let mut late = Brought { attempts: denied, ..Brought::default() };
                for (late, on_time) in late.codes.iter_mut().zip(&mut brought.codes) {
                    #[expect(clippy::cast_precision_loss, reason = "small counts")]
                    let part = poisson(rng, *on_time as f64 * self.size).min(*on_time);
                    *on_time -= part;
                    *late = part;
                }
                brought.attempts -= denied;
                return (0, Some(late));
            }
            What::BenignSurge | What::SlowGrowth | What::Silence => {}
        }
        (0, None)
    }
}

/// Events that somebody sends beside the visitors.
fn send(rng: &mut Rng, brought: &mut Brought, code: usize, mean: f64) {
    let sent = count(rng, mean, 0.1);
    brought.codes[code] += sent;
    brought.attempts += sent;
}

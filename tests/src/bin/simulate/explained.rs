//! Explains what was opened as the minute job does, by the same rules, and holds what they say against
//! what is true.

use crate::chance::poisson;
use crate::people::{Crowd, add, one, strangers};
use crate::run::{Line, Place};
use crate::scenario::{Scenario, Sign, What};
use crate::traffic::{CODES, REFERER_DENIED, SITEKEY_INVALID};
use crate::trail::at;
use crate::truth::{Fix, Truth, site_id};
use app::codes::likely::likely_sites;
use app::incidents::detection::Minute;
use app::incidents::model::{Dimension, Driver, Remedy, UNATTRIBUTED};
use app::incidents::rules::{
    Counts, Findings, Material, Shares, findings, hosts_of, most_sent, sent_keys,
};
use app::sites::model::SiteId;
use app::stats::model::Sample;
use fastrand::Rng;
use std::collections::HashSet;

/// So many samples of a site, code and minute are kept, and so many are read.
const SAMPLED: u64 = 5;
const READ: u64 = 1_000;
const READ_ANY: usize = 1_000;
const DAY: i64 = 1_440;

/// What had come of an incident when it was opened.
pub(crate) struct Opening<'a> {
    pub(crate) line: Line,
    pub(crate) onset: Minute,
    /// The minute that was judged, and since when hosts are counted.
    pub(crate) minute: Minute,
    /// From the onset on, minute by minute: events of any day, and those of each scenario.
    pub(crate) minutes: Vec<(u64, Vec<(usize, u64)>)>,
    /// Events of the code in the day before, and attempts.
    pub(crate) before: u64,
    pub(crate) attempts: u64,
    /// Of an incident across sites, each with its events now, the day before, and its attempts.
    pub(crate) by_site: Vec<(usize, [u64; 3])>,
    /// Of what was there the day before, that of other scenarios.
    pub(crate) earlier: Vec<(usize, u64)>,
    pub(crate) scenarios: &'a [Scenario],
}

/// What was said of an incident, and whether it was right.
#[derive(Clone, Debug, serde::Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a figure of its own in the report")]
pub(crate) struct Said {
    pub(crate) what: What,
    pub(crate) number: usize,
    pub(crate) drawn: bool,
    /// Whether a change had brought it about.
    pub(crate) changed: bool,
    pub(crate) driver: bool,
    pub(crate) change: bool,
    pub(crate) fix: bool,
    /// Whether a host that is not the site's was offered to be let through.
    pub(crate) offered: bool,
    pub(crate) told: String,
}

impl Opening<'_> {
    /// Explains it, and says what was right of that; nothing if no scenario is behind it.
    pub(crate) fn said(&self, seed: u64) -> Option<Said> {
        // Of several, the one that sends most of it.
        let lasts = |scenario: &Scenario| (scenario.start..scenario.end).contains(&self.minute);
        let number = self
            .scenarios
            .iter()
            .enumerate()
            .filter(|(_, scenario)| self.line.shows(scenario) && lasts(scenario))
            .map(|(number, _)| (self.of_scenario(number), number))
            .filter(|(count, _)| *count > 0)
            .max()?
            .1;
        let scenario = &self.scenarios[number];
        let truth = Truth::of(scenario, number, seed);
        let rng = &mut Rng::with_seed(seed ^ (number as u64) << 8);
        let found = self.found(rng, &truth, seed);
        Some(judged(scenario, number, &truth, found))
    }

    fn of_scenario(&self, number: usize) -> u64 {
        let of = |(_, by): &(u64, Vec<(usize, u64)>)| -> u64 {
            let own = |other: usize| other == number || other == usize::MAX;
            by.iter().filter(|(other, _)| own(*other)).map(|(_, count)| count).sum()
        };
        self.minutes.iter().map(of).sum()
    }

    fn found(&self, rng: &mut Rng, truth: &Truth, seed: u64) -> (Findings, Option<SiteId>) {
        let code = self.line.code.map_or("", |code| CODES[code].0);
        let site = match self.line.place {
            Place::Site(site) => Some(site_id(site)),
            Place::Unattributed => Some(UNATTRIBUTED),
            Place::Everywhere => None,
        };
        let others: Vec<Truth> = self.others(truth, seed);
        let crowds = Crowds { usual: self.usual(truth), others: &others, truth };
        let counted: Vec<Shares> = match self.line.place {
            // Hosts are not counted by sitekey.
            Place::Site(_) if self.is_of_keys() => vec![Dimension::Sitekey, Dimension::Source],
            Place::Site(_) => vec![Dimension::Host, Dimension::Sitekey, Dimension::Source],
            Place::Unattributed => vec![Dimension::Host, Dimension::Source],
            Place::Everywhere => vec![Dimension::Site, Dimension::Source],
        }
        .into_iter()
        .map(|dimension| self.shares(rng, &crowds, dimension))
        .collect();
        let mut kept = Vec::new();
        for (minute, (usual, by)) in (self.onset..).zip(&self.minutes) {
            kept.extend(self.sampled(rng, &crowds, minute, *usual, by));
        }
        let per_minute = (self.before / DAY.unsigned_abs()).clamp(1, SAMPLED);
        let earlier: Vec<Sample> = (0..(READ / per_minute).min(DAY.unsigned_abs()))
            .flat_map(|back| {
                let minute = self.onset - 1 - i64::try_from(back).unwrap_or(DAY);
                let of_minute = poisson(rng, rate(self.before)).min(SAMPLED);
                self.sampled(rng, &crowds, minute, of_minute, &[])
            })
            .take(usize::try_from(READ).unwrap_or(usize::MAX))
            .collect();
        let everybody = match self.line.place {
            Place::Site(_) => &truth.people.visitors,
            Place::Unattributed | Place::Everywhere => &crowds.usual,
        };
        let any: Vec<Sample> = (0..DAY.min(self.attempts.try_into().unwrap_or(DAY)))
            .take(READ_ANY)
            .map(|back| self.sample(rng, everybody, self.onset - 1 - back))
            .collect();
        let owner = |key: &str| {
            let of = |truth: &&Truth| truth.issued.iter().any(|issued| issued == key);
            std::iter::once(truth).chain(&others).find(of).map(|truth| truth.site)
        };
        let sitekeys = sent_keys(&kept, owner);
        // As the job reads it: of the incident's site, or of those that the sitekeys belong to.
        let read = |of: Option<SiteId>| match site {
            None => false,
            Some(UNATTRIBUTED) => sitekeys.iter().any(|(_, _, owner)| of == Some(*owner)),
            Some(_) => of == site,
        };
        let trail: Vec<_> = std::iter::once(truth)
            .chain(&others)
            .flat_map(|truth| &truth.trail)
            .filter(|entry| read(entry.site))
            .cloned()
            .collect();
        let known = HashSet::new();
        let found = findings(&Material {
            code,
            site,
            onset: at(self.onset * 60),
            counted: &counted,
            kept: &kept,
            earlier: &earlier,
            any: &any,
            sitekeys: &sitekeys,
            trail: &trail,
            policy: matches!(self.line.place, Place::Site(_)).then_some(&truth.policy),
            known: &known,
        });
        let sent = most_sent(&kept);
        let policies: Vec<&app::gate::SitePolicy> =
            std::iter::once(truth).chain(&others).map(|truth| &truth.policy).collect();
        let likely = likely_sites(&policies, &hosts_of(&kept, sent.as_deref()));
        let of_key = sent.as_deref().and_then(owner).or(likely.first().map(|likely| likely.site));
        (found, of_key)
    }

    /// Whether it is of the sitekeys of a site that were refused.
    fn is_of_keys(&self) -> bool {
        matches!(self.line.place, Place::Site(_)) && self.line.code == Some(SITEKEY_INVALID)
    }

    /// Whatever else goes on where no site is known.
    fn others(&self, truth: &Truth, seed: u64) -> Vec<Truth> {
        if self.line.place != Place::Unattributed {
            return Vec::new();
        }
        let unknown = |scenario: &Scenario| scenario.what.sign() == Sign::Unattributed;
        self.scenarios
            .iter()
            .enumerate()
            .filter(|(_, scenario)| unknown(scenario) && site_id(scenario.site) != truth.site)
            .map(|(number, scenario)| Truth::of(scenario, number, seed))
            .collect()
    }

    /// Who is behind the events of any day.
    fn usual(&self, truth: &Truth) -> Crowd {
        match self.line.place {
            Place::Site(_) if self.line.code == Some(REFERER_DENIED) => truth.people.strays(),
            Place::Site(_) => truth.people.visitors.clone(),
            Place::Unattributed | Place::Everywhere => strangers(),
        }
    }

    fn shares(&self, rng: &mut Rng, crowds: &Crowds<'_>, dimension: Dimension) -> Shares {
        #[expect(clippy::cast_precision_loss, reason = "minutes of a day")]
        let scale = (self.minute + 1 - self.onset) as f64 / 1_440.0;
        if dimension == Dimension::Site {
            let by = |column: usize| -> Counts {
                let count = |counts: &[u64; 3]| i64::try_from(counts[column]).unwrap_or(i64::MAX);
                self.by_site
                    .iter()
                    .map(|(site, counts)| (site_id(*site).to_string(), count(counts)))
                    .filter(|(_, count)| *count > 0)
                    .collect()
            };
            return Shares { dimension, now: by(0), before: by(1), usual: by(2), scale };
        }
        let usual = self.minutes.iter().map(|(usual, _)| usual).sum::<u64>();
        let mut now = crowds.usual.spread(rng, dimension, usual);
        let mut by: Vec<(usize, u64)> = Vec::new();
        for (number, count) in self.minutes.iter().flat_map(|(_, by)| by) {
            by.push((*number, *count));
        }
        for (number, count) in by {
            add(&mut now, crowds.of(number, self.scenarios).spread(rng, dimension, count));
        }
        let theirs: u64 = self.earlier.iter().map(|(_, count)| count).sum();
        let mut before = crowds.usual.spread(rng, dimension, self.before.saturating_sub(theirs));
        for (number, count) in &self.earlier {
            add(&mut before, crowds.of(*number, self.scenarios).spread(rng, dimension, *count));
        }
        let everybody = match self.line.place {
            Place::Site(_) => &crowds.truth.people.visitors,
            Place::Unattributed | Place::Everywhere => &crowds.usual,
        };
        let usual = if dimension == Dimension::Sitekey && self.is_of_keys() {
            Counts::new()
        } else {
            everybody.spread(rng, dimension, self.attempts)
        };
        Shares { dimension, now, before, usual, scale }
    }

    /// The first few events of a minute.
    fn sampled(
        &self,
        rng: &mut Rng,
        crowds: &Crowds<'_>,
        minute: Minute,
        usual: u64,
        by: &[(usize, u64)],
    ) -> Vec<Sample> {
        let all = usual + by.iter().map(|(_, count)| count).sum::<u64>();
        let mut samples = Vec::new();
        for _ in 0..all.min(SAMPLED) {
            let mut place = rng.u64(..all);
            let mut crowd = &crowds.usual;
            if place >= usual {
                place -= usual;
                for (number, count) in by {
                    if place < *count {
                        crowd = crowds.of(*number, self.scenarios);
                        break;
                    }
                    place -= count;
                }
            }
            samples.push(self.sample(rng, crowd, minute));
        }
        samples
    }

    fn sample(&self, rng: &mut Rng, crowd: &Crowd, minute: Minute) -> Sample {
        let trace = match crowd.traces {
            Some(few) => format!("again{}", rng.u32(..few)),
            None => format!("once{}", rng.u64(..)),
        };
        let site = match self.line.place {
            Place::Site(site) => site_id(site),
            Place::Unattributed | Place::Everywhere => UNATTRIBUTED,
        };
        Sample {
            time: at(minute * 60 + rng.i64(..60)),
            site: site.0,
            code: self.line.code.map_or("", |code| CODES[code].0).to_owned(),
            source: one(rng, &crowd.sources).to_owned(),
            sitekey: Some(one(rng, &crowd.sitekeys).to_owned()),
            host: one(rng, &crowd.hosts).to_owned(),
            referer: None,
            client: Some(one(rng, &crowd.clients).to_owned()),
            trace: Some(trace),
            user_agent: Some(one(rng, &crowd.agents).to_owned()),
        }
    }
}

struct Crowds<'a> {
    usual: Crowd,
    truth: &'a Truth,
    others: &'a [Truth],
}

impl Crowds<'_> {
    fn of(&self, number: usize, scenarios: &[Scenario]) -> &Crowd {
        // What a site's own series has is of the scenario on it.
        let Some(scenario) = scenarios.get(number) else { return &self.truth.crowd };
        let site = site_id(scenario.site);
        let other = self.others.iter().find(|other| other.site == site);
        if site == self.truth.site {
            &self.truth.crowd
        } else {
            other.map_or(&self.usual, |other| &other.crowd)
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a day")]
fn rate(of_day: u64) -> f64 {
    of_day as f64 / 1_440.0
}

/// What was right of what was said.
fn judged(
    scenario: &Scenario,
    number: usize,
    truth: &Truth,
    (found, of_key): (Findings, Option<SiteId>),
) -> Said {
    let first = found.drivers.first();
    let leading = first.filter(|driver| driver.explains());
    let named = |driver: &Driver| {
        truth
            .drivers
            .iter()
            .any(|(dimension, value)| *dimension == driver.dimension && *value == driver.value)
    };
    let driver =
        if truth.drivers.is_empty() { leading.is_none() } else { first.is_some_and(named) };
    let change = found.change.as_ref().map(|change| change.entry);
    let fix = match (truth.fix, &found.remedy) {
        (Fix::Undo(entry), Remedy::Undo { entry: offered, .. }) => entry == *offered,
        (Fix::RightKey, Remedy::Key { .. }) => of_key == Some(truth.site),
        (Fix::Start, Remedy::Start { .. })
        | (Fix::Restore, Remedy::Restore { .. })
        | (Fix::DoNotAllow, Remedy::Theft { .. })
        | (Fix::LookAtReplays, Remedy::Replays { .. })
        | (Fix::Nothing, Remedy::None | Remedy::Watch)
        | (Fix::Platform, Remedy::Platform) => true,
        _ => false,
    };
    // Letting any host through is no answer to a theft, whichever it is.
    let offered = scenario.what == What::KeyTheft
        && matches!(found.remedy, Remedy::Allow { .. } | Remedy::Undo { .. });
    let told = format!(
        "{:?}; {:?}; {:?}; truth {:?}, {:?}, {:?}",
        first.map(|first| (first.dimension, &first.value, first.share, first.before)),
        found.change,
        found.remedy,
        truth.drivers.iter().take(2).collect::<Vec<_>>(),
        truth.change,
        truth.fix,
    );
    Said {
        what: scenario.what,
        number,
        drawn: scenario.drawn,
        changed: truth.change.is_some(),
        driver,
        change: change == truth.change,
        fix,
        offered,
        told,
    }
}

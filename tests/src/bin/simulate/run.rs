//! Runs detection over simulated weeks, as the minute job does: a judgement a minute over all series, and
//! baselines renewed every hour.

use crate::scenario::{ALL, Scenario, Sign, What};
use crate::traffic::{Brought, CODES, SITEKEY_INVALID, Site};
use app::incidents::detection::{
    Baseline, Direction, HourCount, Kind, Minute, MinuteCount, Policy, Sensitivity, Verdict,
    WINDOW, Watched, judge,
};
use fastrand::Rng;
use std::time::{Duration, Instant};

/// Monday, 1 June 2026, 00:00 UTC, in minutes: four weeks are learned before it.
const FROM: Minute = 29_671_200;
const HOURS_LEARNED: i64 = 4 * 7 * 24;
/// What is drawn the same in every run; the rest is drawn by the seed.
const FIXED: u64 = 5;
/// A site takes part in a scenario if it usually has so many attempts a minute then: of fewer, nobody
/// can tell within minutes.
const BUSY: f64 = 2.0;
/// Late data comes so many minutes late.
const LATE: i64 = 6;

/// How much is simulated.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) sites: usize,
    pub(crate) days: i64,
    pub(crate) scenarios: usize,
    pub(crate) seed: u64,
}

/// Where a series belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Site(usize),
    Unattributed,
    Everywhere,
}

/// Which series.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) place: Place,
    /// `None` for the attempts themselves.
    pub(crate) code: Option<usize>,
}

impl Line {
    /// Whether a rise or fall of it is what a scenario should show.
    pub(crate) fn shows(self, scenario: &Scenario) -> bool {
        let site = self.place == Place::Site(scenario.site);
        match scenario.what.sign() {
            Sign::Code(code) => site && self.code == Some(code),
            Sign::Attempts => site && self.code.is_none(),
            Sign::Unattributed => self.place == Place::Unattributed,
            Sign::Everywhere => self.place == Place::Everywhere,
            Sign::Nothing => false,
        }
    }

    fn policy(self) -> Policy {
        let sensitivity = Sensitivity::Normal;
        match self.code {
            Some(code) => Policy { kind: CODES[code].1, sensitivity, direction: Direction::Rise },
            None => Policy { kind: Kind::Fixable, sensitivity, direction: Direction::Fall },
        }
    }
}

struct Series {
    line: Line,
    hours: Vec<HourCount>,
    baseline: Baseline,
    open: bool,
}

/// A verdict that changed something.
pub(crate) struct Turn {
    pub(crate) minute: Minute,
    pub(crate) line: Line,
    pub(crate) raised: bool,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) judged: u64,
    pub(crate) judging: Duration,
    pub(crate) learned: u64,
    pub(crate) learning: Duration,
}

/// Everything there is.
struct World {
    rng: Rng,
    sites: Vec<Site>,
    recent: Vec<[Brought; WINDOW]>,
    hour: Vec<Brought>,
    /// Unknown sitekeys, and all sites together.
    unattributed: [u64; WINDOW],
    unattributed_hour: u64,
    series: Vec<Series>,
    late: Vec<(Minute, Minute, usize, Brought)>,
}

/// Simulates.
pub(crate) fn run(extent: Extent) -> Outcome {
    let mut world = World::new(extent);
    let scenarios = world.scenarios(extent);
    let mut outcome = Outcome {
        scenarios: Vec::new(),
        turns: Vec::new(),
        judged: 0,
        judging: Duration::ZERO,
        learned: 0,
        learning: Duration::ZERO,
    };
    for minute in FROM..FROM + extent.days * 1_440 {
        if minute % 60 == 0 {
            world.close_hour(minute / 60 - 1);
            let begun = Instant::now();
            outcome.learned += world.learn(minute / 60);
            outcome.learning += begun.elapsed();
        }
        world.live(minute, &scenarios);
        world.judge(minute, &mut outcome);
    }
    outcome.scenarios = scenarios;
    outcome
}

impl World {
    fn new(extent: Extent) -> Self {
        let mut rng = Rng::with_seed(FIXED);
        let sites: Vec<Site> = (0..extent.sites).map(|_| Site::new(&mut rng)).collect();
        let mut lines = Vec::new();
        for site in 0..extent.sites {
            let place = Place::Site(site);
            lines.push(Line { place, code: None });
            lines.extend((0..CODES.len()).map(|code| Line { place, code: Some(code) }));
        }
        let platform = (0..CODES.len()).filter(|code| CODES[*code].1 == Kind::Platform);
        lines.extend(platform.map(|code| Line { place: Place::Everywhere, code: Some(code) }));
        lines.push(Line { place: Place::Unattributed, code: Some(SITEKEY_INVALID) });
        let series = lines.into_iter().map(|line| Series {
            line,
            hours: Vec::new(),
            baseline: Baseline::of_hours(&[], 0, 0),
            open: false,
        });
        let mut world = Self {
            recent: vec![[Brought::default(); WINDOW]; extent.sites],
            hour: vec![Brought::default(); extent.sites],
            sites,
            unattributed: [0; WINDOW],
            unattributed_hour: 0,
            series: series.collect(),
            late: Vec::new(),
            rng,
        };
        for hour in FROM / 60 - HOURS_LEARNED..FROM / 60 - 1 {
            for (site, brought) in world.sites.iter_mut().zip(&mut world.hour) {
                *brought = site.hour(&mut world.rng, hour);
            }
            world.unattributed_hour = crate::chance::count(&mut world.rng, 60.0, 0.1);
            world.close_hour(hour);
        }
        // From here on minute by minute, so that the first window is whole.
        for minute in FROM - 60..FROM {
            world.live(minute, &[]);
        }
        world
    }

    /// As many of each as of the others; every third is drawn by the seed of the run.
    fn scenarios(&mut self, extent: Extent) -> Vec<Scenario> {
        let mut fixed = Rng::with_seed(FIXED);
        let mut seeded = Rng::with_seed(extent.seed);
        let until = FROM + extent.days * 1_440;
        let mut drawn: Vec<Scenario> = Vec::new();
        for number in 0..extent.scenarios {
            let what = ALL[number % ALL.len()];
            let by_seed = number % 3 == 2;
            let rng = if by_seed { &mut seeded } else { &mut fixed };
            let busy = |rng: &mut Rng, start: Minute| {
                let site = rng.usize(..extent.sites);
                let free = what == What::PlatformOutage
                    || drawn
                        .iter()
                        .all(|other| other.what == What::PlatformOutage || other.site != site);
                (free && self.sites[site].season(start) >= BUSY).then_some(site)
            };
            let scenario = Scenario::draw(rng, what, FROM + 15, until, by_seed, busy);
            drawn.push(scenario);
        }
        drawn
    }

    /// Lets a minute happen.
    fn live(&mut self, minute: Minute, scenarios: &[Scenario]) {
        self.unattributed.rotate_left(1);
        let mut unknown = crate::chance::count(&mut self.rng, 1.0, 0.3);
        for site in 0..self.sites.len() {
            let now = || scenarios.iter().filter(|scenario| scenario.touches(site, minute));
            let growth = now().map(|scenario| scenario.growth(minute)).product();
            let mut brought = self.sites[site].minute(&mut self.rng, minute, growth);
            for scenario in now() {
                let (lost, late) = scenario.strike(&mut self.rng, &mut brought);
                unknown += lost;
                if let Some(late) = late {
                    self.late.push((minute + LATE, minute, site, late));
                }
            }
            self.recent[site].rotate_left(1);
            self.recent[site][WINDOW - 1] = brought;
            self.hour[site].add(&brought);
        }
        self.unattributed[WINDOW - 1] = unknown;
        self.unattributed_hour += unknown;
        // What is late is counted in its own minute.
        let (arrived, late) = self.late.drain(..).partition(|(arrives, ..)| *arrives <= minute);
        self.late = late;
        for (_, of, site, brought) in Vec::from_iter::<Vec<_>>(arrived) {
            let back = usize::try_from(minute - of).unwrap_or(WINDOW);
            if let Some(index) = (WINDOW - 1).checked_sub(back) {
                self.recent[site][index].add(&brought);
            }
            self.hour[site].add(&brought);
        }
    }

    fn close_hour(&mut self, hour: i64) {
        let mut all = Brought::default();
        for brought in &self.hour {
            all.add(brought);
        }
        let oldest = hour - HOURS_LEARNED;
        for Series { line, hours, .. } in &mut self.series {
            let (brought, unattributed) = match line.place {
                Place::Site(site) => (&self.hour[site], None),
                Place::Everywhere => (&all, None),
                Place::Unattributed => (&all, Some(self.unattributed_hour)),
            };
            let counted = line.code.map_or(brought.attempts, |code| brought.codes[code]);
            let count = unattributed.unwrap_or(counted);
            hours.push(HourCount { hour, count, attempts: brought.attempts });
            if hours.len() > 1_000 {
                hours.retain(|known| known.hour >= oldest);
            }
        }
        self.hour.fill(Brought::default());
        self.unattributed_hour = 0;
    }

    /// Renews the baselines of what has no open incident.
    fn learn(&mut self, now: i64) -> u64 {
        let mut learned = 0;
        for series in self.series.iter_mut().filter(|series| !series.open) {
            series.baseline = Baseline::of_hours(&series.hours, now - HOURS_LEARNED, now);
            learned += 1;
        }
        learned
    }

    fn judge(&mut self, minute: Minute, outcome: &mut Outcome) {
        let mut all = [Brought::default(); WINDOW];
        for recent in &self.recent {
            for (sum, brought) in all.iter_mut().zip(recent) {
                sum.add(brought);
            }
        }
        let watched: Vec<Watched<'_, usize>> = self
            .series
            .iter()
            .enumerate()
            .map(|(key, series)| {
                let brought = match series.line.place {
                    Place::Site(site) => &self.recent[site],
                    Place::Everywhere | Place::Unattributed => &all,
                };
                let mut recent = [MinuteCount::default(); WINDOW];
                for (index, (seen, brought)) in recent.iter_mut().zip(brought).enumerate() {
                    let counted =
                        series.line.code.map_or(brought.attempts, |code| brought.codes[code]);
                    let unknown = series.line.place == Place::Unattributed;
                    seen.count = if unknown { self.unattributed[index] } else { counted };
                    seen.attempts = brought.attempts;
                }
                let (policy, open) = (series.line.policy(), series.open);
                Watched { key, baseline: &series.baseline, recent, policy, open }
            })
            .collect();
        let begun = Instant::now();
        let judgements = judge(minute, &watched);
        outcome.judging += begun.elapsed();
        outcome.judged += watched.len() as u64;
        for judgement in judgements {
            let series = &mut self.series[judgement.key];
            let (line, raised) = (series.line, judgement.verdict == Verdict::Raised);
            if raised || judgement.verdict == Verdict::Cleared {
                series.open = raised;
                outcome.turns.push(Turn { minute, line, raised });
            }
        }
    }
}

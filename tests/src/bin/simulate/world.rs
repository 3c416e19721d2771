//! Everything there is: sites, what the last minutes brought, and what is usual.

use crate::chance;
use crate::run::{Extent, FROM, Line, Place};
use crate::scenario::{ALL, Scenario, What};
use crate::traffic::{Brought, CODES, SITEKEY_INVALID, Site};
use crate::trail::at;
use app::incidents::detection::{Baseline, HourCount, Minute, MinuteCount, WINDOW};
use app::incidents::rules::spreads;
use app::stats::rhythm::Rhythm;
use fastrand::Rng;

const HOURS_LEARNED: i64 = 4 * 7 * 24;
/// What is drawn the same in every run; the rest is drawn by the seed.
pub(crate) const FIXED: u64 = 5;
/// A site takes part in a scenario if it usually has so many attempts a minute then: of fewer, nobody
/// can tell within minutes.
const BUSY: f64 = 2.0;
/// Late data comes so many minutes late.
const LATE: i64 = 6;
/// A site with fewer attempts a day may rest, as for the job.
const LEAST_A_DAY: u64 = 500;
const WEEK_HOURS: i64 = 7 * 24;

/// A series.
pub(crate) struct Series {
    pub(crate) line: Line,
    pub(crate) hours: Vec<HourCount>,
    pub(crate) baseline: Baseline,
    pub(crate) open: bool,
}

/// Everything there is.
pub(crate) struct World {
    rng: Rng,
    pub(crate) sites: Vec<Site>,
    recent: Vec<[Brought; WINDOW]>,
    /// Of that, what a scenario added.
    struck: Vec<[[u64; CODES.len()]; WINDOW]>,
    hour: Vec<Brought>,
    /// Unknown sitekeys: all, and those of any day.
    unattributed: [u64; WINDOW],
    strangers: [u64; WINDOW],
    unattributed_hour: u64,
    /// What each scenario sent without a known sitekey, minute by minute.
    lost: Vec<(usize, Minute, u64)>,
    pub(crate) series: Vec<Series>,
    late: Vec<(Minute, Minute, usize, Brought)>,
    /// When something last came of each site, and whether its silence is told of.
    heard: Vec<(Minute, bool)>,
}

impl World {
    pub(crate) fn new(extent: Extent) -> Self {
        let mut rng = Rng::with_seed(FIXED);
        let sites: Vec<Site> = (0..extent.sites).map(|_| Site::new(&mut rng)).collect();
        let mut lines = Vec::new();
        for site in 0..extent.sites {
            let place = Place::Site(site);
            lines.extend((0..CODES.len()).map(|code| Line { place, code: Some(code) }));
        }
        let across = (0..CODES.len()).filter(|code| spreads(CODES[*code].0));
        lines.extend(across.map(|code| Line { place: Place::Everywhere, code: Some(code) }));
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
            struck: vec![[[0; CODES.len()]; WINDOW]; extent.sites],
            heard: vec![(FROM - 1, false); extent.sites],
            unattributed: [0; WINDOW],
            strangers: [0; WINDOW],
            lost: Vec::new(),
            unattributed_hour: 0,
            series: series.collect(),
            late: Vec::new(),
            rng,
        };
        for hour in FROM / 60 - HOURS_LEARNED..FROM / 60 - 1 {
            for (site, brought) in world.sites.iter_mut().zip(&mut world.hour) {
                *brought = site.hour(&mut world.rng, hour);
            }
            world.unattributed_hour = chance::count(&mut world.rng, 60.0, 0.1);
            world.close_hour(hour);
        }
        // From here on minute by minute, so that the first window is whole.
        for minute in FROM - 60..FROM {
            world.live(minute, &[]);
        }
        world
    }

    /// As many of each as of the others; every third is drawn by the seed of the run.
    pub(crate) fn scenarios(&mut self, extent: Extent) -> Vec<Scenario> {
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
    pub(crate) fn live(&mut self, minute: Minute, scenarios: &[Scenario]) {
        self.unattributed.rotate_left(1);
        self.strangers.rotate_left(1);
        let strangers = chance::count(&mut self.rng, 1.0, 0.3);
        let mut unknown = strangers;
        for site in 0..self.sites.len() {
            let now = || {
                let all = scenarios.iter().enumerate();
                all.filter(|(_, scenario)| scenario.touches(site, minute))
            };
            let growth = now().map(|(_, scenario)| scenario.growth(minute)).product();
            let mut brought = self.sites[site].minute(&mut self.rng, minute, growth);
            let quiet = brought;
            for (number, scenario) in now() {
                let (lost, late) = scenario.strike(&mut self.rng, &mut brought);
                if lost > 0 {
                    self.lost.push((number, minute, lost));
                    unknown += lost;
                }
                if let Some(late) = late {
                    self.late.push((minute + LATE, minute, site, late));
                }
            }
            let struck =
                std::array::from_fn(|code| brought.codes[code].saturating_sub(quiet.codes[code]));
            self.recent[site].rotate_left(1);
            self.recent[site][WINDOW - 1] = brought;
            self.struck[site].rotate_left(1);
            self.struck[site][WINDOW - 1] = struck;
            self.hour[site].add(&brought);
            if brought.attempts > 0 {
                self.heard[site].0 = minute;
            }
        }
        self.unattributed[WINDOW - 1] = unknown;
        self.strangers[WINDOW - 1] = strangers;
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

    pub(crate) fn close_hour(&mut self, hour: i64) {
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
    pub(crate) fn learn(&mut self, now: i64) -> u64 {
        let mut learned = 0;
        for series in self.series.iter_mut().filter(|series| !series.open) {
            series.baseline = Baseline::of_hours(&series.hours, now - HOURS_LEARNED, now);
            learned += 1;
        }
        learned
    }
    /// All sites together, minute by minute.
    pub(crate) fn all(&self) -> [Brought; WINDOW] {
        let mut all = [Brought::default(); WINDOW];
        for recent in &self.recent {
            for (sum, brought) in all.iter_mut().zip(recent) {
                sum.add(brought);
            }
        }
        all
    }

    /// What a minute of the window brought to a series; `all` is that of all sites.
    pub(crate) fn counted(&self, line: Line, place: usize, all: &Brought) -> MinuteCount {
        let brought = match line.place {
            Place::Site(site) => &self.recent[site][place],
            Place::Everywhere | Place::Unattributed => all,
        };
        let count = match (line.place, line.code) {
            (Place::Unattributed, _) => self.unattributed[place],
            (_, Some(code)) => brought.codes[code],
            (_, None) => brought.attempts,
        };
        MinuteCount { count, attempts: brought.attempts }
    }

    /// The same, told apart: what any day brings, and what each scenario adds.
    pub(crate) fn split(
        &self,
        line: Line,
        place: usize,
        minute: Minute,
    ) -> (u64, Vec<(usize, u64)>) {
        let code = line.code.unwrap_or(0);
        let site = |site: usize| {
            let struck = self.struck[site][place][code];
            (self.recent[site][place].codes[code].saturating_sub(struck), struck)
        };
        match line.place {
            Place::Unattributed => (self.strangers[place], self.lost_between(minute, minute + 1)),
            // Whose it is, the scenarios tell.
            Place::Site(of) => (site(of).0, vec![(usize::MAX, site(of).1)]),
            Place::Everywhere => (0..self.sites.len()).map(site).fold(
                (0, vec![(usize::MAX, 0)]),
                |(usual, struck), (more, added)| {
                    (usual + more, vec![(usize::MAX, struck[0].1 + added)])
                },
            ),
        }
    }

    /// What each scenario sent without a known sitekey in `from..to`.
    pub(crate) fn lost_between(&self, from: Minute, to: Minute) -> Vec<(usize, u64)> {
        let mut by: Vec<(usize, u64)> = Vec::new();
        for (number, minute, count) in self.lost.iter().rev() {
            if *minute < from {
                break;
            }
            if *minute < to {
                match by.iter_mut().find(|(known, _)| known == number) {
                    Some((_, sum)) => *sum += count,
                    None => by.push((*number, *count)),
                }
            }
        }
        by
    }

    /// The last 24 closed hours of a series: its events, and all attempts.
    pub(crate) fn day(&self, line: Line) -> [u64; 2] {
        let Some(series) = self.series.iter().find(|series| series.line == line) else {
            return [0; 2];
        };
        series
            .hours
            .iter()
            .rev()
            .take(24)
            .fold([0; 2], |[count, attempts], hour| [count + hour.count, attempts + hour.attempts])
    }

    /// The sites that fell silent with this minute, and those of which something comes again.
    pub(crate) fn silence(&mut self, minute: Minute) -> Vec<(Line, bool)> {
        let mut turns = Vec::new();
        for site in 0..self.sites.len() {
            let line = Line { place: Place::Site(site), code: None };
            let (last, told) = self.heard[site];
            let window = i64::try_from(WINDOW).unwrap_or(i64::MAX);
            let heard = minute - last < window;
            if heard == told {
                let silent = !heard;
                if heard || self.is_silent(site, last, minute) {
                    self.heard[site].1 = silent;
                    turns.push((line, silent));
                }
            }
        }
        turns
    }

    /// Judges a silence as the job does: by the day before it, and the same time of the weeks before.
    fn is_silent(&self, site: usize, last: Minute, minute: Minute) -> bool {
        let line = Line { place: Place::Site(site), code: Some(0) };
        let Some(series) = self.series.iter().find(|series| series.line == line) else {
            return false;
        };
        let (last_hour, now_hour) = (last.div_euclid(60), minute.div_euclid(60));
        let length = (now_hour - last_hour).min(80);
        let told = |hour: &&HourCount| {
            let back = last_hour - hour.hour;
            let same = |weeks: i64| (0..=length).contains(&(weeks * WEEK_HOURS - back));
            (1..=24).contains(&back) || same(1) || same(2)
        };
        let hours: Vec<&HourCount> = series.hours.iter().filter(told).collect();
        let day: u64 = hours
            .iter()
            .filter(|hour| (1..=24).contains(&(last_hour - hour.hour)))
            .map(|hour| hour.attempts)
            .sum();
        let counts = hours
            .iter()
            .map(|hour| (at(hour.hour * 3_600), i64::try_from(hour.attempts).unwrap_or(i64::MAX)));
        let rhythm = Rhythm::of_counts(counts, at((FROM - HOURS_LEARNED * 60) * 60));
        let (last, now) = (at((last + 1) * 60), at((minute + 1) * 60));
        day >= LEAST_A_DAY && rhythm.silent_since(last, now).is_some()
    }
}

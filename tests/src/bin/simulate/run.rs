//! Runs detection and explanation over simulated weeks, as the minute job does: a judgement a minute over
//! all series, baselines renewed every hour, and what is opened is explained at once.

use crate::explained::{Opening, Said};
use crate::scenario::{Scenario, Sign};
use crate::traffic::{Brought, CODES, REQUEST_TIMEOUT, RUNTIME_ERR};
use crate::trail::at;
use crate::truth::site_id;
use crate::world::World;
use app::incidents::detection::{
    Judgement, Kind, Minute, MinuteCount, Policy, Sensitivity, Verdict, WINDOW, Watched, judge,
};
use app::incidents::model::UNATTRIBUTED;
use app::incidents::rules::{Found, grouped};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Monday, 1 June 2026, 00:00 UTC, in minutes: four weeks are learned before it.
pub(crate) const FROM: Minute = 29_671_200;

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

impl Place {
    /// As it is stored.
    pub(crate) fn id(self) -> Option<app::sites::model::SiteId> {
        match self {
            Self::Site(site) => Some(site_id(site)),
            Self::Unattributed => Some(UNATTRIBUTED),
            Self::Everywhere => None,
        }
    }

    fn of(id: Option<app::sites::model::SiteId>) -> Self {
        match id {
            None => Self::Everywhere,
            Some(UNATTRIBUTED) => Self::Unattributed,
            Some(site) => Self::Site(usize::try_from(site.0 - 1).unwrap_or(0)),
        }
    }
}

/// Which series.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) place: Place,
    /// `None` for silence.
    pub(crate) code: Option<usize>,
}

impl Line {
    /// Whether a rise or fall of it is what a scenario should show.
    pub(crate) fn shows(self, scenario: &Scenario) -> bool {
        let site = self.place == Place::Site(scenario.site);
        match scenario.what.sign() {
            Sign::Code(code) => site && self.code == Some(code),
            Sign::Silence => site && self.code.is_none(),
            Sign::Unattributed => self.place == Place::Unattributed,
            Sign::Everywhere => {
                let codes = [Some(RUNTIME_ERR), Some(REQUEST_TIMEOUT)];
                self.place == Place::Everywhere && codes.contains(&self.code)
            }
            Sign::Nothing => false,
        }
    }

    fn policy(self) -> Policy {
        let kind = self.code.map_or(Kind::Fixable, |code| CODES[code].1);
        Policy { kind, sensitivity: Sensitivity::Normal }
    }
}

/// What was opened, or closed.
pub(crate) struct Turn {
    pub(crate) minute: Minute,
    pub(crate) line: Line,
    pub(crate) raised: bool,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) said: Vec<Said>,
    pub(crate) judged: u64,
    pub(crate) judging: Duration,
    pub(crate) learned: u64,
    pub(crate) learning: Duration,
}

/// Simulates.
pub(crate) fn run(extent: Extent) -> Outcome {
    let mut world = World::new(extent);
    let mut outcome = Outcome {
        scenarios: world.scenarios(extent),
        turns: Vec::new(),
        said: Vec::new(),
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
        world.live(minute, &outcome.scenarios);
        look(&mut world, minute, extent.seed, &mut outcome);
        for (line, raised) in world.silence(minute) {
            outcome.turns.push(Turn { minute, line, raised });
        }
    }
    outcome
}

/// One look at a minute.
fn look(world: &mut World, minute: Minute, seed: u64, outcome: &mut Outcome) {
    let all = world.all();
    let counts = |line: Line| -> [MinuteCount; WINDOW] {
        std::array::from_fn(|at| world.counted(line, at, &all[at]))
    };
    let watched: Vec<Watched<'_, usize>> = world
        .series
        .iter()
        .enumerate()
        .map(|(key, series)| Watched {
            key,
            baseline: &series.baseline,
            recent: counts(series.line),
            policy: series.line.policy(),
            open: series.open,
        })
        .collect();
    let begun = Instant::now();
    let judgements = judge(minute, &watched);
    outcome.judging += begun.elapsed();
    outcome.judged += watched.len() as u64;
    for cleared in judgements.iter().filter(|judged| judged.verdict == Verdict::Cleared) {
        let series = &mut world.series[cleared.key];
        series.open = false;
        outcome.turns.push(Turn { minute, line: series.line, raised: false });
    }
    for (line, onset) in opened(world, &judgements) {
        if let Some(series) = world.series.iter_mut().find(|series| series.line == line) {
            series.open = true;
        }
        outcome.turns.push(Turn { minute, line, raised: true });
        let said = opening(world, minute, line, onset, &outcome.scenarios).said(seed);
        outcome.said.extend(said);
    }
}

/// What is opened of what is unusual: of one code on many sites, one incident.
fn opened(world: &World, judgements: &[Judgement<usize>]) -> Vec<(Line, Minute)> {
    let mut raised: BTreeMap<usize, (Vec<Found>, Option<Found>)> = BTreeMap::new();
    for judged in judgements.iter().filter(|judged| judged.verdict == Verdict::Raised) {
        let line = world.series[judged.key].line;
        let Some(code) = line.code else { continue };
        let found = Found {
            code: CODES[code].0.to_owned(),
            site: line.place.id(),
            onset: at(judged.onset.unwrap_or_default() * 60),
            count: i64::try_from(judged.observed).unwrap_or(i64::MAX),
            expected: judged.expected,
        };
        let of_code = raised.entry(code).or_default();
        match line.place {
            Place::Everywhere => of_code.1 = Some(found),
            _ => of_code.0.push(found),
        }
    }
    let mut opened = Vec::new();
    for (code, (sites, across)) in raised {
        let everywhere = Line { place: Place::Everywhere, code: Some(code) };
        let open = world.series.iter().any(|series| series.line == everywhere && series.open);
        for found in grouped(CODES[code].0, sites, across, open) {
            let line = Line { place: Place::of(found.site), code: Some(code) };
            opened.push((line, found.onset.as_second().div_euclid(60)));
        }
    }
    opened
}

/// What is known of an incident when it is opened.
fn opening<'a>(
    world: &World,
    minute: Minute,
    line: Line,
    onset: Minute,
    scenarios: &'a [Scenario],
) -> Opening<'a> {
    let back = usize::try_from(minute - onset).unwrap_or(0).min(WINDOW - 1);
    let first = WINDOW - 1 - back;
    let from = minute - i64::try_from(back).unwrap_or(0);
    let minutes = (first..WINDOW).zip(from..);
    let minutes = minutes.map(|(place, of)| world.split(line, place, of)).collect();
    let day = |line: Line| world.day(line);
    let by_site = match line.place {
        Place::Everywhere => (0..world.sites.len())
            .map(|site| {
                let of_site = Line { place: Place::Site(site), ..line };
                let now = (first..WINDOW)
                    .map(|place| world.counted(of_site, place, &Brought::default()).count);
                let [before, attempts] = day(of_site);
                (site, [now.sum(), before, attempts])
            })
            .collect(),
        _ => Vec::new(),
    };
    let [before, attempts] = day(line);
    let earlier = match line.place {
        Place::Unattributed => world.lost_between(from - 1_440, from),
        _ => Vec::new(),
    };
    Opening { line, onset: from, minute, minutes, before, attempts, by_site, earlier, scenarios }
}

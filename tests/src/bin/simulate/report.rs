//! What a run says of detection and explanation: delays, what was missed, false incidents, and how
//! often the driver, the preceding change and the fix of what was found were right.

use crate::explained::Said;
use crate::run::{Extent, Line, Outcome, Place};
use crate::scenario::{ALL, Scenario, Sign, What};
use app::incidents::detection::Minute;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// So many minutes after its end, what a scenario causes is still its own.
const AFTER: i64 = 30;
const MONTH_DAYS: f64 = 30.0;

/// A scenario, and when it was found.
pub(crate) struct Found<'a> {
    pub(crate) scenario: &'a Scenario,
    /// Minutes from its beginning to the end of the judged minute.
    pub(crate) delay: Option<i64>,
}

/// How often what was said of incidents was right.
#[derive(Default)]
pub(crate) struct Right {
    pub(crate) said: usize,
    driver: usize,
    change: usize,
    fix: usize,
    /// Of those that a change had brought about, and of the others.
    changed: usize,
    change_found: usize,
    /// Thefts whose host was offered to be let through.
    offered: usize,
}

impl Right {
    fn of<'a>(said: impl Iterator<Item = &'a Said>) -> Self {
        said.fold(Self::default(), |sum, said| Self {
            said: sum.said + 1,
            driver: sum.driver + usize::from(said.driver),
            change: sum.change + usize::from(said.change),
            fix: sum.fix + usize::from(said.fix),
            changed: sum.changed + usize::from(said.changed),
            change_found: sum.change_found + usize::from(said.changed && said.change),
            offered: sum.offered + usize::from(said.offered),
        })
    }

    fn line(&self) -> Value {
        json!({
            "explained": self.said,
            "driver_right": share(self.driver, self.said),
            "change_right": share(self.change, self.said),
            "change_found_where_there_is_one": share(self.change_found, self.changed),
            "no_change_blamed_where_there_is_none":
                share(self.change - self.change_found, self.said - self.changed),
            "fix_right": share(self.fix, self.said),
            "thefts_offered_as_allow": self.offered,
        })
    }

    /// The least of the shares that are aimed at 95 %, and thefts that were offered.
    #[cfg(test)]
    pub(crate) fn least(&self) -> (f64, usize) {
        let shares = [self.driver, self.change, self.fix].map(|count| share(count, self.said));
        (shares.into_iter().flatten().fold(1.0, f64::min), self.offered)
    }
}

fn share(count: usize, of: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let share = count as f64 / of as f64;
    (of > 0).then(|| (share * 1_000.0).round() / 1_000.0)
}

/// What a run came to.
pub(crate) struct Report<'a> {
    pub(crate) found: Vec<Found<'a>>,
    /// Incidents that no scenario explains: when, and what.
    pub(crate) false_incidents: Vec<(Minute, Line)>,
    pub(crate) site_months: f64,
}

impl<'a> Report<'a> {
    pub(crate) fn of(outcome: &'a Outcome, extent: Extent) -> Self {
        let lasts = |scenario: &Scenario, minute: Minute| {
            (scenario.start..scenario.end + AFTER).contains(&minute)
        };
        let found = outcome
            .scenarios
            .iter()
            .filter(|scenario| scenario.what.sign() != Sign::Nothing)
            .map(|scenario| Found {
                scenario,
                delay: outcome
                    .turns
                    .iter()
                    .find(|turn| {
                        turn.raised && turn.line.shows(scenario) && lasts(scenario, turn.minute)
                    })
                    .map(|turn| turn.minute - scenario.start + 1),
            })
            .collect();
        // Of one place, what comes within half an hour is one incident.
        let mut false_incidents: Vec<(Minute, Line)> = Vec::new();
        for turn in outcome.turns.iter().filter(|turn| turn.raised) {
            let explained = outcome.scenarios.iter().any(|scenario| {
                let same_place = turn.line.place == Place::Site(scenario.site)
                    || turn.line.shows(scenario)
                    || scenario.what == What::PlatformOutage;
                scenario.what.sign() != Sign::Nothing && same_place && lasts(scenario, turn.minute)
            });
            let known = false_incidents.iter().rev().any(|(minute, line)| {
                line.place == turn.line.place && turn.minute - minute < AFTER
            });
            if !explained && !known {
                false_incidents.push((turn.minute, turn.line));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let site_months = extent.sites as f64 * extent.days as f64 / MONTH_DAYS;
        Self { found, false_incidents, site_months }
    }

    /// The median over all scenarios; what was not found counts as late as can be.
    pub(crate) fn median_delay(&self) -> Option<i64> {
        median(self.found.iter().map(|found| found.delay).collect())
    }

    pub(crate) fn false_per_site_month(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let count = self.false_incidents.len() as f64;
        count / self.site_months
    }

    /// What was said of the incidents that scenarios explain: of each scenario, the first incident.
    pub(crate) fn right(outcome: &Outcome, of: impl Fn(&Said) -> bool) -> Right {
        let mut first: Vec<&Said> = Vec::new();
        for said in outcome.said.iter().filter(|said| of(said)) {
            if first.iter().all(|known| known.number != said.number) {
                first.push(said);
            }
        }
        Right::of(first.into_iter())
    }

    /// As JSON lines: each scenario that was not found and each false incident, each kind, and all.
    pub(crate) fn lines(&self, outcome: &Outcome, extent: Extent) -> Vec<Value> {
        let mut lines = Vec::new();
        for Found { scenario, delay } in self.found.iter().filter(|found| found.delay.is_none()) {
            lines.push(json!({
                "missed": scenario.what, "site": scenario.site, "start": scenario.start,
                "minutes": scenario.end - scenario.start, "size": scenario.size,
                "drawn": scenario.drawn, "delay": delay,
            }));
        }
        for said in outcome.said.iter().filter(|said| !(said.driver && said.change && said.fix)) {
            lines.push(json!({ "explained_wrong": said }));
        }
        let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, line) in &self.false_incidents {
            *by_code.entry(line.code.map_or("silence", name)).or_default() += 1;
        }
        for what in ALL {
            let delays: Vec<Option<i64>> = self
                .found
                .iter()
                .filter(|found| found.scenario.what == what)
                .map(|found| found.delay)
                .collect();
            if !delays.is_empty() {
                lines.push(json!({
                    "scenario": what, "times": delays.len(),
                    "found": delays.iter().flatten().count(),
                    "worst_delay": delays.iter().flatten().max(), "median_delay": median(delays),
                }));
            }
        }
        for what in ALL {
            let right = Self::right(outcome, |said| said.what == what);
            if right.said > 0 {
                lines.push(json!({ "scenario": what, "right": right.line() }));
            }
        }
        lines.push(json!({
            "seed": extent.seed,
            "all": Self::right(outcome, |_| true).line(),
            "drawn_by_the_seed": Self::right(outcome, |said| said.drawn).line(),
        }));
        lines.push(json!({
            "sites": extent.sites, "days": extent.days, "seed": extent.seed,
            "scenarios": self.found.len(),
            "found": self.found.iter().filter(|found| found.delay.is_some()).count(),
            "median_delay_minutes": self.median_delay(),
            "false_incidents": self.false_incidents.len(),
            "false_by_code": by_code,
            "site_months": round(self.site_months),
            "false_per_site_month": round(self.false_per_site_month()),
            "series": outcome.judged / (extent.days.unsigned_abs() * 1_440).max(1),
            "judging_ns_per_series": per(outcome.judging.as_nanos(), outcome.judged),
            "learning_ns_per_series": per(outcome.learning.as_nanos(), outcome.learned),
        }));
        lines
    }
}

fn name(code: usize) -> &'static str {
    crate::traffic::CODES[code].0
}

fn median(mut delays: Vec<Option<i64>>) -> Option<i64> {
    // What was not found comes last.
    delays.sort_by_key(|delay| delay.unwrap_or(i64::MAX));
    delays.get(delays.len() / 2).copied().flatten()
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn per(nanoseconds: u128, times: u64) -> u128 {
    nanoseconds / u128::from(times.max(1))
}

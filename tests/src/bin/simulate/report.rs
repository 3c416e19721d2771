//! What a run says of detection: delays, what was missed, and false incidents.
//!
//! What explains an incident (driver, preceding change, fix) is scored beside this, from the same
//! scenarios: each says what happened to which site.

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
        let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, line) in &self.false_incidents {
            *by_code.entry(line.code.map_or("attempts", name)).or_default() += 1;
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

//! What a chart shows.

use crate::audit::model::ChangeMark;
use crate::codes::{OK, hue};
use crate::stats::model::{CodeTrend, Range, Step};
use crate::stats::rules::{align, steps};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the series that holds every code without a hue of its own.
pub const OTHER: &str = "other codes";

/// Counts by code over a range, step by step, and what changed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// The whole steps that are shown: the range asked for, widened to them.
    pub range: Range,
    /// How it is cut.
    pub step: Step,
    /// The present instant.
    pub now: Timestamp,
    /// The series from the base line up.
    pub series: Vec<Series>,
    /// Changes of configuration, oldest first.
    pub marks: Vec<ChangeMark>,
    /// Since when nothing is reported at all, though it usually is: what is empty from then on is no
    /// zero.
    pub silent_since: Option<Timestamp>,
}

/// The course of one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// The code, or [`OTHER`].
    pub name: String,
    /// Its hue; none is grey.
    pub hue: Option<u8>,
    /// One count a step, oldest first.
    pub counts: Vec<i64>,
}

impl Series {
    /// All of it.
    pub fn total(&self) -> i64 {
        self.counts.iter().sum()
    }
}

impl Chart {
    /// The errors among `codes`, whose trends are cut by `step`. Codes with a hue come first, in its
    /// order; the others share one series, unless there is but one code in all.
    pub fn of_errors(
        range: Range,
        step: Step,
        codes: &[CodeTrend],
        marks: Vec<ChangeMark>,
        now: Timestamp,
    ) -> Self {
        let range = align(range, step);
        let length = steps(range, step).len();
        let errors: Vec<&CodeTrend> = codes.iter().filter(|trend| trend.code != OK).collect();
        let alone = errors.len() == 1;
        // Hues order the series; what has none comes last.
        let mut series: BTreeMap<(u8, &str), Series> = BTreeMap::new();
        for CodeTrend { code, trend, .. } in errors {
            let hue = hue(code);
            let name = if hue.is_some() || alone { code } else { OTHER };
            let sum = series.entry((hue.unwrap_or(u8::MAX), name)).or_insert_with(|| Series {
                name: name.to_owned(),
                hue,
                counts: vec![0; length],
            });
            for (sum, count) in sum.counts.iter_mut().zip(trend) {
                *sum += count;
            }
        }
        Self { range, step, now, series: series.into_values().collect(), marks, silent_since: None }
    }

    /// The same with a silence that began at `since`, as far as it lies in the range.
    #[must_use]
    pub fn silent_since(self, since: Option<Timestamp>) -> Self {
        let within = |since: &Timestamp| *since < self.range.to;
        let silent_since = since.filter(within).map(|since| since.max(self.range.from));
        Self { silent_since, ..self }
    }

    /// Whether nothing is reported in the step that begins at `start`.
    pub fn is_silent_at(&self, start: Timestamp) -> bool {
        self.silent_since.is_some_and(|since| start >= since)
    }

    /// The starts of the steps.
    pub fn starts(&self) -> Vec<Timestamp> {
        steps(self.range, self.step)
    }

    /// The errors of all series.
    pub fn total(&self) -> i64 {
        self.series.iter().map(Series::total).sum()
    }

    /// The length of a step in words: `30 minutes`.
    pub fn step_in_words(&self) -> String {
        let seconds = self.step.seconds();
        let (count, unit) = match seconds {
            86_400.. => (seconds / 86_400, "day"),
            3_600.. => (seconds / 3_600, "hour"),
            _ => (seconds / 60, "minute"),
        };
        if count == 1 { unit.to_owned() } else { format!("{count} {unit}s") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::model::Grain;

    fn trend(code: &str, trend: [i64; 3]) -> CodeTrend {
        CodeTrend { code: code.to_owned(), count: trend.iter().sum(), trend: trend.to_vec() }
    }

    fn chart(codes: &[CodeTrend]) -> Chart {
        let (from, to) = ("2015-05-17T10:05:00Z", "2015-05-17T12:30:00Z");
        let range = Range::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        let now = "2026-11-23T18:00:00Z".parse().unwrap();
        Chart::of_errors(range, Step::single(Grain::Hour), codes, Vec::new(), now)
    }

    #[test]
    fn series_stand_in_the_order_of_their_hues_and_ok_is_no_error() {
        let chart = chart(&[
            trend("ok", [9, 9, 9]),
            trend("tno_expired", [1, 0, 0]),
            trend("site_paused", [0, 2, 0]),
            trend("brand_new", [0, 0, 3]),
            trend("referer_denied", [0, 0, 4]),
        ]);
        let series: Vec<_> = chart
            .series
            .iter()
            .map(|series| (series.name.as_str(), series.counts.clone()))
            .collect();
        let expected = [
            ("referer_denied", vec![0, 0, 4]),
            ("site_paused", vec![0, 2, 0]),
            (OTHER, vec![1, 0, 3]),
        ];
        assert_eq!(series, expected);
        assert_eq!(chart.total(), 10);
        assert_eq!(chart.starts().len(), 3);
        assert_eq!(chart.range.to, "2015-05-17T13:00:00Z".parse().unwrap());
        assert_eq!(chart.step_in_words(), "hour");
    }

    #[test]
    fn a_silence_is_shown_from_its_beginning_or_that_of_the_range() {
        let since = |at: &str| chart(&[]).silent_since(Some(at.parse().unwrap())).silent_since;
        let within = "2015-05-17T11:20:00Z".parse().unwrap();
        assert_eq!(since("2015-05-17T11:20:00Z"), Some(within));
        assert_eq!(since("2015-05-01T00:00:00Z"), Some(chart(&[]).range.from));
        assert_eq!(since("2015-05-17T13:00:00Z"), None);
        let silent = chart(&[]).silent_since(Some(within));
        assert!(silent.is_silent_at("2015-05-17T12:00:00Z".parse().unwrap()));
        assert!(!silent.is_silent_at("2015-05-17T11:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_lone_code_keeps_its_name() {
        assert_eq!(chart(&[trend("tno_expired", [1, 0, 0])]).series[0].name, "tno_expired");
    }
}

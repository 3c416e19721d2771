//! What happened in a range, by code: what every page about errors starts from.

use super::model::{CodeTrend, Range, Step};
use crate::codes::{Code, OK};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The codes the gate itself answers.
pub const GATE_CODES: [Code; 5] = [
    Code::NoSitekey,
    Code::SitekeyInvalid,
    Code::SiteDeleted,
    Code::SitePaused,
    Code::RefererDenied,
];

/// The outcomes of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// What was counted over.
    pub range: Range,
    /// How the trends are cut.
    pub step: Step,
    /// The present instant.
    pub now: Timestamp,
    /// Every code that occurred, most frequent first, `ok` among them.
    pub codes: Vec<CodeTrend>,
}

impl Course {
    /// All outcomes.
    pub fn attempts(&self) -> i64 {
        self.codes.iter().map(|trend| trend.count).sum()
    }

    /// Those that were not `ok`.
    pub fn errors(&self) -> i64 {
        self.attempts() - self.count(OK)
    }

    /// Those the gate denied.
    pub fn denied(&self) -> i64 {
        GATE_CODES.iter().map(|code| self.count(code.as_str())).sum()
    }

    /// Those of one code.
    pub fn count(&self, code: &str) -> i64 {
        self.of(code).map_or(0, |trend| trend.count)
    }

    /// The course of one code, if it occurred.
    pub fn of(&self, code: &str) -> Option<&CodeTrend> {
        self.codes.iter().find(|trend| trend.code == code)
    }

    /// The course of all errors together.
    pub fn error_trend(&self) -> Vec<i64> {
        let errors = self.codes.iter().filter(|trend| trend.code != OK);
        errors.fold(Vec::new(), |mut sums, CodeTrend { trend, .. }| {
            sums.resize(sums.len().max(trend.len()), 0);
            sums.iter_mut().zip(trend).for_each(|(sum, count)| *sum += count);
            sums
        })
    }

    /// The most frequent error.
    pub fn leading_error(&self) -> Option<&str> {
        let errors = self.codes.iter().filter(|trend| trend.code != OK);
        errors.max_by_key(|trend| trend.count).map(|trend| trend.code.as_str())
    }
}

/// A count and the same of as long before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// In the range.
    pub now: i64,
    /// In the range before it.
    pub before: i64,
}

impl Compared {
    /// The difference in words, without a sign: `3.1 %`; `12 times` from tenfold on. Nothing when
    /// there is no difference, or nothing to compare with.
    pub fn change(self) -> Option<String> {
        let Self { now, before } = self;
        if before == 0 || now == before {
            return None;
        }
        if now / 10 >= before {
            return Some(format!("{}\u{a0}times", crate::ui::number::grouped(now / before)));
        }
        Some(crate::ui::number::percent((now - before).abs(), before))
    }
}

/// The key figures of a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// All outcomes.
    pub attempts: Compared,
    /// Those that were not `ok`.
    pub errors: Compared,
    /// Those the gate denied.
    pub denied: Compared,
    /// Those of them that came from hosts an operator ignores: counted, but no news.
    pub ignored: Compared,
}

impl Totals {
    /// The same without what is ignored.
    #[must_use]
    pub fn headline(&self) -> Self {
        // Hosts are counted by whole hours, which may hold more than the range does.
        let less = |all: Compared| Compared {
            now: (all.now - self.ignored.now).max(0),
            before: (all.before - self.ignored.before).max(0),
        };
        Self { errors: less(self.errors), denied: less(self.denied), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Grain;
    use super::*;

    fn course(codes: &[(&str, &[i64])]) -> Course {
        let (from, to) = ("2015-05-17T10:00:00Z", "2015-05-17T12:00:00Z");
        Course {
            range: Range::new(from.parse().unwrap(), to.parse().unwrap()).unwrap(),
            step: Step::single(Grain::Hour),
            now: to.parse().unwrap(),
            codes: codes
                .iter()
                .map(|(code, trend)| CodeTrend {
                    code: (*code).to_owned(),
                    count: trend.iter().sum(),
                    trend: trend.to_vec(),
                })
                .collect(),
        }
    }

    #[test]
    fn errors_are_what_is_not_ok() {
        let course =
            course(&[("ok", &[90, 5]), ("referer_denied", &[2, 0]), ("tno_expired", &[0, 1])]);
        assert_eq!((course.attempts(), course.errors(), course.denied()), (98, 3, 2));
        assert_eq!(course.error_trend(), [2, 1]);
        assert_eq!(course.leading_error(), Some("referer_denied"));
        assert_eq!(course.count("payload_used"), 0);
    }

    #[test]
    fn what_is_ignored_leaves_the_headline() {
        let compared = |now, before| Compared { now, before };
        let totals = Totals {
            attempts: compared(100, 100),
            errors: compared(20, 10),
            denied: compared(9, 1),
            ignored: compared(5, 2),
        };
        let headline = totals.headline();
        assert_eq!((headline.attempts.now, headline.errors), (100, compared(15, 8)));
        assert_eq!(headline.denied, compared(4, 0));
    }

    #[test]
    fn a_change_needs_something_to_compare_with() {
        let change = |now, before| Compared { now, before }.change();
        assert_eq!(change(5, 0), None);
        assert_eq!(change(5, 5), None);
        assert_eq!(change(141, 100).as_deref(), Some("41\u{a0}%"));
        assert_eq!(change(50, 100).as_deref(), Some("50\u{a0}%"));
        assert_eq!(change(1_200, 100).as_deref(), Some("12\u{a0}times"));
    }
}

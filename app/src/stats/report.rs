//! Reading what the pages show of a range.

use super::course::{Compared, Course, GATE_CODES, Totals};
use super::model::{Filter, Grain, GroupBy, Key, Range, Step};
use super::rules::{Held, step_for};
use super::store::{self, Question};
use crate::audit;
use crate::audit::model::ChangeMark;
use crate::codes::OK;
use crate::domains::report::ignored_denials;
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::ui::chart::Chart;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::HashMap;

/// From this length on, the courses of several sites are read by hours at least: they are drawn as sparklines, which
/// have no more bars.
const DRAWN_BY_HOURS: SignedDuration = SignedDuration::from_hours(20);

/// The most changes of configuration that are marked in a chart.
const MOST_MARKS: i64 = 60;

/// A range as seen at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// What is asked for.
    pub range: Range,
    /// The present instant.
    pub now: Timestamp,
    /// What the rollups still hold.
    pub held: Held,
}

impl Window {
    /// The range as seen at `now`, where so much is `held`.
    pub fn new(range: Range, now: Timestamp, held: Held) -> Self {
        Self { range, now, held }
    }

    /// As long a range before what was counted in `course`, which may be wider than what was asked
    /// for: otherwise the two would overlap.
    #[must_use]
    pub fn before(&self, course: &Course) -> Self {
        Self { range: course.range.previous(), ..*self }
    }
}

/// The outcomes of a window, of one site (0: of none) or of all.
pub async fn course(
    conn: &mut PgConnection,
    window: &Window,
    site: Option<i64>,
) -> Result<Course, AppError> {
    let step = step_for(window.range, &window.held);
    let answer = store::codes(conn, window.range, site, step, &window.held).await?;
    Ok(Course { range: answer.range, step, now: window.now, codes: answer.rows })
}

/// The outcomes of a window on each of some sites. One without events is left out.
pub async fn courses(
    conn: &mut PgConnection,
    window: &Window,
    sites: &[i64],
) -> Result<HashMap<i64, Course>, AppError> {
    let mut step = step_for(window.range, &window.held);
    if window.range.length() >= DRAWN_BY_HOURS {
        step = step.max_of(Step::single(Grain::Hour));
    }
    let answer = store::codes_of_sites(conn, window.range, sites, step, &window.held).await?;
    let range = answer.range;
    let course = |(site, codes)| (site, Course { range, step, now: window.now, codes });
    Ok(answer.rows.into_iter().map(course).collect())
}

/// The counts of a window by code, without their course.
pub async fn counts(
    conn: &mut PgConnection,
    window: &Window,
    site: Option<i64>,
) -> Result<Counts, AppError> {
    let filter = Filter { site, ..Filter::default() };
    let range = window.range;
    let question = Question { range, filter, group_by: vec![GroupBy::Code], step: None };
    let rows = store::rows(conn, &question, &window.held).await?.rows;
    let named = rows.into_iter().filter_map(|row| match row.key {
        Key::Name(code) => Some((code, row.count)),
        Key::Null | Key::Site(_) | Key::Pair(_) => None,
    });
    Ok(Counts(named.collect()))
}

/// Counts by code.
#[derive(Clone, Debug, Default)]
pub struct Counts(HashMap<String, i64>);

impl Counts {
    /// Of one code.
    pub fn of(&self, code: &str) -> i64 {
        self.0.get(code).copied().unwrap_or(0)
    }

    /// All outcomes.
    pub fn attempts(&self) -> i64 {
        self.0.values().sum()
    }

    /// Those that were not `ok`.
    pub fn errors(&self) -> i64 {
        self.attempts() - self.of(OK)
    }

    /// Those the gate denied.
    pub fn denied(&self) -> i64 {
        GATE_CODES.iter().map(|code| self.of(code.as_str())).sum()
    }

    /// The key figures of a course beside those of the time before, which these are.
    pub fn compared(&self, course: &Course) -> Totals {
        let compared = |now, before| Compared { now, before };
        Totals {
            ignored: Compared::default(),
            attempts: compared(course.attempts(), self.attempts()),
            errors: compared(course.errors(), self.errors()),
            denied: compared(course.denied(), self.denied()),
        }
    }
}

/// The errors of a course as a chart, of all codes or of one, with what was changed meanwhile on the
/// site (on all sites without one).
pub async fn chart(
    conn: &mut PgConnection,
    course: &Course,
    code: Option<&str>,
    site: Option<i64>,
) -> Result<Chart, AppError> {
    let marks = marks(conn, course.range, site).await?;
    let codes: Vec<_> = course
        .codes
        .iter()
        .filter(|trend| code.is_none_or(|code| trend.code == code))
        .cloned()
        .collect();
    Ok(Chart::of_errors(course.range, course.step, &codes, marks, course.now))
}

/// The changes of configuration in a range, on one site or on all.
pub async fn marks(
    conn: &mut PgConnection,
    range: Range,
    site: Option<i64>,
) -> Result<Vec<ChangeMark>, AppError> {
    let site = site.map(SiteId);
    audit::store::changes_between(conn, site, range.from, range.to, MOST_MARKS).await
}

/// The key figures of a course beside those of the time before, on one site or on all, with what came
/// from ignored hosts told apart.
pub async fn totals(
    conn: &mut PgConnection,
    window: &Window,
    course: &Course,
    site: Option<i64>,
) -> Result<Totals, AppError> {
    let window_before = window.before(course);
    let before = counts(conn, &window_before, site).await?;
    let site = site.map(SiteId);
    let ignored = Compared {
        now: ignored_denials(conn, window, site).await?,
        before: ignored_denials(conn, &window_before, site).await?,
    };
    Ok(Totals { ignored, ..before.compared(course) })
}

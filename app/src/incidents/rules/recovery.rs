//! How far an incident has recovered: its last minutes beside its worst, and how long after the fix.

use crate::incidents::pages::{IncidentCourse, Recovery};
use jiff::{SignedDuration, Timestamp};

/// How it stands by the steps of its course that have ended. `onset` is when it began, `fixed` when the
/// change was made that fixes it, `closed` when it was over. Nothing where no step has ended since the
/// onset, or none has any events.
pub fn recovery(
    course: &IncidentCourse,
    onset: Timestamp,
    fixed: Option<Timestamp>,
    closed: Option<Timestamp>,
) -> Option<Recovery> {
    let step = |at: usize| {
        let minutes = course.step.saturating_mul(i64::try_from(at).unwrap_or(i64::MAX));
        course.from.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(course.from)
    };
    let ended = |at: &usize| closed.is_none_or(|closed| step(at + 1) <= closed);
    let during: Vec<(usize, i64)> = (0..course.counts.len())
        .filter(|at| step(at + 1) > onset)
        .filter(ended)
        .map(|at| (at, course.counts[at]))
        .collect();
    let (last, latest) = *during.last()?;
    let peak = during.iter().map(|(_, count)| *count).max().filter(|peak| *peak > 0)?;
    let after = |fixed: Timestamp| step(last + 1).duration_since(fixed).as_mins();
    let usual = |at: usize, count: i64| {
        #[expect(clippy::cast_precision_loss, reason = "a minute's count")]
        let count = count as f64;
        course.usual.get(at).is_some_and(|(_, high)| count <= high.max(1.0))
    };
    // From here on, every step was as usual.
    let calm = during.iter().rev().take_while(|(at, count)| usual(*at, *count)).last();
    Some(Recovery {
        latest,
        peak,
        after_fix: fixed.map(after).filter(|minutes| *minutes >= 0),
        usual_after: fixed
            .zip(calm)
            .map(|(fixed, (at, _))| step(*at).duration_since(fixed).as_mins().max(0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn course(counts: &[i64]) -> IncidentCourse {
        let usual = vec![(0.0, 3.0); counts.len()];
        IncidentCourse { from: at(100), step: 1, counts: counts.to_vec(), usual }
    }

    #[test]
    fn what_came_last_is_told_beside_the_peak_and_the_fix() {
        let course = course(&[1, 900, 60, 100, 80, 30, 12]);
        // The peak before the onset is none of it.
        let told = recovery(&course, at(102), Some(at(104)), None).unwrap();
        let expected = Recovery { latest: 12, peak: 100, after_fix: Some(3), usual_after: None };
        assert_eq!(told, expected);
        let unfixed = recovery(&course, at(102), None, None).unwrap();
        assert_eq!((unfixed.after_fix, unfixed.usual_after), (None, None));
    }

    #[test]
    fn it_is_usual_from_the_first_minute_after_which_all_are() {
        let course = course(&[50, 60, 2, 40, 1, 0, 2, 70]);
        let told = recovery(&course, at(100), Some(at(102)), Some(at(107))).unwrap();
        assert_eq!((told.latest, told.peak, told.usual_after), (2, 60, Some(2)));
    }

    #[test]
    fn without_a_minute_or_an_event_nothing_is_told() {
        assert_eq!(recovery(&course(&[0, 0]), at(100), None, None), None);
        assert_eq!(recovery(&course(&[5]), at(101), None, None), None);
        let just_now = recovery(&course(&[5, 6]), at(100), Some(at(103)), None).unwrap();
        assert_eq!(just_now.after_fix, None);
    }
}

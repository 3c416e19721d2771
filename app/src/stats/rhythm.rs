//! Whether a silence is unusual. A source that reports once an hour is not silent after five
//! minutes, and one that rests at night and on Sundays is not silent then.
//!
//! What is usual is read from the two weeks before the silence began: the hours of the week in which
//! something came, and how long the pauses between were. Silence counts only hours in which something
//! usually comes; it is unusual once they add up to more than the usual pause explains.

use jiff::{SignedDuration, Timestamp};

/// No silence is told of before this: verifiers restart, and a console that cries over every lull is
/// not looked at.
pub const LEAST_PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// Three times the longest pause that hours can tell of.
pub const MOST_PATIENCE: SignedDuration = SignedDuration::from_hours(3);
/// The patience with what has been known for less than a day: its rhythm is not known.
pub const PATIENCE_WITH_NEW: SignedDuration = SignedDuration::from_hours(1);
/// How far back what is usual is read.
pub const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(14 * 24);
/// So many usual pauses are waited for: one may be missed, and one more late.
const PAUSES: i64 = 3;
/// So many events must be missed where they come by chance: then one pause in a million is taken for a
/// silence. Every event begins a pause, and a thousand quiet sites have a million in a week or two.
const CHANCES: f64 = 14.0;

const HOUR: i64 = 3_600;
const DAY_HOURS: i64 = 24;
const WEEK_HOURS: i64 = 7 * DAY_HOURS;

/// The number of the hour that holds `instant`, counted from the Unix epoch.
fn hour_of(instant: Timestamp) -> i64 {
    instant.as_second().div_euclid(HOUR)
}

/// When something is usually heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    /// The hours in which something was heard, in order, each with the number of events that come by
    /// chance; none where they come by the clock.
    hours: Vec<(i64, Option<i64>)>,
    /// Since which hour it is known when something was heard.
    first: Option<i64>,
    patience: Option<SignedDuration>,
}

impl Rhythm {
    /// The rhythm of hours, each with the minutes in which something was heard: bit 0 is the first.
    /// Any order.
    pub fn of_minutes(hours: impl IntoIterator<Item = (Timestamp, u64)>) -> Self {
        let mut heard: Vec<(i64, u64)> =
            hours.into_iter().map(|(hour, minutes)| (hour_of(hour), minutes)).collect();
        heard.retain(|(_, minutes)| *minutes != 0);
        heard.sort_unstable();
        let mut pauses = Vec::new();
        let mut last: Option<i64> = None;
        for (hour, minutes) in &heard {
            for minute in (0..60).filter(|minute| minutes & (1 << minute) != 0) {
                let at = hour * 60 + minute;
                // A pause of an hour and more is told by the hours themselves.
                pauses.extend(last.map(|last| at - last).filter(|pause| (1..=60).contains(pause)));
                last = Some(at);
            }
        }
        let pause = quantile(&mut pauses, 98);
        let hours: Vec<(i64, Option<i64>)> =
            heard.into_iter().map(|(hour, _)| (hour, None)).collect();
        Self {
            first: hours.first().map(|(hour, _)| *hour),
            hours,
            patience: pause.map(|minutes| SignedDuration::from_mins(PAUSES * minutes)),
        }
    }

    /// The rhythm of hours, each with the number of its events, which come by chance. Any order; hours
    /// that nobody will ask about may be left out. The first event came on the day of `first`.
    pub fn of_counts(hours: impl IntoIterator<Item = (Timestamp, i64)>, first: Timestamp) -> Self {
        let mut heard: Vec<(i64, i64)> =
            hours.into_iter().map(|(hour, count)| (hour_of(hour), count)).collect();
        heard.retain(|(_, count)| *count > 0);
        heard.sort_unstable();
        Self {
            hours: heard.into_iter().map(|(hour, count)| (hour, Some(count))).collect(),
            first: Some(hour_of(first)),
            patience: None,
        }
    }

    /// Since when there is a silence that is unusual, at `now`, when something was last heard at
    /// `last`.
    pub fn silent_since(&self, last: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let patience = self.patience(last);
        let missed = self.missed(last, now);
        (missed.time >= patience && missed.events >= CHANCES).then_some(last)
    }

    /// How much silence is taken for usual, counted in hours in which something usually comes.
    pub fn patience(&self, last: Timestamp) -> SignedDuration {
        let usual = self.patience.unwrap_or(LEAST_PATIENCE).clamp(LEAST_PATIENCE, MOST_PATIENCE);
        if self.is_new(last) { usual.max(PATIENCE_WITH_NEW) } else { usual }
    }

    /// Whether too little is known to tell what is usual.
    pub fn is_new(&self, last: Timestamp) -> bool {
        self.first.is_none_or(|first| hour_of(last) - first < DAY_HOURS)
    }

    /// How long nothing came while something usually does, and how many events that usually are; no more
    /// than decides.
    fn missed(&self, last: Timestamp, now: Timestamp) -> Missed {
        let (last_hour, now_hour) = (hour_of(last), hour_of(now));
        let (new, enough) = (self.is_new(last), self.patience(last));
        let mut missed = Missed { time: SignedDuration::ZERO, events: 0.0 };
        // What is usual repeats every week: if a week holds nothing, nothing is missed ever.
        for hour in last_hour..=now_hour.min(last_hour + 2 * WEEK_HOURS) {
            if !new && !self.is_usual(hour, last_hour) {
                continue;
            }
            let begins = Timestamp::from_second(hour * HOUR).unwrap_or(last).max(last);
            let ends = Timestamp::from_second((hour + 1) * HOUR).unwrap_or(now).min(now);
            let time = ends.duration_since(begins).max(SignedDuration::ZERO);
            missed.time += time;
            missed.events += match self.usual_count(hour, last_hour) {
                #[expect(clippy::cast_precision_loss, reason = "events of an hour")]
                Some(count) => count as f64 * time.as_secs_f64() / 3_600.0,
                // What comes by the clock, or is not known yet, is waited for and not counted.
                None => CHANCES,
            };
            if missed.time >= enough && missed.events >= CHANCES {
                break;
            }
        }
        missed
    }

    /// How many events that come by chance an hour usually has: the middle of what it had the day before,
    /// a week and two weeks ago, of two the smaller. One hour in which nothing came tells nothing so.
    fn usual_count(&self, hour: i64, last_hour: i64) -> Option<i64> {
        let first = self.first?;
        let (_, counted) = self.hours.first()?;
        (*counted)?;
        let week = before(hour, last_hour, WEEK_HOURS);
        let mut known: Vec<i64> = [before(hour, last_hour, DAY_HOURS), week, week - WEEK_HOURS]
            .into_iter()
            .filter(|hour| *hour >= first)
            .map(|hour| self.place_of(hour).and_then(|at| self.hours[at].1).unwrap_or(0))
            .collect();
        known.sort_unstable();
        let middle = known.len().checked_sub(1)? / 2;
        known.get(middle).copied()
    }

    /// Where an hour is, if anything was heard in it.
    fn place_of(&self, hour: i64) -> Option<usize> {
        self.hours.binary_search_by_key(&hour, |(hour, _)| *hour).ok()
    }

    /// Whether something usually comes in `hour`: at the same time of one of the last two weeks
    /// before the silence, or of the day before it while a week ago is not known.
    fn is_usual(&self, hour: i64, last_hour: i64) -> bool {
        let Some(first) = self.first else { return false };
        let heard = |hour: i64| self.place_of(hour).is_some();
        let week = before(hour, last_hour, WEEK_HOURS);
        if week >= first {
            heard(week) || heard(week - WEEK_HOURS)
        } else {
            heard(before(hour, last_hour, DAY_HOURS))
        }
    }
}

/// How much of a silence counts.
struct Missed {
    time: SignedDuration,
    events: f64,
}

/// The latest hour at the same time, some periods earlier, that lies before the silence.
fn before(hour: i64, last_hour: i64, period: i64) -> i64 {
    hour - ((hour - last_hour).max(0) / period + 1) * period
}

/// The value that `percent` of the values do not exceed, by nearest rank.
fn quantile(values: &mut [i64], percent: usize) -> Option<i64> {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A Monday.
    const MONDAY: i64 = 1_781_481_600; // 2026-06-15T00:00:00Z
    const EVERY_MINUTE: u64 = (1 << 60) - 1;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn minutes(minutes: i64) -> SignedDuration {
        SignedDuration::from_mins(minutes)
    }

    /// Two weeks before `last` in which `heard` says, hour by hour from Monday, what minutes came.
    fn weeks(last: i64, heard: impl Fn(i64, i64) -> u64) -> Rhythm {
        let hours = (0..14 * 24).map(|back| last / HOUR - back);
        Rhythm::of_minutes(hours.map(|hour| {
            let since_monday = (hour - MONDAY / HOUR).rem_euclid(WEEK_HOURS);
            (at(hour * HOUR), heard(since_monday / 24, since_monday % 24))
        }))
    }

    #[test]
    fn a_source_that_reports_every_minute_is_silent_after_ten() {
        let last = MONDAY + 12 * HOUR;
        let rhythm = weeks(last, |_, _| EVERY_MINUTE);
        assert_eq!(rhythm.patience(at(last)), LEAST_PATIENCE);
        assert_eq!(rhythm.silent_since(at(last), at(last) + minutes(9)), None);
        assert_eq!(rhythm.silent_since(at(last), at(last) + minutes(10)), Some(at(last)));
    }

    #[test]
    fn a_source_that_reports_once_an_hour_is_waited_for_until_it_missed_some() {
        let last = MONDAY + 12 * HOUR + 300;
        for heard in [1_u64, 0b11_1111] {
            let rhythm = weeks(last, |_, _| heard);
            assert_eq!(rhythm.silent_since(at(last), at(last) + minutes(5)), None);
            assert_eq!(rhythm.silent_since(at(last), at(last) + minutes(120)), None);
            assert_eq!(rhythm.silent_since(at(last), at(last) + minutes(180)), Some(at(last)));
        }
    }

    #[test]
    fn nights_and_weekends_are_no_silence() {
        let office = |day: i64, hour: i64| {
            if day < 5 && (8..18).contains(&hour) { EVERY_MINUTE } else { 0 }
        };
        let friday = MONDAY + 4 * 24 * HOUR + 18 * HOUR - 60;
        let rhythm = weeks(friday, office);
        let next_monday = MONDAY + 7 * 24 * HOUR + 8 * HOUR;
        assert_eq!(rhythm.silent_since(at(friday), at(friday) + minutes(600)), None);
        assert_eq!(rhythm.silent_since(at(friday), at(next_monday - 60)), None, "Sunday night");
        let morning = at(next_monday) + minutes(5);
        assert_eq!(rhythm.silent_since(at(friday), morning), None, "it may begin a little later");
        let late = at(next_monday) + minutes(10);
        assert_eq!(rhythm.silent_since(at(friday), late), Some(at(friday)));
    }

    #[test]
    fn what_is_new_is_given_an_hour_and_then_judged_by_the_day_before() {
        let last = MONDAY + 12 * HOUR;
        let none = Rhythm::default();
        assert_eq!(none.silent_since(at(last), at(last) + minutes(59)), None);
        assert_eq!(none.silent_since(at(last), at(last) + minutes(60)), Some(at(last)));
        // Three days of days without nights.
        let hours = (0..72).map(|back| last / HOUR - back);
        let days = hours.filter(|hour| (8..20).contains(&(hour % 24)));
        let rhythm = Rhythm::of_minutes(days.map(|hour| (at(hour * HOUR), EVERY_MINUTE)));
        let evening = MONDAY + 20 * HOUR - 60;
        assert!(!rhythm.is_new(at(evening)));
        assert_eq!(rhythm.silent_since(at(evening), at(evening) + minutes(8 * 60)), None);
        assert!(rhythm.silent_since(at(evening), at(evening) + minutes(13 * 60)).is_some());
    }

    #[test]
    fn a_busy_site_is_missed_sooner_than_a_quiet_one() {
        let last = MONDAY + 12 * HOUR;
        let after = |count: i64| {
            let hours = (1..=15 * 24).map(|back| (at(last - back * HOUR), count));
            let rhythm = Rhythm::of_counts(hours, at(last - 15 * 24 * HOUR));
            (0..3_000)
                .find(|waited| rhythm.silent_since(at(last), at(last) + minutes(*waited)).is_some())
        };
        assert_eq!(after(1_000), Some(10));
        assert_eq!(after(28), Some(30));
        assert_eq!(after(1), Some(14 * 60));
    }

    #[test]
    fn a_thin_night_is_no_silence_and_a_missing_hour_a_week_ago_does_not_hide_one() {
        let last = MONDAY + 15 * 24 * HOUR;
        let night = |hour: i64| if (0..6).contains(&(hour % 24)) { 2 } else { 600 };
        let hours = |gap: i64| {
            let all = (1..=15 * 24).map(move |back| last / HOUR - back);
            let all = all.filter(move |hour| *hour != gap);
            all.map(move |hour| (at(hour * HOUR), night(hour)))
        };
        let rhythm = |gap| Rhythm::of_counts(hours(gap), at(MONDAY));
        let at_night = |waited| rhythm(0).silent_since(at(last), at(last) + minutes(waited));
        assert_eq!(at_night(5 * 60), None);
        let noon = at(last + 12 * HOUR);
        let a_week_ago = last / HOUR + 12 - WEEK_HOURS;
        assert_eq!(rhythm(a_week_ago).silent_since(noon, noon + minutes(9)), None);
        assert_eq!(rhythm(a_week_ago).silent_since(noon, noon + minutes(10)), Some(noon));
    }

    proptest! {
        #[test]
        fn nothing_is_silent_within_its_patience_and_silence_lasts(
            heard in prop::collection::btree_map(0_i64..400, 1_u64..=EVERY_MINUTE, 0..80),
            waited in 0_i64..60 * 24 * 30,
            more in 0_i64..60 * 24 * 30,
        ) {
            let last = MONDAY + 401 * HOUR;
            let hours = heard.into_iter().map(|(hour, minutes)| (at(MONDAY + hour * HOUR), minutes));
            let rhythm = Rhythm::of_minutes(hours);
            let now = at(last) + minutes(waited);
            let silent = rhythm.silent_since(at(last), now);
            if silent.is_some() {
                prop_assert!(minutes(waited) >= rhythm.patience(at(last)));
                prop_assert_eq!(silent, Some(at(last)));
                prop_assert_eq!(rhythm.silent_since(at(last), now + minutes(more)), silent);
            }
        }

        #[test]
        fn whoever_was_heard_in_every_hour_is_missed_at_any_time(
            waited in 180_i64..60 * 24 * 30,
            mask in 1_u64..=EVERY_MINUTE,
            hour in 0_i64..168,
        ) {
            let last = MONDAY + hour * HOUR;
            let rhythm = weeks(last, |_, _| mask);
            prop_assert!(rhythm.silent_since(at(last), at(last) + minutes(waited)).is_some());
        }
    }
}

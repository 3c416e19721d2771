//! Which sites are silent, though they usually are not at this time of the week.

use crate::error::AppError;
use crate::stats::model::Grain;
use crate::stats::rhythm::Rhythm;
use crate::stats::store::{LastHeard, hours_of_sites, last_heard, last_minutes};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::HashMap;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So much of a silence is compared with the weeks before: a long week-end, and some hours.
const COMPARED: SignedDuration = SignedDuration::from_hours(80);

/// Those of `sites` that are silent, each with the end of the last minute in which anything was
/// reported for it. Give only those that got nothing lately: what is usual for a site takes many
/// look-ups to read.
pub async fn silent(
    conn: &mut PgConnection,
    sites: &[i64],
    now: Timestamp,
) -> Result<HashMap<i64, Timestamp>, AppError> {
    if sites.is_empty() {
        return Ok(HashMap::new());
    }
    let known = last_heard(conn, sites, now).await?;
    let stretches: Vec<_> = known.iter().flat_map(|heard| told_by(heard, now)).collect();
    let mut hours: HashMap<i64, Vec<(Timestamp, i64)>> = HashMap::new();
    for (site, hour, count) in hours_of_sites(conn, &stretches).await? {
        hours.entry(site).or_default().push((hour, count));
    }
    // To the minute it is read only of those that would be silent if they were since the hour began.
    let mut asked: HashMap<i64, (LastHeard, Rhythm)> = HashMap::new();
    for heard in known {
        // The hour that ends with the silence tells too little of what is usual.
        let usual = hours.remove(&heard.site).unwrap_or_default();
        let usual = usual.into_iter().filter(|(at, _)| *at < heard.last_hour);
        let rhythm = Rhythm::of_counts(usual, heard.first_day);
        if rhythm.silent_since(heard.last_hour, now).is_some() {
            asked.insert(heard.site, (heard, rhythm));
        }
    }
    let of_hours: Vec<(i64, Timestamp)> =
        asked.values().map(|(heard, _)| (heard.site, heard.last_hour)).collect();
    let minutes: HashMap<i64, Timestamp> =
        last_minutes(conn, &of_hours).await?.into_iter().collect();
    let since = |(site, (heard, rhythm)): (i64, (LastHeard, Rhythm))| {
        // Where its minutes are no longer held, the end of the hour is meant.
        let end = heard.last_hour.checked_add(Grain::Hour.duration()).unwrap_or(now).min(now);
        let last = minutes.get(&site).copied().unwrap_or(end).min(now);
        rhythm.silent_since(last, now).map(|since| (site, since))
    };
    Ok(asked.into_iter().filter_map(since).collect())
}

/// The stretches of time that tell whether a silence is usual: the day before it, which tells how
/// dense events are, and the same time of the two weeks before.
fn told_by(heard: &LastHeard, now: Timestamp) -> [(i64, Timestamp, Timestamp); 3] {
    let LastHeard { site, last_hour, .. } = *heard;
    let length = now.duration_since(last_hour).min(COMPARED);
    let before = |at: Timestamp, span: SignedDuration| at.checked_sub(span).unwrap_or(at);
    let same_time = |weeks: i32| {
        let from = before(last_hour, WEEK * weeks);
        (site, from, from.checked_add(length).unwrap_or(from))
    };
    [(site, before(last_hour, DAY), last_hour), same_time(1), same_time(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_covers_what_the_rule_asks_about() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-06-15T12:34:56Z");
        let heard = LastHeard {
            site: 7,
            first_day: at("2026-05-20T00:00:00Z"),
            last_hour: at("2026-06-15T07:00:00Z"),
        };
        let stretches = told_by(&heard, now);
        // Everything heard in every hour of four weeks, cut to what is read, judges the same.
        let all = || {
            (0..28 * 24)
                .map(|back| heard.last_hour - SignedDuration::from_hours(back))
                .filter(|hour| hour.to_zoned(jiff::tz::TimeZone::UTC).hour() != 8)
        };
        let read =
            all().filter(|hour| stretches.iter().any(|(_, from, to)| (*from..=*to).contains(hour)));
        let judge = |hours: Vec<Timestamp>| {
            let counts = hours.into_iter().map(|hour| (hour, 100));
            let rhythm = Rhythm::of_counts(counts, heard.first_day);
            (0..300)
                .map(|minute| {
                    let now = heard.last_hour + SignedDuration::from_mins(60 + minute);
                    rhythm.silent_since(heard.last_hour + SignedDuration::from_mins(60), now)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(judge(read.collect()), judge(all().collect()));
    }
}

//! Which sites are silent, though they usually are not at this time of the week.

use crate::error::AppError;
use crate::stats::model::Grain;
use crate::stats::rhythm::Rhythm;
use crate::stats::store::{LOOKED_BACK, hours_of_sites, last_minutes};
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashMap;

/// Those of `sites` that are silent, each with the end of the last minute in which anything was
/// reported for it. Give only those that got nothing lately: what is usual for a site takes hundreds
/// of look-ups to read.
pub async fn silent(
    conn: &mut PgConnection,
    sites: &[i64],
    now: Timestamp,
) -> Result<HashMap<i64, Timestamp>, AppError> {
    if sites.is_empty() {
        return Ok(HashMap::new());
    }
    let from = now.checked_sub(LOOKED_BACK).unwrap_or(now);
    let mut hours: HashMap<i64, Vec<(Timestamp, i64)>> = HashMap::new();
    for (site, hour, count) in hours_of_sites(conn, sites, from, now).await? {
        hours.entry(site).or_default().push((hour, count));
    }
    let mut silent: HashMap<i64, (Timestamp, Timestamp)> = HashMap::new();
    for (site, heard) in hours {
        let Some(hour) = heard.iter().map(|(hour, _)| *hour).max() else { continue };
        // To the minute it is known only later; until then the end of the hour is meant.
        let last = hour.checked_add(Grain::Hour.duration()).unwrap_or(now).min(now);
        // The hour that ends with the silence tells too little of what is usual.
        let usual = heard.into_iter().filter(|(at, _)| *at < hour);
        if Rhythm::of_counts(usual).silent_since(last, now).is_some() {
            silent.insert(site, (hour, last));
        }
    }
    let of_hours: Vec<(i64, Timestamp)> =
        silent.iter().map(|(site, (hour, _))| (*site, *hour)).collect();
    let minutes: HashMap<i64, Timestamp> = if of_hours.is_empty() {
        HashMap::new()
    } else {
        last_minutes(conn, &of_hours).await?.into_iter().collect()
    };
    let since = |(site, (_, last)): (i64, (Timestamp, Timestamp))| {
        (site, minutes.get(&site).copied().unwrap_or(last))
    };
    Ok(silent.into_iter().map(since).collect())
}

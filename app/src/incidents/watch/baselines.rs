//! What is usual of the series that are looked at, read when it is first asked for and again by the
//! hour.

use crate::error::AppError;
use crate::incidents::detection::{Baseline, Hour, HourCount, Minute};
use crate::incidents::model::UNATTRIBUTED;
use crate::incidents::store::{HourRow, hours_of, hours_of_all};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};

/// How far back it is read.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(28 * 24);
/// So many old ones are read again in a round: after an hour all at once would hold it up.
const RENEWED: usize = 400;
/// What nobody asked for so many hours is forgotten.
const KEPT_HOURS: Hour = 6;

/// A site and a code; without a site, the code on all of them.
pub type Series = (Option<i64>, String);

/// What is usual, by series.
#[derive(Debug, Default)]
pub struct Baselines(HashMap<Series, Known>);

#[derive(Debug)]
struct Known {
    baseline: Baseline,
    /// The hour in which it was read.
    read: Hour,
    /// The hour in which it was last asked for.
    asked: Hour,
}

impl Baselines {
    /// What is usual of a series that was [prepared](Self::prepare).
    pub fn of(&self, series: &Series) -> Option<&Baseline> {
        self.0.get(series).map(|known| &known.baseline)
    }

    /// Reads what is missing of `series`, and some of what is old. What is usual of those with an `open`
    /// incident stays as it was at its onset: a long incident does not become usual.
    pub async fn prepare(
        &mut self,
        conn: &mut PgConnection,
        series: &[Series],
        open: &HashSet<Series>,
        minute: Minute,
    ) -> Result<(), AppError> {
        let hour = minute.div_euclid(60);
        let mut wanted = Vec::new();
        let mut renewed = 0;
        for one in series {
            match self.0.get_mut(one) {
                None => wanted.push(one.clone()),
                Some(known) => {
                    known.asked = hour;
                    if known.read < hour && renewed < RENEWED && !open.contains(one) {
                        renewed += 1;
                        wanted.push(one.clone());
                    }
                }
            }
        }
        self.0.retain(|_, known| hour - known.asked <= KEPT_HOURS);
        if wanted.is_empty() {
            return Ok(());
        }
        for (series, baseline) in read(conn, wanted, hour).await? {
            self.0.insert(series, Known { baseline, read: hour, asked: hour });
        }
        Ok(())
    }
}

/// What is usual of each of `series`, told from the hours before `hour`.
pub async fn read(
    conn: &mut PgConnection,
    series: Vec<Series>,
    hour: Hour,
) -> Result<HashMap<Series, Baseline>, AppError> {
    let to = Timestamp::from_second(hour * 3_600).map_err(AppError::fault)?;
    let from = to.checked_sub(LOOKED_BACK).map_err(AppError::fault)?;
    let of_sites: Vec<(i64, String)> =
        series.iter().filter_map(|(site, code)| Some(((*site)?, code.clone()))).collect();
    let of_all: Vec<String> = series
        .iter()
        .filter(|(site, _)| site.is_none_or(|site| site == UNATTRIBUTED.0))
        .map(|(_, code)| code.clone())
        .collect();
    let mut by_site = hours_of(conn, &of_sites, from, to).await?;
    let by_code = hours_of_all(conn, &of_all, from, to).await?;
    let mut read = HashMap::new();
    for series in series {
        let hours = match series.0 {
            Some(site) => by_site.remove(&(site, series.1.clone())),
            None => by_code.get(&series.1).cloned(),
        };
        let hours = match series.0 {
            Some(site) if site == UNATTRIBUTED.0 => {
                among_all(&hours.unwrap_or_default(), by_code.get(&series.1))
            }
            _ => hours,
        };
        let hours: Vec<HourCount> = hours.unwrap_or_default().into_iter().map(counted).collect();
        let since = hours.first().map_or(hour, |first| first.hour);
        read.insert(series, Baseline::of_hours(&hours, since, hour));
    }
    Ok(read)
}

/// The counts of no site, among the outcomes of all. Among its own they would be no measure: whatever
/// has no site has failed, so that all of its outcomes rise with it.
fn among_all(counts: &[HourRow], all: Option<&Vec<HourRow>>) -> Option<Vec<HourRow>> {
    let counts: HashMap<Timestamp, i64> =
        counts.iter().map(|(hour, count, _)| (*hour, *count)).collect();
    let count = |hour: &Timestamp| counts.get(hour).copied().unwrap_or(0);
    Some(all?.iter().map(|(hour, _, attempts)| (*hour, count(hour), *attempts)).collect())
}

fn counted((start, count, attempts): (Timestamp, i64, i64)) -> HourCount {
    let positive = |count: i64| u64::try_from(count).unwrap_or(0);
    HourCount {
        hour: start.as_second().div_euclid(3_600),
        count: positive(count),
        attempts: positive(attempts),
    }
}

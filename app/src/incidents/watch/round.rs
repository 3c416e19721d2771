//! One look at the last closed minute.

use super::baselines::{Baselines, Series};
use crate::codes::OK;
use crate::context::AppState;
use crate::error::AppError;
use crate::events::posting::Unsettled;
use crate::incidents::detection::{
    Judgement, Kind, Minute, MinuteCount, Policy, Verdict, WINDOW, Watched, judge as judge_series,
};
use crate::incidents::explain::{Subject, filter_of};
use crate::incidents::keep::{self, Seen, close, renew};
use crate::incidents::model::{Class, Incident, Sensitivity, UNATTRIBUTED};
use crate::incidents::rules::{Found, class_of, grouped, spreads};
use crate::incidents::store;
use crate::incidents::store::{MinuteRow, Wanted};
use crate::sites::model::SiteId;
use crate::stats::model::{Grain, Range};
use crate::stats::store::total;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

/// A minute is closed once its events had so long to arrive.
const SETTLES: SignedDuration = SignedDuration::from_secs(5);
/// How long the counts of that time may take to be added up; the next look is soon.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);
/// Minutes that were missed for longer are not judged any more.
const MOST_MISSED: Minute = 60;
/// A series with fewer events in each of the last minutes is not looked at: no threshold is as low.
const LEAST: u64 = 3;
/// How many of the last minutes an incident can begin with.
const NEWEST: usize = 3;
/// So many incidents are looked after.
const MOST_OPEN: i64 = 1_000;

/// After a start, verifiers have so long to send what they could not while nobody listened: before, all
/// of them seem silent.
const RESENT: SignedDuration = SignedDuration::from_secs(30);

/// What is kept from one look to the next; any of it can be found out again.
#[derive(Debug, Default)]
pub struct Kept {
    usual: Baselines,
    /// The minute in which it was last asked who is silent.
    silence: Option<Minute>,
    /// When the first look was.
    began: Option<Timestamp>,
    /// The last minute that was judged, by whichever process.
    judged: Option<Minute>,
}

/// Judges the last closed minute, unless another process does; before it, those that could not be judged when they closed,
/// since the database was down or their counts were not added up.
pub async fn judge(state: &AppState, kept: &mut Kept) -> Result<(), AppError> {
    let now = state.clock.now();
    let settled = now.checked_sub(SETTLES).map_err(AppError::fault)?;
    let newest = Grain::Minute.floor(settled).as_second().div_euclid(60) - 1;
    match state.events.settle(SETTLED_WITHIN).await {
        Ok(()) => {}
        Err(Unsettled::Late) => {
            tracing::info!(
                "what was counted last is not added up yet; its minutes are judged later"
            );
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    }
    let missed = kept.judged.map_or(newest, |judged| (judged + 1).max(newest - MOST_MISSED));
    for minute in missed.min(newest)..=newest {
        judge_minute(state, kept, minute, now).await?;
        kept.judged = Some(minute);
    }
    Ok(())
}

async fn judge_minute(
    state: &AppState,
    kept: &mut Kept,
    minute: Minute,
    now: Timestamp,
) -> Result<(), AppError> {
    let timer = Instant::now();
    let end = Timestamp::from_second((minute + 1) * 60).map_err(AppError::fault)?;
    let mut tx = state.pool.begin().await?;
    if !store::take_watch(&mut tx).await? {
        return Ok(());
    }
    let open =
        store::find(&mut tx, Wanted { open: Some(true), ..Wanted::default() }, MOST_OPEN).await?;
    let window = SignedDuration::from_mins(i64::try_from(WINDOW).unwrap_or(i64::MAX));
    let from = end.checked_sub(window).map_err(AppError::fault)?;
    let mut recent = Recent::new(store::minutes(&mut tx, from, end).await?, from);
    for (site, code, at) in store::closed_by_hand(&mut tx, from).await? {
        recent.forget(&(site, code), from, at);
    }
    let open_series: HashSet<Series> = open
        .iter()
        .filter_map(|incident| Some((incident.site.map(|site| site.0), incident.code.clone()?)))
        .collect();
    let series = recent.notable(&open_series);
    kept.usual.prepare(&mut tx, &series, &open_series, minute).await?;
    let sensitivities: HashMap<i64, Sensitivity> = store::sensitivities(&mut tx)
        .await?
        .into_iter()
        .map(|(site, sensitivity)| (site.0, sensitivity))
        .collect();
    let watched: Vec<Watched<'_, usize>> = series
        .iter()
        .enumerate()
        .filter_map(|(key, one)| {
            Some(Watched {
                key,
                baseline: kept.usual.of(one)?,
                recent: recent.of(one),
                policy: policy(one, &sensitivities),
                open: open_series.contains(one),
            })
        })
        .collect();
    let judgements = judge_series(minute, &watched);
    told(watched.len(), open.len());
    let round = Round { state, usual: &kept.usual, series: &series, now, end };
    round.look_after(&mut tx, open, &judgements).await?;
    round.open_new(&mut tx, &judgements, &open_series).await?;
    let began = *kept.began.get_or_insert(now);
    let due = now.duration_since(began) >= RESENT && kept.silence != Some(minute);
    if due {
        kept.silence = Some(minute);
    }
    super::silence::judge(state, &mut tx, &recent.heard(), due, now).await?;
    tx.commit().await?;
    metrics::histogram!("sitekeeper_incidents_round_seconds").record(timer.elapsed());
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts fit a double")]
fn told(series: usize, open: usize) {
    metrics::gauge!("sitekeeper_incidents_series").set(series as f64);
    metrics::gauge!("sitekeeper_incidents_open").set(open as f64);
}

fn policy((site, code): &Series, sensitivities: &HashMap<i64, Sensitivity>) -> Policy {
    let sensitivity = site.and_then(|site| sensitivities.get(&site)).copied().unwrap_or_default();
    Policy {
        kind: match class_of(code) {
            Class::Fixable | Class::Silence => Kind::Fixable,
            Class::Attack => Kind::Attack,
            Class::Noise => Kind::Noise,
            Class::Platform => Kind::Platform,
        },
        sensitivity,
    }
}

/// The last minutes of every series.
struct Recent {
    counts: HashMap<Series, [u64; WINDOW]>,
    attempts: HashMap<Option<i64>, [u64; WINDOW]>,
}

impl Recent {
    fn new(rows: Vec<MinuteRow>, from: Timestamp) -> Self {
        let (mut counts, mut attempts): (
            HashMap<Series, [u64; WINDOW]>,
            HashMap<_, [u64; WINDOW]>,
        ) = (HashMap::new(), HashMap::new());
        for MinuteRow { start, site, code, count } in rows {
            let place = start.duration_since(from).as_secs().div_euclid(60);
            let (Ok(place), Ok(count)) = (usize::try_from(place), u64::try_from(count)) else {
                continue;
            };
            if place >= WINDOW {
                continue;
            }
            for site in [Some(site), None] {
                attempts.entry(site).or_default()[place] += count;
                if code != OK {
                    counts.entry((site, code.clone())).or_default()[place] += count;
                }
            }
        }
        Self { counts, attempts }
    }

    /// Forgets what a series had in the minutes that began before `until`: somebody has seen it, and said that it is over.
    fn forget(&mut self, series: &Series, from: Timestamp, until: Timestamp) {
        let seen = until.duration_since(from).as_secs().div_euclid(60) + 1;
        let seen = usize::try_from(seen).unwrap_or(0).min(WINDOW);
        if let Some(counts) = self.counts.get_mut(series) {
            counts[..seen].fill(0);
        }
    }

    /// The sites of which anything came.
    fn heard(&self) -> HashSet<i64> {
        self.attempts.keys().filter_map(|site| *site).collect()
    }

    /// The series worth judging: those with some events in the newest minutes, and those that are open.
    fn notable(&self, open: &HashSet<Series>) -> Vec<Series> {
        let some =
            |counts: &[u64; WINDOW]| counts[WINDOW - NEWEST..].iter().any(|count| *count >= LEAST);
        let mut notable: HashSet<Series> = open.clone();
        notable.extend(
            self.counts.iter().filter(|(_, counts)| some(counts)).map(|(one, _)| one.clone()),
        );
        // What many sites can have at once is looked at on each as soon as it is on all.
        let mut notable: Vec<Series> =
            notable.into_iter().filter(|(site, code)| site.is_some() || spreads(code)).collect();
        notable.sort();
        notable
    }

    fn of(&self, series: &Series) -> [MinuteCount; WINDOW] {
        let counts = self.counts.get(series).copied().unwrap_or_default();
        // What has no site has failed: its own outcomes are no measure of it, those of all sites are.
        let among = series.0.filter(|site| *site != UNATTRIBUTED.0);
        let attempts = self.attempts.get(&among).copied().unwrap_or_default();
        std::array::from_fn(|at| MinuteCount { count: counts[at], attempts: attempts[at] })
    }
}

struct Round<'a> {
    state: &'a AppState,
    usual: &'a Baselines,
    series: &'a [Series],
    now: Timestamp,
    /// The end of the minute that is judged.
    end: Timestamp,
}

impl Round<'_> {
    /// Renews what is open, and closes what is over.
    async fn look_after(
        &self,
        conn: &mut PgConnection,
        open: Vec<Incident>,
        judgements: &[Judgement<usize>],
    ) -> Result<(), AppError> {
        let judged: HashMap<&Series, &Judgement<usize>> =
            judgements.iter().map(|judged| (&self.series[judged.key], judged)).collect();
        for mut incident in open {
            let Some(code) = incident.code.clone() else { continue };
            let series = (incident.site.map(|site| site.0), code);
            let Some(judged) = judged.get(&series) else { continue };
            if judged.verdict == Verdict::Cleared {
                // A fix of a moment ago, or of while nobody looked, belongs to its story.
                let (site, onset) = (incident.site, incident.onset);
                let subject = Subject { code: &series.1, site, onset };
                keep::note_fix(conn, &mut incident, subject, self.now).await?;
                close(conn, incident, self.now).await?;
                continue;
            }
            let unusual = judged.verdict != Verdict::Quiet;
            let seen = self.seen(conn, &series, incident.onset, unusual).await?;
            let subject = Subject { code: &series.1, site: incident.site, onset: incident.onset };
            renew(self.state, conn, incident, subject, seen, self.now).await?;
        }
        Ok(())
    }

    /// Opens an incident for each new cause.
    async fn open_new(
        &self,
        conn: &mut PgConnection,
        judgements: &[Judgement<usize>],
        open: &HashSet<Series>,
    ) -> Result<(), AppError> {
        let mut raised: BTreeMap<&str, (Vec<Found>, Option<Found>)> = BTreeMap::new();
        for judged in judgements.iter().filter(|judged| judged.verdict == Verdict::Raised) {
            let (site, code) = &self.series[judged.key];
            let found = Found {
                code: code.clone(),
                site: site.map(SiteId),
                onset: judged.onset.and_then(instant).unwrap_or(self.end),
                count: i64::try_from(judged.observed).unwrap_or(i64::MAX),
                expected: judged.expected,
            };
            let of_code = raised.entry(code).or_default();
            match site {
                Some(_) => of_code.0.push(found),
                None => of_code.1 = Some(found),
            }
        }
        for (code, (sites, across)) in raised {
            let is_open = open.contains(&(None, code.to_owned()));
            for found in grouped(code, sites, across, is_open) {
                let series = (found.site.map(|site| site.0), found.code.clone());
                let seen = self.seen(conn, &series, found.onset, true).await?;
                let subject = Subject { code, site: found.site, onset: found.onset };
                keep::open(self.state, conn, subject, seen, self.now).await?;
            }
        }
        Ok(())
    }

    /// What has come since the onset, and how much of it is usual.
    async fn seen(
        &self,
        conn: &mut PgConnection,
        series: &Series,
        onset: Timestamp,
        unusual: bool,
    ) -> Result<Seen, AppError> {
        let filter = filter_of(&series.1, series.0.map(SiteId));
        let count = match Range::new(onset, self.end) {
            Some(range) => total(conn, range, &filter, &self.state.held(self.now)).await?,
            None => 0,
        };
        let minutes = onset.as_second().div_euclid(60)..self.end.as_second().div_euclid(60);
        let expected = self.usual.of(series).map_or(0.0, |baseline| {
            minutes.map(|minute: Minute| baseline.expect(minute).mean).sum()
        });
        Ok(Seen { count, expected, end: self.end, unusual })
    }
}

fn instant(minute: Minute) -> Option<Timestamp> {
    Timestamp::from_second(minute.checked_mul(60)?).ok()
}

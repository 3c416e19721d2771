//! The traffic of the sample sites goes on once they are loaded, and the gate answers it as it would answer real visitors:
//! who takes a change back, pauses a site or allows a host sees what comes of it.

use super::commands::{Planted, event, referer};
use super::rules::{self, Outcome};
use super::samples::SITES;
use super::store;
use crate::context::AppState;
use crate::error::AppError;
use crate::events::model::Event;
use crate::gate::Detail;
use crate::keys;
use crate::keys::model::{KeyKind, KeyState};
use crate::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::time::Duration;

/// How much of it comes at once, in seconds.
const LENGTH: i64 = 5;
/// So far back, what came while no server ran is made up for: its silence would say something of the server, not of the
/// samples.
const MADE_UP_FOR: SignedDuration = SignedDuration::from_mins(10);

/// The job. Several processes may do it at once: what they report has the same ids, and counts once.
pub async fn run(state: AppState) {
    let mut rounds = tokio::time::interval(Duration::from_secs(LENGTH.unsigned_abs()));
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut done = i64::MIN;
    loop {
        rounds.tick().await;
        match go_on(&state, done).await {
            Ok(until) => done = done.max(until),
            Err(error) => tracing::warn!(%error, "the traffic of the sample sites is held up"),
        }
    }
}

/// Reports what has come since the piece `done`, and returns the last that was reported.
async fn go_on(state: &AppState, done: i64) -> Result<i64, AppError> {
    let mut tx = state.pool.begin().await?;
    if !store::is_loaded(&mut tx).await? {
        return Ok(done);
    }
    // Who removes them waits: nothing is counted of them afterwards.
    store::lock(&mut tx).await?;
    let Some((entry, loaded_at)) = store::loaded(&mut tx).await? else { return Ok(done) };
    let now = state.clock.now();
    let from = rules::end(loaded_at).max(now.checked_sub(MADE_UP_FOR).unwrap_or(now));
    let first = (from.as_second().div_euclid(LENGTH)).max(done.saturating_add(1));
    let last = now.as_second().div_euclid(LENGTH) - 1;
    let planted = planted(&mut tx).await?;
    if first > last || planted.len() != SITES.len() {
        return Ok(done);
    }
    let outcomes: Vec<(String, Outcome)> = (first..=last)
        .flat_map(|piece| {
            let outcomes = outcomes(state, &planted, piece).into_iter().enumerate();
            outcomes.map(move |(place, outcome)| (format!("{entry}-{piece}-{place}"), outcome))
        })
        .collect();
    let events = outcomes
        .iter()
        .map(|(id, outcome)| Event { id: Some(id.as_str().into()), ..event(outcome, &planted) });
    let events: Vec<Event<'_>> = events.collect();
    state.events.submit(state.events.prepare(&events)).await.map_err(AppError::fault)?;
    Ok(last)
}

/// The sample sites, in the order of [`SITES`], which is the one they were made in.
async fn planted(conn: &mut PgConnection) -> Result<Vec<Planted>, AppError> {
    let mut planted = Vec::new();
    for id in store::sites(conn).await?.into_iter().map(SiteId) {
        let mut issued = keys::store::of_site(conn, id, KeyKind::Sitekey).await?;
        issued.reverse();
        let newest = issued.iter().rposition(|key| key.state == KeyState::Active);
        planted.push(Planted {
            id,
            newest: newest.unwrap_or(issued.len().saturating_sub(1)),
            sitekeys: issued.into_iter().map(|key| key.text).collect(),
        });
    }
    Ok(planted)
}

fn outcomes(state: &AppState, planted: &[Planted], piece: i64) -> Vec<Outcome> {
    let start = Timestamp::from_second(piece * LENGTH).unwrap_or_default();
    let newest = |site: usize| planted[site].newest;
    let gate = |site: usize, sitekey: usize, host: Option<&str>| {
        let sitekey = planted[site].sitekeys.get(sitekey).map(String::as_str);
        let referer = host.map(referer);
        state.gate.check(sitekey, referer.as_deref(), Detail::Brief).decision.code()
    };
    rules::goes_on(start, SignedDuration::from_secs(LENGTH), newest, gate)
}

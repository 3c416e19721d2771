//! Reading what the page of the verifiers shows.

use super::pages::{Standings, Verifier};
use super::rules::{Standing, skew, standing};
use super::store::{Source, rhythms, sources};
use crate::codes::OK;
use crate::error::AppError;
use crate::stats::model::{Filter, GroupBy, Key};
use crate::stats::report::Window;
use crate::stats::rhythm::Rhythm;
use crate::stats::rules::{step_for, steps};
use crate::stats::store::{Question, rows};
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashMap;

/// Every source with its events of a window.
pub async fn verifiers(
    conn: &mut PgConnection,
    window: &Window,
) -> Result<Vec<Verifier>, AppError> {
    let sources = sources(conn).await?;
    let rhythms = rhythms(conn, &sources, window.now).await?;
    let new = Rhythm::default();
    let step = step_for(window.range, &window.held);
    let mut question = Question {
        range: window.range,
        filter: Filter::default(),
        group_by: vec![GroupBy::Source],
        step: Some(step),
    };
    let events = rows(conn, &question, &window.held).await?;
    let starts = steps(events.range, step);
    let mut trends: HashMap<String, Vec<i64>> = HashMap::new();
    for row in events.rows {
        let Key::Name(source) = row.key else { continue };
        // What a sender's clock puts into the future belongs to the last step.
        let at = starts.binary_search(&row.start).unwrap_or_else(|after| after.saturating_sub(1));
        trends.entry(source).or_insert_with(|| vec![0; starts.len()])[at] += row.count;
    }
    question.step = None;
    question.filter = Filter::code(OK);
    let mut ok: HashMap<String, i64> = HashMap::new();
    for row in rows(conn, &question, &window.held).await?.rows {
        if let Key::Name(source) = row.key {
            *ok.entry(source).or_default() += row.count;
        }
    }
    let verifier = |Source { id, name, first_seen, last_seen, leads }| {
        let trend = trends.remove(&name).unwrap_or_default();
        let events: i64 = trend.iter().sum();
        let rhythm = rhythms.get(&id).unwrap_or(&new);
        Verifier {
            standing: standing(&name, last_seen, rhythm, window.now),
            new: rhythm.is_new(last_seen),
            skew: skew(&leads),
            errors: events - ok.get(&name).copied().unwrap_or(0),
            source: name,
            first_seen,
            last_seen,
            events,
            trend,
        }
    };
    Ok(sources.into_iter().map(verifier).collect())
}

/// How all sources stand at `now`.
pub async fn standings(conn: &mut PgConnection, now: Timestamp) -> Result<Standings, AppError> {
    let sources = sources(conn).await?;
    let rhythms = rhythms(conn, &sources, now).await?;
    let new = Rhythm::default();
    let mut all = Standings::default();
    let mut heard = None;
    for Source { id, name, last_seen, .. } in sources {
        match standing(&name, last_seen, rhythms.get(&id).unwrap_or(&new), now) {
            Standing::Reporting => all.reporting += 1,
            Standing::Quiet => all.quiet += 1,
            Standing::Silent => {
                all.silent += 1;
                // They come with the latest first.
                all.latest.get_or_insert((name, last_seen));
            }
            Standing::Gone | Standing::Replay => continue,
        }
        heard = heard.max(Some(last_seen));
    }
    all.all_silent_since = heard.filter(|_| all.reporting + all.quiet == 0);
    Ok(all)
}

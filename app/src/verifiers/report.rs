//! Reading what the page of the verifiers shows.

use super::pages::Verifier;
use super::rules::standing;
use crate::codes::OK;
use crate::error::AppError;
use crate::stats::model::{Filter, GroupBy, Key};
use crate::stats::report::Window;
use crate::stats::rules::{step_for, steps};
use crate::stats::store::{Question, rows, sources};
use sqlx::PgConnection;
use std::collections::HashMap;

/// Every source with its events of a window.
pub async fn verifiers(
    conn: &mut PgConnection,
    window: &Window,
) -> Result<Vec<Verifier>, AppError> {
    let sources = sources(conn).await?;
    let step = step_for(window.range, &window.held);
    let mut question = Question {
        range: window.range,
        filter: Filter::default(),
        group_by: Some(GroupBy::Source),
        step: Some(step),
    };
    let events = rows(conn, &question, &window.held).await?;
    let starts = steps(events.range, step);
    let mut trends: HashMap<String, Vec<i64>> = HashMap::new();
    for row in events.rows {
        let (Key::Name(source), Ok(at)) = (row.key, starts.binary_search(&row.start)) else {
            continue;
        };
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
    let verifier = |seen: crate::stats::model::SourceSeen| {
        let trend = trends.remove(&seen.source).unwrap_or_default();
        let events: i64 = trend.iter().sum();
        Verifier {
            standing: standing(&seen.source, seen.last_seen, window.now),
            errors: events - ok.get(&seen.source).copied().unwrap_or(0),
            source: seen.source,
            first_seen: seen.first_seen,
            last_seen: seen.last_seen,
            events,
            trend,
        }
    };
    Ok(sources.into_iter().map(verifier).collect())
}

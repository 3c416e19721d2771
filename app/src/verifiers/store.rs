//! SQL of the sources.

use super::rules::is_recent;
use crate::error::AppError;
use crate::stats::rhythm::{LOOKED_BACK, Rhythm};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use std::collections::HashMap;

/// The rhythms that are read at once; whoever was heard of less lately is judged as if it were new.
const MOST_RHYTHMS: usize = 500;

/// A source and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its number.
    pub id: i32,
    /// Its name.
    pub name: String,
    /// Its first batch, by our clock.
    pub first_seen: Timestamp,
    /// Its latest batch, by our clock, to within a few seconds.
    pub last_seen: Timestamp,
    /// How far its newest events lay ahead of our clock, in milliseconds, for its latest minutes.
    pub leads: Vec<i32>,
}

/// Every source, the one heard of latest first.
pub async fn sources(conn: &mut PgConnection) -> Result<Vec<Source>, AppError> {
    let rows: Vec<(i32, String, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp, Vec<i32>)> =
        sqlx::query_as(
            "select id, name, first_seen, last_seen, leads from sources
             order by last_seen desc, name",
        )
        .fetch_all(conn)
        .await?;
    let source =
        |(id, name, first, last, leads): (_, _, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp, _)| {
            Source { id, name, first_seen: first.to_jiff(), last_seen: last.to_jiff(), leads }
        };
    Ok(rows.into_iter().map(source).collect())
}

/// The rhythms of those of `sources` that were not heard of lately, by number: nobody else's matters.
pub async fn rhythms(
    conn: &mut PgConnection,
    sources: &[Source],
    now: Timestamp,
) -> Result<HashMap<i32, Rhythm>, AppError> {
    let quiet: Vec<&Source> = sources
        .iter()
        .filter(|source| !is_recent(source.last_seen, now))
        .take(MOST_RHYTHMS)
        .collect();
    if quiet.is_empty() {
        return Ok(HashMap::new());
    }
    let since = |source: &&Source| {
        let since = source.last_seen.checked_sub(LOOKED_BACK).unwrap_or(source.last_seen);
        since.to_sqlx()
    };
    let rows: Vec<(i32, jiff_sqlx::Timestamp, i64)> = sqlx::query_as(
        "select source_id, hour, minutes
         from unnest($1::integer[], $2::timestamptz[]) as given (source, since)
         join source_hours on source_id = given.source and hour >= given.since",
    )
    .bind(quiet.iter().map(|source| source.id).collect::<Vec<_>>())
    .bind(quiet.iter().map(since).collect::<Vec<_>>())
    .persistent(false)
    .fetch_all(conn)
    .await?;
    let mut hours: HashMap<i32, Vec<(Timestamp, u64)>> = HashMap::new();
    for (source, hour, minutes) in rows {
        hours.entry(source).or_default().push((hour.to_jiff(), minutes.cast_unsigned()));
    }
    Ok(hours.into_iter().map(|(source, hours)| (source, Rhythm::of_minutes(hours))).collect())
}

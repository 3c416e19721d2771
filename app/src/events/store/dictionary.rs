//! The small numbers that stand for codes and sources in the rollups.

use crate::codes;
use crate::events::model::OTHER;
use crate::events::prepare::Name;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

/// How many codes outside the catalogue are told apart.
pub(in crate::events) const MAX_UNRECOGNISED: usize = 1_000;
/// How many sources are told apart.
pub(in crate::events) const MAX_SOURCES: usize = 10_000;

/// What this process knows of the dictionary. An entry never changes, so nothing here goes stale;
/// other processes may know more.
#[derive(Debug, Default)]
pub(in crate::events) struct Dictionary(RwLock<Names>);

/// Codes and sources and their ids.
#[derive(Clone, Debug, Default)]
pub(in crate::events) struct Names {
    codes: Ids,
    sources: Ids,
}

#[derive(Clone, Debug, Default)]
struct Ids {
    by_name: HashMap<Box<str>, i32>,
    /// The id of `other`, once nothing new finds room.
    full: Option<i32>,
}

impl Dictionary {
    /// The code's id, or its name while it is not known.
    pub(in crate::events) fn code(&self, code: &str) -> Name {
        self.look(|names| names.codes.find(code))
    }

    /// The source's id, or its name while it is not known.
    pub(in crate::events) fn source(&self, source: &str) -> Name {
        self.look(|names| names.sources.find(source))
    }

    fn look(&self, find: impl FnOnce(&Names) -> Name) -> Name {
        find(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over what a committed transaction has read and added.
    pub(in crate::events) fn replace(&self, names: Names) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
    }
}

impl Ids {
    fn find(&self, name: &str) -> Name {
        let other =
            || if codes::entry(name).is_some() || name == codes::OK { None } else { self.full };
        match self.by_name.get(name).copied().or_else(other) {
            Some(id) => Name::Known(id),
            None => Name::New(name.into()),
        }
    }

    fn resolve(&self, name: &Name) -> i32 {
        match name {
            Name::Known(id) => *id,
            // `learn` has given an id to every new name, or to `other` in its place.
            Name::New(name) => {
                let id = self.by_name.get(name).or_else(|| self.by_name.get(OTHER));
                id.copied().unwrap_or_default()
            }
        }
    }
}

impl Names {
    /// Whether the code has an id, or never will.
    pub(in crate::events) fn has_code(&self, code: &str) -> bool {
        matches!(self.codes.find(code), Name::Known(_))
    }

    /// The id of `ok`, once such an event was counted.
    pub(in crate::events) fn ok(&self) -> Option<i32> {
        self.codes.by_name.get(codes::OK).copied()
    }

    /// Whether the source has an id, or never will.
    pub(in crate::events) fn has_source(&self, source: &str) -> bool {
        matches!(self.sources.find(source), Name::Known(_))
    }

    /// The id of a code; `other`'s if there was no room for it.
    pub(in crate::events) fn code(&self, name: &Name) -> i32 {
        self.codes.resolve(name)
    }

    /// The id of a source; `other`'s if there was no room for it.
    pub(in crate::events) fn source(&self, name: &Name) -> i32 {
        self.sources.resolve(name)
    }
}

/// Reads the whole dictionary, and gives ids to new names as far as there is room.
pub(in crate::events) async fn learn(
    connection: &mut PgConnection,
    new_codes: &HashSet<&str>,
    new_sources: &HashSet<&str>,
    now: Timestamp,
) -> sqlx::Result<Names> {
    let mut codes = codes(connection).await?;
    let unrecognised = codes.keys().filter(|code| codes::is_unrecognised(code)).count();
    let room = MAX_UNRECOGNISED.saturating_sub(unrecognised);
    let (unknown, known): (Vec<&str>, Vec<&str>) =
        new_codes.iter().partition(|code| codes::is_unrecognised(code));
    let (unknown, codes_full) = admitted(unknown, &codes, room);
    let added: Vec<&str> = known.into_iter().chain(unknown).collect();
    codes.extend(add_codes(connection, &added).await?);

    let mut sources = sources(connection).await?;
    let room = MAX_SOURCES.saturating_sub(sources.len());
    let (added, sources_full) = admitted(new_sources.iter().copied().collect(), &sources, room);
    sources.extend(add_sources(connection, &added, now).await?);

    let ids = |by_name: HashMap<Box<str>, i32>, full: bool| {
        let full = by_name.get(OTHER).copied().filter(|_| full);
        Ids { by_name, full }
    };
    Ok(Names { codes: ids(codes, codes_full), sources: ids(sources, sources_full) })
}

/// Those of `wanted` that are new and find room, in a settled order; `other` in place of the rest.
/// And whether there was a rest.
fn admitted<'a>(
    mut wanted: Vec<&'a str>,
    present: &HashMap<Box<str>, i32>,
    room: usize,
) -> (Vec<&'a str>, bool) {
    wanted.retain(|name| !present.contains_key(*name));
    wanted.sort_unstable();
    let full = wanted.len() > room;
    if full {
        wanted.truncate(room);
        if !wanted.contains(&OTHER) {
            wanted.push(OTHER);
        }
    }
    (wanted, full)
}

async fn codes(connection: &mut PgConnection) -> sqlx::Result<HashMap<Box<str>, i32>> {
    let rows: Vec<(String, i32)> =
        sqlx::query_as("select code, id from codes").fetch_all(connection).await?;
    Ok(boxed(rows))
}

async fn sources(connection: &mut PgConnection) -> sqlx::Result<HashMap<Box<str>, i32>> {
    let rows: Vec<(String, i32)> =
        sqlx::query_as("select name, id from sources").fetch_all(connection).await?;
    Ok(boxed(rows))
}

fn boxed(rows: Vec<(String, i32)>) -> HashMap<Box<str>, i32> {
    rows.into_iter().map(|(name, id)| (name.into_boxed_str(), id)).collect()
}

async fn add_codes(
    connection: &mut PgConnection,
    codes: &[&str],
) -> sqlx::Result<HashMap<Box<str>, i32>> {
    let rows = sqlx::query_as(
        "insert into codes (code) select code from unnest($1::text[]) as given (code)
         on conflict do nothing
         returning code, id",
    )
    .bind(codes)
    .fetch_all(connection)
    .await?;
    Ok(boxed(rows))
}

async fn add_sources(
    connection: &mut PgConnection,
    sources: &[&str],
    now: Timestamp,
) -> sqlx::Result<HashMap<Box<str>, i32>> {
    let rows = sqlx::query_as(
        "insert into sources (name, first_seen, last_seen)
         select name, $2, $2 from unnest($1::text[]) as given (name)
         on conflict do nothing
         returning name, id",
    )
    .bind(sources)
    .bind(now.to_sqlx())
    .fetch_all(connection)
    .await?;
    Ok(boxed(rows))
}

/// Notes that the sources were heard of at `now`.
pub(in crate::events) async fn saw_sources(
    connection: &mut PgConnection,
    ids: &[i32],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("update sources set last_seen = greatest(last_seen, $2) where id = any($1)")
        .bind(ids)
        .bind(now.to_sqlx())
        .execute(connection)
        .await?;
    Ok(())
}

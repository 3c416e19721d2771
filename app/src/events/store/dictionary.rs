//! The small numbers that stand for codes and sources in the rollups.

use crate::codes;
use crate::events::model::OTHER;
use crate::events::places::{Admitted, Wanted, admit};
use crate::events::prepare::Name;
use crate::gate::DenyCode;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

/// How many codes outside the catalogue are told apart.
pub(in crate::events) const MAX_UNRECOGNISED: usize = 1_000;
/// For how long nothing was heard of a source that is forgotten, because nothing was ever counted of it.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// What this process knows of the dictionary. An entry never changes; other processes may know more. One
/// that was forgotten is missed as soon as it is used again.
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
    /// The id of `other`, once no new code finds room.
    full: Option<i32>,
}

/// What was learnt: the names, and whose new sources are counted as `other` for now.
#[derive(Clone, Debug, Default)]
pub(in crate::events) struct Learnt {
    pub(in crate::events) names: Names,
    pub(in crate::events) refused: BTreeSet<Option<i64>>,
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

    /// Whether the source has an id.
    pub(in crate::events) fn has_source(&self, source: &str) -> bool {
        matches!(self.sources.find(source), Name::Known(_))
    }

    /// Forgets the sources, one of which is there no longer.
    pub(in crate::events) fn forget_sources(&mut self) {
        self.sources = Ids::default();
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
    new_sources: &BTreeSet<Wanted<'_>>,
    now: Timestamp,
) -> sqlx::Result<Learnt> {
    let mut codes = codes(connection).await?;
    let unrecognised = codes.keys().filter(|code| codes::is_unrecognised(code)).count();
    let room = MAX_UNRECOGNISED.saturating_sub(unrecognised);
    let (unknown, known): (Vec<&str>, Vec<&str>) =
        new_codes.iter().partition(|code| codes::is_unrecognised(code));
    let (unknown, codes_full) = admitted(unknown, &codes, room);
    let added: Vec<&str> = known.into_iter().chain(unknown).collect();
    codes.extend(add_codes(connection, &added).await?);
    let full = codes.get(OTHER).copied().filter(|_| codes_full);

    let (mut sources, named) = sources(connection).await?;
    let wanted = new_sources.iter().filter(|wanted| !sources.contains_key(wanted.name));
    let Admitted { sources: mut added, refused } =
        admit(&wanted.copied().collect(), sources.len(), &named);
    if !refused.is_empty() && !sources.contains_key(OTHER) {
        added.push(Wanted { token: None, name: OTHER });
    }
    sources.extend(add_sources(connection, &added, now).await?);

    let names = Names {
        codes: Ids { by_name: codes, full },
        sources: Ids { by_name: sources, full: None },
    };
    Ok(Learnt { names, refused })
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

/// The id of `ok`, once such an event was counted.
pub(in crate::events) async fn ok(connection: &mut PgConnection) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar("select id from codes where code = $1")
        .bind(codes::OK)
        .fetch_optional(connection)
        .await
}

/// The ids of the codes that the gate denies with.
pub(in crate::events) async fn denials(
    connection: &mut PgConnection,
) -> sqlx::Result<HashSet<i32>> {
    let codes: Vec<&str> = DenyCode::ALL.iter().map(|code| code.as_str()).collect();
    let ids: Vec<i32> = sqlx::query_scalar("select id from codes where code = any($1)")
        .bind(codes)
        .fetch_all(connection)
        .await?;
    Ok(ids.into_iter().collect())
}

async fn codes(connection: &mut PgConnection) -> sqlx::Result<HashMap<Box<str>, i32>> {
    let rows: Vec<(String, i32)> =
        sqlx::query_as("select code, id from codes").fetch_all(connection).await?;
    Ok(boxed(rows))
}

/// The sources, and how many of them each token named.
async fn sources(
    connection: &mut PgConnection,
) -> sqlx::Result<(HashMap<Box<str>, i32>, HashMap<i64, usize>)> {
    let rows: Vec<(String, i32, Option<i64>)> =
        sqlx::query_as("select name, id, token_id from sources").fetch_all(connection).await?;
    let mut named: HashMap<i64, usize> = HashMap::new();
    for token in rows.iter().filter_map(|(.., token)| *token) {
        *named.entry(token).or_default() += 1;
    }
    Ok((boxed(rows.into_iter().map(|(name, id, _)| (name, id)).collect()), named))
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
    sources: &[Wanted<'_>],
    now: Timestamp,
) -> sqlx::Result<HashMap<Box<str>, i32>> {
    let rows = sqlx::query_as(
        "insert into sources (name, token_id, first_seen, last_seen)
         select name, token, $3, $3 from unnest($1::text[], $2::bigint[]) as given (name, token)
         on conflict do nothing
         returning name, id",
    )
    .bind(sources.iter().map(|source| source.name).collect::<Vec<_>>())
    .bind(sources.iter().map(|source| source.token).collect::<Vec<_>>())
    .bind(now.to_sqlx())
    .fetch_all(connection)
    .await?;
    Ok(boxed(rows))
}

/// Notes that the sources were heard of at `now`.
///
/// # Errors
///
/// Besides those of the database, [`sqlx::Error::RowNotFound`] if one of them was forgotten.
pub(in crate::events) async fn saw_sources(
    connection: &mut PgConnection,
    ids: &[i32],
    now: Timestamp,
) -> sqlx::Result<()> {
    let done =
        sqlx::query("update sources set last_seen = greatest(last_seen, $2) where id = any($1)")
            .bind(ids)
            .bind(now.to_sqlx())
            .execute(connection)
            .await?;
    all_there(done.rows_affected(), ids)
}

/// Whether so many rows are those of all `ids`, of which each is named once.
pub(super) fn all_there(rows: u64, ids: &[i32]) -> sqlx::Result<()> {
    if rows == ids.len() as u64 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

/// Forgets the sources that no rollup names and that were not heard of for a day, so that others find
/// their place. Returns how many.
///
/// A writer that knows one still finds out: it notes every source that it counts or hears of, in the same
/// transaction. Whichever of the two is committed first, the other one sees.
pub(in crate::events) async fn forget_sources(pool: &PgPool, now: Timestamp) -> sqlx::Result<u64> {
    let since = now.checked_sub(FORGOTTEN_AFTER).unwrap_or(now);
    let done = sqlx::query(
        "delete from sources
         where last_seen < $1 and name <> $2
           -- The sample sites' verifiers go with them.
           and id > 0
           and not exists (select from source_hours where source_id = id and hour >= $1)
           and id not in (select source_id from totals_day)
           -- What waits in the journal may be the first that is counted of one.
           and not exists (select from journal)",
    )
    .bind(since.to_sqlx())
    .bind(OTHER)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

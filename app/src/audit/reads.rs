//! What the pages of the trail read, put together from the store.

use super::model::{Action, Entry, EntryId, Filter, PAGE, Paging, Trail};
use super::pages::{AuditPageData, Batch, EntryPageData, UndoPageData};
use super::toll::toll;
use super::undo::Undone;
use super::{rules, store};
use crate::auth::operator::Operator;
use crate::error::AppError;
use crate::sites;
use crate::ui::flash::Done;
use crate::ui::number::counted;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashSet;
use std::fmt::Write as _;

/// The most people the filter offers.
const MOST_ACTORS: i64 = 200;
/// How many entries that no longer fit are named; the rest are counted.
const NAMED: usize = 3;

/// The newest entries that are looked for, before `before` (all, if `None`).
pub async fn entries(
    conn: &mut PgConnection,
    filter: &Filter,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<Entry>, AppError> {
    let ids = store::find(conn, filter, before, limit).await?;
    store::by_ids(conn, &ids).await
}

/// A page of the entries that are looked for, and whether there are more on either side.
pub async fn trail(
    conn: &mut PgConnection,
    filter: Filter,
    paging: Paging,
    now: Timestamp,
) -> Result<Trail, AppError> {
    // One more than is shown tells whether another page follows.
    let (mut ids, forward) = match paging {
        Paging::Newest => (store::find(conn, &filter, None, PAGE + 1).await?, true),
        Paging::Before(id) => (store::find(conn, &filter, Some(id), PAGE + 1).await?, true),
        Paging::After(id) => (store::find_after(conn, &filter, id, PAGE + 1).await?, false),
    };
    let more = ids.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        ids.pop();
    }
    let beyond = match (paging, ids.first()) {
        (Paging::Before(_), Some(first)) => {
            !store::find_after(conn, &filter, *first, 1).await?.is_empty()
        }
        // Ids after another come oldest first.
        (Paging::After(_), Some(first)) => {
            !store::find(conn, &filter, Some(*first), 1).await?.is_empty()
        }
        (Paging::Newest, _) | (Paging::Before(_) | Paging::After(_), None) => false,
    };
    let (older, newer) = if forward { (more, beyond) } else { (beyond, more) };
    let entries = store::by_ids(conn, &ids).await?;
    Ok(Trail { filter, entries, older, newer, now })
}

/// Everybody the filter offers.
pub async fn actors(conn: &mut PgConnection) -> Result<Vec<String>, AppError> {
    Ok(store::actors(conn, MOST_ACTORS).await?)
}

/// The page of the trail.
pub async fn page(
    operator: &Operator,
    filter: Filter,
    paging: Paging,
) -> Result<AuditPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let site = match filter.site {
        Some(id) => {
            let site = sites::store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
            Some((site.id, site.name))
        }
        None => None,
    };
    let batch = batch(&mut conn, filter.batch).await?;
    let actors = actors(&mut conn).await?;
    let trail = trail(&mut conn, filter, paging, operator.state.clock.now()).await?;
    Ok(AuditPageData { trail, site, batch, actors, flash: operator.take_flash().await? })
}

/// The page of one entry.
pub async fn entry_page(operator: &Operator, id: EntryId) -> Result<EntryPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let entry = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let batch = batch(&mut conn, entry.batch).await?;
    let flash = operator.take_flash().await?;
    Ok(EntryPageData { entry, batch, now: operator.state.clock.now(), flash })
}

/// The page before an entry, or `all` of its batch, is taken back.
pub async fn undo_page(
    operator: &Operator,
    id: EntryId,
    all: bool,
) -> Result<UndoPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let now = operator.state.clock.now();
    let entry = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let batch = batch(&mut conn, entry.batch.filter(|_| all)).await?;
    let together = together(&mut conn, &entry, all).await?;
    let entries = rules::essential(together.clone());
    let own: HashSet<EntryId> = entries.iter().map(|entry| entry.id).collect();
    let (fit, unfit): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| rules::fits(entry, |by| own.contains(&by)).is_ok());
    let first = unfit.last().and_then(|entry| rules::fits(entry, |by| own.contains(&by)).err());
    let unfit = first.map(|first| (i64::try_from(unfit.len()).unwrap_or(i64::MAX), first.message));
    let toll = toll(&mut conn, &fit, now).await?;
    let mut actions: Vec<(Action, i64)> = Vec::new();
    for entry in &fit {
        match actions.iter_mut().find(|(action, _)| *action == entry.action) {
            Some((_, count)) => *count += 1,
            None => actions.push((entry.action, 1)),
        }
    }
    let fits = |entry: &Entry| fit.iter().any(|fit| fit.id == entry.id);
    let carried = if batch.is_some() { rules::carried(&together, fits) } else { 0 };
    let batch = batch.map(|batch| if fit.is_empty() { batch } else { taken(batch, &fit, carried) });
    let flash = operator.take_flash().await?;
    Ok(UndoPageData { entry, batch, actions, carried, unfit, toll, now, flash })
}

/// Of a batch, what is taken back: the entries that fit and those that go with them.
fn taken(batch: Batch, fit: &[Entry], carried: i64) -> Batch {
    let sites: HashSet<_> = fit.iter().filter_map(|entry| entry.site).collect();
    let number = |length| i64::try_from(length).unwrap_or(i64::MAX);
    Batch { entries: number(fit.len()) + carried, sites: number(sites.len()), ..batch }
}

/// Whether taking an entry back, or `all` of its batch, would deny what is let through now.
pub async fn denies_something(
    operator: &Operator,
    id: EntryId,
    all: bool,
) -> Result<bool, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let entry = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let mut entries = rules::essential(together(&mut conn, &entry, all).await?);
    let own: HashSet<EntryId> = entries.iter().map(|entry| entry.id).collect();
    entries.retain(|entry| rules::fits(entry, |by| own.contains(&by)).is_ok());
    Ok(!toll(&mut conn, &entries, operator.state.clock.now()).await?.is_nothing())
}

/// What the answer says after something was taken back. The undoing can be undone, which brings the
/// change back.
pub fn told_of_undone(undone: &Undone) -> Done {
    let Undone { first, count, skipped, what } = undone;
    let mut told = match count {
        1 => format!("Taken back: {what}."),
        count => format!("Taken back: {}.", counted(*count, "change", "changes")),
    };
    for (entry, reason) in skipped.iter().take(NAMED) {
        // Writing to a String cannot fail.
        let _ = write!(told, " Left as it is: {} ({}). {reason}", entry.told(), entry.id);
    }
    if skipped.len() > NAMED {
        let more = i64::try_from(skipped.len() - NAMED).unwrap_or(i64::MAX);
        let _ = write!(told, " And {} that no longer fit.", counted(more, "other", "others"));
    }
    Done::undoable(told, *first)
}

/// `entry`, or all of its batch, newest first.
async fn together(
    conn: &mut PgConnection,
    entry: &Entry,
    all: bool,
) -> Result<Vec<Entry>, AppError> {
    match entry.batch.filter(|_| all) {
        Some(batch) => store::of_batch(conn, batch).await,
        None => Ok(vec![entry.clone()]),
    }
}

async fn batch(conn: &mut PgConnection, id: Option<EntryId>) -> Result<Option<Batch>, AppError> {
    let Some(id) = id else { return Ok(None) };
    let (entries, sites) = store::batch_size(conn, id).await?;
    Ok(Some(Batch { id, entries, sites }))
}

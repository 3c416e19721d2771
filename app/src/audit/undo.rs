//! Taking entries of the trail back, each by its opposite, which is an entry of its own.

use super::commands::Cause;
use super::model::{Action, Entry, EntryId};
use super::{rules, store};
use crate::context::Act;
use crate::domains::commands as domains;
use crate::domains::model::Pattern;
use crate::error::{AppError, Failure, Refusal};
use crate::sites::commands as sites;
use crate::sites::model::{MissingReferer, Pause, Site, SiteId};
use crate::sites::rules::StateChange;
use crate::sites::store as sites_store;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashSet};

/// What was taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// The first entry of the taking back, which can be taken back in turn.
    pub first: EntryId,
    /// How many entries were taken back, with those that went with them.
    pub count: i64,
    /// The last of them in words: `Removed domain www.shop.example`.
    pub what: String,
    /// Entries that no longer fit and were left as they are, each with the reason in a sentence.
    pub skipped: Vec<(Entry, String)>,
}

/// Takes one entry back.
///
/// # Errors
/// Refuses what cannot be taken back, what was taken back before, what was changed again since, and
/// what no longer fits the present state.
pub async fn undo(act: &Act, id: EntryId) -> Result<Undone, Failure> {
    let mut conn = act.state.pool.acquire().await?;
    let entry = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    undo_all(act, vec![entry], &[]).await
}

/// Takes back every entry of the batch that `id` belongs to, the newest first, in one transaction; an
/// entry of no batch is taken back alone.
///
/// # Errors
/// Refuses a batch of which nothing can be taken back, with the reason of the first.
pub async fn undo_batch(act: &Act, id: EntryId) -> Result<Undone, Failure> {
    let mut conn = act.state.pool.acquire().await?;
    let entry = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let batch = match entry.batch {
        Some(batch) => store::of_batch(&mut conn, batch).await?,
        None => vec![entry],
    };
    drop(conn);
    undo_all(act, rules::essential(batch.clone()), &batch).await
}

/// Takes `entries` back, each by its opposite; what else there is of `batch` goes with a site that it
/// made.
async fn undo_all(act: &Act, entries: Vec<Entry>, batch: &[Entry]) -> Result<Undone, Failure> {
    let concerned: BTreeSet<SiteId> = entries.iter().filter_map(|entry| entry.site).collect();
    let concerned: Vec<SiteId> = concerned.into_iter().collect();
    let mut tx = act.state.pool.begin().await?;
    sites_store::hold(&mut tx, &concerned).await?;
    // What was read before the sites were held may have changed by now.
    let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
    let (mut first, mut count, mut what, mut skipped) = (None, 0, String::new(), Vec::new());
    let mut taken_back = HashSet::new();
    for entry in store::by_ids(&mut tx, &ids).await? {
        let cause = Cause { undoes: Some(entry.id), batch: first };
        match take_back(&mut tx, act, &entry, &taken_back, cause).await {
            Ok(id) => {
                first = first.or(Some(id));
                count += 1;
                what = entry.told();
                taken_back.insert(entry.id);
            }
            Err(Failure::Refused(refusal)) => skipped.push((entry, refusal.message)),
            Err(error) => return Err(error),
        }
    }
    let Some(first) = first else {
        let reason = skipped.into_iter().next().map_or_else(String::new, |(_, reason)| reason);
        return Err(Refusal::new("not_undoable", "entry", reason).into());
    };
    act.commit_many(tx, &concerned).await?;
    count += rules::carried(batch, |entry| taken_back.contains(&entry.id));
    Ok(Undone { first, count, what, skipped })
}

/// Takes `entry` back inside a transaction that holds its site. Entries in `taken_back` count as if
/// they had never been.
async fn take_back(
    tx: &mut PgConnection,
    act: &Act,
    entry: &Entry,
    taken_back: &HashSet<EntryId>,
    cause: Cause,
) -> Result<EntryId, Failure> {
    rules::fits(entry, |by| taken_back.contains(&by))?;
    let id = entry.site.ok_or(AppError::NotFound)?;
    let site = sites_store::by_id(tx, id).await?.ok_or(AppError::NotFound)?;
    match entry.action {
        Action::DomainAdded | Action::DomainRemoved | Action::DomainChanged => {
            crate::sites::rules::changeable(&site)?;
            domain(tx, act, id, entry, cause).await
        }
        Action::HostIgnored | Action::HostUnignored => {
            crate::sites::rules::changeable(&site)?;
            let ignore = entry.action == Action::HostUnignored;
            domains::set_ignored_in(tx, act, id, &entry.subject, ignore, cause).await
        }
        Action::SitekeyRotated
        | Action::SitekeyGraceChanged
        | Action::SitekeyLabelled
        | Action::SecretRotated
        | Action::SecretGraceChanged
        | Action::SecretLabelled => {
            crate::keys::commands::undo_in(tx, act, &site, entry, cause).await
        }
        _ => of_site(tx, act, &site, entry, cause).await,
    }
}

async fn of_site(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    entry: &Entry,
    cause: Cause,
) -> Result<EntryId, Failure> {
    let before = entry.before.as_ref();
    let change = match entry.action {
        Action::SitePaused => StateChange::Start,
        Action::SiteDeleted => StateChange::Restore,
        Action::SiteCreated | Action::SiteRestored => StateChange::Delete,
        // The pause comes back with what it said.
        Action::SiteStarted => {
            return sites::pause_in(tx, act, site, pause(act, before)?, cause).await;
        }
        Action::SitePauseChanged => {
            return sites::change_pause_in(tx, act, site, pause(act, before)?, cause).await;
        }
        Action::SiteRenamed => {
            crate::sites::rules::changeable(site)?;
            let name: String = field(before, "name")?;
            return Ok(sites::rename_in(tx, act, site, &name, cause).await?);
        }
        Action::SitePolicyChanged => {
            crate::sites::rules::changeable(site)?;
            let any: bool = field(before, "any_hostname")?;
            let missing: MissingReferer = field(before, "missing_referer")?;
            return Ok(sites::set_policy_in(tx, act, site, any, missing, cause).await?);
        }
        Action::SiteTagged => {
            crate::sites::rules::changeable(site)?;
            let tags: Vec<String> = field(before, "tags")?;
            return Ok(sites::set_tags_in(tx, act, site, &tags, cause).await?);
        }
        _ => return Err(Refusal::new("not_undoable", "entry", "This cannot be undone.").into()),
    };
    let next = crate::sites::rules::change_state(site, change, act.now())?;
    Ok(sites::change_state_in(tx, act, site, change, &next, cause).await?)
}

async fn domain(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    entry: &Entry,
    cause: Cause,
) -> Result<EntryId, Failure> {
    let pattern = |value: Option<&Value>| decode::<Pattern>(value.cloned().unwrap_or_default());
    if entry.action == Action::DomainRemoved {
        let before = pattern(entry.before.as_ref())?;
        let added = domains::insert_all_audited(tx, act, site, &[&before], cause).await?;
        sites::written(sites_store::bump_version(tx, site).await?)?;
        return Ok(added.into_iter().next().ok_or(sqlx::Error::RowNotFound)?);
    }
    let listed = domains::listed_in(tx, site, &pattern(entry.after.as_ref())?).await?;
    if entry.action == Action::DomainAdded {
        return Ok(domains::remove_in(tx, act, site, listed, cause).await?.1);
    }
    let before = pattern(entry.before.as_ref())?;
    Ok(domains::set_scope_in(tx, act, site, listed, before.scope, cause).await?.1)
}

/// What a pause said; a start that has passed since is none.
fn pause(act: &Act, said: Option<&Value>) -> Result<Pause, AppError> {
    let Pause { reason, starts_at } = decode(said.cloned().unwrap_or_default())?;
    Ok(Pause { reason, starts_at: starts_at.filter(|starts_at| *starts_at > act.now()) })
}

fn field<T: DeserializeOwned>(value: Option<&Value>, name: &str) -> Result<T, AppError> {
    decode(value.and_then(|value| value.get(name)).cloned().unwrap_or_default())
}

fn decode<T: DeserializeOwned>(value: Value) -> Result<T, AppError> {
    serde_json::from_value(value).map_err(AppError::fault)
}

//! Changes of sites: each one transaction with its entry in the trail, visible at the gate before it
//! returns.

use super::model::{MissingReferer, Pause, Site, SiteId, SiteState};
use super::rules::{self, NextState, StateChange};
use super::{reads, store};
use crate::audit;
use crate::audit::commands::{Cause, Change, record};
use crate::audit::model::{Action, EntryId};
use crate::context::{Act, Actor, AppState};
use crate::domains::commands::insert_all_audited;
use crate::domains::rules::canonicalise_each;
use crate::error::{AppError, Failure, Refusal};
use crate::keys;
use crate::keys::model::KeyKind;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, Transaction};

/// A site that was just made. The secret is in here and nowhere else.
pub struct CreatedSite {
    /// Its number.
    pub id: SiteId,
    /// Its first sitekey.
    pub sitekey: String,
    /// Its first secret, in full.
    pub secret: String,
    /// Other sites of the same name, in the order of their numbers.
    pub namesakes: Vec<SiteId>,
}

/// Makes an active site with its associated domains and tags (as typed), a sitekey and a secret.
///
/// # Errors
/// Refuses a bad name, every bad domain and tag; nothing is made then.
pub async fn create(
    act: &Act,
    name: &str,
    domains: &[String],
    include_subdomains: bool,
    tags: &[String],
) -> Result<CreatedSite, Failure> {
    let name = rules::name(name)?;
    let tags = rules::tag_list(tags)?;
    let canonicals = canonicalise_each(domains, include_subdomains)?;
    let now = act.now();
    let mut tx = act.state.pool.begin().await?;
    let id = store::insert(&mut tx, &name, &tags, false, now).await?;
    let after = (!tags.is_empty()).then(|| json!({ "tags": tags }));
    let change = Change { site: Some(id), subject: &name, after, ..Change::default() };
    record(&mut tx, act, Action::SiteCreated, change).await?;
    let patterns: Vec<_> = canonicals.iter().map(|canonical| &canonical.pattern).collect();
    insert_all_audited(&mut tx, act, id, &patterns, Cause::default()).await?;
    let sitekey =
        keys::commands::issue_in(&mut tx, act, id, KeyKind::Sitekey, "", Cause::default()).await?;
    let secret =
        keys::commands::issue_in(&mut tx, act, id, KeyKind::Secret, "", Cause::default()).await?;
    let namesakes = reads::namesakes(&mut tx, id, &name).await?;
    act.commit(tx, id).await?;
    Ok(CreatedSite { id, sitekey: sitekey.text, secret: secret.text, namesakes })
}

/// Gives a site another name. Returns the other sites that have it with the entry in the trail.
pub async fn rename(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    name: &str,
) -> Result<(EntryId, Vec<SiteId>), Failure> {
    let name = rules::name(name)?;
    let (mut tx, site) = begin(act, id, version).await?;
    rules::changeable(&site)?;
    let entry = rename_in(&mut tx, act, &site, &name, Cause::default()).await?;
    let namesakes = reads::namesakes(&mut tx, id, &name).await?;
    act.commit(tx, id).await?;
    Ok((entry, namesakes))
}

/// Gives a held site another name, in its stored form.
pub async fn rename_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    name: &str,
    cause: Cause,
) -> Result<EntryId, AppError> {
    written(store::set_name(tx, site.id, name).await?)?;
    let before = Some(json!({ "name": site.name }));
    let after = Some(json!({ "name": name }));
    let Cause { undoes, batch } = cause;
    let change = Change { site: Some(site.id), subject: name, before, after, undoes, batch };
    Ok(record(tx, act, Action::SiteRenamed, change).await?)
}

/// Pauses, starts, deletes or restores a site. One that is paused so says no reason; see [`pause`].
pub async fn change_state(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    change: StateChange,
) -> Result<EntryId, Failure> {
    let (mut tx, site) = begin(act, id, version).await?;
    let next = rules::change_state(&site, change, act.now())?;
    let entry = change_state_in(&mut tx, act, &site, change, &next, Cause::default()).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Deletes a site, provided its name was typed.
pub async fn delete(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    typed: &str,
) -> Result<EntryId, Failure> {
    let (mut tx, site) = begin(act, id, version).await?;
    let next = rules::change_state(&site, StateChange::Delete, act.now())?;
    rules::confirmed(&site, typed)?;
    let entry =
        change_state_in(&mut tx, act, &site, StateChange::Delete, &next, Cause::default()).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Pauses a site, with the reason and the time at which it starts by itself. A time that has passed
/// is none.
pub async fn pause(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    pause: Pause,
) -> Result<EntryId, Failure> {
    let pause = stored(pause, act.now())?;
    let (mut tx, site) = begin(act, id, version).await?;
    let entry = pause_in(&mut tx, act, &site, pause, Cause::default()).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Pauses a site inside a transaction that holds it. What the pause says is taken as it is.
pub async fn pause_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    pause: Pause,
    cause: Cause,
) -> Result<EntryId, Failure> {
    let next = rules::change_state(site, StateChange::Pause, act.now())?;
    let next = NextState { pause, ..next };
    change_state_in(tx, act, site, StateChange::Pause, &next, cause).await.map_err(Failure::from)
}

/// Says anew why a paused site is paused and when it starts by itself; it stays paused meanwhile.
///
/// # Errors
/// Refuses a site that is not paused.
pub async fn change_pause(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    pause: Pause,
) -> Result<EntryId, Failure> {
    let pause = stored(pause, act.now())?;
    let (mut tx, site) = begin(act, id, version).await?;
    let entry = change_pause_in(&mut tx, act, &site, pause, Cause::default()).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Says anew why a held site is paused. What the pause says is taken as it is.
pub async fn change_pause_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    pause: Pause,
    cause: Cause,
) -> Result<EntryId, Failure> {
    rules::paused(site, act.now())?;
    written(store::set_pause(tx, site.id, &pause).await?)?;
    let (before, after) = (Some(json!(site.pause())), Some(json!(pause)));
    let Cause { undoes, batch } = cause;
    let subject = &site.name;
    let change = Change { site: Some(site.id), subject, before, after, undoes, batch };
    Ok(record(tx, act, Action::SitePauseChanged, change).await?)
}

fn stored(pause: Pause, now: Timestamp) -> Result<Pause, Refusal> {
    Ok(Pause {
        reason: rules::pause_reason(pause.reason.as_deref().unwrap_or_default())?,
        starts_at: pause.starts_at.filter(|starts_at| *starts_at > now),
    })
}

/// Gives a held site its next state.
pub async fn change_state_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    change: StateChange,
    next: &NextState,
    cause: Cause,
) -> Result<EntryId, AppError> {
    written(store::set_state(tx, site.id, next, act.now()).await?)?;
    let (before, after) = said_of_state(site, next, act.now());
    let (before, after, subject) = (Some(before), Some(after), &site.name);
    let Cause { undoes, batch } = cause;
    let entry = Change { site: Some(site.id), subject, before, after, undoes, batch };
    Ok(record(tx, act, change.action(), entry).await?)
}

/// What the trail says of a site's state before and after: with what its pause says, while it is paused.
pub(super) fn said_of_state(site: &Site, next: &NextState, now: Timestamp) -> (Value, Value) {
    let said = |state, reason: &Option<String>, starts_at: Option<Timestamp>| match state {
        SiteState::Paused => json!({ "state": state, "reason": reason, "starts_at": starts_at }),
        state => json!({ "state": state }),
    };
    let before = rules::state_at(site.state, site.starts_at, now);
    let before = said(before, &site.pause_reason, site.starts_at);
    (before, said(next.state, &next.pause.reason, next.pause.starts_at))
}

/// How many sites [`start_due`] starts in one go.
const STARTED_AT_ONCE: i64 = 100;

/// Writes down the starts that have come. The gate has acted by them already; this makes lists, the
/// machine API and the trail say so. Returns how many sites were started.
pub async fn start_due(state: &AppState) -> Result<usize, AppError> {
    let act = Act { state: state.clone(), actor: Actor::schedule() };
    let mut conn = state.pool.acquire().await?;
    let due = store::starting(&mut conn, act.now(), STARTED_AT_ONCE).await?;
    drop(conn);
    let mut started = 0;
    for id in due {
        started += usize::from(start_one_due(&act, id).await?);
    }
    Ok(started)
}

/// Starts one site whose start has come, unless somebody was faster.
async fn start_one_due(act: &Act, id: SiteId) -> Result<bool, AppError> {
    let mut tx = act.state.pool.begin().await?;
    let Some(site) = store::by_id_for_update(&mut tx, id).await? else { return Ok(false) };
    let paused = site.state == SiteState::Paused;
    if !paused || rules::state_at(site.state, site.starts_at, act.now()) == SiteState::Paused {
        return Ok(false);
    }
    // The instant that was set is when it started, however late this is.
    let started_at = site.starts_at.unwrap_or_else(|| act.now());
    let next = NextState { state: SiteState::Active, before_delete: None, pause: Pause::default() };
    written(store::set_state(&mut tx, id, &next, started_at).await?)?;
    let before = Some(json!({
        "state": site.state, "reason": site.pause_reason, "starts_at": site.starts_at
    }));
    let after = Some(json!({ "state": next.state }));
    let change = Change { site: Some(id), subject: &site.name, before, after, ..Change::default() };
    record(&mut tx, act, Action::SiteStarted, change).await?;
    act.commit(tx, id).await?;
    Ok(true)
}

/// Puts a site into these groups alone.
pub async fn set_tags(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    tags: &[String],
) -> Result<EntryId, Failure> {
    let (mut tx, site) = begin(act, id, version).await?;
    rules::changeable(&site)?;
    let entry = set_tags_in(&mut tx, act, &site, tags, Cause::default()).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Puts a held site into these groups alone; see [`rules::tags`] for their stored form.
pub async fn set_tags_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    tags: &[String],
    cause: Cause,
) -> Result<EntryId, AppError> {
    written(store::set_tags(tx, site.id, tags).await?)?;
    let (before, after) = (Some(json!({ "tags": site.tags })), Some(json!({ "tags": tags })));
    let subject = &site.name;
    let Cause { undoes, batch } = cause;
    let change = Change { site: Some(site.id), subject, before, after, undoes, batch };
    Ok(record(tx, act, Action::SiteTagged, change).await?)
}

/// Turns the domain check on or off, and says what a missing referer gets.
pub async fn set_policy(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    any_hostname: bool,
    missing_referer: MissingReferer,
) -> Result<EntryId, Failure> {
    let (mut tx, site) = begin(act, id, version).await?;
    rules::changeable(&site)?;
    let entry =
        set_policy_in(&mut tx, act, &site, any_hostname, missing_referer, Cause::default()).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Sets how strictly the gate treats the traffic of a held site.
pub async fn set_policy_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    any_hostname: bool,
    missing_referer: MissingReferer,
    cause: Cause,
) -> Result<EntryId, AppError> {
    written(store::set_policy(tx, site.id, any_hostname, missing_referer).await?)?;
    let before =
        Some(json!({ "any_hostname": site.any_hostname, "missing_referer": site.missing_referer }));
    let after = Some(json!({ "any_hostname": any_hostname, "missing_referer": missing_referer }));
    let subject = &site.name;
    let Cause { undoes, batch } = cause;
    let change = Change { site: Some(site.id), subject, before, after, undoes, batch };
    Ok(record(tx, act, Action::SitePolicyChanged, change).await?)
}

/// New values for a site; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// See [`Site::name`].
    pub name: Option<String>,
    /// See [`Site::any_hostname`].
    pub any_hostname: Option<bool>,
    /// See [`Site::missing_referer`].
    pub missing_referer: Option<MissingReferer>,
    /// The site's tags from now on; see [`rules::tag_list`].
    pub tags: Option<Vec<String>>,
    /// What a paused site's pause says from now on.
    pub pause: Option<Pause>,
}

/// Changes several values of a site at once, or none of them. A value that is the present one is
/// no change.
pub async fn edit(act: &Act, id: SiteId, version: Option<i64>, edit: &Edit) -> Result<(), Failure> {
    let name = edit.name.as_deref().map(rules::name).transpose()?;
    let tags = edit.tags.as_deref().map(rules::tag_list).transpose()?;
    let pause = edit.pause.as_ref().map(|pause| rules::pause_of(pause, act.now())).transpose()?;
    let (mut tx, site) = begin(act, id, version).await?;
    rules::changeable(&site)?;
    if let Some(name) = name.filter(|name| *name != site.name) {
        rename_in(&mut tx, act, &site, &name, Cause::default()).await?;
    }
    let policy = (
        edit.any_hostname.unwrap_or(site.any_hostname),
        edit.missing_referer.unwrap_or(site.missing_referer),
    );
    if policy != (site.any_hostname, site.missing_referer) {
        set_policy_in(&mut tx, act, &site, policy.0, policy.1, Cause::default()).await?;
    }
    if let Some(tags) = tags.filter(|tags| *tags != site.tags) {
        set_tags_in(&mut tx, act, &site, &tags, Cause::default()).await?;
    }
    if let Some(pause) = pause.filter(|pause| *pause != site.pause()) {
        change_pause_in(&mut tx, act, &site, pause, Cause::default()).await?;
    }
    act.commit(tx, id).await?;
    Ok(())
}

/// Opens a transaction that holds the site, provided it still has the version that was read.
pub async fn begin(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
) -> Result<(Transaction<'static, Postgres>, Site), Failure> {
    let mut tx = act.state.pool.begin().await?;
    let site = store::by_id_for_update(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    match rules::versions_since(&site, version) {
        0 => Ok((tx, site)),
        versions => Err(stale(&mut tx, &site, versions, act.now()).await?.into()),
    }
}

/// How many of a site's changes are looked at for those of its last versions.
const LOOKED_AT: i64 = 50;

/// The refusal of a write that comes `versions` too late, with what was done meanwhile and by whom.
async fn stale(
    conn: &mut PgConnection,
    site: &Site,
    versions: i64,
    now: Timestamp,
) -> Result<Refusal, AppError> {
    let filter = audit::model::Filter::site(site.id);
    let changes = audit::reads::entries(conn, &filter, None, LOOKED_AT).await?;
    Ok(rules::stale(site, rules::last_versions(&changes, versions), now))
}

/// Asserts that a write to a held row met it.
pub fn written(rows: u64) -> Result<(), AppError> {
    all_written(rows, 1)
}

/// Asserts that a write to so many held rows met them all.
pub fn all_written(rows: u64, held: usize) -> Result<(), AppError> {
    if usize::try_from(rows).ok() == Some(held) {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound.into())
    }
}

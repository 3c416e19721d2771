//! Changes of sites: each one transaction with its entry in the trail, visible at the gate before it
//! returns.

use super::model::{MissingReferer, Site, SiteId};
use super::rules::{self, StateChange};
use super::store;
use crate::audit::model::{Action, EntryId};
use crate::audit::commands::{Change, record};
use crate::context::Act;
use crate::domains::commands::insert_audited;
use crate::domains::model::Canonical;
use crate::domains::rules::canonicalise_lines;
use crate::error::{AppError, Failure};
use crate::keys;
use serde_json::json;
use sqlx::{Postgres, Transaction};

/// A site that was just made. The secret is in here and nowhere else.
pub struct CreatedSite {
    /// Its number.
    pub id: SiteId,
    /// Its first sitekey.
    pub sitekey: String,
    /// Its first secret, in full.
    pub secret: String,
}

/// Makes an active site with its associated domains (as typed), a sitekey and a secret.
///
/// # Errors
/// Refuses a bad name and every bad domain; nothing is made then.
pub async fn create(
    act: &Act,
    name: &str,
    domains: &[String],
    include_subdomains: bool,
) -> Result<CreatedSite, Failure> {
    let name = rules::name(name)?;
    let patterns = match domains {
        [] => Vec::new(),
        domains => canonicalise_lines(&domains.join("\n"), include_subdomains)?,
    };
    let now = act.now();
    let mut tx = act.state.pool.begin().await?;
    let id = store::insert(&mut tx, &name, false, now).await?;
    let change = Change { site: Some(id), subject: &name, ..Change::default() };
    record(&mut tx, act, Action::SiteCreated, change).await?;
    for Canonical { pattern, .. } in &patterns {
        insert_audited(&mut tx, act, id, pattern, None).await?;
    }
    let sitekey = keys::commands::issue_sitekey_in(&mut tx, act, id).await?;
    let secret = keys::commands::issue_secret_in(&mut tx, act, id).await?;
    act.commit(tx, id).await?;
    Ok(CreatedSite { id, sitekey, secret })
}

/// Gives a site another name.
pub async fn rename(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    name: &str,
    undoes: Option<EntryId>,
) -> Result<EntryId, Failure> {
    let name = rules::name(name)?;
    let (mut tx, site) = begin(act, id, version).await?;
    rules::changeable(&site)?;
    written(store::set_name(&mut tx, id, &name).await?)?;
    let before = Some(json!({ "name": site.name }));
    let after = Some(json!({ "name": name }));
    let change = Change { site: Some(id), subject: &name, before, after, undoes };
    let entry = record(&mut tx, act, Action::SiteRenamed, change).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Pauses, starts, deletes or restores a site.
pub async fn change_state(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    change: StateChange,
    undoes: Option<EntryId>,
) -> Result<EntryId, Failure> {
    let (mut tx, site) = begin(act, id, version).await?;
    let next = rules::change_state(&site, change, act.now())?;
    written(store::set_state(&mut tx, id, next, act.now()).await?)?;
    let action = match change {
        StateChange::Pause => Action::SitePaused,
        StateChange::Start => Action::SiteStarted,
        StateChange::Delete => Action::SiteDeleted,
        StateChange::Restore => Action::SiteRestored,
    };
    let before = Some(json!({ "state": site.state }));
    let after = Some(json!({ "state": next.state }));
    let change = Change { site: Some(id), subject: &site.name, before, after, undoes };
    let entry = record(&mut tx, act, action, change).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Turns the domain check on or off, and says what a missing referer gets.
pub async fn set_policy(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
    any_hostname: bool,
    missing_referer: MissingReferer,
    undoes: Option<EntryId>,
) -> Result<EntryId, Failure> {
    let (mut tx, site) = begin(act, id, version).await?;
    rules::changeable(&site)?;
    written(store::set_policy(&mut tx, id, any_hostname, missing_referer).await?)?;
    let before = Some(json!({ "any_hostname": site.any_hostname, "missing_referer": site.missing_referer }));
    let after = Some(json!({ "any_hostname": any_hostname, "missing_referer": missing_referer }));
    let change = Change { site: Some(id), subject: &site.name, before, after, undoes };
    let entry = record(&mut tx, act, Action::SitePolicyChanged, change).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

/// Opens a transaction that holds the site, provided it still has the version that was read.
pub async fn begin(
    act: &Act,
    id: SiteId,
    version: Option<i64>,
) -> Result<(Transaction<'static, Postgres>, Site), Failure> {
    let mut tx = act.state.pool.begin().await?;
    let site = store::by_id_for_update(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    rules::current(&site, version)?;
    Ok((tx, site))
}

/// Asserts that a write to a held row met it.
pub fn written(rows: u64) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound.into()) }
}

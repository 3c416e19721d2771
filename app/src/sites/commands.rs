//! Changes of sites: each one transaction with its entry in the trail, visible at the gate before it
//! returns.

use super::model::{MissingReferer, Site, SiteId};
use super::rules::{self, StateChange};
use super::store;
use crate::audit::commands::{Change, record};
use crate::audit::model::{Action, EntryId};
use crate::context::Act;
use crate::domains::commands::insert_audited;
use crate::domains::model::Canonical;
use crate::domains::rules::canonicalise_lines;
use crate::error::{AppError, Failure};
use crate::keys;
use serde_json::json;
use sqlx::{PgConnection, Postgres, Transaction};

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
    let entry = rename_in(&mut tx, act, &site, &name, undoes).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

async fn rename_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    name: &str,
    undoes: Option<EntryId>,
) -> Result<EntryId, AppError> {
    written(store::set_name(tx, site.id, name).await?)?;
    let before = Some(json!({ "name": site.name }));
    let after = Some(json!({ "name": name }));
    let change = Change { site: Some(site.id), subject: name, before, after, undoes };
    Ok(record(tx, act, Action::SiteRenamed, change).await?)
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
    let entry = set_policy_in(&mut tx, act, &site, any_hostname, missing_referer, undoes).await?;
    act.commit(tx, id).await?;
    Ok(entry)
}

async fn set_policy_in(
    tx: &mut PgConnection,
    act: &Act,
    site: &Site,
    any_hostname: bool,
    missing_referer: MissingReferer,
    undoes: Option<EntryId>,
) -> Result<EntryId, AppError> {
    written(store::set_policy(tx, site.id, any_hostname, missing_referer).await?)?;
    let before =
        Some(json!({ "any_hostname": site.any_hostname, "missing_referer": site.missing_referer }));
    let after = Some(json!({ "any_hostname": any_hostname, "missing_referer": missing_referer }));
    let change = Change { site: Some(site.id), subject: &site.name, before, after, undoes };
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
}

/// Changes several values of a site at once, or none of them. A value that is the present one is
/// no change.
pub async fn edit(act: &Act, id: SiteId, version: Option<i64>, edit: &Edit) -> Result<(), Failure> {
    let name = edit.name.as_deref().map(rules::name).transpose()?;
    let (mut tx, site) = begin(act, id, version).await?;
    rules::changeable(&site)?;
    if let Some(name) = name.filter(|name| *name != site.name) {
        rename_in(&mut tx, act, &site, &name, None).await?;
    }
    let policy = (
        edit.any_hostname.unwrap_or(site.any_hostname),
        edit.missing_referer.unwrap_or(site.missing_referer),
    );
    if policy != (site.any_hostname, site.missing_referer) {
        set_policy_in(&mut tx, act, &site, policy.0, policy.1, None).await?;
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
    rules::current(&site, version)?;
    Ok((tx, site))
}

/// Asserts that a write to a held row met it.
pub fn written(rows: u64) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound.into()) }
}

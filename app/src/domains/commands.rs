//! Changes of associated domains and ignored hosts: each one transaction with its entry in the
//! trail, visible at the gate before it returns.

use super::model::{Canonical, DomainId, Pattern};
use super::{rules, store};
use crate::audit::commands::{Change, record};
use crate::audit::model::{Action, EntryId};
use crate::context::Act;
use crate::error::{AppError, Failure, Refusal};
use crate::sites;
use crate::sites::model::SiteId;
use serde_json::json;
use sqlx::PgConnection;

/// An associated domain that was added.
pub struct Added {
    /// What was stored, and what was changed on the way.
    pub canonical: Canonical,
    /// The entry of the trail.
    pub entry: EntryId,
}

/// Adds what an operator typed.
///
/// # Errors
/// Refuses what is no associated domain, what the site has already, and a deleted site.
pub async fn add(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    typed: &str,
    include_subdomains: bool,
) -> Result<Added, Failure> {
    let canonical = rules::canonicalise(typed, include_subdomains).map_err(Refusal::from)?;
    let entry = add_pattern(act, site, version, &canonical.pattern, None).await?;
    Ok(Added { canonical, entry })
}

/// Adds every line of what an operator typed, all or none.
///
/// # Errors
/// Refuses the first line that is no associated domain, or that the site has already; names the line
/// when there are several.
pub async fn add_all(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    typed: &str,
    include_subdomains: bool,
) -> Result<Vec<Added>, Failure> {
    let canonicals = rules::canonicalise_lines(typed, include_subdomains)?;
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let mut added = Vec::with_capacity(canonicals.len());
    for canonical in canonicals {
        let entry = insert_audited(&mut tx, act, site, &canonical.pattern, None).await?;
        added.push(Added { canonical, entry });
    }
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(added)
}

/// Adds a canonical pattern.
pub async fn add_pattern(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    pattern: &Pattern,
    undoes: Option<EntryId>,
) -> Result<EntryId, Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let entry = insert_audited(&mut tx, act, site, pattern, undoes).await?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(entry)
}

/// Adds a pattern inside a transaction that already holds the site.
pub async fn insert_audited(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    pattern: &Pattern,
    undoes: Option<EntryId>,
) -> Result<EntryId, Failure> {
    if store::insert(tx, site, pattern, act.now()).await?.is_none() {
        let present = store::by_host(tx, site, &pattern.host, pattern.port).await?;
        let how = present.map_or("", |domain| domain.pattern.scope.label());
        return Err(Refusal::new(
            "domain_taken",
            "pattern",
            format!(
                "{pattern} is on the list already ({how}). Remove that entry first to change it."
            ),
        )
        .into());
    }
    let subject = &pattern.to_string();
    let change = Change {
        site: Some(site),
        subject,
        after: Some(json!(pattern)),
        undoes,
        ..Change::default()
    };
    Ok(record(tx, act, Action::DomainAdded, change).await?)
}

/// Removes an entry.
pub async fn remove(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: DomainId,
    undoes: Option<EntryId>,
) -> Result<(Pattern, EntryId), Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let removed = store::delete(&mut tx, site, id).await?.ok_or(AppError::NotFound)?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    let pattern = removed.pattern;
    let subject = &pattern.to_string();
    let before = Some(json!(pattern));
    let change = Change { site: Some(site), subject, before, undoes, ..Change::default() };
    let entry = record(&mut tx, act, Action::DomainRemoved, change).await?;
    act.commit(tx, site).await?;
    Ok((pattern, entry))
}

/// Removes the entry with this host and port.
pub async fn remove_pattern(
    act: &Act,
    site: SiteId,
    pattern: &Pattern,
    undoes: Option<EntryId>,
) -> Result<EntryId, Failure> {
    let mut conn = act.state.pool.acquire().await?;
    let domain =
        store::by_host(&mut conn, site, &pattern.host, pattern.port).await?.ok_or_else(|| {
            Refusal::new(
                "domain_gone",
                "pattern",
                format!("{pattern} is not on the list any more."),
            )
        })?;
    drop(conn);
    remove(act, site, None, domain.id, undoes).await.map(|(_, entry)| entry)
}

/// Takes a rejected host out of the headline (it stays counted), or puts it back.
pub async fn set_ignored(
    act: &Act,
    site: SiteId,
    host: &str,
    ignored: bool,
    undoes: Option<EntryId>,
) -> Result<EntryId, Failure> {
    let (mut tx, _) = sites::commands::begin(act, site, None).await?;
    let (changed, action, already) = if ignored {
        let changed = store::ignore(&mut tx, site, host, act.now()).await?;
        (changed, Action::HostIgnored, "This host is ignored already.")
    } else {
        let changed = store::unignore(&mut tx, site, host).await?;
        (changed, Action::HostUnignored, "This host is not ignored.")
    };
    if !changed {
        return Err(Refusal::new("host_ignored", "host", already).into());
    }
    let value = Some(json!({ "host": host }));
    let (before, after) = if ignored { (None, value) } else { (value, None) };
    let change = Change { site: Some(site), subject: host, before, after, undoes };
    let entry = record(&mut tx, act, action, change).await?;
    act.commit(tx, site).await?;
    Ok(entry)
}

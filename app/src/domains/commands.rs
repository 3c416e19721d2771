//! Changes of associated domains and ignored hosts: each one transaction with its entry in the
//! trail, visible at the gate before it returns.

use super::model::{Canonical, DomainId, DomainScope, Pattern};
use super::{rules, store};
use crate::audit::commands::{Cause, Change, record, record_all};
use crate::audit::model::{Action, EntryId};
use crate::context::Act;
use crate::error::{AppError, Failure, Refusal};
use crate::sites;
use crate::sites::model::SiteId;
use serde_json::json;
use sqlx::PgConnection;
use std::collections::HashSet;

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
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let added = insert_canonicals(&mut tx, act, site, vec![canonical]).await?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(added.into_iter().next().ok_or(sqlx::Error::RowNotFound)?)
}

/// Adds every domain of a list, all or none.
///
/// # Errors
/// Refuses the first that is no associated domain, or that the site has already; names its line when
/// there are several.
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
    let added = insert_canonicals(&mut tx, act, site, canonicals).await?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(added)
}

/// What became of a list of which only the valid domains were added.
pub struct AddedSome {
    /// Those that were added.
    pub added: Vec<Added>,
    /// What was refused, as it was typed.
    pub refused: Vec<String>,
}

/// Adds the valid domains of a list; what the site has already is no fault.
///
/// # Errors
/// Refuses a list without any valid domain that is new.
pub async fn add_valid(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    typed: &str,
    include_subdomains: bool,
) -> Result<AddedSome, Failure> {
    let lines = rules::judge_lines(typed, include_subdomains)?;
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let present = store::of_site(&mut tx, site).await?;
    let mut known: HashSet<(String, Option<u16>)> =
        present.into_iter().map(|domain| (domain.pattern.host, domain.pattern.port)).collect();
    let mut new = Vec::new();
    let mut refused = Vec::new();
    for line in lines {
        match line.outcome {
            Ok(canonical) => {
                let Pattern { host, port, .. } = &canonical.pattern;
                if known.insert((host.clone(), *port)) {
                    new.push(canonical);
                }
            }
            Err(_) => refused.push(line.piece.text.to_owned()),
        }
    }
    if new.is_empty() {
        let message = "None of these is a valid domain that the list does not have yet.";
        return Err(Refusal::new("nothing_valid", "pattern", message).into());
    }
    let added = insert_canonicals(&mut tx, act, site, new).await?;
    sites::commands::written(sites::store::bump_version(&mut tx, site).await?)?;
    act.commit(tx, site).await?;
    Ok(AddedSome { added, refused })
}

async fn insert_canonicals(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    canonicals: Vec<Canonical>,
) -> Result<Vec<Added>, Failure> {
    let patterns: Vec<&Pattern> = canonicals.iter().map(|canonical| &canonical.pattern).collect();
    let entries = insert_all_audited(tx, act, site, &patterns, Cause::default()).await?;
    let added = canonicals.into_iter().zip(entries);
    Ok(added.map(|(canonical, entry)| Added { canonical, entry }).collect())
}

/// Adds patterns inside a transaction that already holds the site, with one statement however many
/// they are, and writes an entry of the trail for each, in their order.
///
/// # Errors
/// Refuses the first that the site has already; nothing may be committed then.
pub async fn insert_all_audited(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    patterns: &[&Pattern],
    cause: Cause,
) -> Result<Vec<EntryId>, Failure> {
    let added = store::insert(tx, site, patterns, act.now(), &act.actor.name).await?;
    if added.len() < patterns.len() {
        let added: HashSet<(String, Option<i32>)> = added.into_iter().collect();
        let is_new = |of: &&&Pattern| !added.contains(&(of.host.clone(), of.port.map(i32::from)));
        let taken = patterns.iter().find(is_new).ok_or(sqlx::Error::RowNotFound)?;
        return Err(refuse_taken(tx, site, taken).await?.into());
    }
    let Cause { undoes, batch } = cause;
    let subjects: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    let change = |(subject, pattern): (_, &&Pattern)| {
        let after = Some(json!(pattern));
        let change = Change { site: Some(site), subject, before: None, after, undoes, batch };
        (Action::DomainAdded, change)
    };
    let changes: Vec<_> = subjects.iter().map(String::as_str).zip(patterns).map(change).collect();
    Ok(record_all(tx, act, &changes).await?)
}

async fn refuse_taken(
    tx: &mut PgConnection,
    site: SiteId,
    pattern: &Pattern,
) -> Result<Refusal, AppError> {
    let present = store::by_host(tx, site, &pattern.host, pattern.port).await?;
    let message = match present.map(|domain| domain.pattern.scope) {
        Some(DomainScope::Preview) | None => format!("{pattern} is on the list already."),
        Some(scope) => format!(
            "{pattern} is on the list already ({}). Change that entry to cover more or less.",
            scope.label()
        ),
    };
    Ok(Refusal::new("domain_taken", "pattern", message))
}

/// Makes an entry include its subdomains, or leave them out.
///
/// # Errors
/// Refuses what has no subdomains, subdomains that belong to others, and the scope it has already.
pub async fn set_scope(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: DomainId,
    to: DomainScope,
) -> Result<(Pattern, EntryId), Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let (pattern, entry) = set_scope_in(&mut tx, act, site, id, to, Cause::default()).await?;
    act.commit(tx, site).await?;
    Ok((pattern, entry))
}

/// Makes an entry of a held site include its subdomains, or leave them out.
pub async fn set_scope_in(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    id: DomainId,
    to: DomainScope,
    cause: Cause,
) -> Result<(Pattern, EntryId), Failure> {
    let before = store::by_id(tx, site, id).await?.ok_or(AppError::NotFound)?.pattern;
    let after = rules::rescope(&before, to)?;
    if after == before {
        let message = format!("{before} is {} already.", to.label());
        return Err(Refusal::new("scope_unchanged", "to", message).into());
    }
    sites::commands::written(store::set_scope(tx, site, id, to).await?)?;
    sites::commands::written(sites::store::bump_version(tx, site).await?)?;
    let subject = &after.to_string();
    let (before, new) = (Some(json!(before)), Some(json!(after)));
    let Cause { undoes, batch } = cause;
    let change = Change { site: Some(site), subject, before, after: new, undoes, batch };
    let entry = record(tx, act, Action::DomainChanged, change).await?;
    Ok((after, entry))
}

/// Removes an entry.
pub async fn remove(
    act: &Act,
    site: SiteId,
    version: Option<i64>,
    id: DomainId,
) -> Result<(Pattern, EntryId), Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, version).await?;
    sites::rules::changeable(&held)?;
    let (pattern, entry) = remove_in(&mut tx, act, site, id, Cause::default()).await?;
    act.commit(tx, site).await?;
    Ok((pattern, entry))
}

/// Removes an entry of a held site.
pub async fn remove_in(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    id: DomainId,
    cause: Cause,
) -> Result<(Pattern, EntryId), Failure> {
    let pattern = store::delete(tx, site, id).await?.ok_or(AppError::NotFound)?.pattern;
    sites::commands::written(sites::store::bump_version(tx, site).await?)?;
    let subject = &pattern.to_string();
    let before = Some(json!(pattern));
    let Cause { undoes, batch } = cause;
    let change = Change { site: Some(site), subject, before, after: None, undoes, batch };
    let entry = record(tx, act, Action::DomainRemoved, change).await?;
    Ok((pattern, entry))
}

/// The entry of a held site that is exactly `pattern`.
///
/// # Errors
/// Refuses when the list has none with this host and port, or one of another scope.
pub async fn listed_in(
    tx: &mut PgConnection,
    site: SiteId,
    pattern: &Pattern,
) -> Result<DomainId, Failure> {
    let gone = |message| Failure::from(Refusal::new("domain_gone", "pattern", message));
    match store::by_host(tx, site, &pattern.host, pattern.port).await? {
        Some(domain) if domain.pattern.scope == pattern.scope => Ok(domain.id),
        Some(domain) => {
            Err(gone(format!("{pattern} is listed as {} by now.", domain.pattern.scope.label())))
        }
        None => Err(gone(format!("{pattern} is not on the list any more."))),
    }
}

/// Takes a rejected host out of the headline (it stays counted), or puts it back.
///
/// # Errors
/// Refuses what is so already, and a deleted site.
pub async fn set_ignored(
    act: &Act,
    site: SiteId,
    host: &str,
    ignored: bool,
) -> Result<EntryId, Failure> {
    let (mut tx, held) = sites::commands::begin(act, site, None).await?;
    sites::rules::changeable(&held)?;
    let entry = set_ignored_in(&mut tx, act, site, host, ignored, Cause::default()).await?;
    act.commit(tx, site).await?;
    Ok(entry)
}

/// Takes a rejected host of a held site out of the headline, or puts it back.
pub async fn set_ignored_in(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    host: &str,
    ignored: bool,
    cause: Cause,
) -> Result<EntryId, Failure> {
    let (changed, action, already) = if ignored {
        let changed = store::ignore(tx, site, host, act.now()).await?;
        (changed, Action::HostIgnored, "This host is ignored already.")
    } else {
        let changed = store::unignore(tx, site, host).await?;
        (changed, Action::HostUnignored, "This host is not ignored.")
    };
    if !changed {
        return Err(Refusal::new("host_ignored", "host", already).into());
    }
    let value = Some(json!({ "host": host }));
    let (before, after) = if ignored { (None, value) } else { (value, None) };
    let Cause { undoes, batch } = cause;
    let change = Change { site: Some(site), subject: host, before, after, undoes, batch };
    Ok(record(tx, act, action, change).await?)
}

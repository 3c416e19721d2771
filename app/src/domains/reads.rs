//! What the pages of associated domains read, put together from the stores.

use super::api::{ChangePageData, DomainsPageData, RemovePageData};
use super::index::DomainIndex;
use super::listing::{self, ListedDomain, Listing, Show};
use super::model::{DomainId, DomainScope};
use super::replay::{changed, replay};
use super::warnings::{
    FirstSeen, SILENT_FOR, Warning, before_adding, has_production, posing, shared,
};
use super::{rules, store};
use crate::auth::operator::Operator;
use crate::codes::{Code, OK};
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::sites::{reads, traffic};
use crate::stats::model::HostCount;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};

/// A page of a site's entries with their traffic.
pub async fn page(
    operator: &Operator,
    site: SiteId,
    listing: Listing,
) -> Result<DomainsPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let domains = store::of_site(&mut conn, site).await?;
    let allowed = traffic::hosts(&mut conn, site, OK, head.now).await?;
    let hours = traffic::hours(&mut conn, site, head.now).await?;
    let patterns = domains.iter().map(|domain| (domain.id, domain.pattern.clone())).collect();
    let index = DomainIndex::new(patterns);
    let requests = by_entry(&index, &allowed);
    let silent = silent(&mut conn, site, &index, &domains, &requests, head.now).await?;
    let production = has_production(&index);
    let mut rows: Vec<ListedDomain> = Vec::with_capacity(domains.len());
    for domain in domains {
        let mut warnings: Vec<Warning> = shared(&domain.pattern).into_iter().collect();
        if silent.contains(&domain.id) {
            warnings.push(Warning::Silent);
        }
        if production && domain.pattern.testing() {
            warnings.push(Warning::TestingBesideProduction);
        }
        rows.push(ListedDomain {
            id: domain.id,
            pattern: domain.pattern,
            created_at: domain.created_at,
            created_by: domain.created_by,
            requests: requests.get(&domain.id).copied().unwrap_or_default(),
            warnings,
        });
    }
    // A look at all names at once is only worth its time when it decides what is shown.
    let all = matches!(listing.show, Show::LookAlike | Show::Warned);
    if all {
        mark_look_alikes(&index, &mut rows);
    }
    let mut list = listing::page(rows, listing);
    if !all {
        mark_look_alikes(&index, &mut list.rows);
    }
    Ok(DomainsPageData { head, list, hours })
}

/// Warns of entries that may be taken for one that was there before.
fn mark_look_alikes(index: &DomainIndex, rows: &mut [ListedDomain]) {
    for row in rows {
        let taken_for = index.taken_for(&row.pattern.host);
        if let Some(warning) = taken_for.as_ref().and_then(posing) {
            row.warnings.insert(0, warning);
        }
    }
}

/// Requests by the entry that lets their host through.
fn by_entry(index: &DomainIndex, hosts: &[HostCount]) -> HashMap<DomainId, i64> {
    let mut requests = HashMap::new();
    for HostCount { host, count, .. } in hosts {
        if let Some(entry) = index.entry_of(host) {
            *requests.entry(entry.domain).or_default() += count;
        }
    }
    requests
}

/// The entries that have been on the list for [`SILENT_FOR`] and let nothing through since.
async fn silent(
    conn: &mut PgConnection,
    site: SiteId,
    index: &DomainIndex,
    domains: &[store::Domain],
    requests: &HashMap<DomainId, i64>,
    now: Timestamp,
) -> Result<HashSet<DomainId>, AppError> {
    let from = now.checked_sub(SILENT_FOR).unwrap_or(Timestamp::MIN);
    let quiet: Vec<&store::Domain> = domains
        .iter()
        .filter(|domain| domain.created_at < from && !requests.contains_key(&domain.id))
        .collect();
    if quiet.is_empty() {
        return Ok(HashSet::new());
    }
    let exact = quiet.iter().all(|domain| domain.pattern.scope == DomainScope::Exact);
    let seen = if exact {
        let hosts: Vec<String> = quiet.iter().map(|domain| domain.pattern.host.clone()).collect();
        store::let_through_among(conn, site, &hosts, from).await?
    } else {
        store::let_through_since(conn, site, from).await?
    };
    let busy: HashSet<DomainId> =
        seen.iter().filter_map(|host| index.entry_of(host)).map(|entry| entry.domain).collect();
    let quiet = quiet.into_iter().map(|domain| domain.id);
    Ok(quiet.filter(|id| !busy.contains(id)).collect())
}

/// The entry that is about to be removed, and what only it lets through.
pub async fn remove_page(
    operator: &Operator,
    site: SiteId,
    id: DomainId,
) -> Result<RemovePageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let domain = store::by_id(&mut conn, site, id).await?.ok_or(AppError::NotFound)?;
    let policy = operator.state.gate.policy(site).ok_or(AppError::NotFound)?;
    let allowed = traffic::hosts(&mut conn, site, OK, head.now).await?;
    let after = changed(&policy.index, &[id], []);
    let denies = replay(&policy.index, &after, &[], &allowed).denies;
    let hours = traffic::hours(&mut conn, site, head.now).await?;
    Ok(RemovePageData { head, pattern: domain.pattern, denies, hours })
}

/// The entry that is about to cover more or less, and what that would have done.
pub async fn change_page(
    operator: &Operator,
    site: SiteId,
    id: DomainId,
    to: DomainScope,
) -> Result<ChangePageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let pattern = store::by_id(&mut conn, site, id).await?.ok_or(AppError::NotFound)?.pattern;
    let policy = operator.state.gate.policy(site).ok_or(AppError::NotFound)?;
    let after = rules::rescope(&pattern, to);
    let denied = Code::RefererDenied.as_str();
    let denied = traffic::hosts(&mut conn, site, denied, head.now).await?;
    let allowed = traffic::hosts(&mut conn, site, OK, head.now).await?;
    let effect = after.as_ref().map(|new| {
        let list = changed(&policy.index, &[id], [new]);
        replay(&policy.index, &list, &denied, &allowed)
    });
    let effect = effect.unwrap_or_default();
    let others = changed(&policy.index, &[id], []);
    let warn = |new| before_adding(new, &others, FirstSeen::Unknown, head.now);
    let warnings = after.as_ref().map(warn).unwrap_or_default();
    let hours = traffic::hours(&mut conn, site, head.now).await?;
    Ok(ChangePageData { head, pattern, after, effect, warnings, hours })
}

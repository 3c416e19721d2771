//! What the pages of associated domains read, put together from the stores.

use super::api::{DomainRow, DomainsPageData, DomainsVerdict, RemovePageData, Suggestion};
use super::commands::Added;
use super::index::DomainIndex;
use super::model::{Canonical, DomainId, Pattern};
use super::{rules, store};
use crate::auth::operator::Operator;
use crate::context::AppState;
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::sites::pages::Week;
use crate::sites::{reads, traffic};
use crate::stats::model::HostCount;
use crate::ui::flash::Done;
use crate::ui::number::{counted, grouped};
use std::collections::HashMap;

/// How many of several typed domains are listed.
const LISTED: usize = 8;

/// A site's entries with their traffic.
pub async fn page(operator: &Operator, site: SiteId) -> Result<DomainsPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let domains = store::of_site(&mut conn, site).await?;
    let allowed = traffic::hosts(&mut conn, site, "ok", head.now).await?;
    let patterns = domains.iter().map(|domain| (domain.id, domain.pattern.clone())).collect();
    let mut requests = by_entry(patterns, &allowed);
    let row = |domain: store::Domain| DomainRow {
        id: domain.id,
        pattern: domain.pattern,
        created_at: domain.created_at,
        requests: requests.remove(&domain.id).unwrap_or_default(),
    };
    Ok(DomainsPageData { head, domains: domains.into_iter().map(row).collect() })
}

/// The entry that is about to be removed, and what only it lets through.
pub async fn remove_page(
    operator: &Operator,
    site: SiteId,
    id: DomainId,
) -> Result<RemovePageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let (removed, rest): (Vec<_>, Vec<_>) =
        store::of_site(&mut conn, site).await?.into_iter().partition(|domain| domain.id == id);
    let pattern = removed.into_iter().next().ok_or(AppError::NotFound)?.pattern;
    let mut hosts = traffic::hosts(&mut conn, site, "ok", head.now).await?;
    hosts.retain(|HostCount { host, .. }| {
        pattern.matches_host(host) && !rest.iter().any(|domain| domain.pattern.matches_host(host))
    });
    let requests = hosts.iter().map(|host| host.count).sum();
    Ok(RemovePageData { head, pattern, week: Week { requests, hosts } })
}

/// Requests by the entry that lets their host through. Hosts are counted without their ports, so an
/// entry with one counts only what no other entry covers.
fn by_entry(entries: Vec<(DomainId, Pattern)>, hosts: &[HostCount]) -> HashMap<DomainId, i64> {
    let index = DomainIndex::new(entries);
    let mut requests = HashMap::new();
    for HostCount { host, count, .. } in hosts {
        let entry = index
            .lookup(host, None)
            .or_else(|| index.iter().find(|entry| entry.pattern.matches_host(host)));
        if let Some(entry) = entry {
            *requests.entry(entry.domain).or_default() += count;
        }
    }
    requests
}

/// What would become of domains that are being typed.
pub async fn judge(
    state: &AppState,
    site: Option<SiteId>,
    typed: &str,
    include_subdomains: bool,
) -> Result<DomainsVerdict, AppError> {
    if typed.trim().is_empty() {
        return Ok(DomainsVerdict::default());
    }
    let canonicals = match rules::canonicalise_lines(typed, include_subdomains) {
        Ok(canonicals) => canonicals,
        Err(refusal) => {
            let suggested = rules::suggested_lines(typed, include_subdomains);
            let suggestion = suggested
                .map(|(domains, include_subdomains)| Suggestion { domains, include_subdomains });
            let (title, notes) = ("Not accepted".to_owned(), vec![refusal.message]);
            return Ok(DomainsVerdict { accepted: false, title, notes, suggestion });
        }
    };
    if let Some(taken) = site.and_then(|site| taken(state, site, &canonicals)) {
        let (title, notes) = ("On the list already".to_owned(), vec![taken]);
        return Ok(DomainsVerdict { accepted: false, title, notes, suggestion: None });
    }
    let mut notes = notes_of(&canonicals);
    if let Some(site) = site {
        notes.extend(cleared(state, site, &canonicals).await?);
    }
    let title = match &*canonicals {
        [one] => format!("{} will be added, {}", shown(&one.pattern), one.pattern.scope.label()),
        several => format!("{} domains will be added", several.len()),
    };
    Ok(DomainsVerdict { accepted: true, title, notes, suggestion: None })
}

/// What the answer says after domains were added. Only a single one can be undone from there.
pub fn told_of_added(added: &[Added]) -> Done {
    match added {
        [Added { canonical, entry }] => {
            let (shown, scope) = (shown(&canonical.pattern), canonical.pattern.scope.label());
            Done::undoable(format!("Added {shown}, {scope}. The gate lets it through now."), *entry)
        }
        several => {
            Done::told(format!("Added {} domains. The gate lets them through now.", several.len()))
        }
    }
}

fn shown(pattern: &Pattern) -> String {
    pattern.unicode().unwrap_or_else(|| pattern.to_string())
}

fn notes_of(canonicals: &[Canonical]) -> Vec<String> {
    if let [one] = canonicals {
        let ascii = one.pattern.unicode().map(|_| format!("Stored as {}.", one.pattern));
        return ascii.into_iter().chain(one.notes.iter().map(super::Note::message)).collect();
    }
    let line = |canonical: &Canonical| {
        format!("{}, {}", shown(&canonical.pattern), canonical.pattern.scope.label())
    };
    let mut lines: Vec<String> = canonicals.iter().take(LISTED).map(line).collect();
    if canonicals.len() > LISTED {
        lines.push(format!("and {} more", canonicals.len() - LISTED));
    }
    lines
}

/// The first of `canonicals` that the site has.
fn taken(state: &AppState, site: SiteId, canonicals: &[Canonical]) -> Option<String> {
    let policy = state.gate.policy(site)?;
    let same = |a: &Pattern, b: &Pattern| a.host == b.host && a.port == b.port;
    canonicals.iter().find_map(|Canonical { pattern, .. }| {
        let present = policy.index.iter().find(|entry| same(entry.pattern, pattern))?;
        let how = present.pattern.scope.label();
        Some(format!(
            "{} is listed as {how}. Remove that entry first to change it.",
            shown(pattern)
        ))
    })
}

/// How many of the last seven days' denials `canonicals` would have let through, in a sentence.
async fn cleared(
    state: &AppState,
    site: SiteId,
    canonicals: &[Canonical],
) -> Result<Option<String>, AppError> {
    let mut conn = state.pool.acquire().await?;
    let denied = traffic::hosts(&mut conn, site, "referer_denied", state.clock.now()).await?;
    let covered = denied.iter().filter(|HostCount { host, .. }| {
        canonicals.iter().any(|canonical| canonical.pattern.matches_host(host))
    });
    let (hosts, requests) =
        covered.fold((0, 0), |(hosts, requests), host| (hosts + 1, requests + host.count));
    Ok((hosts > 0).then(|| {
        let (requests, hosts) = (grouped(requests), counted(hosts, "host", "hosts"));
        format!("Would have let through {requests} of the last 7 days’ denials, from {hosts}.")
    }))
}

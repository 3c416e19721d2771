//! Finding what an operator names.

use super::model::{Hit, Kind};
use super::rules::{LONGEST, codes, holds_secret, pages};
use super::store;
use crate::auth::rules::query_value;
use crate::context::AppState;
use crate::domains::host;
use crate::error::AppError;
use crate::keys::rules::check_sitekey;
use crate::sites::model::SiteState;

/// How many sites are listed.
const SITES: i64 = 8;
/// How many of any other kind are listed.
const LISTED: usize = 8;

/// What fits `query`, by kind: a sitekey before all, then sites, hosts, codes and pages.
pub async fn find(state: &AppState, query: &str) -> Result<Vec<Hit>, AppError> {
    let query = query.trim();
    if holds_secret(query) {
        return Ok(Vec::new());
    }
    if query.is_empty() || query.len() > LONGEST || query.contains('\0') {
        return Ok(pages(query));
    }
    let mut hits: Vec<Hit> = sitekey(state, query).into_iter().collect();
    hits.extend(sites(state, query).await?);
    hits.extend(hosts(state, query));
    hits.extend(codes(query).into_iter().take(LISTED));
    hits.extend(pages(query));
    Ok(hits)
}

/// The site of a sitekey that was pasted.
fn sitekey(state: &AppState, query: &str) -> Option<Hit> {
    check_sitekey(query).ok()?;
    let (site, _) = state.gate.owner_of(query)?;
    let policy = state.gate.policy(site)?;
    Some(Hit {
        kind: Kind::Sitekey,
        label: policy.name.clone(),
        detail: crate::ui::key::shorten(query),
        href: format!("/sites/{site}/keys"),
    })
}

async fn sites(state: &AppState, query: &str) -> Result<Vec<Hit>, AppError> {
    let mut conn = state.pool.acquire().await?;
    let (name, host) = (query.to_lowercase(), host::sought(query));
    let found = store::sites(&mut conn, &name, &host, SITES).await?;
    let hit = |site: store::Found| {
        let state = match site.state {
            SiteState::Active => None,
            SiteState::Paused | SiteState::Deleted => Some(site.state.as_str().to_owned()),
        };
        let detail: Vec<String> = state.into_iter().chain(site.domain).collect();
        Hit {
            kind: Kind::Site,
            label: site.name,
            detail: detail.join(", "),
            href: format!("/sites/{}", site.id),
        }
    };
    Ok(found.into_iter().map(hit).collect())
}

/// The sites that let a host through which is none of their entries by name.
fn hosts(state: &AppState, query: &str) -> Vec<Hit> {
    let Ok(host) = host::canonical(query.as_bytes()) else { return Vec::new() };
    if !host.contains('.') {
        return Vec::new();
    }
    let policies = state.gate.policies();
    let lets_through = policies.iter().filter_map(|policy| {
        let entry = policy.index.entry_of(&host)?;
        Some(Hit {
            kind: Kind::Host,
            label: host.clone(),
            detail: format!("let through by {} on {}", entry.pattern, policy.name),
            href: format!("/sites/{}/domains", policy.site),
        })
    });
    let rejected = Hit {
        kind: Kind::Host,
        label: host.clone(),
        detail: "where it was rejected".to_owned(),
        href: format!("/errors/hosts?q={}", query_value(&host)),
    };
    lets_through.take(LISTED).chain([rejected]).collect()
}

//! What taking entries back would newly deny, going by the last seven days' traffic.

use super::model::{Action, Entry};
use super::pages::Toll;
use super::rules::risky;
use crate::codes::OK;
use crate::domains::model::{DomainId, Pattern};
use crate::domains::replay::changed;
use crate::domains::{DomainIndex, store as domains};
use crate::error::AppError;
use crate::sites::model::{Site, SiteId, SiteState};
use crate::sites::{store as sites, traffic};
use crate::stats::model::HostCount;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};

/// How many sites' traffic is looked at.
const LOOKED_AT: usize = 100;

/// What taking back `entries` would deny. Those that can deny nothing cost nothing.
pub async fn toll(
    conn: &mut PgConnection,
    entries: &[Entry],
    now: Timestamp,
) -> Result<Toll, AppError> {
    let mut by_site: BTreeMap<SiteId, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| risky(entry)) {
        if let Some(site) = entry.site {
            by_site.entry(site).or_default().push(entry);
        }
    }
    let beyond = by_site.len().saturating_sub(LOOKED_AT);
    let mut toll = Toll { beyond: i64::try_from(beyond).unwrap_or(i64::MAX), ..Toll::default() };
    let mut hosts: HashMap<String, i64> = HashMap::new();
    for (id, entries) in by_site.into_iter().take(LOOKED_AT) {
        let Some(site) = sites::by_id(conn, id).await? else { continue };
        let allowed = traffic::hosts(conn, id, OK, now).await?;
        toll.hours = toll.hours.max(traffic::hours(conn, id, now).await?);
        let (denied, stopped) = denied(conn, &site, &entries, allowed).await?;
        if !denied.is_empty() {
            toll.sites.push(site.name.clone());
        }
        if stopped {
            toll.stopped.push(site.name);
        }
        for HostCount { host, count, .. } in denied {
            toll.requests += count;
            *hosts.entry(host).or_default() += count;
        }
    }
    toll.hosts = hosts.into_iter().collect();
    toll.hosts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(toll)
}

/// Of the hosts that `site` let through, those it would deny, and whether it would deny everything.
async fn denied(
    conn: &mut PgConnection,
    site: &Site,
    entries: &[&Entry],
    allowed: Vec<HostCount>,
) -> Result<(Vec<HostCount>, bool), AppError> {
    let stops = |entry: &&Entry| {
        matches!(entry.action, Action::SiteCreated | Action::SiteStarted | Action::SiteRestored)
    };
    if entries.iter().any(stops) {
        return Ok((allowed, site.state == SiteState::Active));
    }
    let mut unchecked = site.any_hostname;
    let mut missing_allowed = true;
    let (mut gone, mut more) = (Vec::new(), Vec::new());
    let present = domains::of_site(conn, site.id).await?;
    for entry in entries {
        let field = |name: &str| entry.before.as_ref().and_then(|before| before.get(name)).cloned();
        match entry.action {
            Action::SitePolicyChanged => {
                unchecked &= field("any_hostname") == Some(true.into());
                missing_allowed &= field("missing_referer") == Some("allow".into());
            }
            Action::DomainAdded => gone.extend(pattern(entry.after.as_ref())),
            Action::DomainChanged => {
                gone.extend(pattern(entry.after.as_ref()));
                more.extend(pattern(entry.before.as_ref()));
            }
            _ => {}
        }
    }
    let gone: Vec<DomainId> = present
        .iter()
        .filter(|domain| gone.contains(&domain.pattern))
        .map(|domain| domain.id)
        .collect();
    let entries = present.into_iter().map(|domain| (domain.id, domain.pattern)).collect();
    let before = DomainIndex::new(entries);
    let after = changed(&before, &gone, &more);
    let stopped = !gone.is_empty() && after.is_empty() && !unchecked;
    // Where the check was off, every host was let through, on the list or not.
    let falls = |host: &str| match host {
        "" | "?" => !missing_allowed,
        host => !unchecked && !after.covers(host) && (site.any_hostname || before.covers(host)),
    };
    Ok((allowed.into_iter().filter(|host| falls(&host.host)).collect(), stopped))
}

fn pattern(value: Option<&serde_json::Value>) -> Option<Pattern> {
    serde_json::from_value(value?.clone()).ok()
}

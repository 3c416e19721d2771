//! Reading which sites list hosts, with the sitekey that the pages of each should carry.

use super::likely::{LikelySite, likely_sites};
use crate::context::AppState;
use crate::domains;
use crate::error::AppError;
use crate::gate::SitePolicy;
use crate::keys;
use crate::keys::model::KeyState;
use crate::sites::model::SiteId;
use crate::stats::model::HostCount;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashMap;
use std::sync::Arc;

/// How many likely sites are named.
const SHOWN: usize = 8;

/// The sites that list any of `hosts`, those with the most events first.
pub async fn likely(
    state: &AppState,
    conn: &mut PgConnection,
    hosts: &[HostCount],
) -> Result<Vec<LikelySite>, AppError> {
    let names: Vec<&str> = hosts.iter().map(|host| host.host.as_str()).collect();
    let policies = listing(state, conn, &names).await?;
    let mut likely = likely_sites(&policies, hosts);
    likely.truncate(SHOWN);
    add_sitekeys(conn, likely.iter_mut().collect()).await?;
    Ok(likely)
}

/// The site that each of `hosts` most likely belongs to; those that no site lists are left out.
pub async fn likely_by_host(
    state: &AppState,
    conn: &mut PgConnection,
    hosts: &[&str],
) -> Result<HashMap<String, LikelySite>, AppError> {
    let policies = listing(state, conn, hosts).await?;
    let mut by_host = HashMap::new();
    for host in hosts {
        let (host, seen) = ((*host).to_owned(), Timestamp::UNIX_EPOCH);
        let once = HostCount { host: host.clone(), count: 1, first_seen: seen, last_seen: seen };
        if let Some(site) = likely_sites(&policies, &[once]).into_iter().next() {
            by_host.insert(host, site);
        }
    }
    add_sitekeys(conn, by_host.values_mut().collect()).await?;
    Ok(by_host)
}

/// The policies that may cover any of `hosts`: with ten thousand sites, holding each of them against
/// each host would take longer than asking which they are.
async fn listing(
    state: &AppState,
    conn: &mut PgConnection,
    hosts: &[&str],
) -> Result<Vec<Arc<SitePolicy>>, AppError> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let sites = domains::store::sites_naming(conn, hosts).await?;
    Ok(sites.into_iter().filter_map(|site| state.gate.policy(site)).collect())
}

/// Names the newest active sitekey of each.
async fn add_sitekeys(
    conn: &mut PgConnection,
    sites: Vec<&mut LikelySite>,
) -> Result<(), AppError> {
    if sites.is_empty() {
        return Ok(());
    }
    let ids: Vec<SiteId> = sites.iter().map(|site| site.site).collect();
    let keys = keys::store::sitekeys_among(conn, Some(&ids)).await?;
    for site in sites {
        let active =
            |key: &&keys::model::Sitekey| key.site == site.site && key.state == KeyState::Active;
        site.sitekey = keys.iter().find(active).map(|key| key.sitekey.clone());
    }
    Ok(())
}

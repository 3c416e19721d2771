//! Which site a request without a good sitekey most likely belongs to: the one that lists its host.

use crate::domains::rejected::in_words;
use crate::gate::SitePolicy;
use crate::sites::model::{SiteId, SiteState};
use crate::stats::model::HostCount;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::cmp::Reverse;

/// The most hosts of a site that are named.
const MOST_NAMED: usize = 3;

/// A site whose associated domains cover hosts that sent no good sitekey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LikelySite {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// Its state; deleted sites are no candidates.
    pub state: SiteState,
    /// How many of the events came from its hosts.
    pub count: i64,
    /// Its hosts among them, the most frequent first.
    pub hosts: Vec<String>,
    /// The sitekey its pages should carry, if it has an active one.
    pub sitekey: Option<String>,
}

/// The sites that list any of `hosts`, those with the most events first. `hosts` are ordered by
/// their counts.
pub fn likely_sites<P: Borrow<SitePolicy>>(policies: &[P], hosts: &[HostCount]) -> Vec<LikelySite> {
    let hosts: Vec<&HostCount> =
        hosts.iter().filter(|host| in_words(&host.host).is_none()).collect();
    let mut likely: Vec<LikelySite> = policies
        .iter()
        .map(Borrow::borrow)
        .filter(|policy| policy.state != SiteState::Deleted)
        .filter_map(|policy| {
            let listed = |host: &&&HostCount| policy.index.lookup(&host.host, Some(443)).is_some();
            let own: Vec<&&HostCount> = hosts.iter().filter(listed).collect();
            (!own.is_empty()).then(|| LikelySite {
                site: policy.site,
                name: policy.name.clone(),
                state: policy.state,
                count: own.iter().map(|host| host.count).sum(),
                hosts: own.iter().take(MOST_NAMED).map(|host| host.host.clone()).collect(),
                sitekey: None,
            })
        })
        .collect();
    // Of two that list the same hosts, the one that is served.
    let key = |site: &LikelySite| (Reverse(site.count), site.state != SiteState::Active, site.site);
    likely.sort_by_key(key);
    likely
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domains::{DomainId, DomainIndex, DomainScope, Pattern};
    use crate::sites::model::MissingReferer;
    use jiff::Timestamp;

    fn policy(site: i64, state: SiteState, host: &str) -> SitePolicy {
        let scope = DomainScope::Subdomains;
        let pattern = Pattern { host: host.to_owned(), scope, port: None };
        SitePolicy {
            site: SiteId(site),
            name: host.to_owned(),
            state,
            pause_reason: None,
            starts_at: None,
            any_hostname: false,
            missing_referer: MissingReferer::Deny,
            index: DomainIndex::new(vec![(DomainId(1), pattern)]),
        }
    }

    fn seen(host: &str, count: i64) -> HostCount {
        let at = Timestamp::UNIX_EPOCH;
        HostCount { host: host.to_owned(), count, first_seen: at, last_seen: at }
    }

    #[test]
    fn the_site_that_lists_most_of_the_traffic_leads() {
        let policies = [
            policy(1, SiteState::Active, "shop.example"),
            policy(2, SiteState::Paused, "docs.example"),
            policy(3, SiteState::Deleted, "gone.example"),
        ];
        let hosts = [
            seen("", 900),
            seen("gone.example", 80),
            seen("docs.example", 50),
            seen("www.shop.example", 40),
            seen("shop.example", 20),
            seen("elsewhere.example", 10),
        ];
        let likely = likely_sites(&policies, &hosts);
        let found: Vec<_> = likely.iter().map(|site| (site.site.0, site.count)).collect();
        assert_eq!(found, [(1, 60), (2, 50)]);
        assert_eq!(likely[0].hosts, ["www.shop.example", "shop.example"]);
    }

    #[test]
    fn of_two_that_list_the_same_hosts_the_active_one_leads() {
        let policies = [
            policy(1, SiteState::Paused, "shop.example"),
            policy(2, SiteState::Active, "shop.example"),
        ];
        assert_eq!(likely_sites(&policies, &[seen("shop.example", 1)])[0].site, SiteId(2));
    }

    #[test]
    fn a_site_without_a_domain_check_is_no_candidate_for_every_host() {
        let open =
            SitePolicy { any_hostname: true, ..policy(1, SiteState::Active, "shop.example") };
        assert!(likely_sites(&[open], &[seen("elsewhere.example", 10)]).is_empty());
    }
}

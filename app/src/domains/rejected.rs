//! Hosts whose requests were denied with `referer_denied`, and what the console makes of each.

use super::{DomainIndex, Nearest, Warning, registrable};
use crate::events::model::host as special;
use crate::sites::model::SiteId;
use crate::stats::model::{Range, SiteHostCount};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::HashMap;

/// How many hosts, or groups of them, a page has.
pub const PAGE: usize = 25;
/// How many hosts of a group are shown.
pub const SHOWN_OF_GROUP: usize = 5;

/// What is asked of the rejected hosts, as it stands in an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The site; all of them without one.
    pub site: Option<SiteId>,
    /// The order of the rows.
    pub order: Order,
    /// The page, counted from 1.
    pub page: u32,
    /// What the host has in it, if anything is looked for.
    pub search: String,
    /// Whether ignored hosts stand among the others.
    pub with_ignored: bool,
    /// Whether hosts of one registrable domain stand together.
    pub by_domain: bool,
    /// Whether to read what was sent.
    pub with_referers: bool,
}

/// The rejected hosts of a range, one page of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// What was counted over: hosts are counted by whole hours and, of old days, by whole days.
    pub range: Range,
    /// The present instant.
    pub now: Timestamp,
    /// All denials of the range.
    pub denied: i64,
    /// Requests that named no host, the most first: nothing to allow, but a policy to set.
    pub nameless: Vec<Nameless>,
    /// The page's rows; without grouping all in one.
    pub groups: Vec<Group>,
    /// The place of the first row or group, counted from 0.
    pub from: i64,
    /// How many rows or groups this page has.
    pub shown: i64,
    /// How many rows or groups all pages have.
    pub all: i64,
    /// Whether there were more hosts than are read.
    pub cut: bool,
    /// What was left out of the rows because an operator chose to ignore it.
    pub ignored: Vec<IgnoredHost>,
}

/// Denials that name no host: see [`in_words`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nameless {
    /// The host as the statistics name it.
    pub host: String,
    /// How many, on all sites.
    pub count: i64,
    /// The last of them.
    pub last_seen: Timestamp,
    /// On which sites, the most first.
    pub sites: Vec<NamelessSite>,
}

/// A site with denials that name no host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamelessSite {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// How many.
    pub count: i64,
    /// Whether the site lets such requests through by now.
    pub allowed_now: bool,
}

/// Hosts that stand together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The registrable domain they share; nothing when hosts are not grouped.
    pub domain: Option<String>,
    /// How many hosts it has.
    pub hosts: i64,
    /// How many rows it has: a host has one for each site that denied it.
    pub all: i64,
    /// How many of their requests were denied.
    pub count: i64,
    /// The first of them, ever.
    pub first_seen: Timestamp,
    /// The last of them.
    pub last_seen: Timestamp,
    /// The hosts, at most [`SHOWN_OF_GROUP`] of a group.
    pub rows: Vec<RejectedHost>,
}

/// One rejected host of one site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectedHost {
    /// The site whose sitekey was used.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// The host.
    pub host: String,
    /// How many requests were denied.
    pub count: i64,
    /// Its first request ever, let through or denied.
    pub first_seen: Timestamp,
    /// The last that was denied.
    pub last_seen: Timestamp,
    /// What the gate would say now.
    pub standing: Standing,
    /// Reasons to look twice.
    pub warnings: Vec<Warning>,
    /// What was sent as the referer, newest first; at most a few, from the samples.
    pub referers: Vec<String>,
    /// Whether an operator chose to ignore it.
    pub ignored: bool,
}

/// What would become of a rejected host's requests now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Standing {
    /// It is no host, so there is nothing to allow.
    NoHost,
    /// The site is deleted.
    SiteDeleted,
    /// It is let through, by this entry or because the domain check is off.
    AllowedNow {
        /// The entry.
        by: Option<String>,
    },
    /// It is denied.
    Denied {
        /// The entry that comes nearest.
        nearest: Option<Nearest>,
        /// The name that was registered to get the host.
        registrable: Option<String>,
    },
}

/// A host an operator chose to ignore; it is still counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredHost {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// The host.
    pub host: String,
    /// How many of its requests were denied in the range.
    pub count: i64,
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// The most denied first.
    #[default]
    Count,
    /// The host seen first of all last, so that new ones lead.
    First,
    /// The one seen latest first.
    Last,
    /// By name.
    Host,
}

impl Order {
    /// The order of this name in an address; by count without one.
    pub fn from_name(name: Option<&str>) -> Self {
        match name {
            Some("first") => Self::First,
            Some("last") => Self::Last,
            Some("host") => Self::Host,
            _ => Self::Count,
        }
    }

    /// Its name in an address; none for the usual order.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::First => "first",
            Self::Last => "last",
            Self::Host => "host",
        }
    }
}

/// What a host that is none is called: requests without a referer and the like.
pub fn in_words(host: &str) -> Option<&'static str> {
    match host {
        special::NONE => Some("no referer"),
        special::UNUSABLE => Some("unusable referer"),
        special::OTHER => Some("other hosts"),
        _ => None,
    }
}

/// What the domain check of a site says to `host` now.
pub fn standing(host: &str, any_hostname: bool, index: &DomainIndex) -> Standing {
    if in_words(host).is_some() {
        return Standing::NoHost;
    }
    if any_hostname {
        return Standing::AllowedNow { by: None };
    }
    // Ports are not counted. A page's port is nearly always that of https.
    match index.lookup(host, Some(443)) {
        Some(found) => Standing::AllowedNow { by: Some(found.pattern.to_string()) },
        None => Standing::Denied {
            nearest: index.nearest(host, None),
            registrable: registrable(host).map(str::to_owned),
        },
    }
}

/// The part of an address that leads to a host's row.
#[must_use]
pub fn anchor(site: SiteId, host: &str) -> String {
    format!("host-{site}-{host}")
}

/// Rows in the wanted order, together by registrable domain if so wanted: groups in the order of what
/// they come to, and the hosts of each.
#[must_use]
pub fn arrange(
    mut rows: Vec<SiteHostCount>,
    order: Order,
    by_domain: bool,
) -> Vec<Vec<SiteHostCount>> {
    sort(&mut rows, order);
    if !by_domain {
        return rows.into_iter().map(|row| vec![row]).collect();
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<SiteHostCount>> = Vec::new();
    for row in rows {
        let domain = registrable(&row.host).unwrap_or(&row.host).to_owned();
        let place = *places.entry(domain).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    match order {
        Order::Count => {
            groups.sort_by_key(|group| Reverse(group.iter().map(|row| row.count).sum::<i64>()));
        }
        // Each group stands where its first row does already.
        Order::First | Order::Last => {}
        Order::Host => groups.sort_by_cached_key(|group| domain_of(group).to_owned()),
    }
    groups
}

/// The registrable domain of a group's hosts.
#[must_use]
pub fn domain_of(group: &[SiteHostCount]) -> &str {
    let host = group.first().map_or("", |row| row.host.as_str());
    registrable(host).unwrap_or(host)
}

fn sort(rows: &mut [SiteHostCount], order: Order) {
    match order {
        Order::Count => {
            rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.host.cmp(&b.host)));
        }
        Order::First => rows.sort_by_key(|row| Reverse(row.first_seen)),
        Order::Last => rows.sort_by_key(|row| Reverse(row.last_seen)),
        Order::Host => rows.sort_by(|a, b| a.host.cmp(&b.host)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DomainId, DomainScope, Pattern};
    use super::*;

    fn index(host: &str) -> DomainIndex {
        let pattern = Pattern { host: host.to_owned(), scope: DomainScope::Exact, port: None };
        DomainIndex::new(vec![(DomainId(1), pattern)])
    }

    #[test]
    fn a_rejected_host_is_judged_by_the_present_list() {
        let shop = index("shop.example");
        let by = Some("shop.example".to_owned());
        assert_eq!(standing("shop.example", false, &shop), Standing::AllowedNow { by });
        assert_eq!(standing("a.example", true, &shop), Standing::AllowedNow { by: None });
        for none in ["", "?", "*"] {
            assert_eq!(standing(none, true, &shop), Standing::NoHost);
            assert!(in_words(none).is_some());
        }
        let Standing::Denied { nearest: Some(nearest), registrable } =
            standing("www.shop-example.com", false, &shop)
        else {
            panic!("it is not on the list");
        };
        assert_eq!(nearest.pattern.host, "shop.example");
        assert_eq!(registrable.as_deref(), Some("shop-example.com"));
    }

    fn row(host: &str, count: i64, seen: i64) -> SiteHostCount {
        let seen = Timestamp::from_second(seen).unwrap();
        SiteHostCount { site: 1, host: host.to_owned(), count, first_seen: seen, last_seen: seen }
    }

    fn hosts(groups: &[Vec<SiteHostCount>]) -> Vec<Vec<&str>> {
        groups.iter().map(|group| group.iter().map(|row| row.host.as_str()).collect()).collect()
    }

    #[test]
    fn hosts_stand_alone_or_with_their_registrable_domain() {
        let rows = || {
            vec![
                row("a.shop.co.uk", 4, 1),
                row("evil.net", 5, 2),
                row("b.shop.co.uk", 3, 3),
                row("192.0.2.7", 1, 4),
            ]
        };
        let alone = arrange(rows(), Order::Count, false);
        assert_eq!(
            hosts(&alone),
            [["evil.net"], ["a.shop.co.uk"], ["b.shop.co.uk"], ["192.0.2.7"]]
        );
        let together = arrange(rows(), Order::Count, true);
        assert_eq!(
            hosts(&together),
            [vec!["a.shop.co.uk", "b.shop.co.uk"], vec!["evil.net"], vec!["192.0.2.7"]]
        );
        assert_eq!(domain_of(&together[0]), "shop.co.uk");
        let newest = arrange(rows(), Order::Last, true);
        assert_eq!(
            hosts(&newest),
            [vec!["192.0.2.7"], vec!["b.shop.co.uk", "a.shop.co.uk"], vec!["evil.net"]]
        );
        let by_name = arrange(rows(), Order::Host, true);
        assert_eq!(domain_of(&by_name[1]), "evil.net");
    }

    #[test]
    fn orders_are_found_by_their_names() {
        for order in [Order::Count, Order::First, Order::Last, Order::Host] {
            assert_eq!(Order::from_name(Some(order.name())), order);
        }
    }
}

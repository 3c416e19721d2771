//! The order of rejected hosts, and what puts them together.

use super::super::registrable;
use crate::gate::DenyCode;
use crate::stats::model::SiteHostCount;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::HashMap;

/// How often a host was denied on a site with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The code.
    pub code: DenyCode,
    /// The site, the host and how often.
    pub counted: SiteHostCount,
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

/// Rows in the wanted order, together by registrable domain if so wanted: groups in the order of what
/// they come to, and the hosts of each.
#[must_use]
pub fn arrange(mut rows: Vec<Denial>, order: Order, by_domain: bool) -> Vec<Vec<Denial>> {
    sort(&mut rows, order);
    if !by_domain {
        return rows.into_iter().map(|row| vec![row]).collect();
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<Denial>> = Vec::new();
    for row in rows {
        let domain = registrable(&row.counted.host).unwrap_or(&row.counted.host).to_owned();
        let place = *places.entry(domain).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    match order {
        Order::Count => {
            groups.sort_by_key(|group| {
                Reverse(group.iter().map(|row| row.counted.count).sum::<i64>())
            });
        }
        // Each group stands where its first row does already.
        Order::First | Order::Last => {}
        Order::Host => groups.sort_by_cached_key(|group| domain_of(group).to_owned()),
    }
    groups
}

/// The registrable domain of a group's hosts.
#[must_use]
pub fn domain_of(group: &[Denial]) -> &str {
    let host = group.first().map_or("", |row| row.counted.host.as_str());
    registrable(host).unwrap_or(host)
}

fn sort(rows: &mut [Denial], order: Order) {
    match order {
        Order::Count => {
            rows.sort_by(|a, b| {
                let (a, b) = (&a.counted, &b.counted);
                b.count.cmp(&a.count).then_with(|| a.host.cmp(&b.host))
            });
        }
        Order::First => rows.sort_by_key(|row| Reverse(row.counted.first_seen)),
        Order::Last => rows.sort_by_key(|row| Reverse(row.counted.last_seen)),
        Order::Host => rows.sort_by(|a, b| a.counted.host.cmp(&b.counted.host)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn row(host: &str, count: i64, seen: i64) -> Denial {
        let seen = Timestamp::from_second(seen).unwrap();
        let host = host.to_owned();
        let counted = SiteHostCount { site: 1, host, count, first_seen: seen, last_seen: seen };
        Denial { code: DenyCode::RefererDenied, counted }
    }

    fn hosts(groups: &[Vec<Denial>]) -> Vec<Vec<&str>> {
        groups
            .iter()
            .map(|group| group.iter().map(|row| row.counted.host.as_str()).collect())
            .collect()
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

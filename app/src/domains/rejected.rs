//! Hosts whose requests were denied with `referer_denied`, and what the console makes of each.

use super::{DomainIndex, Nearest, WhyNot, registrable};
use crate::events::model::host as special;
use crate::sites::model::SiteId;
use crate::stats::model::Range;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a host counts as new after its first request ever.
pub const NEW_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The rejected hosts of a range, one page of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// What was counted over: hosts are counted by whole hours and, of old days, by whole days.
    pub range: Range,
    /// The present instant.
    pub now: Timestamp,
    /// All denials of the range.
    pub denied: i64,
    /// The page's rows.
    pub rows: Vec<RejectedHost>,
    /// The place of the first row, counted from 0.
    pub from: i64,
    /// How many hosts all pages have; what names no host stands below those of the first.
    pub all: i64,
    /// Whether there were more hosts than are read.
    pub cut: bool,
    /// What was left out of the rows because an operator chose to ignore it.
    pub ignored: Vec<IgnoredHost>,
}

/// One rejected host of one site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectedHost {
    /// The site whose sitekey was used.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// The host as the statistics name it: see [`in_words`].
    pub host: String,
    /// How many requests were denied.
    pub count: i64,
    /// The first of them.
    pub first_seen: Timestamp,
    /// The last of them.
    pub last_seen: Timestamp,
    /// Whether its first request ever was within [`NEW_FOR`].
    pub new: bool,
    /// What the gate would say now.
    pub standing: Standing,
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

/// Whether the host may pose as the site: almost the name of an entry, but somebody else's.
pub fn looks_alike(nearest: &Nearest) -> bool {
    matches!(nearest.why, WhyNot::LookAlike { .. } | WhyNot::Sibling | WhyNot::OtherSuffix)
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

    #[test]
    fn a_name_that_ends_the_same_looks_alike() {
        let Standing::Denied { nearest: Some(nearest), .. } =
            standing("notshop.example", false, &index("shop.example"))
        else {
            panic!("it is not on the list");
        };
        assert!(looks_alike(&nearest));
    }

    #[test]
    fn orders_are_found_by_their_names() {
        for order in [Order::Count, Order::First, Order::Last, Order::Host] {
            assert_eq!(Order::from_name(Some(order.name())), order);
        }
    }
}

//! What the list of sites is asked for: filters, an order, and a page.

use super::model::{SiteId, UnknownName};
use crate::domains::host;
use crate::gate::SitePolicy;
use crate::sites::model::SiteState;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

/// How many sites a page shows.
pub const PAGE: i64 = 50;

/// A filter by what happens on a site, or might.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Only {
    /// Sites with errors in the last 24 hours.
    Errors,
    /// Sites without any traffic in the last 24 hours.
    Silent,
    /// Sites with an associated domain that only works for testing.
    Testing,
}

impl Only {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Errors, Self::Silent, Self::Testing];

    /// As addresses write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Silent => "silent",
            Self::Testing => "testing",
        }
    }

    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Errors => "With errors, 24 h",
            Self::Silent => "No traffic, 24 h",
            Self::Testing => "With testing hosts",
        }
    }

    /// What it means that there are none, as a heading and a sentence.
    pub const fn none(self) -> (&'static str, &'static str) {
        match self {
            Self::Errors => ("No site had errors", "Not one in the last 24 hours."),
            Self::Silent => ("Every site has traffic", "Each had some in the last 24 hours."),
            Self::Testing => {
                ("No site has a testing host", "None lists localhost or a private address.")
            }
        }
    }
}

impl FromStr for Only {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|only| only.as_str() == text).ok_or_else(|| UnknownName {
            what: "filter of sites",
            found: text.to_owned(),
            expected: "errors, silent, testing",
        })
    }
}

/// Which sites are looked for: those that match every part that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// A part of the name or of a domain, or a whole sitekey; empty for any.
    pub search: String,
    /// Their state; active or paused when there is none.
    pub state: Option<SiteState>,
    /// One of their tags.
    pub tag: Option<String>,
    /// What happens on them.
    pub only: Option<Only>,
}

impl Wanted {
    /// Whether anything is left out but deleted sites.
    pub fn filters(&self) -> bool {
        !self.search.trim().is_empty()
            || self.state.is_some()
            || self.tag.is_some()
            || self.only.is_some()
    }

    /// The parts of an address that ask for these sites.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        [
            pair("q", self.search.trim()),
            pair("state", self.state.map_or("", SiteState::as_str)),
            pair("tag", self.tag.as_deref().unwrap_or_default()),
            pair("only", self.only.map_or("", Only::as_str)),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }
}

/// What a search looks for in names and in hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    name: String,
    host: String,
}

impl Sought {
    /// What `search` looks for; nothing when it is empty.
    pub fn of(search: &str) -> Option<Self> {
        let search = search.trim();
        (!search.is_empty())
            .then(|| Self { name: search.to_lowercase(), host: host::sought(search) })
    }

    /// Whether the name of a site has it in it, or the host of one of its entries.
    pub fn is_in(&self, policy: &SitePolicy) -> bool {
        policy.name.to_lowercase().contains(&self.name)
            || policy.index.iter().any(|entry| entry.pattern.host.contains(&self.host))
    }
}

/// What the list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// By name, from A.
    #[default]
    Name,
    /// The newest first.
    Newest,
    /// The most attempts first.
    Attempts,
    /// The most errors first.
    Errors,
    /// The highest error rate first.
    Rate,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Name, Self::Newest, Self::Attempts, Self::Errors, Self::Rate];

    /// As addresses write it; empty for the first.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "",
            Self::Newest => "newest",
            Self::Attempts => "attempts",
            Self::Errors => "errors",
            Self::Rate => "rate",
        }
    }

    /// What a site's day is ranked by in this order, the highest first; nothing for the orders that
    /// do not go by traffic.
    pub fn rank(self, attempts: i64, errors: i64) -> Option<i64> {
        match self {
            Self::Name | Self::Newest => None,
            Self::Attempts => Some(attempts),
            Self::Errors => Some(errors),
            // In millionths, which tell any two rates apart that a page would.
            Self::Rate if attempts > 0 => {
                let millionths = i128::from(errors) * 1_000_000 / i128::from(attempts);
                Some(i64::try_from(millionths).unwrap_or(i64::MAX))
            }
            Self::Rate => Some(0),
        }
    }
}

impl FromStr for Order {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|order| order.as_str() == text).ok_or_else(|| UnknownName {
            what: "order of sites",
            found: text.to_owned(),
            expected: "newest, attempts, errors, rate",
        })
    }
}

/// Where a page begins or ends: a site and its rank; written as `rank.id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// See [`Order::rank`]; 0 in the orders that have none.
    pub rank: i64,
    /// The site.
    pub site: SiteId,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.rank, self.site)
    }
}

impl FromStr for Place {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let parts = text.split_once('.').and_then(|(rank, site)| {
            Some(Self { rank: rank.parse().ok()?, site: SiteId(site.parse().ok()?) })
        });
        parts.ok_or_else(|| UnknownName {
            what: "place in the list of sites",
            found: text.to_owned(),
            expected: "rank.site",
        })
    }
}

/// Which page is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Paging {
    /// The first.
    #[default]
    First,
    /// The one after this place.
    After(Place),
    /// The one before this place.
    Before(Place),
}

/// A page of a list, and whether there are others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<T> {
    /// What it shows, in order.
    pub shown: Vec<T>,
    /// Whether another comes before it.
    pub before: bool,
    /// Whether another comes after it.
    pub after: bool,
}

impl<T> Page<T> {
    /// The page of at most `limit`, out of one more that was read in the direction of `paging`: when
    /// that is backwards, the nearest first.
    pub fn of_one_more(mut read: Vec<T>, paging: Paging, limit: usize) -> Self {
        let more = read.len() > limit;
        read.truncate(limit);
        match paging {
            Paging::First => Self { shown: read, before: false, after: more },
            Paging::After(_) => Self { shown: read, before: true, after: more },
            Paging::Before(_) => {
                read.reverse();
                Self { shown: read, before: more, after: true }
            }
        }
    }
}

/// The page of at most `limit` places, the highest rank first and the lowest site among equals.
pub fn ranked_page(mut places: Vec<Place>, paging: Paging, limit: usize) -> Page<Place> {
    let key = |place: &Place| (Reverse(place.rank), place.site);
    places.sort_unstable_by_key(key);
    let read: Vec<Place> = match paging {
        Paging::First => places.into_iter().take(limit + 1).collect(),
        Paging::After(at) => {
            let from = places.partition_point(|place| key(place) <= key(&at));
            places.into_iter().skip(from).take(limit + 1).collect()
        }
        Paging::Before(at) => {
            let to = places.partition_point(|place| key(place) < key(&at));
            places.into_iter().take(to).rev().take(limit + 1).collect()
        }
    };
    Page::of_one_more(read, paging, limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domains::rules::canonicalise;
    use crate::domains::{DomainId, DomainIndex};
    use crate::sites::model::MissingReferer;
    use proptest::prelude::*;

    #[test]
    fn an_address_says_what_is_wanted() {
        let wanted = Wanted {
            search: " shop ".into(),
            state: Some(SiteState::Paused),
            tag: Some("europe".into()),
            only: Some(Only::Errors),
        };
        let pairs: Vec<String> =
            wanted.pairs().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(pairs, ["q=shop", "state=paused", "tag=europe", "only=errors"]);
        assert!(wanted.filters() && !Wanted::default().filters());
        assert!(Wanted::default().pairs().is_empty());
    }

    #[test]
    fn a_search_looks_into_names_and_hosts_whatever_their_case() {
        let pattern = canonicalise("www.münchen.example", false).unwrap().pattern;
        let policy = SitePolicy {
            site: SiteId(1),
            name: "Bäckerei ÖST".to_owned(),
            state: SiteState::Active,
            pause_reason: None,
            starts_at: None,
            any_hostname: false,
            missing_referer: MissingReferer::Deny,
            index: DomainIndex::new(vec![(DomainId(1), pattern)]),
        };
        let finds = |search| Sought::of(search).is_some_and(|sought| sought.is_in(&policy));
        for search in [" öst", "bäck", "WWW.", "xn--", "München.example", "example"] {
            assert!(finds(search), "{search}");
        }
        assert!(!finds("bank") && !finds("shop.example") && Sought::of(" ").is_none());
    }

    #[test]
    fn rates_are_ranked_by_what_a_page_shows() {
        let rate = |attempts, errors| Order::Rate.rank(attempts, errors);
        assert!(rate(10, 1) > rate(1000, 99));
        assert_eq!(rate(0, 0), Some(0));
        assert_eq!(rate(i64::MAX, i64::MAX), Some(1_000_000));
        assert_eq!(Order::Name.rank(5, 5), None);
    }

    proptest! {
        #[test]
        fn a_place_reads_back(rank: i64, site: i64) {
            let place = Place { rank, site: SiteId(site) };
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }

        #[test]
        fn the_pages_are_the_list_whichever_way_one_walks(
            ranks in prop::collection::vec(0_i64..5, 0..40), limit in 1_usize..10,
        ) {
            let places: Vec<Place> = ranks
                .iter()
                .zip(1..)
                .map(|(rank, site)| Place { rank: *rank, site: SiteId(site) })
                .collect();
            let whole = ranked_page(places.clone(), Paging::First, places.len() + 1).shown;
            let (mut walked, mut paging) = (Vec::new(), Paging::First);
            loop {
                let page = ranked_page(places.clone(), paging, limit);
                prop_assert_eq!(page.before, !walked.is_empty());
                let start = walked.len();
                walked.extend(page.shown.iter().copied());
                if start > 0 {
                    let back = Paging::Before(page.shown[0]);
                    let back = ranked_page(places.clone(), back, limit);
                    prop_assert_eq!(&back.shown[..], &whole[start - limit..start]);
                    prop_assert!(back.after);
                }
                match page.shown.last() {
                    Some(last) if page.after => paging = Paging::After(*last),
                    _ => break,
                }
            }
            prop_assert_eq!(walked, whole);
        }
    }
}

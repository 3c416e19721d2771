//! A site's list of entries as the domains tab shows it: searched, filtered, sorted, page by page.

use super::model::{DomainId, DomainScope, Pattern};
use super::{Warning, host};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// How many entries a page has.
pub const PAGE: usize = 50;

/// What is asked of a list, as it stands in an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// What the entry has in it, if anything is looked for.
    pub search: String,
    /// Which entries.
    pub show: Show,
    /// In which order.
    pub sort: Sort,
    /// The page, counted from 1.
    pub page: u32,
}

macro_rules! named {
    ($(#[$doc:meta])* $type:ident: $($(#[$variant_doc:meta])* $variant:ident = $name:literal, $label:literal;)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $type {
            /// All of them, the usual one first.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The one of this name in an address; the usual one without.
            pub fn from_name(name: Option<&str>) -> Self {
                match name {
                    $(Some($name) => Self::$variant,)+
                    _ => Self::default(),
                }
            }

            /// Its name in an address; none for the usual one.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What an operator reads.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }
    };
}

named! {
    /// Which entries are shown.
    Show:
    /// All of them.
    #[default] All = "", "All entries";
    /// Exact ones.
    Exact = "exact", "Exact";
    /// Those including subdomains.
    Subdomains = "subdomains", "Including subdomains";
    /// Preview patterns.
    Preview = "preview", "Preview patterns";
    /// Those with a reason to look twice.
    Warned = "warned", "With a warning";
    /// Those that may be taken for another.
    LookAlike = "look-alike", "Look-alikes";
    /// Those without traffic.
    Silent = "silent", "No traffic for 90 days";
    /// Those under a shared platform.
    Platform = "platform", "On shared platforms";
    /// Those for testing.
    Testing = "testing", "Testing";
}

named! {
    /// The order of the entries.
    Sort:
    /// By name.
    #[default] Host = "", "Domain";
    /// The one with the most requests first.
    Requests = "requests", "Allowed a day";
    /// The newest first.
    Added = "added", "Added";
}

/// An entry with its traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDomain {
    /// Its number.
    pub id: DomainId,
    /// What it stands for.
    pub pattern: Pattern,
    /// When it was added.
    pub created_at: Timestamp,
    /// By whom, as in the trail; unknown for older entries.
    pub created_by: Option<String>,
    /// Requests it let through in the last seven days.
    pub requests: i64,
    /// Reasons to look twice.
    pub warnings: Vec<Warning>,
}

impl ListedDomain {
    fn is(&self, show: Show) -> bool {
        let warned = |is: fn(&Warning) -> bool| self.warnings.iter().any(is);
        match show {
            Show::All => true,
            Show::Exact => self.pattern.scope == DomainScope::Exact,
            Show::Subdomains => self.pattern.scope == DomainScope::Subdomains,
            Show::Preview => self.pattern.scope == DomainScope::Preview,
            Show::Warned => !self.warnings.is_empty(),
            Show::LookAlike => warned(|warning| matches!(warning, Warning::LookAlike { .. })),
            Show::Silent => warned(|warning| matches!(warning, Warning::Silent)),
            Show::Platform => warned(|warning| {
                matches!(warning, Warning::Platform { .. } | Warning::PreviewOnPlatform { .. })
            }),
            Show::Testing => self.pattern.testing(),
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// What was asked.
    pub listing: Listing,
    /// The page's entries.
    pub rows: Vec<ListedDomain>,
    /// The place of the first, counted from 0.
    pub from: i64,
    /// How many entries were found.
    pub found: i64,
    /// How many the list has.
    pub all: i64,
}

/// Whether an entry has the searched text in it, as stored or as read.
#[must_use]
pub fn has(pattern: &Pattern, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    search.is_empty()
        || pattern.to_string().contains(&search)
        || host::unicode(&pattern.host).contains(&search)
}

/// The page of a list that was asked for.
#[must_use]
pub fn page(domains: Vec<ListedDomain>, listing: Listing) -> Listed {
    let all = domains.len();
    let mut found: Vec<ListedDomain> = domains
        .into_iter()
        .filter(|row| row.is(listing.show) && has(&row.pattern, &listing.search))
        .collect();
    match listing.sort {
        // As they were read.
        Sort::Host => {}
        Sort::Requests => found.sort_by_key(|row| Reverse(row.requests)),
        Sort::Added => found.sort_by_key(|row| Reverse((row.created_at, row.id))),
    }
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let page = usize::try_from(listing.page.max(1) - 1).unwrap_or(usize::MAX);
    let from = page.saturating_mul(PAGE).min(found.len());
    Listed {
        from: count(from),
        found: count(found.len()),
        all: count(all),
        rows: found.into_iter().skip(from).take(PAGE).collect(),
        listing,
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::canonicalise;
    use super::*;

    fn row(id: i64, typed: &str, requests: i64) -> ListedDomain {
        ListedDomain {
            id: DomainId(id),
            pattern: canonicalise(typed, false).unwrap().pattern,
            created_at: Timestamp::from_second(id).unwrap(),
            created_by: None,
            requests,
            warnings: if requests == 0 { vec![Warning::Silent] } else { Vec::new() },
        }
    }

    fn found(listing: Listing) -> Vec<i64> {
        let rows = ["a.example:8443", "bücher.example", "localhost", "myapp-*.vercel.app"];
        let rows = (1..).zip(rows).map(|(id, typed)| row(id, typed, id % 3)).collect();
        page(rows, listing).rows.iter().map(|row| row.id.0).collect()
    }

    #[test]
    fn entries_are_searched_filtered_and_sorted() {
        let search = |text: &str| Listing { search: text.to_owned(), ..Listing::default() };
        assert_eq!(found(Listing::default()), [1, 2, 3, 4]);
        assert_eq!(found(search("8443")), [1]);
        assert_eq!(found(search(" BÜCHER ")), [2]);
        assert_eq!(found(search("xn--bcher")), [2]);
        assert_eq!(found(search("nowhere")), [] as [i64; 0]);
        let show = |show| found(Listing { show, ..Listing::default() });
        assert_eq!((show(Show::Testing), show(Show::Preview)), (vec![3], vec![4]));
        assert_eq!((show(Show::Silent), show(Show::Warned)), (vec![3], vec![3]));
        let sort = |sort| found(Listing { sort, ..Listing::default() });
        assert_eq!((sort(Sort::Requests), sort(Sort::Added)), (vec![2, 1, 4, 3], vec![4, 3, 2, 1]));
    }

    #[test]
    fn a_list_is_read_page_by_page() {
        let rows: Vec<_> = (1..=120).map(|id| row(id, &format!("h{id}.example"), 1)).collect();
        let page = |number| page(rows.clone(), Listing { page: number, ..Listing::default() });
        assert_eq!((page(0).from, page(1).rows.len(), page(1).found), (0, 50, 120));
        assert_eq!((page(3).from, page(3).rows.len()), (100, 20));
        assert!(page(9).rows.is_empty());
    }

    #[test]
    fn names_in_an_address_are_read_back() {
        for show in Show::ALL {
            assert_eq!(Show::from_name(Some(show.name())), *show);
        }
        for sort in Sort::ALL {
            assert_eq!(Sort::from_name(Some(sort.name())), *sort);
        }
        assert_eq!(Show::from_name(None), Show::All);
    }
}

//! Hosts whose requests the gate denied, with whatever code, and what the console makes of each.

mod order;
mod standing;
mod window;

pub use order::{Denial, Order, arrange, domain_of};
pub use standing::{Remedy, Standing, anchor, in_words, remedy, standing};
pub use window::counted_over;

use super::Warning;
use crate::gate::DenyCode;
use crate::sites::model::SiteId;
use crate::stats::model::Range;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many hosts, or groups of them, a page has.
pub const PAGE: usize = 25;
/// How many hosts of a group are shown.
pub const SHOWN_OF_GROUP: usize = 5;

/// Stands for the site of requests whose sitekey names none.
pub const UNATTRIBUTED: SiteId = SiteId(0);

/// What is asked of the rejected hosts, as it stands in an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The site, [`UNATTRIBUTED`] for requests that belong to none; all of them without one.
    pub site: Option<SiteId>,
    /// The code; all that the gate answers without one.
    pub code: Option<DenyCode>,
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

impl Wanted {
    /// The codes to look for: the one that is wanted, or all that the site's requests can be denied with.
    #[must_use]
    pub fn codes(&self) -> Vec<DenyCode> {
        let of_site = |code: &DenyCode| match self.site {
            None | Some(UNATTRIBUTED) => true,
            Some(_) => code.has_site(),
        };
        let wanted = |code: &DenyCode| self.code.is_none_or(|wanted| wanted == *code);
        DenyCode::ALL.into_iter().filter(|code| of_site(code) && wanted(code)).collect()
    }
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
    /// Requests denied with `referer_denied` that named no host, the most first: nothing to allow, but a
    /// policy to set.
    pub nameless: Vec<Nameless>,
    /// Requests denied with another code that named no host, by code, the most first.
    pub hostless: Vec<(DenyCode, i64)>,
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
    /// How many rows it has: a host has one for each site and code it was denied with.
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

/// One host that was denied on one site with one code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectedHost {
    /// The site whose sitekey was used, [`UNATTRIBUTED`] without one.
    pub site: SiteId,
    /// Its name; empty without one.
    pub site_name: String,
    /// The code.
    pub code: DenyCode,
    /// The host.
    pub host: String,
    /// How many requests were denied.
    pub count: i64,
    /// Its first request ever, let through or denied.
    pub first_seen: Timestamp,
    /// The last that was denied.
    pub last_seen: Timestamp,
    /// What would help.
    pub remedy: Remedy,
    /// Reasons to look twice before it is allowed.
    pub warnings: Vec<Warning>,
    /// What was sent as the referer, newest first; at most a few, from the samples.
    pub referers: Vec<String>,
    /// Whether an operator chose to ignore it.
    pub ignored: bool,
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
    /// Whether the site is deleted, and so is what is ignored on it.
    pub site_deleted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_asked_for_the_codes_its_requests_can_be_denied_with() {
        let codes = |site: Option<i64>, code| {
            Wanted { site: site.map(SiteId), code, ..Wanted::default() }.codes()
        };
        assert_eq!(codes(None, None), DenyCode::ALL);
        assert_eq!(codes(Some(0), None), DenyCode::ALL);
        let of_site = [DenyCode::SiteDeleted, DenyCode::SitePaused, DenyCode::RefererDenied];
        assert_eq!(codes(Some(3), None), of_site);
        assert_eq!(codes(None, Some(DenyCode::SitePaused)), [DenyCode::SitePaused]);
        assert_eq!(codes(Some(3), Some(DenyCode::NoSitekey)), []);
    }
}

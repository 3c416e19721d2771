//! What the pages of sites show.

use super::model::{Site, SiteId};
use crate::audit::model::Trail;
use crate::error::Refusal;
use crate::stats::model::HostCount;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many sites a page of the list shows.
pub const PAGE: i64 = 50;

/// The list of sites.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SitesPageData {
    /// At most [`PAGE`] sites, by name.
    pub sites: Vec<SiteRow>,
    /// The last site of this page, when another follows.
    pub next: Option<SiteId>,
    /// How many sites are active, paused and deleted, whatever is searched for.
    pub by_state: [i64; 3],
    /// When it was read.
    pub now: Timestamp,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
}

/// A site in the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SiteRow {
    /// The site.
    pub site: Site,
    /// The host of its first associated domain.
    pub first_domain: Option<String>,
    /// How many associated domains it has.
    pub domains: i64,
    /// Verification outcomes of the last 24 hours.
    pub attempts: i64,
    /// Those of them that were not `ok`.
    pub errors: i64,
}

/// What every page of a site shows above its content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SiteHead {
    /// The site.
    pub site: Site,
    /// How many associated domains it has.
    pub domains: i64,
    /// How many of its sitekeys are accepted.
    pub sitekeys: i64,
    /// A new secret, seen this once.
    pub revealed: Option<String>,
    /// When it was read.
    pub now: Timestamp,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
}

/// The requests of a site over the last seven days that got one code.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Week {
    /// How many.
    pub requests: i64,
    /// The hosts they came from, most frequent first; see [`HostCount`].
    pub hosts: Vec<HostCount>,
}

/// The page before a change of state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatePageData {
    /// The site.
    pub head: SiteHead,
    /// Why the change cannot be made.
    pub refusal: Option<Refusal>,
    /// The requests it concerns: those let through when it stops them, those denied for the site's
    /// state when it lets them through.
    pub week: Week,
}

/// The integration tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntegrationData {
    /// The site.
    pub head: SiteHead,
    /// The newest active sitekey.
    pub sitekey: Option<String>,
    /// A host that is let through, for the examples.
    pub host: Option<String>,
    /// Where the console and the machine API answer, without a trailing slash.
    pub base_url: String,
}

/// The activity tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActivityData {
    /// The site.
    pub head: SiteHead,
    /// What was changed.
    pub trail: Trail,
}

/// The settings tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettingsData {
    /// The site.
    pub head: SiteHead,
    /// Requests without a usable referer that were denied in the last seven days.
    pub missing_denied: i64,
    /// Requests from hosts on no list that were denied in the last seven days.
    pub hosts_denied: i64,
}

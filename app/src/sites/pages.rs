//! What the pages of sites show.

use super::list::{Order, Place, Wanted};
use super::model::{Site, SiteId};
use super::rules::StateChange;
use crate::audit::model::Trail;
use crate::auth::rules::query_value;
use crate::codes::likely::LikelySite;
use crate::error::Refusal;
use crate::stats::model::HostCount;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The list of sites.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SitesPageData {
    /// At most [`PAGE`](super::list::PAGE) sites.
    pub sites: Vec<SiteRow>,
    /// Which sites were looked for.
    pub wanted: Wanted,
    /// In which order.
    pub order: Order,
    /// The first site of this page, when another comes before it.
    pub previous: Option<Place>,
    /// The last site of this page, when another follows.
    pub next: Option<Place>,
    /// How many sites match, on all pages.
    pub total: i64,
    /// How many sites are active, paused and deleted, whatever is searched for.
    pub by_state: [i64; 3],
    /// The tags there are, each with its number of sites, the most frequent first.
    pub tags: Vec<(String, i64)>,
    /// When the counts were read that the order goes by; they may be a little old.
    pub as_of: Option<Timestamp>,
    /// When the rows were read.
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
    /// The attempts hour by hour, oldest first; nothing without any.
    pub trend: Vec<i64>,
    /// Since when it is silent, though it usually is not.
    pub silent_since: Option<Timestamp>,
}

/// The page before many sites are changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BulkPageData {
    /// The sites that would be changed, in id order.
    pub changed: Vec<(SiteId, String)>,
    /// Those that would be left as they are: name and reason.
    pub skipped: Vec<(SiteId, String, String)>,
    /// Why nothing can be changed so, if it cannot.
    pub refusal: Option<Refusal>,
    /// The requests of the last 24 hours that the change concerns: those it would deny, or whose denial
    /// it would end.
    pub requests: i64,
    /// From how many hosts they came.
    pub hosts: i64,
    /// When it was read.
    pub now: Timestamp,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
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
    pub revealed: Option<Revealed>,
    /// When it was read.
    pub now: Timestamp,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
}

/// A new secret, and the sitekey to use with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Revealed {
    /// The secret in full.
    pub secret: String,
    /// The newest active sitekey.
    pub sitekey: Option<String>,
}

/// The requests of a site over the last seven days that got one code.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Week {
    /// How many.
    pub requests: i64,
    /// The hosts they came from, most frequent first; see [`HostCount`].
    pub hosts: Vec<HostCount>,
    /// How many hours of the week the site had traffic for, from its first request on: 24 to 168.
    /// Averages are taken over these, so that a site of two days is not averaged over seven. Where less
    /// is counted, not more than that.
    pub hours: i64,
    /// When the site came into the state that denies them, where only what came since is counted.
    pub since: Option<Timestamp>,
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

/// The address of the page that confirms `change` and then goes on to `back`.
pub fn state_path(site: SiteId, change: StateChange, back: &str) -> String {
    let path = format!("/sites/{site}/state?to={}", change.as_str());
    if back.is_empty() { path } else { format!("{path}&back={}", query_value(back)) }
}

/// Who still sends the sitekeys of a deleted site.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calling {
    /// When it was deleted.
    pub since: Timestamp,
    /// How many requests since.
    pub requests: i64,
    /// The hosts they came from, most frequent first; see [`HostCount`].
    pub hosts: Vec<HostCount>,
    /// The active sites that list these hosts now.
    pub successors: Vec<LikelySite>,
    /// When it was read.
    pub now: Timestamp,
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
    /// Ids for the events of the examples, made up anew each time: an id that was sent before is not
    /// counted again.
    pub event_ids: [String; 3],
}

/// The activity tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActivityData {
    /// The site.
    pub head: SiteHead,
    /// What was changed.
    pub trail: Trail,
    /// Everybody who did something, to choose from.
    pub actors: Vec<String>,
}

/// The settings tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettingsData {
    /// The site.
    pub head: SiteHead,
    /// Requests without a usable referer that were denied in the last seven days, from a whole day on.
    pub missing_denied: i64,
    /// Requests from hosts on no list that were denied in the same time.
    pub hosts_denied: i64,
}

//! What is followed.

use crate::sites::model::SiteId;
use crate::stats::model::Sample;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The address of the page.
pub const PATH: &str = "/errors/live";
/// Where the server-sent events come from; the query is that of the page.
pub const EVENTS: &str = "/errors/live/events";

/// Which samples are followed: those that match every part that is set. Written as the query of the
/// page and of its events; an empty part is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Of this site, by number or name; 0 for events that belong to none.
    pub site: String,
    /// With this code.
    pub code: String,
    /// From this host, as the statistics name it.
    pub host: String,
    /// With this sitekey.
    pub sitekey: String,
    /// From this source.
    pub source: String,
}

/// A sample and its place in the order in which they were stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Its place.
    pub seq: i64,
    /// The sample.
    pub sample: Sample,
    /// What its site is called, if it has one.
    pub site_name: Option<String>,
}

/// What the page shows before anything comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LivePageData {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The newest samples, the newest first.
    pub samples: Vec<Placed>,
    /// The place of the newest sample of all, whatever the filter: from there it goes on.
    pub upto: i64,
    /// For how many days samples are kept.
    pub days: u16,
    /// Sites to choose from, by name.
    pub sites: Vec<(SiteId, String)>,
    /// Why what is asked for as a site is none.
    pub no_site: Option<String>,
}

//! What the overview and a site's first tab show.

use super::course::{Course, Totals};
use super::model::{HostCount, Range};
use crate::codes::pages::Todo;
use crate::incidents::model::Incident;
use crate::sites::model::SiteId;
use crate::ui::chart::Chart;
use crate::ui::flash::Flash;
use crate::verifiers::pages::Standings;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The overview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// Who asks, by e-mail address.
    pub operator: String,
    /// Whether the sample sites are loaded.
    pub samples: bool,
    /// How far the console is set up.
    pub stage: Stage,
}

/// How far a console is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    /// There is no site yet.
    NoSite,
    /// There is a site, but nothing was ever reported.
    NoEvents {
        /// The newest site.
        site: SiteId,
        /// Its name.
        name: String,
        /// Its sitekey.
        sitekey: Option<String>,
    },
    /// There is something to show.
    Running(Box<Running>),
}

/// The overview of a console that is in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// The key figures.
    pub totals: Totals,
    /// What happened, by code.
    pub course: Course,
    /// The errors, drawn.
    pub chart: Chart,
    /// What to do, the most urgent first.
    pub todos: Vec<Todo>,
    /// The sites with the most errors.
    pub sites: Vec<TopSite>,
    /// How the verifiers stand.
    pub sources: Standings,
    /// The newest incidents that go on.
    pub incidents: Vec<Incident>,
    /// From the first to the last day with events, when the range shown has none.
    pub elsewhere: Option<Range>,
}

/// A site with errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopSite {
    /// The site; nothing for events that belong to none.
    pub site: Option<(SiteId, String)>,
    /// All its outcomes.
    pub attempts: i64,
    /// Those that were not `ok`.
    pub errors: i64,
    /// The course of its errors.
    pub trend: Vec<i64>,
    /// Its most frequent error.
    pub leading: Option<String>,
}

/// A site's statistics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteReport {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// The key figures.
    pub totals: Totals,
    /// What happened, by code.
    pub course: Course,
    /// The errors, drawn.
    pub chart: Chart,
    /// Since when nothing was reported for it, though it usually is.
    pub silent_since: Option<Timestamp>,
    /// The hosts it is used on, the most frequent first, whatever the outcome.
    pub hosts: Vec<HostCount>,
    /// How many attempts there are in the whole hours that hosts are counted by, on whichever host.
    pub of_all_hosts: i64,
    /// From its first to its last day with events, when the range shown has none.
    pub elsewhere: Option<Range>,
}

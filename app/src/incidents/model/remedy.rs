//! What to do about an incident.

use crate::audit::model::EntryId;
use crate::sites::model::SiteId;
use serde::{Deserialize, Serialize};

/// What a remedy would have done to the requests that were denied since the onset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// How many would have been let through.
    pub passed: i64,
    /// Of how many.
    pub of: i64,
}

/// What to do about an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "remedy", rename_all = "snake_case")]
pub enum Remedy {
    /// Take the change back that brought it about.
    Undo {
        /// Its entry.
        entry: EntryId,
        /// The button: `Put www.shop.example back`.
        button: String,
        /// What it would have done.
        replayed: Replayed,
    },
    /// Allow a host that belongs to the site's own domains.
    Allow {
        /// The site.
        site: SiteId,
        /// The host.
        host: String,
        /// What it would have done.
        replayed: Replayed,
    },
    /// Start the paused site.
    Start {
        /// The site.
        site: SiteId,
        /// What it would have done.
        replayed: Replayed,
    },
    /// Restore the deleted site.
    Restore {
        /// The site.
        site: SiteId,
        /// What it would have done.
        replayed: Replayed,
    },
    /// Do not allow the host: somebody else's page uses the sitekey.
    Theft {
        /// The site.
        site: SiteId,
        /// The host that sends most.
        host: String,
        /// How many foreign hosts there are.
        hosts: i64,
    },
    /// Look at the hosts one by one: nothing can be said of them.
    Hosts {
        /// The site.
        site: SiteId,
    },
    /// Put the right sitekey into the page that sends a wrong one.
    Key {
        /// The key that was sent most, shortened; none when none is sent.
        sent: Option<String>,
        /// What the gate says to it now.
        said: String,
        /// The site the traffic most likely belongs to.
        site: Option<SiteId>,
        /// Its name.
        site_name: Option<String>,
    },
    /// The same response was verified again.
    Replays {
        /// What the repeats look like: a sentence.
        reading: String,
        /// How many traces were repeated among the samples.
        traces: i64,
        /// How many clients sent them.
        clients: i64,
    },
    /// Watch it: an attack on the challenge, which the service wards off.
    Watch,
    /// It is ours: look at the verifiers.
    Platform,
    /// Ask whoever runs the site or its verifiers why nothing comes.
    Ask,
    /// Nothing in the console changes it.
    #[default]
    None,
}

impl Remedy {
    /// The words of its button, for messages.
    pub fn button(&self) -> Option<String> {
        Some(match self {
            Self::Undo { button, .. } => button.clone(),
            Self::Allow { host, .. } => format!("Allow {host}"),
            Self::Start { .. } => "Start the site".to_owned(),
            Self::Restore { .. } => "Restore the site".to_owned(),
            Self::Theft { .. } => "Looks like key theft: do not allow".to_owned(),
            Self::Hosts { .. } => "Look at the rejected hosts".to_owned(),
            Self::Key { .. } => "Find the right sitekey".to_owned(),
            Self::Replays { .. } => "Look at the repeated traces".to_owned(),
            Self::Platform => "Look at the verifiers".to_owned(),
            Self::Watch | Self::Ask | Self::None => return None,
        })
    }
}

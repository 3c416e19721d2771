//! The pages of incidents: all of them, and one with its cause, its fix and its timeline.

mod bell;
mod chart;
mod fix;
mod list;
mod of_site;
mod one;
mod timeline;

pub use bell::Bell;
pub use list::{IncidentList, IncidentsPage};
pub use of_site::SiteIncidents;
pub use one::IncidentPage;

use super::model::{Class, Incident};
use jiff::Timestamp;

/// Whether an incident goes on, as a badge: its class and its word.
fn standing(incident: &Incident, now: Timestamp) -> (&'static str, &'static str) {
    match incident {
        Incident { closed_at: Some(_), .. } => ("badge", "Over"),
        Incident { planned: true, .. } => ("badge", "Expected"),
        Incident { fixed_at: Some(_), .. } => ("badge ok", "Recovering"),
        Incident { snoozed_until: Some(until), .. } if *until > now => ("badge", "Snoozed"),
        Incident { class: Class::Fixable | Class::Platform | Class::Silence, .. } => {
            ("badge bad", "Open")
        }
        Incident { class: Class::Attack | Class::Noise, .. } => ("badge warn", "Open"),
    }
}

/// How long an incident has lasted: `29 min`, `3 h`, `2 days`.
fn lasting(incident: &Incident, now: Timestamp) -> String {
    let minutes = incident.closed_at.unwrap_or(now).duration_since(incident.onset).as_mins().max(1);
    match minutes {
        ..120 => format!("{minutes}\u{a0}min"),
        120..2_880 => format!("{}\u{a0}h", minutes / 60),
        _ => format!("{}\u{a0}days", minutes / 1_440),
    }
}

//! What is said of a write that was made for another version than the present one.

use super::super::model::Site;
use crate::audit::model::{Action, Entry};
use crate::audit::rules::words;
use crate::error::{Refusal, STALE};
use crate::ui::number::counted;
use crate::ui::time::ago;
use jiff::Timestamp;

/// How many versions have passed since the one a write names; 0 when it names the present one, or none.
pub fn versions_since(site: &Site, version: Option<i64>) -> i64 {
    version.map_or(0, |version| (site.version - version).abs())
}

/// The most changes a refusal of a stale write tells.
pub const MOST_TOLD: usize = 5;

/// Of a site's changes, newest first, those that made its last `versions`: what was done by one request
/// is one version. Hosts are ignored without one.
pub fn last_versions(changes: &[Entry], versions: i64) -> &[Entry] {
    let mut left = versions;
    let mut request = None;
    for (at, entry) in changes.iter().enumerate() {
        if matches!(entry.action, Action::HostIgnored | Action::HostUnignored) {
            continue;
        }
        let same = entry.request_id.is_some() && entry.request_id == request;
        request.clone_from(&entry.request_id);
        if same {
            continue;
        }
        if left == 0 {
            return &changes[..at];
        }
        left -= 1;
    }
    changes
}

/// The refusal of a write that named an outdated version: who changed what since, newest first.
pub fn stale(site: &Site, since: &[Entry], now: Timestamp) -> Refusal {
    let told = since.iter().take(MOST_TOLD).map(|entry| {
        let to = match (entry.action, &entry.after) {
            (Action::SitePolicyChanged | Action::SiteTagged, Some(after)) => {
                format!(" to “{}”", words(after))
            }
            _ => String::new(),
        };
        let (what, when) = (entry.action.past(), ago(entry.at, now));
        format!("{what} {}{to} ({}, {when})", entry.subject, entry.actor)
    });
    let mut told: Vec<String> = told.collect();
    if since.len() > MOST_TOLD {
        let more = i64::try_from(since.len() - MOST_TOLD).unwrap_or(i64::MAX);
        told.push(counted(more, "more change", "more changes"));
    }
    let told = if told.is_empty() { "it was changed".to_owned() } else { told.join("; ") };
    let message = format!(
        "This site changed after you opened the page: {told}. What you see now is its present state; send again what should still be done."
    );
    let suggestion = Some(site.version.to_string());
    Refusal { suggestion, ..Refusal::new(STALE, "version", message) }
}

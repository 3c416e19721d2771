//! What is there, as a file that asks for just that.

use crate::domains::model::{DomainScope, Pattern};
use crate::sites::declaration::model::Present;
use crate::sites::model::{MissingReferer, SiteId, SiteState};
use crate::sites::rules::state_at;
use jiff::Timestamp;
use serde::Serialize;

#[derive(Serialize)]
struct File<'a> {
    sites: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: SiteId,
    name: &'a str,
    state: SiteState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<Timestamp>,
    tags: &'a [String],
    any_hostname: bool,
    missing_referer: MissingReferer,
    domains: Vec<Domain>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Domain {
    Plain(String),
    Full { host: String, include_subdomains: bool },
}

impl Domain {
    fn of(pattern: &Pattern) -> Self {
        let host = pattern.to_string();
        match pattern.scope {
            DomainScope::Subdomains => Self::Full { host, include_subdomains: true },
            DomainScope::Exact | DomainScope::Preview => Self::Plain(host),
        }
    }
}

/// Writes `sites` as they are at `now`, in the order of their numbers, their domains by host. The same
/// sites give the same text. Deleted ones are left out.
///
/// # Errors
/// The serializer's, which nothing that is stored provokes.
pub fn write(sites: &[Present], now: Timestamp) -> Result<String, serde_saphyr::ser::Error> {
    let mut entries: Vec<Entry<'_>> = sites
        .iter()
        .filter(|present| present.site.state != SiteState::Deleted)
        .map(|present| entry(present, now))
        .collect();
    entries.sort_by_key(|entry| entry.id);
    serde_saphyr::to_string(&File { sites: entries })
}

fn entry(Present { site, domains }: &Present, now: Timestamp) -> Entry<'_> {
    let state = state_at(site.state, site.starts_at, now);
    let paused = state == SiteState::Paused;
    let mut patterns: Vec<&Pattern> = domains.iter().map(|(_, pattern)| pattern).collect();
    patterns.sort_by(|a, b| (&a.host, a.port).cmp(&(&b.host, b.port)));
    Entry {
        id: site.id,
        name: &site.name,
        state,
        pause_reason: site.pause_reason.as_deref().filter(|_| paused),
        starts_at: site.starts_at.filter(|_| paused),
        tags: &site.tags,
        any_hostname: site.any_hostname,
        missing_referer: site.missing_referer,
        domains: patterns.into_iter().map(Domain::of).collect(),
    }
}

//! From what is there to what a file asks for: which changes, in which order.

mod resolve;
#[cfg(test)]
mod tests;

use super::model::{Desired, Domains, Present, Standing, Wrong};
use crate::domains::model::{DomainId, Pattern};
use crate::sites::model::{MissingReferer, Pause, Site, SiteId, SiteState};
use crate::sites::rules::state_at;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// What is to be done, site by site, in the order of the file; removals of sites last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps; none when everything is as the file asks.
    pub steps: Vec<Step>,
}

/// What is to be done about one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make it.
    Make(NewSite),
    /// Change it.
    Change {
        /// The site as it was read.
        site: Site,
        /// At least one change, each of something else.
        changes: Vec<SiteChange>,
    },
    /// Delete it, since the file does not have it.
    Delete {
        /// The site as it was read.
        site: Site,
        /// How many associated domains it has.
        domains: usize,
    },
}

/// A site that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSite {
    /// Its name.
    pub name: String,
    /// What its pause says, if it is made paused.
    pub pause: Option<Pause>,
    /// Its groups.
    pub tags: Vec<String>,
    /// See [`Site::any_hostname`].
    pub any_hostname: bool,
    /// See [`Site::missing_referer`].
    pub missing_referer: MissingReferer,
    /// Its associated domains.
    pub domains: Vec<Pattern>,
}

/// One change of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteChange {
    /// Another name.
    Rename(String),
    /// Another treatment of its traffic.
    Policy {
        /// See [`Site::any_hostname`].
        any_hostname: bool,
        /// See [`Site::missing_referer`].
        missing_referer: MissingReferer,
    },
    /// Other groups.
    Tags(Vec<String>),
    /// An associated domain more.
    AddDomain(Pattern),
    /// An associated domain that covers more or less than before.
    Rescope {
        /// The entry.
        id: DomainId,
        /// What it stands for now.
        from: Pattern,
        /// What it is to stand for.
        to: Pattern,
    },
    /// An associated domain less.
    RemoveDomain {
        /// The entry.
        id: DomainId,
        /// What it stands for.
        pattern: Pattern,
    },
    /// Stop serving, for now.
    Pause(Pause),
    /// Say something else about the pause.
    ChangePause(Pause),
    /// Serve again.
    Start,
}

/// Plans the way from `present`, which is every site there is, to `desired` at `now`. With `prune`,
/// sites that `desired` does not name are deleted, other than samples.
///
/// # Errors
/// Says everything that is wrong with `desired`.
pub fn plan(
    desired: &[Desired],
    present: &[Present],
    prune: bool,
    now: Timestamp,
) -> Result<Plan, Vec<Wrong>> {
    let resolved = resolve::resolve(desired, present)?;
    let mut steps: Vec<Step> = desired
        .iter()
        .zip(&resolved)
        .filter_map(|(desired, present)| match present {
            None => Some(Step::Make(new_site(desired, now))),
            Some(present) => change(desired, present, now),
        })
        .collect();
    if prune {
        let kept: HashSet<SiteId> =
            resolved.iter().flatten().map(|present| present.site.id).collect();
        let gone = present.iter().filter(|Present { site, .. }| {
            site.state != SiteState::Deleted && !site.sample && !kept.contains(&site.id)
        });
        steps.extend(gone.map(|Present { site, domains }| Step::Delete {
            site: site.clone(),
            domains: domains.len(),
        }));
    }
    Ok(Plan { steps })
}

fn new_site(desired: &Desired, now: Timestamp) -> NewSite {
    let pause = match standing_at(desired.standing.as_ref(), now) {
        Some(Standing::Paused(pause)) => Some(pause.unwrap_or_default()),
        Some(Standing::Active) | None => None,
    };
    NewSite {
        name: desired.name.clone().unwrap_or_default(),
        pause,
        tags: desired.tags.clone().unwrap_or_default(),
        any_hostname: desired.any_hostname.unwrap_or(false),
        missing_referer: desired.missing_referer.unwrap_or(MissingReferer::Deny),
        domains: desired
            .domains
            .as_ref()
            .map(|domains| domains.patterns.clone())
            .unwrap_or_default(),
    }
}

fn change(desired: &Desired, Present { site, domains }: &Present, now: Timestamp) -> Option<Step> {
    let mut changes = Vec::new();
    if let Some(name) = desired.name.as_ref().filter(|name| **name != site.name) {
        changes.push(SiteChange::Rename(name.clone()));
    }
    let any_hostname = desired.any_hostname.unwrap_or(site.any_hostname);
    let missing_referer = desired.missing_referer.unwrap_or(site.missing_referer);
    if (any_hostname, missing_referer) != (site.any_hostname, site.missing_referer) {
        changes.push(SiteChange::Policy { any_hostname, missing_referer });
    }
    if let Some(tags) = desired.tags.as_ref().filter(|tags| **tags != site.tags) {
        changes.push(SiteChange::Tags(tags.clone()));
    }
    if let Some(wanted) = &desired.domains {
        changes.extend(domain_changes(wanted, domains));
    }
    changes.extend(change_of_state(desired.standing.as_ref(), site, now));
    (!changes.is_empty()).then(|| Step::Change { site: site.clone(), changes })
}

/// Additions come first, so that a host that moves from one entry to another is covered throughout.
fn domain_changes(wanted: &Domains, present: &[(DomainId, Pattern)]) -> Vec<SiteChange> {
    let key = |pattern: &Pattern| (pattern.host.clone(), pattern.port);
    let mut left: HashMap<_, _> =
        present.iter().map(|(id, pattern)| (key(pattern), (*id, pattern))).collect();
    let mut changes = Vec::new();
    let mut rescoped = Vec::new();
    for pattern in &wanted.patterns {
        match left.remove(&key(pattern)) {
            None => changes.push(SiteChange::AddDomain(pattern.clone())),
            Some((id, from)) if from.scope != pattern.scope => {
                rescoped.push(SiteChange::Rescope { id, from: from.clone(), to: pattern.clone() });
            }
            Some(_) => {}
        }
    }
    changes.append(&mut rescoped);
    if wanted.whole {
        let extra = present.iter().filter(|(_, pattern)| left.contains_key(&key(pattern)));
        changes.extend(
            extra.map(|(id, pattern)| SiteChange::RemoveDomain {
                id: *id,
                pattern: pattern.clone(),
            }),
        );
    }
    changes
}

fn change_of_state(wanted: Option<&Standing>, site: &Site, now: Timestamp) -> Option<SiteChange> {
    let paused = state_at(site.state, site.starts_at, now) == SiteState::Paused;
    let present = Pause { reason: site.pause_reason.clone(), starts_at: site.starts_at };
    match (standing_at(wanted, now)?, paused) {
        (Standing::Active, true) => Some(SiteChange::Start),
        (Standing::Paused(pause), false) => Some(SiteChange::Pause(pause.unwrap_or_default())),
        (Standing::Paused(Some(pause)), true) if pause != present => {
            Some(SiteChange::ChangePause(pause))
        }
        (Standing::Active, false) | (Standing::Paused(_), true) => None,
    }
}

/// What is asked for at `now`: a pause that has ended asks for an active site.
fn standing_at(wanted: Option<&Standing>, now: Timestamp) -> Option<Standing> {
    let wanted = wanted?;
    match wanted {
        Standing::Paused(Some(Pause { starts_at: Some(at), .. })) if *at <= now => {
            Some(Standing::Active)
        }
        wanted => Some(wanted.clone()),
    }
}

/// How much a plan does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Extent {
    /// Sites to make.
    pub made: usize,
    /// Sites to change.
    pub changed: usize,
    /// Sites to delete.
    pub deleted: usize,
    /// Associated domains to add, those of new sites included.
    pub domains_added: usize,
    /// Associated domains to change.
    pub domains_changed: usize,
    /// Associated domains to remove, those of deleted sites not counted.
    pub domains_removed: usize,
}

impl Plan {
    /// Counts what it does.
    pub fn extent(&self) -> Extent {
        let mut extent = Extent::default();
        for step in &self.steps {
            match step {
                Step::Make(new) => {
                    extent.made += 1;
                    extent.domains_added += new.domains.len();
                }
                Step::Delete { .. } => extent.deleted += 1,
                Step::Change { changes, .. } => {
                    extent.changed += 1;
                    for change in changes {
                        match change {
                            SiteChange::AddDomain(_) => extent.domains_added += 1,
                            SiteChange::Rescope { .. } => extent.domains_changed += 1,
                            SiteChange::RemoveDomain { .. } => extent.domains_removed += 1,
                            _ => {}
                        }
                    }
                }
            }
        }
        extent
    }

    /// The sites that would stop serving: those to be paused and those to be deleted.
    pub fn stopped(&self) -> Vec<SiteId> {
        let stopped = self.steps.iter().filter_map(|step| match step {
            Step::Delete { site, .. } => Some(site.id),
            Step::Change { site, changes } => {
                let pauses = |change: &SiteChange| matches!(change, SiteChange::Pause(_));
                changes.iter().any(pauses).then_some(site.id)
            }
            Step::Make(_) => None,
        });
        stopped.collect()
    }
}

//! A plan in words, a line for each change.

use super::plan::{Extent, NewSite, Plan, SiteChange, Step};
use crate::domains::model::Pattern;
use crate::sites::model::{MissingReferer, Pause, Site};
use crate::ui::number::counted;
use crate::ui::time::utc;

/// What a line of a plan does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Something is made.
    Add,
    /// Something is changed.
    Change,
    /// Something is taken away.
    Remove,
}

impl Mark {
    /// `+`, `~` or `-`.
    pub const fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Change => '~',
            Self::Remove => '-',
        }
    }
}

/// A line of a plan.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// What it does.
    pub mark: Mark,
    /// How deep it stands: 0 for a site, 1 for what is changed of it.
    pub depth: usize,
    /// What it says.
    pub text: String,
}

/// The lines of a plan, in its order.
pub fn lines(plan: &Plan) -> Vec<Line> {
    plan.steps.iter().flat_map(step).collect()
}

fn step(step: &Step) -> Vec<Line> {
    let line = |mark, depth, text| Line { mark, depth, text };
    match step {
        Step::Make(new) => {
            let mut lines = vec![line(Mark::Add, 0, format!("site {}", new.name))];
            lines.extend(made(new).into_iter().map(|text| line(Mark::Add, 1, text)));
            lines
        }
        Step::Change { site, changes } => {
            let mut lines = vec![line(Mark::Change, 0, format!("site {} {}", site.id, site.name))];
            lines.extend(changes.iter().map(|change| changed(site, change)));
            lines
        }
        Step::Delete { site, domains } => {
            let domains = number(*domains, "domain", "domains");
            let text = format!(
                "site {} {}, {} with {domains}: deleted, restorable for 30 days",
                site.id, site.name, site.state
            );
            vec![line(Mark::Remove, 0, text)]
        }
    }
}

fn made(new: &NewSite) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(pause) = &new.pause {
        texts.push(format!("state: {}", paused(pause)));
    }
    if !new.tags.is_empty() {
        texts.push(format!("tags: {}", new.tags.join(", ")));
    }
    if new.any_hostname || new.missing_referer == MissingReferer::Allow {
        texts.push(policy(new.any_hostname, new.missing_referer));
    }
    texts.extend(new.domains.iter().map(domain));
    texts
}

fn changed(site: &Site, change: &SiteChange) -> Line {
    let present = Pause { reason: site.pause_reason.clone(), starts_at: site.starts_at };
    let (mark, text) = match change {
        SiteChange::Rename(name) => (Mark::Change, format!("name: {} → {name}", site.name)),
        SiteChange::Policy { any_hostname, missing_referer } => {
            let before = policy(site.any_hostname, site.missing_referer);
            (Mark::Change, format!("{before} → {}", policy(*any_hostname, *missing_referer)))
        }
        SiteChange::Tags(tags) => {
            let listed = |tags: &[String]| match tags {
                [] => "none".to_owned(),
                tags => tags.join(", "),
            };
            (Mark::Change, format!("tags: {} → {}", listed(&site.tags), listed(tags)))
        }
        SiteChange::AddDomain(pattern) => (Mark::Add, domain(pattern)),
        SiteChange::Rescope { from, to, .. } => {
            (Mark::Change, format!("{} → {}", domain(from), to.scope.label()))
        }
        SiteChange::RemoveDomain { pattern, .. } => (Mark::Remove, domain(pattern)),
        SiteChange::Pause(pause) => (Mark::Change, format!("state: active → {}", paused(pause))),
        SiteChange::ChangePause(pause) => {
            (Mark::Change, format!("state: {} → {}", paused(&present), paused(pause)))
        }
        SiteChange::Start => (Mark::Change, format!("state: {} → active", paused(&present))),
    };
    Line { mark, depth: 1, text }
}

fn domain(pattern: &Pattern) -> String {
    format!("domain {pattern} ({})", pattern.scope.label())
}

fn policy(any_hostname: bool, missing_referer: MissingReferer) -> String {
    let hosts = if any_hostname { "any hostname" } else { "associated domains only" };
    format!("{hosts}, missing referer: {missing_referer}")
}

fn paused(Pause { reason, starts_at }: &Pause) -> String {
    let until = starts_at.map(|at| format!(" until {}", utc(at))).unwrap_or_default();
    let because = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("paused{until}{because}")
}

/// The whole in a sentence.
pub fn summary(extent: Extent) -> String {
    if extent == Extent::default() {
        return "Nothing to change.".to_owned();
    }
    let sites = |of| number(of, "site", "sites");
    let domains = |of| number(of, "domain", "domains");
    let parts = [
        (extent.made, format!("{} to make", sites(extent.made))),
        (extent.changed, format!("{} to change", sites(extent.changed))),
        (extent.deleted, format!("{} to delete", sites(extent.deleted))),
        (extent.domains_added, format!("{} to add", domains(extent.domains_added))),
        (extent.domains_changed, format!("{} to change", domains(extent.domains_changed))),
        (extent.domains_removed, format!("{} to remove", domains(extent.domains_removed))),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
    format!("{}.", parts.join(", "))
}

/// A number with its noun, for a terminal and for scripts, which look for plain spaces.
fn number(of: usize, one: &str, many: &str) -> String {
    counted(i64::try_from(of).unwrap_or(i64::MAX), one, many).replace('\u{a0}', " ")
}

//! What to do about an incident, told from what drives it, what changed and what the site is now.

use super::class_of;
use crate::audit::model::{Action, Entry};
use crate::codes::Code;
use crate::codes::replay::{Looks, Replay};
use crate::domains::rejected::in_words;
use crate::domains::warnings::posing;
use crate::domains::{DomainIndex, Pattern, platform, registrable};
use crate::gate::SitePolicy;
use crate::incidents::model::{Class, Remedy, Replayed};
use crate::sites::model::{MissingReferer, SiteId, SiteState};
use crate::stats::model::Sample;

/// A host has to send so much of the excess to be what the remedy is about.
const LEADS: f64 = 0.3;

/// Whose a denied host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It lies under a name that the site has an associated domain under, or was let through before.
    Own,
    /// It is nobody's that we know: it may be the operator's new domain as well as a stranger's page.
    Foreign,
    /// It looks like one of the site's domains and is none.
    Posing,
    /// It is no host.
    None,
}

/// A denied host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostFacts {
    /// The host.
    pub host: String,
    /// Its share of the excess.
    pub share: f64,
    /// Whose it is.
    pub standing: Standing,
}

/// What the remedy is told from.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The code; none for silence.
    pub code: Option<&'a str>,
    /// The site; none across sites.
    pub site: Option<SiteId>,
    /// What the gate knows of the site.
    pub policy: Option<&'a SitePolicy>,
    /// The change that brought it about.
    pub change: Option<&'a Entry>,
    /// The hosts that send most, by their share.
    pub hosts: &'a [HostFacts],
    /// What was denied since the onset, by host.
    pub denied: &'a [(String, i64)],
    /// The last events that were kept.
    pub samples: &'a [Sample],
    /// Repeats among them.
    pub replays: &'a [Replay],
}

/// Whose `host` is, on a site with these associated domains. `known` says that it was let through
/// before.
pub fn standing(host: &str, index: &DomainIndex, known: bool) -> Standing {
    if in_words(host).is_some() {
        return Standing::None;
    }
    if known {
        return Standing::Own;
    }
    // On a platform everybody has a name, under the same one as the site's.
    let name = registrable(host).filter(|_| platform(host).is_none());
    let shares_name = |pattern: &Pattern| {
        name.is_some() && registrable(&pattern.host) == name && platform(&pattern.host).is_none()
    };
    if index.iter().any(|entry| shares_name(entry.pattern)) {
        Standing::Own
    } else if index.nearest(host, None).as_ref().and_then(posing).is_some() {
        Standing::Posing
    } else {
        Standing::Foreign
    }
}

/// What to do.
pub fn remedy(facts: &Facts<'_>) -> Remedy {
    let Some(code) = facts.code else { return Remedy::Ask };
    if facts.site.is_none() {
        return if class_of(code) == Class::Attack { Remedy::Watch } else { Remedy::Platform };
    }
    match code.parse() {
        Ok(Code::RefererDenied) => denied(facts),
        Ok(Code::SitePaused) => started(facts),
        Ok(Code::SiteDeleted) => restored(facts),
        Ok(Code::NoSitekey | Code::SitekeyInvalid | Code::InvalidSitekey) => {
            undo(facts).unwrap_or(Remedy::Key {
                sent: None,
                said: String::new(),
                site: None,
                site_name: None,
            })
        }
        Ok(Code::PayloadUsed) => replayed(facts.replays),
        _ => match class_of(code) {
            Class::Attack => Remedy::Watch,
            Class::Platform => Remedy::Platform,
            Class::Fixable => undo(facts).unwrap_or(Remedy::None),
            Class::Noise | Class::Silence => Remedy::None,
        },
    }
}

/// The remedy of `referer_denied`. An *allow* is offered for a host that is the site's own, never for
/// another: sitekeys are public, and anybody can send a referer.
fn denied(facts: &Facts<'_>) -> Remedy {
    let (Some(site), Some(policy)) = (facts.site, facts.policy) else { return Remedy::None };
    if let Some(undo) = undo(facts) {
        return undo;
    }
    let leading = facts.hosts.first().filter(|host| host.share >= LEADS);
    let foreign: Vec<&HostFacts> = facts
        .hosts
        .iter()
        .filter(|host| matches!(host.standing, Standing::Foreign | Standing::Posing))
        .collect();
    let foreign_share: f64 = foreign.iter().map(|host| host.share).sum();
    match (leading, foreign.first()) {
        (Some(HostFacts { host, standing: Standing::Own, .. }), _) => {
            let passes = |denied: &str| denied == host || passes(policy, denied);
            Remedy::Allow { site, host: host.clone(), replayed: count(facts.denied, passes) }
        }
        (_, Some(first)) if foreign_share >= LEADS => Remedy::Theft {
            site,
            host: first.host.clone(),
            hosts: i64::try_from(foreign.len()).unwrap_or(i64::MAX),
        },
        _ => Remedy::Hosts { site },
    }
}

fn started(facts: &Facts<'_>) -> Remedy {
    match (facts.site, facts.policy) {
        (Some(site), Some(policy)) if policy.state == SiteState::Paused => {
            Remedy::Start { site, replayed: count(facts.denied, |host| passes(policy, host)) }
        }
        _ => Remedy::None,
    }
}

fn restored(facts: &Facts<'_>) -> Remedy {
    match (facts.site, facts.policy) {
        (Some(site), Some(policy)) if policy.state == SiteState::Deleted => {
            Remedy::Restore { site, replayed: count(facts.denied, |host| passes(policy, host)) }
        }
        _ => Remedy::None,
    }
}

/// Taking the change back, where that can be done from here.
fn undo(facts: &Facts<'_>) -> Option<Remedy> {
    let entry = facts.change.filter(|entry| entry.can_undo())?;
    let before =
        |entry: &Entry| -> Option<Pattern> { serde_json::from_value(entry.before.clone()?).ok() };
    let (button, replayed) = match entry.action {
        Action::DomainRemoved | Action::DomainChanged => {
            let pattern = before(entry)?;
            let passes = |host: &str| {
                pattern.matches_host(host)
                    || facts.policy.is_some_and(|policy| passes(policy, host))
            };
            let button = match entry.action {
                Action::DomainRemoved => format!("Put {} back", entry.subject),
                _ => format!("Let {} include its subdomains again", pattern.host),
            };
            (button, count(facts.denied, passes))
        }
        Action::SitePolicyChanged => {
            let any = entry.before.as_ref()?.get("any_hostname")?.as_bool()?;
            let missing = entry.before.as_ref()?.get("missing_referer")?.as_str()? == "allow";
            let passes = |host: &str| match in_words(host) {
                Some(_) => missing,
                None => any,
            };
            ("Take the change of the domain check back".to_owned(), count(facts.denied, passes))
        }
        Action::SitekeyRotated | Action::SitekeyGraceChanged => {
            let sent = |sample: &Sample| sample.sitekey.as_deref() == Some(entry.subject.as_str());
            ("Accept the old sitekey again".to_owned(), sampled(facts.samples, sent))
        }
        Action::SecretRotated | Action::SecretGraceChanged => {
            ("Accept the old secret again".to_owned(), Replayed::default())
        }
        _ => return None,
    };
    Some(Remedy::Undo { entry: entry.id, button, replayed })
}

fn replayed(replays: &[Replay]) -> Remedy {
    let Some(worst) = replays.iter().max_by_key(|replay| (looks(replay.looks), replay.count))
    else {
        return Remedy::Watch;
    };
    let clients: std::collections::HashSet<&String> =
        replays.iter().flat_map(|replay| &replay.clients).collect();
    Remedy::Replays {
        reading: worst.looks.reading().to_owned(),
        traces: i64::try_from(replays.len()).unwrap_or(i64::MAX),
        clients: i64::try_from(clients.len()).unwrap_or(i64::MAX),
    }
}

/// The worse, the larger.
const fn looks(looks: Looks) -> u8 {
    match looks {
        Looks::Retry => 0,
        Looks::Burst => 1,
        Looks::Shared => 2,
    }
}

/// Whether the domain check of a site, were it active, lets a host through.
fn passes(policy: &SitePolicy, host: &str) -> bool {
    if in_words(host).is_some() {
        return policy.missing_referer == MissingReferer::Allow;
    }
    policy.any_hostname || policy.index.lookup(host, Some(443)).is_some()
}

/// What would have become of the denied requests, which are counted exactly by host.
fn count(denied: &[(String, i64)], passes: impl Fn(&str) -> bool) -> Replayed {
    let passed = denied.iter().filter(|(host, _)| passes(host)).map(|(_, count)| count).sum();
    Replayed { passed, of: denied.iter().map(|(_, count)| count).sum() }
}

fn sampled(samples: &[Sample], passes: impl Fn(&Sample) -> bool) -> Replayed {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Replayed {
        passed: number(samples.iter().filter(|sample| passes(sample)).count()),
        of: number(samples.len()),
    }
}

#[cfg(test)]
mod tests;

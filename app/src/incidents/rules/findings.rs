//! Everything that is found out about an incident, told from what was read about it.

use super::{
    Counts, Evidence, Facts, HostFacts, Led, change, drivers, excess_shares, newcomers, ranked,
    remedy, standing,
};
use crate::audit::model::Entry;
use crate::codes::replay::replays;
use crate::domains::rejected::in_words;
use crate::gate::SitePolicy;
use crate::incidents::model::{Change, Dimension, Driver, Remedy};
use crate::sites::model::SiteId;
use crate::stats::model::{HostCount, Sample};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// Of samples, smaller shares are chance.
const SAMPLED_SHARE: f64 = 0.3;
/// How many hosts are judged.
const HOSTS: usize = 20;

/// Counts by one dimension, since the onset and before it.
#[derive(Clone, Debug)]
pub struct Shares {
    /// By what.
    pub dimension: Dimension,
    /// Events since the onset.
    pub now: Counts,
    /// Those of the day before it.
    pub before: Counts,
    /// Outcomes of any code of that day.
    pub usual: Counts,
    /// The length of now over that of before.
    pub scale: f64,
}

/// What was read about an incident.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// The code of which there are too many.
    pub code: &'a str,
    /// The site; none across sites.
    pub site: Option<SiteId>,
    /// The start of the first unusual minute.
    pub onset: Timestamp,
    /// What is counted exactly, by each dimension.
    pub counted: &'a [Shares],
    /// The samples since the onset.
    pub kept: &'a [Sample],
    /// Those of the day before it.
    pub earlier: &'a [Sample],
    /// Samples of any code of that day, which tell the usual shares where those are few.
    pub any: &'a [Sample],
    /// The sitekeys among [`kept`](Self::kept) that are or were some site's: see [`sent_keys`].
    pub sitekeys: &'a [(String, f64, SiteId)],
    /// The changes of the site, and of those that the sitekeys belong to.
    pub trail: &'a [Entry],
    /// What the gate knows of the site.
    pub policy: Option<&'a SitePolicy>,
    /// Which of [`leading_hosts`] were let through before.
    pub known: &'a HashSet<String>,
}

/// What was found out. A [`Remedy::Key`] is yet to be told whose traffic it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// See [`Explanation`](crate::incidents::model::Explanation).
    pub drivers: Vec<Driver>,
    /// Likewise.
    pub change: Option<Change>,
    /// Likewise.
    pub remedy: Remedy,
}

/// What can be found out.
pub fn findings(material: &Material<'_>) -> Findings {
    let mut found: Vec<Driver> = Vec::new();
    for Shares { dimension, now, before, usual, scale } in material.counted {
        let of_one = drivers(*dimension, now, before, *scale, usual);
        if *dimension == Dimension::Host && !of_one.iter().any(Driver::explains) {
            found.extend(newcomers(*dimension, now, before, *scale, usual));
        }
        found.extend(of_one);
    }
    let (kept, earlier) = (material.kept, material.earlier);
    let is_counted =
        |dimension| material.counted.iter().any(|shares| shares.dimension == dimension);
    for dimension in [Dimension::Host, Dimension::Sitekey, Dimension::Client, Dimension::UserAgent]
    {
        let is_sampled = material.site.is_some() && !is_counted(dimension)
            || matches!(dimension, Dimension::Client | Dimension::UserAgent);
        let is_known =
            |samples| values(samples, dimension).iter().any(|(value, _)| !value.is_empty());
        // What nothing said before cannot have grown: its verifiers have begun to say it.
        let is_told =
            dimension == Dimension::Sitekey || is_known(earlier) || is_known(material.any);
        if is_sampled && is_told {
            let (now, before) = (values(kept, dimension), values(earlier, dimension));
            let usual = values(material.any, dimension);
            let sampled = drivers(dimension, &now, &before, 0.0, &usual);
            // That something is not said drives nothing, but for a sitekey.
            found.extend(sampled.into_iter().filter(|driver| {
                driver.share >= SAMPLED_SHARE
                    && (dimension == Dimension::Sitekey || !driver.value.is_empty())
            }));
        }
    }
    let hosts = hosts_by_share(material.counted);
    let evidence = Evidence {
        code: material.code,
        onset: material.onset,
        hosts: &hosts,
        sitekeys: material.sitekeys,
    };
    let changed = change(material.trail, &evidence);
    let of_hosts = material.counted.iter().find(|shares| shares.dimension == Dimension::Host);
    let (repeats, _) = replays(kept);
    let facts = Facts {
        code: Some(material.code),
        site: material.site,
        policy: material.policy,
        change: changed.map(|led| led.entry),
        hosts: &judged(material, &hosts),
        denied: of_hosts.map_or(&[], |shares| &shares.now),
        samples: kept,
        replays: &repeats,
    };
    let remedy = remedy(&facts);
    let change = changed.map(|Led { entry, at, whole }| Change {
        entry: entry.id,
        at,
        told: entry.told(),
        actor: entry.actor.clone(),
        whole,
    });
    Findings { drivers: ranked(found), change, remedy }
}

/// The hosts that explain most of the excess, which are the ones worth looking up.
pub fn leading_hosts(counted: &[Shares]) -> Vec<String> {
    hosts_by_share(counted).into_iter().take(HOSTS).map(|(host, _)| host).collect()
}

fn hosts_by_share(counted: &[Shares]) -> Vec<(String, f64)> {
    let of_hosts = counted.iter().find(|shares| shares.dimension == Dimension::Host);
    let shares = of_hosts.map_or_else(Vec::new, |of| excess_shares(&of.now, &of.before, of.scale));
    shares.into_iter().map(|(host, _, share)| (host, share)).collect()
}

/// Whose the leading hosts are.
fn judged(material: &Material<'_>, hosts: &[(String, f64)]) -> Vec<HostFacts> {
    let Some(policy) = material.policy else { return Vec::new() };
    let judge = |(host, share): &(String, f64)| HostFacts {
        standing: standing(host, &policy.index, material.known.contains(host)),
        host: host.clone(),
        share: *share,
    };
    hosts.iter().take(HOSTS).map(judge).collect()
}

/// The values of one dimension among samples.
pub fn values(samples: &[Sample], dimension: Dimension) -> Counts {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for sample in samples {
        let value = match dimension {
            Dimension::Sitekey => &sample.sitekey,
            Dimension::Client => &sample.client,
            Dimension::UserAgent => &sample.user_agent,
            Dimension::Host => {
                *counts.entry(&sample.host).or_default() += 1;
                continue;
            }
            Dimension::Site | Dimension::Source => continue,
        };
        *counts.entry(value.as_deref().unwrap_or_default()).or_default() += 1;
    }
    counts.into_iter().map(|(value, count)| (value.to_owned(), count)).collect()
}

/// The sitekeys among samples that are or were some site's, as `owner` knows them, each with its share
/// of the samples.
pub fn sent_keys(
    samples: &[Sample],
    owner: impl Fn(&str) -> Option<SiteId>,
) -> Vec<(String, f64, SiteId)> {
    #[expect(clippy::cast_precision_loss, reason = "shares need no more")]
    let share = |count: i64| count as f64 / samples.len().max(1) as f64;
    values(samples, Dimension::Sitekey)
        .into_iter()
        .filter_map(|(key, count)| {
            let site = owner(&key)?;
            Some((key, share(count), site))
        })
        .collect()
}

/// The sitekey that was sent most; none where most sent none.
pub fn most_sent(samples: &[Sample]) -> Option<String> {
    let mut keys = values(samples, Dimension::Sitekey);
    keys.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    keys.into_iter().next().map(|(key, _)| key).filter(|key| !key.is_empty())
}

/// The hosts of the samples with one sitekey, the most frequent first.
pub fn hosts_of(samples: &[Sample], sitekey: Option<&str>) -> Vec<HostCount> {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    let named =
        |sample: &&Sample| sample.sitekey.as_deref() == sitekey && in_words(&sample.host).is_none();
    for sample in samples.iter().filter(named) {
        *counts.entry(&sample.host).or_default() += 1;
    }
    let seen = Timestamp::UNIX_EPOCH;
    let host = |(host, count): (&str, i64)| HostCount {
        host: host.to_owned(),
        count,
        first_seen: seen,
        last_seen: seen,
    };
    let mut hosts: Vec<HostCount> = counts.into_iter().map(host).collect();
    hosts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.host.cmp(&b.host)));
    hosts
}

#[cfg(test)]
mod tests;

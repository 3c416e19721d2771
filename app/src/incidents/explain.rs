//! Finding out about an incident: what drives it, what changed before it, what to do.

use super::model::{Change, Dimension, Driver, Explanation, Remedy, UNATTRIBUTED};
use super::rules::{
    Counts, Evidence, Facts, HostFacts, change, drivers, excess_shares, ranked, remedy, standing,
};
use crate::audit::model::{Entry, Filter as Entries};
use crate::audit::reads::entries;
use crate::codes::likely_reads::likely;
use crate::codes::replay::replays;
use crate::context::AppState;
use crate::domains::DomainIndex;
use crate::domains::rejected::in_words;
use crate::domains::store::let_through_among;
use crate::error::AppError;
use crate::gate::Detail;
use crate::sites::model::SiteId;
use crate::stats::model::{Filter, GroupBy, HostCount, Key, Range, Sample};
use crate::stats::rules::Held;
use crate::stats::store::{Question, rows, samples};
use crate::ui::key::shorten;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::HashMap;

/// With what the events since the onset are compared.
const COMPARED: SignedDuration = SignedDuration::from_hours(24);
/// Hosts that were let through so lately are known.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(28 * 24);
/// A rotation takes effect when its grace ends.
const LONGEST_GRACE: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How many samples are read.
const SAMPLES: u32 = 1_000;
/// Of samples, smaller shares are chance.
const SAMPLED_SHARE: f64 = 0.3;
/// How many hosts are judged, and how many entries of the trail are read.
const HOSTS: usize = 20;
const ENTRIES: i64 = 500;

/// What an incident is of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The code.
    pub code: &'a str,
    /// The site; none across sites.
    pub site: Option<SiteId>,
    /// The start of the first unusual minute.
    pub onset: Timestamp,
}

/// Everything that can be found out about an incident by `now`.
pub async fn explain(
    state: &AppState,
    conn: &mut PgConnection,
    subject: Subject<'_>,
    now: Timestamp,
) -> Result<Explanation, AppError> {
    let filter = filter_of(subject);
    let range = Range::new(subject.onset, now).unwrap_or(Range::ending(now, SignedDuration::ZERO));
    let before = Range::ending(subject.onset, COMPARED);
    let kept = samples(conn, &filter, Some(range), SAMPLES).await?;
    let earlier = samples(conn, &filter, Some(before), SAMPLES).await?;
    let held = state.held(now);
    let mut found: Vec<Driver> = Vec::new();
    let (mut hosts, mut denied) = (Vec::new(), Vec::new());
    for (dimension, by) in dimensions(subject.site) {
        let shares = counted(conn, subject, by, now, &held).await?;
        if dimension == Dimension::Host {
            hosts = excess_shares(&shares.now, &shares.before, shares.scale);
            denied.clone_from(&shares.now);
        }
        let Shares { now, before, usual, scale } = shares;
        found.extend(drivers(dimension, &now, &before, scale, &usual));
    }
    for dimension in [Dimension::Sitekey, Dimension::Client, Dimension::UserAgent] {
        // Sitekeys that are some site's are counted, all others are only sampled.
        if dimension != Dimension::Sitekey || subject.site == Some(UNATTRIBUTED) {
            let (now, before) = (values(&kept, dimension), values(&earlier, dimension));
            let sampled = drivers(dimension, &now, &before, 0.0, &before);
            found.extend(sampled.into_iter().filter(|driver| driver.share >= SAMPLED_SHARE));
        }
    }
    let hosts: Vec<(String, f64)> =
        hosts.into_iter().map(|(host, _, share)| (host, share)).collect();
    let sitekeys = sent_keys(state, &kept);
    let owners: Vec<SiteId> = sitekeys.iter().map(|(_, _, site)| *site).collect();
    let trail = trail(conn, subject, &owners, now).await?;
    let evidence =
        Evidence { code: subject.code, onset: subject.onset, hosts: &hosts, sitekeys: &sitekeys };
    let changed = change(&trail, &evidence);
    let policy =
        subject.site.filter(|site| *site != UNATTRIBUTED).and_then(|site| state.gate.policy(site));
    let judged = judged(conn, subject, policy.as_ref().map(|policy| &policy.index), &hosts).await?;
    let (repeats, _) = replays(&kept);
    let facts = Facts {
        code: Some(subject.code),
        site: subject.site,
        policy: policy.as_deref(),
        change: changed.map(|(entry, _)| entry),
        hosts: &judged,
        denied: &denied,
        samples: &kept,
        replays: &repeats,
    };
    let remedy = match remedy(&facts) {
        Remedy::Key { .. } => key(state, conn, &kept).await?,
        remedy => remedy,
    };
    let change = changed.map(|(entry, at)| Change {
        entry: entry.id,
        at,
        told: entry.told(),
        actor: entry.actor.clone(),
    });
    Ok(Explanation { drivers: ranked(found), change, remedy, events: 0 })
}

/// What an incident's events are read by.
pub fn filter_of(subject: Subject<'_>) -> Filter {
    Filter { site: subject.site.map(|site| site.0), ..Filter::code(subject.code) }
}

/// What is counted exactly, and so told apart exactly.
fn dimensions(site: Option<SiteId>) -> Vec<(Dimension, GroupBy)> {
    let (host, source) = ((Dimension::Host, GroupBy::Host), (Dimension::Source, GroupBy::Source));
    match site {
        None => vec![(Dimension::Site, GroupBy::Site), source],
        Some(UNATTRIBUTED) => vec![host, source],
        Some(_) => vec![host, (Dimension::Sitekey, GroupBy::Sitekey), source],
    }
}

struct Shares {
    now: Counts,
    before: Counts,
    usual: Counts,
    scale: f64,
}

/// Counts by one dimension, since the onset and before it. Hosts are counted by the hour: there, what
/// is called the onset is the start of its hour.
async fn counted(
    conn: &mut PgConnection,
    subject: Subject<'_>,
    by: GroupBy,
    now: Timestamp,
    held: &Held,
) -> Result<Shares, AppError> {
    let filter = filter_of(subject);
    let range = Range::new(subject.onset, now).unwrap_or(Range::ending(now, SignedDuration::ZERO));
    let of = |range, filter| Question { range, filter, group_by: vec![by], step: None };
    let since = rows(conn, &of(range, filter.clone()), held).await?;
    let from = since.range.from;
    let earlier = rows(conn, &of(Range::ending(from, COMPARED), filter.clone()), held).await?;
    let usual = Filter { code: None, ..filter };
    let usual = rows(conn, &of(Range::ending(from, COMPARED), usual), held).await?;
    let length = now.duration_since(from).as_secs_f64();
    let scale = length / earlier.range.length().as_secs_f64().max(1.0);
    Ok(Shares {
        now: named(since.rows),
        before: named(earlier.rows),
        usual: named(usual.rows),
        scale,
    })
}

fn named(rows: Vec<crate::stats::model::Row>) -> Counts {
    let name = |key| match key {
        Key::Name(name) => name,
        Key::Site(site) => site.to_string(),
        Key::Null | Key::Pair(_) => String::new(),
    };
    rows.into_iter().map(|row| (name(row.key), row.count)).collect()
}

/// The values of one dimension among samples.
fn values(samples: &[Sample], dimension: Dimension) -> Counts {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for sample in samples {
        let value = match dimension {
            Dimension::Sitekey => &sample.sitekey,
            Dimension::Client => &sample.client,
            Dimension::UserAgent => &sample.user_agent,
            Dimension::Host | Dimension::Site | Dimension::Source => continue,
        };
        *counts.entry(value.as_deref().unwrap_or_default()).or_default() += 1;
    }
    // Those that say nothing would explain everything.
    counts.retain(|value, _| dimension == Dimension::Sitekey || !value.is_empty());
    counts.into_iter().map(|(value, count)| (value.to_owned(), count)).collect()
}

/// The sitekeys among samples that are or were some site's, each with its share.
fn sent_keys(state: &AppState, samples: &[Sample]) -> Vec<(String, f64, SiteId)> {
    #[expect(clippy::cast_precision_loss, reason = "shares need no more")]
    let share = |count: i64| count as f64 / samples.len().max(1) as f64;
    values(samples, Dimension::Sitekey)
        .into_iter()
        .filter_map(|(key, count)| {
            let (site, _) = state.gate.owner_of(&key)?;
            Some((key, share(count), site))
        })
        .collect()
}

/// The entries of the trail that an incident may follow from, and those that may have mended it since.
pub async fn trail(
    conn: &mut PgConnection,
    Subject { code, site, onset }: Subject<'_>,
    owners: &[SiteId],
    now: Timestamp,
) -> Result<Vec<Entry>, AppError> {
    let sites: &[SiteId] = match &site {
        None => &[],
        Some(UNATTRIBUTED) => owners,
        Some(site) => std::slice::from_ref(site),
    };
    // What a key's grace brings about was decided long before.
    let (action, back) = match code {
        "sitekey_invalid" => (Some("sitekey"), LONGEST_GRACE),
        "token_err" => (Some("secret"), LONGEST_GRACE),
        _ => (None, COMPARED),
    };
    let mut trail = Vec::new();
    for site in sites.iter().take(HOSTS) {
        let filter = Entries {
            action: action.map(str::to_owned),
            from: onset.checked_sub(back).ok(),
            to: Some(now),
            ..Entries::site(*site)
        };
        trail.extend(entries(conn, &filter, None, ENTRIES).await?);
    }
    Ok(trail)
}

/// The hosts that send most, and whose they are.
async fn judged(
    conn: &mut PgConnection,
    subject: Subject<'_>,
    index: Option<&DomainIndex>,
    hosts: &[(String, f64)],
) -> Result<Vec<HostFacts>, AppError> {
    let (Some(site), Some(index)) = (subject.site, index) else { return Ok(Vec::new()) };
    let most: Vec<String> = hosts.iter().take(HOSTS).map(|(host, _)| host.clone()).collect();
    let since = subject.onset.checked_sub(KNOWN_FOR).unwrap_or(subject.onset);
    let known = let_through_among(conn, site, &most, since).await?;
    let judge = |(host, share): &(String, f64)| HostFacts {
        standing: standing(host, index, known.contains(host)),
        host: host.clone(),
        share: *share,
    };
    Ok(hosts.iter().take(HOSTS).map(judge).collect())
}

/// What is wrong with the sitekey that is sent most, and whose traffic it most likely is.
async fn key(
    state: &AppState,
    conn: &mut PgConnection,
    samples: &[Sample],
) -> Result<Remedy, AppError> {
    let mut keys = values(samples, Dimension::Sitekey);
    keys.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let sent = keys.first().map(|(key, _)| key.as_str()).filter(|key| !key.is_empty());
    let said = state.gate.check(sent, None, Detail::Brief).message();
    let owner = sent.and_then(|key| state.gate.owner_of(key)).map(|(site, _)| site);
    let hosts = hosts_of(samples, sent);
    let likely = likely(state, conn, &hosts).await?.into_iter().next();
    let site = owner.or(likely.as_ref().map(|site| site.site));
    let site_name = site.and_then(|site| state.gate.policy(site)).map(|policy| policy.name.clone());
    // A secret that was sent by mistake is not repeated.
    let shown = sent.map(|key| {
        if key.starts_with(crate::keys::rules::SECRET_PREFIX) {
            "a secret".to_owned()
        } else {
            shorten(key)
        }
    });
    Ok(Remedy::Key { sent: shown, said, site, site_name })
}

/// The hosts of the samples with one sitekey, the most frequent first.
fn hosts_of(samples: &[Sample], sitekey: Option<&str>) -> Vec<HostCount> {
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

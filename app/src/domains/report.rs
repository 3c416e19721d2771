//! Reading what the pages say of rejected hosts.

use super::allowing::{Effect, Question};
use super::rejected::{
    Group, IgnoredHost, Nameless, NamelessSite, Order, PAGE, Rejected, RejectedHost,
    SHOWN_OF_GROUP, Standing, Wanted, arrange, domain_of, in_words, standing,
};
use super::replay::{changed, replay};
use super::rules::canonicalise;
use super::warnings::{before_adding, of_rejected};
use super::{DomainScope, FirstSeen, Pattern, host, store};
use crate::codes::Code;
use crate::context::AppState;
use crate::error::AppError;
use crate::events::model::host as special;
use crate::gate::SitePolicy;
use crate::sites;
use crate::sites::model::{MissingReferer, SiteId, SiteState};
use crate::stats::model::{HostCount, SiteHostCount};
use crate::stats::report::Window;
use crate::stats::store::{site_hosts, top_sites};
use crate::ui::flash::Flash;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most pairs of site and host that are read: more than one site and day can hold.
const MOST_READ: u32 = 6_000;
/// How many sites there are to filter by.
const MOST_SITES: u32 = 50;
/// How many samples are read for what was sent.
const READ_SAMPLES: i64 = 1_000;
/// How many of them are shown of a host.
const SHOWN_REFERERS: usize = 3;
/// How many hosts are named on the page that asks whether to allow one.
const MOST_NAMED: usize = 5;

type Policies = HashMap<SiteId, Arc<SitePolicy>>;

/// A page of the rejected hosts of one site or of all.
pub async fn rejected(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    wanted: &Wanted,
) -> Result<Rejected, AppError> {
    let code = Code::RefererDenied.as_str();
    let only = wanted.site.map(|site| site.0);
    let answer = site_hosts(conn, window.range, code, only, MOST_READ, &window.held).await?;
    let cut = answer.rows.len() >= usize::try_from(MOST_READ).unwrap_or(usize::MAX);
    let denied = answer.rows.iter().map(|row| row.count).sum();
    let policies: Policies =
        state.gate.policies().into_iter().map(|policy| (policy.site, policy)).collect();
    let ignored = store::ignored(conn, wanted.site).await?;
    let ignored: HashSet<(SiteId, String)> = ignored.into_iter().collect();
    let is_ignored = |row: &SiteHostCount| ignored.contains(&(SiteId(row.site), row.host.clone()));
    let is_hidden = |row: &SiteHostCount| {
        is_ignored(row) && (!wanted.with_ignored || in_words(&row.host).is_some())
    };
    let (hidden, shown): (Vec<_>, Vec<_>) = answer.rows.into_iter().partition(is_hidden);
    let (mut hosts, nameless): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|row| in_words(&row.host).is_none());
    let search = host::sought(&wanted.search);
    hosts.retain(|row| policies.contains_key(&SiteId(row.site)) && row.host.contains(&search));
    if wanted.order == Order::First {
        date(conn, hosts.iter_mut().collect()).await?;
    }
    let mut groups = arrange(hosts, wanted.order, wanted.by_domain);
    let all = groups.len();
    let page = usize::try_from(wanted.page.max(1) - 1).unwrap_or(usize::MAX);
    let from = page.saturating_mul(PAGE).min(all);
    groups = groups.into_iter().skip(from).take(PAGE).collect();
    if wanted.order != Order::First {
        date(conn, groups.iter_mut().flatten().collect()).await?;
    }
    let shown = groups.len();
    let mut referers = Referers::default();
    if wanted.with_referers {
        let rows = groups.iter().flat_map(|group| group.iter().take(SHOWN_OF_GROUP));
        referers = Referers::read(conn, rows, state.keeping.floors(window.now).sample).await?;
    }
    let make = |row: SiteHostCount| {
        let ignored = is_ignored(&row);
        let referers = referers.of(&row);
        let policy = policies.get(&SiteId(row.site))?;
        Some(rejected_host(row, policy, referers, ignored, window.now))
    };
    let groups = if wanted.by_domain {
        groups.into_iter().map(|rows| group(rows, make)).collect()
    } else {
        ungrouped(groups.into_iter().flatten().filter_map(make).collect())
    };
    Ok(Rejected {
        range: answer.range,
        now: window.now,
        denied,
        nameless: nameless_of(nameless, &policies),
        groups,
        from: count(from),
        shown: count(shown),
        all: count(all),
        cut,
        ignored: hidden.into_iter().map(|row| ignored_host(row, &policies)).collect(),
    })
}

/// How many of a window's denials came from hosts that an operator ignores, on one site or on all.
pub async fn ignored_denials(
    conn: &mut PgConnection,
    window: &Window,
    site: Option<SiteId>,
) -> Result<i64, AppError> {
    let ignored: HashSet<(SiteId, String)> =
        store::ignored(conn, site).await?.into_iter().collect();
    if ignored.is_empty() {
        return Ok(0);
    }
    let (code, only) = (Code::RefererDenied.as_str(), site.map(|site| site.0));
    let answer = site_hosts(conn, window.range, code, only, MOST_READ, &window.held).await?;
    let of_ignored = answer
        .rows
        .into_iter()
        .filter(|row| ignored.contains(&(SiteId(row.site), row.host.clone())));
    Ok(of_ignored.map(|row| row.count).sum())
}

/// The sites with rejected hosts, by name, and `shown`; at most [`MOST_SITES`].
pub async fn sites(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    shown: Option<SiteId>,
) -> Result<Vec<(SiteId, String)>, AppError> {
    let code = Some(Code::RefererDenied.as_str());
    let top = top_sites(conn, window.range, code, MOST_SITES, &window.held).await?.rows;
    let ids: HashSet<SiteId> = top.into_iter().map(|row| SiteId(row.site)).chain(shown).collect();
    let named = ids.into_iter().filter_map(|id| Some((id, state.gate.policy(id)?.name.clone())));
    let mut named: Vec<(SiteId, String)> = named.collect();
    named.sort_by_cached_key(|(id, name)| (name.to_lowercase(), *id));
    Ok(named)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Puts the first request ever in the place of the range's first.
async fn date(conn: &mut PgConnection, rows: Vec<&mut SiteHostCount>) -> Result<(), AppError> {
    let pairs: Vec<(SiteId, &str)> =
        rows.iter().map(|row| (SiteId(row.site), row.host.as_str())).collect();
    let seen = store::first_seen(conn, &pairs).await?;
    let mut seen: HashMap<(i64, String), Timestamp> =
        seen.into_iter().map(|(site, host, first)| ((site.0, host), first)).collect();
    for row in rows {
        if let Some(first) = seen.remove(&(row.site, row.host.clone())) {
            row.first_seen = row.first_seen.min(first);
        }
    }
    Ok(())
}

fn rejected_host(
    row: SiteHostCount,
    policy: &SitePolicy,
    referers: Vec<String>,
    ignored: bool,
    now: Timestamp,
) -> RejectedHost {
    let standing = match policy.state {
        SiteState::Deleted => Standing::SiteDeleted,
        SiteState::Active | SiteState::Paused => {
            standing(&row.host, policy.any_hostname, &policy.index)
        }
    };
    let nearest = match &standing {
        Standing::Denied { nearest, .. } => nearest.as_ref(),
        _ => None,
    };
    let warnings = of_rejected(&row.host, nearest, FirstSeen::At(row.first_seen), now);
    RejectedHost {
        site: policy.site,
        site_name: policy.name.clone(),
        host: row.host,
        count: row.count,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
        standing,
        warnings,
        referers,
        ignored,
    }
}

fn group(rows: Vec<SiteHostCount>, make: impl Fn(SiteHostCount) -> Option<RejectedHost>) -> Group {
    let hosts: HashSet<&str> = rows.iter().map(|row| row.host.as_str()).collect();
    Group {
        domain: Some(domain_of(&rows).to_owned()),
        hosts: count(hosts.len()),
        all: count(rows.len()),
        count: rows.iter().map(|row| row.count).sum(),
        first_seen: rows.iter().map(|row| row.first_seen).min().unwrap_or_default(),
        last_seen: rows.iter().map(|row| row.last_seen).max().unwrap_or_default(),
        rows: rows.into_iter().take(SHOWN_OF_GROUP).filter_map(make).collect(),
    }
}

/// All rows in one group; none without any.
fn ungrouped(rows: Vec<RejectedHost>) -> Vec<Group> {
    let group = Group {
        domain: None,
        hosts: count(rows.len()),
        all: count(rows.len()),
        count: rows.iter().map(|row| row.count).sum(),
        first_seen: rows.iter().map(|row| row.first_seen).min().unwrap_or_default(),
        last_seen: rows.iter().map(|row| row.last_seen).max().unwrap_or_default(),
        rows,
    };
    if group.rows.is_empty() { Vec::new() } else { vec![group] }
}

fn nameless_of(rows: Vec<SiteHostCount>, policies: &Policies) -> Vec<Nameless> {
    let mut kinds: Vec<Nameless> = Vec::new();
    for row in rows {
        let Some(policy) = policies.get(&SiteId(row.site)) else { continue };
        let names_none = matches!(row.host.as_str(), special::NONE | special::UNUSABLE);
        let site = NamelessSite {
            site: policy.site,
            name: policy.name.clone(),
            count: row.count,
            allowed_now: names_none && policy.missing_referer == MissingReferer::Allow,
        };
        match kinds.iter_mut().find(|kind| kind.host == row.host) {
            Some(kind) => {
                kind.count += row.count;
                kind.last_seen = kind.last_seen.max(row.last_seen);
                kind.sites.push(site);
            }
            None => kinds.push(Nameless {
                host: row.host,
                count: row.count,
                last_seen: row.last_seen,
                sites: vec![site],
            }),
        }
    }
    kinds.sort_by_key(|kind| Reverse(kind.count));
    for kind in &mut kinds {
        kind.sites.sort_by_key(|site| Reverse(site.count));
    }
    kinds
}

fn ignored_host(row: SiteHostCount, policies: &Policies) -> IgnoredHost {
    let policy = policies.get(&SiteId(row.site));
    IgnoredHost {
        site: SiteId(row.site),
        site_name: policy.map(|policy| policy.name.clone()).unwrap_or_default(),
        host: row.host,
        count: row.count,
    }
}

/// What was sent as the referer, by site and host, newest first.
#[derive(Default)]
struct Referers(HashMap<(SiteId, String), Vec<String>>);

impl Referers {
    async fn read(
        conn: &mut PgConnection,
        rows: impl Iterator<Item = &SiteHostCount>,
        from: Timestamp,
    ) -> Result<Self, AppError> {
        let pairs: Vec<(SiteId, &str)> =
            rows.map(|row| (SiteId(row.site), row.host.as_str())).collect();
        let code = Code::RefererDenied.as_str();
        let mut referers = Self::default();
        for (site, host, sent) in store::referers(conn, code, &pairs, from, READ_SAMPLES).await? {
            let known = referers.0.entry((site, host)).or_default();
            let sent = String::from_utf8_lossy(&sent).into_owned();
            if known.len() < SHOWN_REFERERS && !known.contains(&sent) {
                known.push(sent);
            }
        }
        Ok(referers)
    }

    fn of(&self, row: &SiteHostCount) -> Vec<String> {
        self.0.get(&(SiteId(row.site), row.host.clone())).cloned().unwrap_or_default()
    }
}

/// The entry an operator thinks of adding.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The site.
    pub site: SiteId,
    /// The host, as typed.
    pub typed: &'a str,
    /// Whether its subdomains are meant too.
    pub include_subdomains: bool,
}

/// What it would mean to allow a host, with the numbers of a window.
pub async fn question(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    asked: Asked<'_>,
    flash: Option<Flash>,
) -> Result<Question, AppError> {
    let Asked { site: id, typed, include_subdomains } = asked;
    let site = sites::store::by_id(conn, id).await?.ok_or(AppError::NotFound)?;
    let policy = state.gate.policy(id).ok_or(AppError::NotFound)?;
    let effect = match canonicalise(typed, include_subdomains) {
        Ok(canonical) => Ok(effect(conn, window, &policy, canonical).await?),
        Err(refusal) => Err(refusal.into()),
    };
    Ok(Question { flash, site: id, site_name: site.name, version: site.version, effect })
}

async fn effect(
    conn: &mut PgConnection,
    window: &Window,
    policy: &SitePolicy,
    canonical: super::Canonical,
) -> Result<Effect, AppError> {
    let super::Canonical { pattern, notes } = canonical;
    let code = Code::RefererDenied.as_str();
    let id = policy.site.0;
    let answer = site_hosts(conn, window.range, code, Some(id), MOST_READ, &window.held).await?;
    let denied = answer.rows.iter().map(|row| row.count).sum();
    let counted = answer.rows.into_iter().map(|row| HostCount {
        host: row.host,
        count: row.count,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
    });
    let counted: Vec<HostCount> = counted.collect();
    let after = changed(&policy.index, &[], [&pattern]);
    let mut clears = replay(&policy.index, &after, &counted, &[]).clears;
    let first = first_of(conn, policy.site, &pattern, &clears.hosts).await?;
    let nearest = policy.index.nearest(&pattern.host, pattern.port);
    let lets_through = clears.requests;
    clears.hosts.truncate(MOST_NAMED);
    Ok(Effect {
        notes: notes.iter().map(super::Note::message).collect(),
        covered_by: policy.index.covering(&pattern).map(|found| found.pattern.to_string()),
        lets_through,
        denied,
        hosts: clears.hosts,
        nearest: nearest.as_ref().map(|nearest| nearest.message(&pattern.host)),
        warnings: before_adding(&pattern, &policy.index, first, window.now),
        pattern,
    })
}

/// When the site had its first request from the hosts that an entry stands for.
async fn first_of(
    conn: &mut PgConnection,
    site: SiteId,
    pattern: &Pattern,
    hosts: &[(String, i64)],
) -> Result<FirstSeen, AppError> {
    let named = (pattern.scope != DomainScope::Preview).then_some(pattern.host.as_str());
    let pairs: Vec<(SiteId, &str)> =
        hosts.iter().map(|(host, _)| host.as_str()).chain(named).map(|host| (site, host)).collect();
    let seen = store::first_seen(conn, &pairs).await?;
    Ok(match seen.into_iter().map(|(_, _, first)| first).min() {
        Some(first) => FirstSeen::At(first),
        None if store::any_seen(conn, site).await? => FirstSeen::Never,
        None => FirstSeen::Unknown,
    })
}

//! Reading what the pages say of rejected hosts.

use super::allowing::{Effect, Question, warnings};
use super::rejected::{
    IgnoredHost, NEW_FOR, Order, Rejected, RejectedHost, Standing, in_words, standing,
};
use super::rules::canonicalise;
use super::store;
use crate::codes::Code;
use crate::context::AppState;
use crate::error::AppError;
use crate::gate::SitePolicy;
use crate::sites;
use crate::sites::model::{SiteId, SiteState};
use crate::stats::model::SiteHostCount;
use crate::stats::report::Window;
use crate::stats::store::{first_seen, site_hosts};
use crate::ui::flash::Flash;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most pairs of site and host that are read: more than one site and day can hold.
const MOST_READ: u32 = 6_000;
/// How many rows a page has.
pub const PAGE: usize = 25;
/// How many hosts are named on the page that asks whether to allow one.
const MOST_NAMED: usize = 5;

/// The rejected hosts of one site or of all: `page` counts from 1.
pub async fn rejected(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    site: Option<SiteId>,
    order: Order,
    page: usize,
) -> Result<Rejected, AppError> {
    let code = Code::RefererDenied.as_str();
    let only = site.map(|site| site.0);
    let answer = site_hosts(conn, window.range, code, only, MOST_READ, &window.held).await?;
    let cut = answer.rows.len() >= usize::try_from(MOST_READ).unwrap_or(usize::MAX);
    let denied = answer.rows.iter().map(|row| row.count).sum();
    let ignored: HashSet<(SiteId, String)> =
        store::ignored(conn, site).await?.into_iter().collect();
    let is_ignored = |row: &SiteHostCount| ignored.contains(&(SiteId(row.site), row.host.clone()));
    let (hidden, shown): (Vec<_>, Vec<_>) = answer.rows.into_iter().partition(is_ignored);
    // What no button can let through stands below the hosts of the first page, however many.
    let (mut hosts, nameless): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|row| in_words(&row.host).is_none());
    sort(&mut hosts, order);
    let policies: HashMap<SiteId, Arc<SitePolicy>> =
        state.gate.policies().into_iter().map(|policy| (policy.site, policy)).collect();
    let name = |site: i64| policies.get(&SiteId(site)).map(|policy| policy.name.clone());
    let ignored = hidden.into_iter().map(|row| IgnoredHost {
        site: SiteId(row.site),
        site_name: name(row.site).unwrap_or_default(),
        host: row.host,
        count: row.count,
    });
    let from = page.saturating_sub(1).saturating_mul(PAGE);
    let all = hosts.len();
    let below = nameless.into_iter().filter(|_| from == 0);
    let page: Vec<_> = hosts.into_iter().skip(from).take(PAGE).chain(below).collect();
    let new = newcomers(conn, &page, window.now).await?;
    let rows = page.into_iter().filter_map(|row| {
        let policy = policies.get(&SiteId(row.site))?;
        let new = new.contains(&(row.site, row.host.clone()));
        Some(rejected_host(row, policy, new))
    });
    Ok(Rejected {
        range: answer.range,
        now: window.now,
        denied,
        rows: rows.collect(),
        from: count(from),
        all: count(all),
        cut,
        ignored: ignored.collect(),
    })
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn sort(rows: &mut [SiteHostCount], order: Order) {
    match order {
        Order::Count => {
            rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.host.cmp(&b.host)));
        }
        Order::First => rows.sort_by_key(|row| std::cmp::Reverse(row.first_seen)),
        Order::Last => rows.sort_by_key(|row| std::cmp::Reverse(row.last_seen)),
        Order::Host => rows.sort_by(|a, b| a.host.cmp(&b.host)),
    }
}

fn rejected_host(row: SiteHostCount, policy: &SitePolicy, new: bool) -> RejectedHost {
    let standing = match policy.state {
        SiteState::Deleted => Standing::SiteDeleted,
        SiteState::Active | SiteState::Paused => {
            standing(&row.host, policy.any_hostname, &policy.index)
        }
    };
    RejectedHost {
        site: policy.site,
        site_name: policy.name.clone(),
        host: row.host,
        count: row.count,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
        new,
        standing,
    }
}

/// Those of the rows whose host was never seen before the last day.
async fn newcomers(
    conn: &mut PgConnection,
    rows: &[SiteHostCount],
    now: Timestamp,
) -> Result<HashSet<(i64, String)>, AppError> {
    let recent = |first: Timestamp| now.duration_since(first) < NEW_FOR;
    let mut candidates: HashMap<i64, Vec<String>> = HashMap::new();
    for row in rows.iter().filter(|row| recent(row.first_seen)) {
        candidates.entry(row.site).or_default().push(row.host.clone());
    }
    let mut new = HashSet::new();
    for (site, hosts) in candidates {
        let seen = first_seen(conn, Code::RefererDenied.as_str(), site, &hosts).await?;
        new.extend(
            seen.into_iter().filter(|(_, first)| recent(*first)).map(|(host, _)| (site, host)),
        );
    }
    Ok(new)
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
    let matching: Vec<(String, i64)> = answer
        .rows
        .into_iter()
        .filter(|row| pattern.matches_host(&row.host))
        .map(|row| (row.host, row.count))
        .collect();
    let mut asked: Vec<String> = matching.iter().map(|(host, _)| host.clone()).collect();
    asked.push(pattern.host.clone());
    let seen = first_seen(conn, code, id, &asked).await?;
    let first = seen.into_iter().map(|(_, first)| first).min();
    let nearest = policy.index.nearest(&pattern.host, pattern.port);
    Ok(Effect {
        notes: notes.iter().map(super::Note::message).collect(),
        covered_by: policy
            .index
            .lookup(&pattern.host, pattern.port.or(Some(443)))
            .map(|found| found.pattern.to_string()),
        lets_through: matching.iter().map(|(_, count)| count).sum(),
        denied,
        hosts: matching.into_iter().take(MOST_NAMED).collect(),
        nearest: nearest.as_ref().map(|nearest| nearest.message(&pattern.host)),
        warnings: warnings(&pattern, nearest.as_ref(), first, window.now),
        pattern,
    })
}

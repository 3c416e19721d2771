//! What allowing a host would do.

use super::super::allowing::{Effect, Question};
use super::super::rejected::counted_over;
use super::super::replay::{changed, replay};
use super::super::rules::canonicalise;
use super::super::warnings::before_adding;
use super::super::{Canonical, DomainScope, FirstSeen, Note, Pattern, Warning, store};
use crate::codes::Code;
use crate::context::AppState;
use crate::error::AppError;
use crate::gate::SitePolicy;
use crate::incidents::Thefts;
use crate::sites;
use crate::sites::model::SiteId;
use crate::stats::model::HostCount;
use crate::stats::report::Window;
use crate::stats::store::site_hosts;
use crate::ui::flash::Flash;
use sqlx::PgConnection;

/// The most hosts that are read: more than one site and day can hold.
const MOST_READ: u32 = 6_000;
/// How many hosts are named.
const MOST_NAMED: usize = 5;

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
    canonical: Canonical,
) -> Result<Effect, AppError> {
    let Canonical { pattern, notes } = canonical;
    let code = Code::RefererDenied.as_str();
    let id = policy.site.0;
    // As the row says that leads here.
    let range = counted_over(window.range, window.now);
    let answer = site_hosts(conn, range, code, Some(id), MOST_READ, &window.held).await?;
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
    let mut warnings = before_adding(&pattern, &policy.index, first, window.now);
    let theft = Thefts::read(conn, window.now).await?.of(policy.site, &pattern.host);
    warnings.splice(..0, theft.map(|incident| Warning::Suspected { incident: incident.0 }));
    Ok(Effect {
        notes: notes.iter().map(Note::message).collect(),
        covered_by: policy.index.covering(&pattern).map(|found| found.pattern.to_string()),
        lets_through,
        denied,
        hosts: clears.hosts,
        nearest: nearest.as_ref().map(|nearest| nearest.message(&pattern.host)),
        warnings,
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

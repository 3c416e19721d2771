//! What to fix: the errors of a range turned into things an operator can do.

use super::likely_reads::likely;
use super::pages::{Todo, What};
use super::{Code, Fix};
use crate::context::AppState;
use crate::domains;
use crate::domains::FirstSeen;
use crate::domains::rejected::{Standing, in_words, standing};
use crate::domains::warnings::of_rejected;
use crate::error::AppError;
use crate::events::model::host as special;
use crate::gate::SitePolicy;
use crate::sites;
use crate::sites::model::{MissingReferer, SiteId, SiteState};
use crate::sites::rules::restorable_until;
use crate::stats::course::Course;
use crate::stats::model::{Filter, SiteHostCount};
use crate::stats::report::Window;
use crate::stats::store::{site_hosts, top_hosts, top_sites};
use sqlx::PgConnection;
use std::collections::HashSet;
use std::sync::Arc;

/// How many things are listed.
const LISTED: usize = 6;
/// How many candidates of each kind are looked at.
const LOOKED_AT: u32 = 60;

/// The things worth doing about the errors of a window, those about the most errors first.
pub async fn todos(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    course: &Course,
) -> Result<Vec<Todo>, AppError> {
    let mut todos = Vec::new();
    for code in Code::ALL.into_iter().filter(|code| course.count(code.as_str()) > 0) {
        match code.entry().fix() {
            Fix::AllowHost => todos.extend(denied(state, conn, window, code).await?),
            Fix::StartSite | Fix::RestoreSite => {
                todos.extend(stopped_sites(state, conn, window, code).await?);
            }
            Fix::FindSite => todos.push(lost_site(state, conn, window, course, code).await?),
            Fix::ReplayWarning => {
                todos.push(Todo { count: course.count(code.as_str()), what: What::Replay });
            }
            Fix::WatchBaseline | Fix::PlatformIncident | Fix::None => {}
        }
    }
    todos.sort_by_key(|todo| std::cmp::Reverse(todo.count));
    todos.truncate(LISTED);
    Ok(todos)
}

/// Rejected hosts that are denied still and not ignored, and sites that deny requests without a host.
async fn denied(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    code: Code,
) -> Result<Vec<Todo>, AppError> {
    let ignored: HashSet<(SiteId, String)> =
        domains::store::ignored(conn, None).await?.into_iter().collect();
    let answer =
        site_hosts(conn, window.range, code.as_str(), None, LOOKED_AT, &window.held).await?;
    let mut found: Vec<(SiteHostCount, Arc<SitePolicy>, Standing)> = Vec::new();
    for row in answer.rows {
        let Some(policy) = state.gate.policy(SiteId(row.site)) else { continue };
        if policy.state != SiteState::Active || ignored.contains(&(policy.site, row.host.clone())) {
            continue;
        }
        let standing = standing(&row.host, policy.any_hostname, &policy.index);
        let open = match &standing {
            Standing::Denied { .. } => true,
            Standing::NoHost => {
                row.host != special::OTHER && policy.missing_referer == MissingReferer::Deny
            }
            Standing::AllowedNow { .. } => false,
        };
        if open {
            found.push((row, policy, standing));
        }
    }
    found.truncate(LISTED);
    let pairs: Vec<(SiteId, &str)> =
        found.iter().map(|(row, policy, _)| (policy.site, row.host.as_str())).collect();
    let seen = domains::store::first_seen(conn, &pairs).await?;
    let first = |site: SiteId, host: &str| {
        seen.iter().find(|(of, name, _)| *of == site && name == host).map(|(_, _, first)| *first)
    };
    let todo = |(row, policy, standing): (SiteHostCount, Arc<SitePolicy>, Standing)| {
        let (site, name, host) = (policy.site, policy.name.clone(), row.host);
        let what = match standing {
            Standing::Denied { nearest, .. } => {
                let since = first(site, &host).map_or(row.first_seen, |at| at.min(row.first_seen));
                let (seen, nearest) = (FirstSeen::At(since), nearest.as_ref());
                let warnings = of_rejected(&host, nearest, seen, window.now);
                What::AllowHost { site, name, host, since, warnings }
            }
            _ => What::SetPolicy { site, name, host, last: row.last_seen },
        };
        Todo { count: row.count, what }
    };
    Ok(found.into_iter().map(todo).collect())
}

/// Sites that are still paused or deleted while their pages ask.
async fn stopped_sites(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    code: Code,
) -> Result<Vec<Todo>, AppError> {
    let stopped = if code == Code::SitePaused { SiteState::Paused } else { SiteState::Deleted };
    let top = top_sites(conn, window.range, Some(code.as_str()), LOOKED_AT, &window.held).await?;
    let still =
        |site: i64| state.gate.policy(SiteId(site)).is_some_and(|policy| policy.state == stopped);
    let mut todos = Vec::new();
    for row in top.rows.into_iter().filter(|row| still(row.site)).take(LISTED) {
        let Some(site) = sites::store::by_id(conn, SiteId(row.site)).await? else { continue };
        let (id, name) = (site.id, site.name);
        let what = if stopped == SiteState::Paused {
            What::StartSite { site: id, name, since: site.state_changed_at }
        } else {
            let until = restorable_until(site.state_changed_at);
            What::RestoreSite { site: id, name, until: (until >= window.now).then_some(until) }
        };
        todos.push(Todo { count: row.attempts, what });
    }
    Ok(todos)
}

/// Requests whose sitekey names no site.
async fn lost_site(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    course: &Course,
    code: Code,
) -> Result<Todo, AppError> {
    let filter = Filter::code(code.as_str());
    let hosts = top_hosts(conn, window.range, &filter, LOOKED_AT, &window.held).await?.rows;
    let named = hosts.iter().find(|host| in_words(&host.host).is_none());
    let host = named.map(|host| host.host.clone());
    let likely = likely(state, conn, &hosts).await?.into_iter().next().map(|site| site.name);
    let what = What::FindSite { code: code.as_str().to_owned(), host, likely };
    Ok(Todo { count: course.count(code.as_str()), what })
}

//! Reading what the overview and a site's first tab show.

use super::model::{Filter, Range};
use super::pages::{Overview, Running, SiteReport, Stage, TopSite};
use super::report::{Window, chart, course, courses, totals};
use super::store;
use crate::codes;
use crate::context::AppState;
use crate::demo;
use crate::error::AppError;
use crate::gate::SitePolicy;
use crate::incidents::store::{Wanted, find as find_incidents};
use crate::keys;
use crate::keys::model::KeyState;
use crate::sites::model::{SiteId, SiteState};
use crate::sites::silence::silent;
use crate::ui::flash::Flash;
use crate::verifiers;
use sqlx::PgConnection;
use std::collections::HashMap;

/// How many sites and hosts are listed.
const LISTED: u32 = 6;
/// How many incidents are listed.
const INCIDENTS: i64 = 5;
const GOING_ON: Wanted = Wanted { open: Some(true), site: None, before: None };

/// The overview of a window.
pub async fn overview(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    operator: String,
    flash: Option<Flash>,
) -> Result<Overview, AppError> {
    let stage = match setting_up(state, conn).await? {
        Some(stage) => stage,
        None => Stage::Running(Box::new(running(state, conn, window).await?)),
    };
    let samples = demo::store::is_loaded(conn).await?;
    Ok(Overview { flash, now: window.now, operator, samples, stage })
}

/// What is still missing before there is something to show.
async fn setting_up(state: &AppState, conn: &mut PgConnection) -> Result<Option<Stage>, AppError> {
    if !store::sources(conn).await?.is_empty() {
        return Ok(None);
    }
    let policies = state.gate.policies();
    let live = |policy: &&std::sync::Arc<SitePolicy>| policy.state != SiteState::Deleted;
    let Some(newest) = policies.iter().filter(live).max_by_key(|policy| policy.site) else {
        return Ok(Some(Stage::NoSite));
    };
    let keys = keys::store::sitekeys(conn, Some(newest.site)).await?;
    let active = keys.into_iter().find(|key| key.state == KeyState::Active);
    let sitekey = active.map(|key| key.sitekey);
    Ok(Some(Stage::NoEvents { site: newest.site, name: newest.name.clone(), sitekey }))
}

async fn running(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
) -> Result<Running, AppError> {
    let course = course(conn, window, None).await?;
    let sources = verifiers::report::standings(conn, window.now).await?;
    let silent_since = sources.all_silent_since;
    Ok(Running {
        totals: totals(conn, window, &course, None).await?,
        chart: chart(conn, &course, None, None).await?.silent_since(silent_since),
        todos: codes::todo::todos(state, conn, window, &course).await?,
        sites: top_sites(state, conn, window).await?,
        sources,
        incidents: find_incidents(conn, GOING_ON, INCIDENTS).await?,
        elsewhere: elsewhere(conn, course.attempts(), None).await?,
        course,
    })
}

/// Where there are events, of one site or of any, when there are none here.
async fn elsewhere(
    conn: &mut PgConnection,
    attempts: i64,
    site: Option<i64>,
) -> Result<Option<Range>, AppError> {
    if attempts > 0 { Ok(None) } else { store::extent(conn, site).await }
}

async fn top_sites(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
) -> Result<Vec<TopSite>, AppError> {
    let top = store::top_sites(conn, window.range, None, LISTED, &window.held).await?.rows;
    let ids: Vec<i64> = top.iter().filter(|row| row.errors > 0).map(|row| row.site).collect();
    let courses = courses(conn, window, &ids).await?;
    let site = |id: &i64| {
        let course = courses.get(id)?;
        let policy = state.gate.policy(SiteId(*id));
        Some(TopSite {
            site: policy.map(|policy| (policy.site, policy.name.clone())),
            attempts: course.attempts(),
            errors: course.errors(),
            trend: course.error_trend(),
            leading: course.leading_error().map(str::to_owned),
        })
    };
    Ok(ids.iter().filter_map(site).collect())
}

/// A site's statistics over a window.
pub async fn site(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    id: SiteId,
) -> Result<SiteReport, AppError> {
    let policy = state.gate.policy(id).ok_or(AppError::NotFound)?;
    let course = course(conn, window, Some(id.0)).await?;
    let filter = Filter::site(id.0);
    let hosts = store::top_hosts(conn, window.range, &filter, LISTED, &window.held).await?;
    let of_all_hosts = store::total(conn, hosts.range, &filter, &window.held).await?;
    let active = policy.state == SiteState::Active;
    let silent = if active { silent(conn, &[id.0], window.now).await? } else { HashMap::new() };
    let silent_since = silent.get(&id.0).copied();
    Ok(SiteReport {
        site: id,
        name: policy.name.clone(),
        totals: totals(conn, window, &course, Some(id.0)).await?,
        chart: chart(conn, &course, None, Some(id.0)).await?.silent_since(silent_since),
        silent_since,
        hosts: hosts.rows,
        of_all_hosts,
        elsewhere: elsewhere(conn, course.attempts(), Some(id.0)).await?,
        course,
    })
}

//! What the list of sites reads, put together from the stores.

use super::list::{Only, Order, PAGE, Page, Paging, Place, Sought, Wanted, ranked_page};
use super::model::{Site, SiteId, SiteState};
use super::pages::{SiteRow, SitesPageData};
use super::recent::Reading;
use super::rules::as_of;
use super::silence;
use super::store;
use super::store::list::Matching;
use crate::auth::operator::Operator;
use crate::context::AppState;
use crate::domains;
use crate::domains::store::Summary;
use crate::error::AppError;
use crate::stats::model::Grain;
use crate::stats::store::{day_of_sites, last_day};
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashMap;
use std::sync::Arc;

/// How many tags there are to filter by.
const TAGS: i64 = 100;

/// A page of the list. A search for a sitekey finds the site it was issued for.
pub async fn list(
    operator: &Operator,
    wanted: Wanted,
    order: Order,
    paging: Paging,
) -> Result<SitesPageData, AppError> {
    let state = &operator.state;
    let now = state.clock.now();
    let reading = reading(state, &wanted, order).await?;
    let mut conn = state.pool.acquire().await?;
    let (page, total) = match state.gate.owner_of(wanted.search.trim()) {
        Some((site, _)) => {
            let shown = vec![Place { rank: 0, site }];
            (Page { shown, before: false, after: false }, 1)
        }
        None => places(state, &mut conn, &wanted, order, paging, reading.as_deref()).await?,
    };
    let first = page.shown.first().filter(|_| page.before).copied();
    let last = page.shown.last().filter(|_| page.after).copied();
    let ids: Vec<SiteId> = page.shown.iter().map(|place| place.site).collect();
    Ok(SitesPageData {
        sites: rows(&mut conn, &ids, order, now).await?,
        previous: first,
        next: last,
        total,
        by_state: store::count_by_state(&mut conn).await?,
        tags: store::list::tags(&mut conn, TAGS).await?,
        as_of: reading.filter(|_| order.rank(0, 0).is_some()).map(|reading| reading.as_of),
        wanted,
        order,
        now,
        flash: operator.take_flash().await?,
    })
}

/// The last 24 hours of all sites, if the list goes by them.
async fn reading(
    state: &AppState,
    wanted: &Wanted,
    order: Order,
) -> Result<Option<Arc<Reading>>, AppError> {
    let by_traffic = matches!(wanted.only, Some(Only::Errors | Only::Silent));
    let goes_by_it = by_traffic || order.rank(0, 0).is_some();
    Ok(if goes_by_it { Some(state.recent.reading().await?) } else { None })
}

/// What `wanted` leaves in, as the database is asked for it.
fn matching<'a>(state: &AppState, wanted: &'a Wanted, reading: Option<&Reading>) -> Matching<'a> {
    let (among, without) = match (wanted.only, reading) {
        (Some(Only::Errors), Some(reading)) => (Some(reading.with_errors()), Vec::new()),
        (Some(Only::Silent), Some(reading)) => (None, reading.with_traffic()),
        (Some(Only::Testing), _) => {
            let testing = state
                .gate
                .policies()
                .into_iter()
                .filter(|policy| policy.index.iter().any(|entry| entry.pattern.testing()));
            (Some(testing.map(|policy| policy.site.0).collect()), Vec::new())
        }
        _ => (None, Vec::new()),
    };
    Matching { wanted, found: found(state, &wanted.search), among, without }
}

/// The sites that a search finds, if there is one. The gate holds every name and entry in memory, and
/// looks them through faster than the database would.
fn found(state: &AppState, search: &str) -> Option<Vec<i64>> {
    let sought = Sought::of(search)?;
    let policies = state.gate.policies().into_iter();
    Some(policies.filter(|policy| sought.is_in(policy)).map(|policy| policy.site.0).collect())
}

/// The sites of a page in their order, and how many there are on all pages.
async fn places(
    state: &AppState,
    conn: &mut PgConnection,
    wanted: &Wanted,
    order: Order,
    paging: Paging,
    reading: Option<&Reading>,
) -> Result<(Page<Place>, i64), AppError> {
    let matching = matching(state, wanted, reading);
    let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let rank = |site: &SiteId| {
        let day = reading.map(|reading| reading.of(site.0)).unwrap_or_default();
        order.rank(day.attempts, day.errors)
    };
    if order.rank(0, 0).is_none() {
        let read = store::list::page(conn, &matching, order, paging).await?;
        let places = read.into_iter().map(|site| Place { rank: 0, site }).collect();
        let total = store::list::count(conn, &matching).await?;
        return Ok((Page::of_one_more(places, paging, limit), total));
    }
    let sites = store::list::matching(conn, &matching, None).await?;
    let total = i64::try_from(sites.len()).unwrap_or(i64::MAX);
    let place = |site| Place { rank: rank(&site).unwrap_or_default(), site };
    Ok((ranked_page(sites.into_iter().map(place).collect(), paging, limit), total))
}

/// All sites that are wanted, at most `limit`, in id order.
pub async fn all_wanted(
    state: &AppState,
    conn: &mut PgConnection,
    wanted: &Wanted,
    limit: i64,
) -> Result<Vec<SiteId>, AppError> {
    if let Some((site, _)) = state.gate.owner_of(wanted.search.trim()) {
        return Ok(vec![site]);
    }
    let reading = reading(state, wanted, Order::Name).await?;
    store::list::matching(conn, &matching(state, wanted, reading.as_deref()), Some(limit)).await
}

/// The rows of `ids`, in that order; where it is one by traffic, the present numbers have the last word.
async fn rows(
    conn: &mut PgConnection,
    ids: &[SiteId],
    order: Order,
    now: Timestamp,
) -> Result<Vec<SiteRow>, AppError> {
    let sites = store::by_ids(conn, ids).await?;
    let mut sites: HashMap<SiteId, Site> = sites.into_iter().map(|site| (site.id, site)).collect();
    let numbers: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let summaries = domains::store::summaries(conn, &numbers).await?;
    let mut summaries: HashMap<SiteId, Summary> =
        summaries.into_iter().map(|summary| (summary.site, summary)).collect();
    let mut days = days(conn, &numbers, now).await?;
    let quiet: Vec<i64> = sites
        .values()
        .filter(|site| site.state == SiteState::Active)
        .map(|site| site.id.0)
        .filter(|site| days.get(site).is_none_or(Day::is_quiet))
        .collect();
    let silent = silence::silent(conn, &quiet, now).await?;
    let rows = ids.iter().filter_map(|id| {
        let summary = summaries.remove(id);
        let day = days.remove(&id.0).unwrap_or_default();
        Some(SiteRow {
            site: as_of(sites.remove(id)?, now),
            domains: summary.as_ref().map_or(0, |summary| summary.count),
            first_domain: summary.map(|summary| summary.first),
            attempts: day.attempts,
            errors: day.attempts - day.passed,
            trend: day.trend,
            silent_since: silent.get(&id.0).copied(),
        })
    });
    let mut rows: Vec<SiteRow> = rows.collect();
    // A stable order: equals stay as they were ranked.
    rows.sort_by_key(|row| std::cmp::Reverse(order.rank(row.attempts, row.errors)));
    Ok(rows)
}

#[derive(Default)]
struct Day {
    attempts: i64,
    passed: i64,
    trend: Vec<i64>,
}

impl Day {
    /// Whether nothing happened in the hour that runs and the one before.
    fn is_quiet(&self) -> bool {
        self.trend.iter().rev().take(2).all(|count| *count == 0)
    }
}

/// The last 24 hours of `sites`, with their attempts hour by hour.
async fn days(
    conn: &mut PgConnection,
    sites: &[i64],
    now: Timestamp,
) -> Result<HashMap<i64, Day>, AppError> {
    let start = Grain::Hour.floor(last_day(now).from);
    let hours = 1 + Grain::Hour.floor(now).duration_since(start).as_hours();
    let mut days: HashMap<i64, Day> = HashMap::new();
    for hour in day_of_sites(conn, sites, now).await? {
        let day = days.entry(hour.site).or_default();
        day.attempts += hour.attempts;
        day.passed += hour.passed;
        day.trend.resize(usize::try_from(hours).unwrap_or_default(), 0);
        let at = usize::try_from(hour.hour.duration_since(start).as_hours()).ok();
        if let Some(count) = at.and_then(|at| day.trend.get_mut(at)) {
            *count += hour.attempts;
        }
    }
    Ok(days)
}

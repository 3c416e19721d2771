//! What the pages of sites read, put together from the stores.

use super::model::{Site, SiteId, SiteState};
use super::pages::{PAGE, SiteHead, SiteRow, SitesPageData};
use super::store;
use crate::auth::operator::Operator;
use crate::domains::store::Summary;
use crate::error::AppError;
use crate::events::model::Retention;
use crate::keys::model::KeyState;
use crate::stats::model::{Range, SiteCount};
use crate::stats::rules::Held;
use crate::ui::flash::{Done, Flash};
use crate::{domains, keys, stats};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::HashMap;

/// What every page of a site shows above its content. Takes the flash, and with it a secret that
/// waits to be seen.
pub async fn head(
    operator: &Operator,
    conn: &mut PgConnection,
    id: SiteId,
) -> Result<SiteHead, AppError> {
    let site = store::by_id(conn, id).await?.ok_or(AppError::NotFound)?;
    let summaries = domains::store::summaries(conn, &[id.0]).await?;
    let sitekeys = keys::store::sitekeys(conn, Some(id)).await?;
    let accepted = sitekeys.iter().filter(|key| key.state != KeyState::Revoked).count();
    let flash = operator.take_flash().await?;
    let revealed = match &flash {
        Some(Flash::Done(Done { reveal: Some(name), .. })) => operator.reveal(name),
        _ => None,
    };
    Ok(SiteHead {
        site,
        domains: summaries.first().map_or(0, |summary| summary.count),
        sitekeys: i64::try_from(accepted).unwrap_or(i64::MAX),
        revealed,
        now: operator.state.clock.now(),
        flash,
    })
}

/// A page of the list. A `search` that is a sitekey finds the site it was issued for.
pub async fn list(
    operator: &Operator,
    search: &str,
    state: Option<SiteState>,
    after: Option<SiteId>,
) -> Result<SitesPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let now = operator.state.clock.now();
    let mut sites = match operator.state.gate.owner_of(search.trim()) {
        Some((id, _)) => store::by_id(&mut conn, id).await?.into_iter().collect(),
        None => store::page(&mut conn, search.trim(), state, after, PAGE + 1).await?,
    };
    // One more than is shown tells whether another page follows.
    let more = sites.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        sites.pop();
    }
    let next = sites.last().filter(|_| more).map(|site| site.id);
    let by_state = store::count_by_state(&mut conn).await?;
    let sites = with_numbers(&mut conn, sites, now).await?;
    Ok(SitesPageData { sites, next, by_state, now, flash: operator.take_flash().await? })
}

async fn with_numbers(
    conn: &mut PgConnection,
    sites: Vec<Site>,
    now: Timestamp,
) -> Result<Vec<SiteRow>, AppError> {
    let ids: Vec<i64> = sites.iter().map(|site| site.id.0).collect();
    let summaries = domains::store::summaries(conn, &ids).await?;
    let mut summaries: HashMap<SiteId, Summary> =
        summaries.into_iter().map(|summary| (summary.site, summary)).collect();
    let day = Range::ending(now, SignedDuration::from_hours(24));
    let held = Held::new(&Retention::default(), now);
    let counts = stats::store::sites(conn, day, &ids, &held).await?.rows;
    let counts: HashMap<i64, SiteCount> =
        counts.into_iter().map(|count| (count.site, count)).collect();
    let row = |site: Site| {
        let summary = summaries.remove(&site.id);
        let count = counts.get(&site.id.0).copied().unwrap_or_default();
        SiteRow {
            domains: summary.as_ref().map_or(0, |summary| summary.count),
            first_domain: summary.map(|summary| summary.first),
            attempts: count.attempts,
            errors: count.errors,
            site,
        }
    };
    Ok(sites.into_iter().map(row).collect())
}

//! What the pages of sites read, put together from the stores.

use super::model::{SiteId, SiteState};
use super::pages::{Calling, Revealed, SiteHead};
use super::{rules, store};
use crate::auth::operator::Operator;
use crate::codes;
use crate::context::{AppState, fill_random, hex};
use crate::error::AppError;
use crate::keys::model::KeyState;
use crate::stats::model::{Filter, Range};
use crate::ui::flash::{Done, Flash};
use crate::{domains, keys, stats};
use sqlx::PgConnection;

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
    let sitekey = sitekeys.into_iter().find(|key| key.state == KeyState::Active);
    let sitekey = sitekey.map(|key| key.sitekey);
    let revealed = revealed.map(|secret| Revealed { secret, sitekey });
    let now = operator.state.clock.now();
    Ok(SiteHead {
        site: rules::as_of(site, now),
        domains: summaries.first().map_or(0, |summary| summary.count),
        sitekeys: i64::try_from(accepted).unwrap_or(i64::MAX),
        revealed,
        now,
        flash,
    })
}

/// The other sites that have this name and are not deleted, in the order of their numbers.
pub async fn namesakes(
    conn: &mut PgConnection,
    of: SiteId,
    name: &str,
) -> Result<Vec<SiteId>, AppError> {
    let named = store::by_names(conn, &[name.to_owned()]).await?;
    Ok(named.into_iter().map(|site| site.id).filter(|site| *site != of).collect())
}

/// An id for an event of an example, such as nobody has sent yet.
pub fn made_up_id() -> Result<String, AppError> {
    let mut random = [0; 6];
    fill_random(&mut random)?;
    Ok(format!("try-{}", hex(&random)))
}

/// How many hosts of a deleted site are listed.
const CALLING: u32 = 20;

/// The hosts that still send a deleted site's sitekeys, and the sites that list them now.
pub async fn still_calling(state: &AppState, id: SiteId) -> Result<Calling, AppError> {
    let mut conn = state.pool.acquire().await?;
    let site = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let (since, now) = (site.state_changed_at, state.clock.now());
    let held = state.held(now);
    let filter = Filter { site: Some(id.0), ..Filter::code("site_deleted") };
    let range = Range { from: since, to: now };
    let requests = stats::store::total(&mut conn, range, &filter, &held).await?;
    let hosts = stats::store::top_hosts(&mut conn, range, &filter, CALLING, &held).await?.rows;
    let mut successors = codes::likely_reads::likely(state, &mut conn, &hosts).await?;
    successors.retain(|site| site.state == SiteState::Active);
    Ok(Calling { since, requests, hosts, successors, now })
}

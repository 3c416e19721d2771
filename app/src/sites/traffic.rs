//! The last seven days of a site's traffic, for saying in numbers what a change will do.

use super::model::{Site, SiteId};
use super::pages::Week;
use super::rules::since_state;
use crate::codes::OK;
use crate::domains::rejected::counted_over;
use crate::error::AppError;
use crate::gate::DenyCode;
use crate::stats::model::{Filter, HostCount, Range};
use crate::stats::rules::Held;
use crate::stats::store;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

/// How many days are looked at.
pub const DAYS: i64 = 7;
/// How many hosts are looked at; a site seldom has as many.
const HOSTS: u32 = 1000;

/// The requests of `site` that got `code`: how many, and from which hosts. Those that a state denies are
/// looked for since the site came into it.
pub async fn week(
    conn: &mut PgConnection,
    site: &Site,
    code: &str,
    now: Timestamp,
) -> Result<Week, AppError> {
    let (week, held) = (last_days(now), Held::at_least(now));
    let range = if code == OK { week } else { since_state(week, site.state_changed_at) };
    let filter = Filter { code: Some(code.to_owned()), ..Filter::site(site.id.0) };
    let requests = store::total(conn, range, &filter, &held).await?;
    let hosts = store::top_hosts(conn, range, &filter, HOSTS, &held).await?.rows;
    let hours = hours(conn, site.id, now).await?.min(range.length().as_hours());
    let since = (range != week).then_some(site.state_changed_at);
    Ok(Week { requests, hosts, hours, since })
}

/// How many of the last [`DAYS`]' hours have passed since the first request to `site` in them, whatever
/// it was answered: 24 to 168. Less than a day counts as a day, so that an hour's traffic is not
/// multiplied.
pub async fn hours(conn: &mut PgConnection, site: SiteId, now: Timestamp) -> Result<i64, AppError> {
    let first = store::first_hour(conn, site.0, last_days(now)).await?;
    let passed = first.map_or(0, |first| now.duration_since(first).as_hours());
    Ok(passed.clamp(24, DAYS * 24))
}

/// The hosts from which `site` got requests that were answered `code`, most frequent first.
pub async fn hosts(
    conn: &mut PgConnection,
    site: SiteId,
    code: &str,
    now: Timestamp,
) -> Result<Vec<HostCount>, AppError> {
    let held = Held::at_least(now);
    let filter = Filter { code: Some(code.to_owned()), ..Filter::site(site.0) };
    Ok(store::top_hosts(conn, last_days(now), &filter, HOSTS, &held).await?.rows)
}

/// How many requests of `site` its domain check denied: those without a usable referer, and those from
/// hosts. They are counted over what rejected hosts are counted over for the last [`DAYS`].
pub async fn unlisted(
    conn: &mut PgConnection,
    site: SiteId,
    now: Timestamp,
) -> Result<(i64, i64), AppError> {
    let (range, held) = (counted_over(last_days(now), now), Held::at_least(now));
    let code = DenyCode::RefererDenied.as_str().to_owned();
    let filter = Filter { code: Some(code), ..Filter::site(site.0) };
    let all = store::total(conn, range, &filter, &held).await?;
    let hosts = store::top_hosts(conn, range, &filter, HOSTS, &held).await?.rows;
    let missing = hosts.iter().filter(|host| matches!(&*host.host, "" | "?"));
    let missing: i64 = missing.map(|host| host.count).sum();
    Ok((missing, all - missing))
}

/// The last [`DAYS`].
pub fn last_days(now: Timestamp) -> Range {
    Range::ending(now, SignedDuration::from_hours(DAYS * 24))
}

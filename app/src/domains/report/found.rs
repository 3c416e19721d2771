//! Which rejected hosts a page has.

use super::super::rejected::{Denial, Order, PAGE, Wanted, arrange, in_words};
use super::super::store::{self, Denials, Denied, Key, MostDenied, Place};
use super::{Ignored, count, is_ignored};
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::stats::model::{Range, SiteHostCount};
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};

/// The most rows that are read of a site: more than it can hold of a code and day.
const MOST_OF_SITE: i64 = 6_000;
/// The most that are read of all sites. A search finds the others.
const MOST_OF_ALL: i64 = 2_000;
/// The most hosts with what is looked for in their names that are looked up one by one. Of more, everything is read.
const MOST_LOOKED_UP: i64 = 1_000;

/// The rejected hosts of a page.
pub(super) struct Found {
    /// What was counted over.
    pub(super) range: Range,
    /// The page's groups; without grouping, each host is one.
    pub(super) groups: Vec<Vec<Denial>>,
    /// What named no host.
    pub(super) nameless: Vec<Denial>,
    /// What is left out because an operator ignores it.
    pub(super) hidden: Vec<Denial>,
    /// All denials.
    pub(super) denied: i64,
    /// The place of the page's first group.
    pub(super) from: usize,
    /// How many groups all pages have.
    pub(super) all: i64,
    /// Whether there are more.
    pub(super) cut: bool,
}

/// The rejected hosts of a page, as they were asked for. A page of all sites costs the same however much was counted.
pub(super) async fn find(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    wanted: &Wanted,
    ignored: &Ignored,
) -> Result<Found, AppError> {
    let all_sites = wanted.site.is_none() && asked.search.is_empty();
    match (wanted.order, wanted.by_domain) {
        (Order::Count, _) | (_, true) if all_sites => {
            most_denied(conn, asked, wanted, ignored).await
        }
        (_, false) if all_sites => in_order(conn, asked, wanted, ignored).await,
        _ => any(conn, asked, wanted, ignored).await,
    }
}

/// The place of a page's first group.
fn start(wanted: &Wanted) -> usize {
    let page = usize::try_from(wanted.page.max(1) - 1).unwrap_or(usize::MAX);
    page.saturating_mul(PAGE)
}

/// A page of all that were denied, in any order.
async fn any(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    wanted: &Wanted,
    ignored: &Ignored,
) -> Result<Found, AppError> {
    let (Denials { range, rows, denied }, cut) = if let Some(found) = looked_up(conn, asked).await?
    {
        (found, false)
    } else {
        let most = if wanted.site.is_some() { MOST_OF_SITE } else { MOST_OF_ALL };
        let found = store::denials(conn, asked, most).await?;
        let cut = count(found.rows.len()) >= most;
        (found, cut)
    };
    let (hidden, shown): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| is_hidden(row, wanted, ignored));
    let (hosts, nameless): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|row| in_words(&row.counted.host).is_none());
    let mut groups = arranged(conn, hosts, wanted).await?;
    let all = groups.len();
    let from = start(wanted).min(all);
    groups = groups.into_iter().skip(from).take(PAGE).collect();
    date(conn, groups.iter_mut().flatten().collect()).await?;
    Ok(Found { range, groups, nameless, hidden, denied, from, all: count(all), cut })
}

/// What the hosts of all sites were denied that are looked for by name; nothing without a name, or if it is in those of
/// many.
async fn looked_up(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
) -> Result<Option<Denials>, AppError> {
    if asked.site.is_some() || asked.search.is_empty() {
        return Ok(None);
    }
    let named = store::named(conn, asked.search, MOST_LOOKED_UP + 1).await?;
    if count(named.len()) > MOST_LOOKED_UP {
        return Ok(None);
    }
    let rows = store::denied_from(conn, asked, &with_codes(asked, named.iter())).await?;
    let denied = rows.iter().map(|row| row.counted.count).sum();
    Ok(Some(Denials { range: asked.counted_over(), rows, denied }))
}

/// Hosts of sites, with each of the codes that are asked for.
fn with_codes<'a>(
    asked: &Denied<'_>,
    hosts: impl Iterator<Item = &'a (SiteId, String)>,
) -> Vec<Key> {
    let codes = |(site, host): &(SiteId, String)| -> Vec<Key> {
        asked.codes.iter().map(|code| (*code, *site, host.clone())).collect()
    };
    hosts.flat_map(codes).collect()
}

/// A page of the hosts that were denied most on all sites, or of their domains, these in any order.
async fn most_denied(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    wanted: &Wanted,
    ignored: &Ignored,
) -> Result<Found, AppError> {
    // Domains are put together of all hosts that are read.
    let (skipped, limit) =
        if wanted.by_domain { (0, MOST_OF_ALL) } else { (count(start(wanted)), count(PAGE)) };
    let MostDenied { range, rows, hostless: mut nameless, denied, mut all, folded } =
        store::most_denied(conn, asked, wanted.with_ignored, skipped, limit).await?;
    let mut cut = folded;
    let mut groups = arranged(conn, rows, wanted).await?;
    let mut from = start(wanted).min(usize::try_from(all).unwrap_or(usize::MAX));
    if wanted.by_domain {
        cut |= all > MOST_OF_ALL;
        all = count(groups.len());
        from = from.min(groups.len());
        groups = groups.into_iter().skip(from).take(PAGE).collect();
    }
    if folded {
        let counted = recount(conn, asked, groups.into_iter().flatten().collect()).await?;
        groups = arranged(conn, counted, wanted).await?;
        nameless.extend(others(conn, asked, ignored).await?);
    }
    let hidden = hidden(conn, asked, wanted, ignored).await?;
    date(conn, groups.iter_mut().flatten().collect()).await?;
    Ok(Found { range, groups, nameless, hidden, denied, from, all, cut })
}

/// A page of the hosts of all sites in another order than by their number: which they are is read in that order, so that
/// only theirs are counted.
async fn in_order(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    wanted: &Wanted,
    ignored: &Ignored,
) -> Result<Found, AppError> {
    let MostDenied { range, rows: _, hostless: mut nameless, denied, mut all, folded } =
        store::most_denied(conn, asked, wanted.with_ignored, 0, 0).await?;
    let mut skipped = start(wanted);
    if !folded {
        skipped = skipped.min(usize::try_from(all).unwrap_or(usize::MAX));
    }
    let from = count(skipped);
    let place = Place { from, limit: count(PAGE), with_ignored: wanted.with_ignored };
    // Few are sooner put in their order than looked for among all that ever came.
    let groups = if wanted.order == Order::First && all <= MOST_OF_ALL && !folded {
        let most = store::most_denied(conn, asked, wanted.with_ignored, 0, MOST_OF_ALL).await?;
        let rows = most.rows;
        let groups = arranged(conn, rows, wanted).await?;
        groups.into_iter().skip(skipped).take(PAGE).collect()
    } else {
        let keys = match wanted.order {
            Order::Host => store::denied_by_name(conn, asked, place).await?,
            Order::Last => store::denied_last(conn, asked, place).await?,
            Order::First | Order::Count => store::denied_first(conn, asked, place).await?,
        };
        let mut rows = store::denied_from(conn, asked, &keys).await?;
        date(conn, rows.iter_mut().collect()).await?;
        arrange(rows, wanted.order, false)
    };
    if folded {
        nameless.extend(others(conn, asked, ignored).await?);
        // In this order there are more than were counted one by one over all sites: as many as have filled this page, and
        // another after a full one.
        let seen = from.saturating_add(count(groups.len()));
        all = all.max(seen + i64::from(groups.len() == PAGE));
    }
    let hidden = hidden(conn, asked, wanted, ignored).await?;
    Ok(Found { range, groups, nameless, hidden, denied, from: skipped, all, cut: folded })
}

/// The rows in the wanted order, together by domain if so wanted.
async fn arranged(
    conn: &mut PgConnection,
    mut rows: Vec<Denial>,
    wanted: &Wanted,
) -> Result<Vec<Vec<Denial>>, AppError> {
    if wanted.order == Order::First {
        date(conn, rows.iter_mut().collect()).await?;
    }
    Ok(arrange(rows, wanted.order, wanted.by_domain))
}

/// The same hosts, counted where each of a site has a row of its own.
async fn recount(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    rows: Vec<Denial>,
) -> Result<Vec<Denial>, AppError> {
    let key = |row: Denial| (row.code, SiteId(row.counted.site), row.counted.host);
    let keys: Vec<Key> = rows.into_iter().map(key).collect();
    store::denied_from(conn, asked, &keys).await
}

/// What hosts were denied that found no room among those of their site.
async fn others(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    ignored: &Ignored,
) -> Result<Vec<Denial>, AppError> {
    let mut others = store::denied_from_others(conn, asked).await?;
    others.retain(|row| !is_ignored(ignored, row));
    Ok(others)
}

/// What was denied to hosts that are left out because an operator ignores them.
async fn hidden(
    conn: &mut PgConnection,
    asked: &Denied<'_>,
    wanted: &Wanted,
    ignored: &Ignored,
) -> Result<Vec<Denial>, AppError> {
    let left_out = with_codes(asked, ignored.iter().filter(|(_, host)| leaves_out(wanted, host)));
    if left_out.is_empty() {
        return Ok(Vec::new());
    }
    store::denied_from(conn, asked, &left_out).await
}

/// Whether a row is left out of the page.
fn is_hidden(row: &Denial, wanted: &Wanted, ignored: &Ignored) -> bool {
    is_ignored(ignored, row) && leaves_out(wanted, &row.counted.host)
}

/// Whether a host that is ignored is left out: it may be shown on demand, what names no host never is.
fn leaves_out(wanted: &Wanted, host: &str) -> bool {
    !wanted.with_ignored || in_words(host).is_some()
}

/// Puts the first request ever in the place of the range's first.
async fn date(conn: &mut PgConnection, rows: Vec<&mut Denial>) -> Result<(), AppError> {
    let of = |row: &SiteHostCount| (SiteId(row.site), row.host.clone());
    let pairs: HashSet<(SiteId, String)> = rows.iter().map(|row| of(&row.counted)).collect();
    let pairs: Vec<(SiteId, &str)> = pairs.iter().map(|(site, host)| (*site, &**host)).collect();
    let seen = store::first_seen(conn, &pairs).await?;
    let seen: HashMap<(SiteId, String), Timestamp> =
        seen.into_iter().map(|(site, host, first)| ((site, host), first)).collect();
    for row in rows {
        if let Some(first) = seen.get(&of(&row.counted)) {
            row.counted.first_seen = row.counted.first_seen.min(*first);
        }
    }
    Ok(())
}

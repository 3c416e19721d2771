//! Reading what the pages say of rejected hosts.

mod question;
mod rows;

pub use question::{Asked, question};

use super::rejected::{Denial, Order, PAGE, Rejected, Wanted, arrange, counted_over, in_words};
use super::{host, store};
use crate::context::AppState;
use crate::error::AppError;
use crate::gate::{DenyCode, SitePolicy};
use crate::sites::model::SiteId;
use crate::stats::model::SiteHostCount;
use crate::stats::report::Window;
use crate::stats::store::top_sites;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most rows that are read of a site: more than it can hold of a code and day.
const MOST_OF_SITE: i64 = 6_000;
/// The most that are read of all sites. A search finds the others.
const MOST_OF_ALL: i64 = 2_000;
/// How many sites there are to filter by.
const MOST_SITES: u32 = 50;

type Policies = HashMap<SiteId, Arc<SitePolicy>>;

/// A page of the rejected hosts of one site or of all.
pub async fn rejected(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    wanted: &Wanted,
) -> Result<Rejected, AppError> {
    let (codes, search) = (wanted.codes(), host::sought(&wanted.search));
    let asked = store::Denied {
        range: counted_over(window.range, window.now),
        held: &window.held,
        codes: &codes,
        site: wanted.site,
        search: &search,
        order: wanted.order,
    };
    let most = if wanted.site.is_some() { MOST_OF_SITE } else { MOST_OF_ALL };
    let store::Denials { range, rows, denied } = store::denials(conn, &asked, most).await?;
    let cut = count(rows.len()) >= most;
    let policies: Policies =
        state.gate.policies().into_iter().map(|policy| (policy.site, policy)).collect();
    let ignored: Ignored = store::ignored(conn, wanted.site).await?.into_iter().collect();
    let is_hidden = |row: &Denial| {
        let host = &row.counted.host;
        is_ignored(&ignored, row) && (!wanted.with_ignored || in_words(host).is_some())
    };
    let (hidden, shown): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_hidden);
    let (mut hosts, nameless): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|row| in_words(&row.counted.host).is_none());
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
    let (nameless, hostless) = rows::without_host(nameless, &policies);
    Ok(Rejected {
        range,
        now: window.now,
        denied,
        nameless,
        hostless,
        groups: rows::of_page(state, conn, window.now, wanted, groups, &ignored).await?,
        from: count(from),
        shown: count(shown),
        all: count(all),
        cut,
        ignored: rows::hidden(hidden, &policies),
    })
}

/// The hosts an operator ignores, by site.
type Ignored = HashSet<(SiteId, String)>;

fn is_ignored(ignored: &Ignored, row: &Denial) -> bool {
    ignored.contains(&(SiteId(row.counted.site), row.counted.host.clone()))
}

/// How many of a window's denials came from hosts that an operator ignores, on one site or on all.
pub async fn ignored_denials(
    conn: &mut PgConnection,
    window: &Window,
    site: Option<SiteId>,
) -> Result<i64, AppError> {
    let code = DenyCode::RefererDenied;
    store::denied_of_ignored(conn, code, site, window.range, &window.held).await
}

/// The sites with rejected hosts of the codes that are wanted, by name, and the one that is shown; at
/// most [`MOST_SITES`] of a code.
pub async fn sites(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    wanted: &Wanted,
) -> Result<Vec<(SiteId, String)>, AppError> {
    let mut ids: HashSet<SiteId> = wanted.site.into_iter().collect();
    let range = counted_over(window.range, window.now);
    let codes = Wanted { site: None, ..wanted.clone() }.codes();
    for code in codes.into_iter().filter(|code| code.has_site()) {
        let code = Some(code.as_str());
        let top = top_sites(conn, range, code, MOST_SITES, &window.held).await?.rows;
        ids.extend(top.into_iter().map(|row| SiteId(row.site)));
    }
    let named = ids.into_iter().filter_map(|id| Some((id, state.gate.policy(id)?.name.clone())));
    let mut named: Vec<(SiteId, String)> = named.collect();
    named.sort_by_cached_key(|(id, name)| (name.to_lowercase(), *id));
    Ok(named)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
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

/// The number of a code's denials, by code.
fn by_code(rows: &[Denial]) -> Vec<(DenyCode, i64)> {
    let of = |code: DenyCode| {
        let own = rows.iter().filter(|row| row.code == code);
        (code, own.map(|row| row.counted.count).sum::<i64>())
    };
    let mut counts: Vec<_> =
        DenyCode::ALL.into_iter().map(of).filter(|(_, count)| *count > 0).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

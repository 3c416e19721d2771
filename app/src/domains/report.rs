//! Reading what the pages say of rejected hosts.

mod found;
mod question;
mod rows;

pub use question::{Asked, question};

use super::rejected::{Denial, Rejected, Wanted, counted_over};
use super::{host, store};
use crate::context::AppState;
use crate::error::AppError;
use crate::gate::{DenyCode, SitePolicy};
use crate::sites::model::SiteId;
use crate::stats::report::Window;
use crate::stats::store::top_sites;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

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
    let ignored: Ignored = store::ignored(conn, wanted.site).await?.into_iter().collect();
    let found = found::find(conn, &asked, wanted, &ignored).await?;
    let policies = policies_of(state, found.nameless.iter().chain(&found.hidden));
    let (nameless, hostless) = rows::without_host(found.nameless, &policies);
    let shown = count(found.groups.len());
    Ok(Rejected {
        range: found.range,
        now: window.now,
        denied: found.denied,
        nameless,
        hostless,
        groups: rows::of_page(state, conn, window.now, wanted, found.groups, &ignored).await?,
        from: count(found.from),
        shown,
        all: found.all,
        cut: found.cut,
        ignored: rows::hidden(found.hidden, &policies),
    })
}

fn policies_of<'a>(state: &AppState, rows: impl Iterator<Item = &'a Denial>) -> Policies {
    let sites: HashSet<SiteId> = rows.map(|row| SiteId(row.counted.site)).collect();
    sites.into_iter().filter_map(|site| Some((site, state.gate.policy(site)?))).collect()
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

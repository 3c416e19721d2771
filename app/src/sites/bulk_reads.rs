//! What a change of many sites would do, and what it did.

use super::list_reads::all_wanted;
use super::model::{BulkChange, BulkDone, SiteId};
use super::pages::BulkPageData;
use super::selection::{BulkForm, BulkKind, MOST, Selection, few};
use super::{bulk, store};
use crate::auth::operator::Operator;
use crate::codes::OK;
use crate::context::Act;
use crate::domains::rules::canonicalise;
use crate::error::{AppError, Failure, Refusal};
use crate::stats::store::hosts_of_code;
use crate::ui::flash::Done;
use crate::ui::number::counted;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashMap;

/// What `kind` would do to the selected sites.
pub async fn page(
    operator: &Operator,
    selection: Selection,
    kind: BulkKind,
    form: &BulkForm,
) -> Result<BulkPageData, AppError> {
    let state = &operator.state;
    let now = state.clock.now();
    let mut conn = state.pool.acquire().await?;
    let ids = match selection {
        Selection::Sites(ids) => ids,
        Selection::Wanted(wanted) => {
            let one_more = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
            all_wanted(state, &mut conn, &wanted, one_more).await?
        }
    };
    let flash = operator.take_flash().await?;
    let mut data = BulkPageData {
        changed: Vec::new(),
        skipped: Vec::new(),
        refusal: few(ids.len()).err(),
        requests: 0,
        hosts: 0,
        now,
        flash,
    };
    if data.refusal.is_some() {
        return Ok(data);
    }
    let change = match form.change(kind, now) {
        Ok(change) => change,
        // It is not typed yet, or no good: that is told at its field.
        Err(refusal) => return unmeant(data, &mut conn, &ids, refusal).await,
    };
    match bulk::preview(&mut conn, &ids, &change, now).await {
        Ok((changed, skipped)) => {
            let names = names(&mut conn, &skipped).await?;
            let name = |id: &SiteId| names.get(id).cloned().unwrap_or_default();
            data.skipped = skipped.into_iter().map(|(id, why)| (id, name(&id), why)).collect();
            data.changed = changed.into_iter().map(|site| (site.id, site.name)).collect();
        }
        Err(Failure::Refused(refusal)) => {
            return unmeant(data, &mut conn, &ids, refusal).await;
        }
        Err(Failure::Error(error)) => return Err(error),
    }
    let concerned: Vec<i64> = data.changed.iter().map(|(id, _)| id.0).collect();
    (data.requests, data.hosts) = concerns(&mut conn, &concerned, &change, now).await?;
    Ok(data)
}

/// The page that asks for what would be right.
async fn unmeant(
    data: BulkPageData,
    conn: &mut PgConnection,
    ids: &[SiteId],
    refusal: Refusal,
) -> Result<BulkPageData, AppError> {
    let sites = store::by_ids(conn, ids).await?;
    let changed = sites.into_iter().map(|site| (site.id, site.name)).collect();
    let refusal = Some(Refusal { field: "value".into(), ..refusal });
    Ok(BulkPageData { changed, refusal, ..data })
}

/// What the sites that are left as they are are called.
async fn names(
    conn: &mut PgConnection,
    skipped: &[(SiteId, String)],
) -> Result<HashMap<SiteId, String>, AppError> {
    let ids: Vec<i64> = skipped.iter().map(|(id, _)| id.0).collect();
    let names = store::names(conn, &ids).await?;
    Ok(names.into_iter().map(|(id, name, _)| (id, name)).collect())
}

/// How many of the last 24 hours' requests a change concerns, and from how many hosts they came.
async fn concerns(
    conn: &mut PgConnection,
    sites: &[i64],
    change: &BulkChange,
    now: Timestamp,
) -> Result<(i64, i64), AppError> {
    let code = match change {
        BulkChange::Pause(_) | BulkChange::Delete => OK,
        BulkChange::Start => "site_paused",
        BulkChange::AddDomain { .. } => "referer_denied",
        BulkChange::AddTag(_) | BulkChange::RemoveTag(_) => return Ok((0, 0)),
    };
    let mut hosts = hosts_of_code(conn, sites, code, now).await?;
    if let BulkChange::AddDomain { pattern, include_subdomains } = change {
        let added = canonicalise(pattern, *include_subdomains).map(|added| added.pattern);
        hosts.retain(|(host, _)| added.as_ref().is_ok_and(|added| added.matches_host(host)));
    }
    let requests = hosts.iter().map(|(_, count)| count).sum();
    let named = hosts.iter().filter(|(host, _)| !matches!(&**host, "" | "?" | "*")).count();
    Ok((requests, i64::try_from(named).unwrap_or(i64::MAX)))
}

/// Changes the sites and says what was done.
///
/// # Errors
/// Refuses a change that makes no sense, too many sites, and a deletion whose number was not typed.
pub async fn apply(
    act: &Act,
    ids: &[SiteId],
    kind: BulkKind,
    form: &BulkForm,
    confirm: &str,
) -> Result<Done, Failure> {
    few(ids.len())?;
    let change = form.change(kind, act.now())?;
    if kind == BulkKind::Delete && confirm.trim().replace(',', "") != ids.len().to_string() {
        let message = format!("Type {}, the number of sites, to delete them.", ids.len());
        return Err(Refusal::new("number_differs", "confirm", message).into());
    }
    Ok(told(kind, bulk::apply(act, ids, &change).await?))
}

fn told(kind: BulkKind, done: BulkDone) -> Done {
    let BulkDone { changed, skipped, first } = done;
    let mut message = format!("{} {}.", kind.past(), counted(changed, "site", "sites"));
    if let Some((_, reason)) = skipped.first() {
        let number = i64::try_from(skipped.len()).unwrap_or(i64::MAX);
        let (were, one) = if number == 1 { ("was", "") } else { ("were", "the first: ") };
        let left = counted(number, "site", "sites");
        message = format!("{message} {left} {were} left as before: {one}{reason}");
    }
    Done { undo: first, ..Done::told(message) }
}

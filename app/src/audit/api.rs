//! Server functions of the trail.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{EntryId, Filter, Paging};
use super::pages::{AuditPageData, EntryPageData, UndoPageData};
use crate::error::AppError;
use leptos::prelude::*;

/// A page of the entries that are looked for.
#[server(endpoint = "/audit/page")]
pub async fn audit_page(filter: Filter, paging: Paging) -> Result<AuditPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::page(&operator, filter, paging).await
}

/// One entry.
#[server(endpoint = "/audit/entry")]
pub async fn entry_page(entry: EntryId) -> Result<EntryPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::entry_page(&operator, entry).await
}

/// What taking an entry back, or all of its batch, would do.
#[server(endpoint = "/audit/undo_page")]
pub async fn undo_page(entry: EntryId, all: bool) -> Result<UndoPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::undo_page(&operator, entry, all).await
}

/// Takes an entry back, or `all` of its batch. What would deny requests that are let through now is
/// first asked about, unless that was `confirmed`.
#[server(endpoint = "/audit/undo")]
pub async fn undo(
    entry: EntryId,
    #[server(default)] all: bool,
    #[server(default)] confirmed: bool,
    back: String,
) -> Result<(), AppError> {
    use super::{reads, rules, undo};
    let operator = crate::auth::operator::operator().await?;
    if !confirmed && reads::denies_something(&operator, entry, all).await? {
        return crate::auth::operator::see_other(&rules::undo_path(entry, all, &back));
    }
    let act = operator.act();
    let outcome =
        if all { undo::undo_batch(&act, entry).await } else { undo::undo(&act, entry).await };
    let outcome = outcome.map(|undone| reads::told_of_undone(&undone));
    operator.answer(&back, "undo", &[], outcome).await
}

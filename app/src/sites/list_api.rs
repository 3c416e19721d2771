//! Server functions of the list of sites, and of changes to many of them.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::list::{Order, Paging, Wanted};
use super::pages::{BulkPageData, SitesPageData};
use super::selection::{BulkForm, BulkKind, Selection};
use crate::error::AppError;
use leptos::prelude::*;

/// The sites that are wanted, a page at a time.
#[server(endpoint = "/sites/list")]
pub async fn sites_page(
    wanted: Wanted,
    order: Order,
    paging: Paging,
) -> Result<SitesPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::list_reads::list(&operator, wanted, order, paging).await
}

/// What `kind` would do to the selected sites.
#[server(endpoint = "/sites/bulk_page")]
pub async fn bulk_page(
    selection: Selection,
    kind: BulkKind,
    form: BulkForm,
) -> Result<BulkPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::bulk_reads::page(&operator, selection, kind, &form).await
}

/// Changes the sites with these numbers, with commas between them. `confirm` is their number, typed
/// before they are deleted; `page` is where the form stands.
#[server(endpoint = "/sites/bulk")]
pub async fn change_sites(
    sites: String,
    kind: BulkKind,
    #[server(default)] confirm: String,
    page: String,
    #[server(flatten)] form: BulkForm,
) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let act = operator.act();
    let ids = super::selection::site_ids(&sites);
    let outcome = super::bulk_reads::apply(&act, &ids, kind, &form, &confirm).await;
    let to = if outcome.is_ok() { "/sites" } else { &page };
    operator.answer(to, "bulk", &form.typed(), outcome).await
}

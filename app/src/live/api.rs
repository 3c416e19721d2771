//! The server function of the live page.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{LivePageData, Wanted};
use crate::error::AppError;
use leptos::prelude::*;

/// The newest samples that are wanted, and where to go on from.
#[server(endpoint = "/live/page")]
pub async fn live_page(#[server(default)] wanted: Wanted) -> Result<LivePageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let flash = operator.take_flash().await?;
    super::tail::page(&operator.state, &wanted, flash).await
}

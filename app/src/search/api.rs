//! Server functions of the search.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::Hit;
use crate::error::AppError;
use crate::ui::flash::Flash;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the search page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SearchPageData {
    /// What was found.
    pub hits: Vec<Hit>,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
}

/// What fits a query, for the palette; pages without one.
#[server(endpoint = "/search/find")]
pub async fn find(query: String) -> Result<Vec<Hit>, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::find(&operator.state, &query).await
}

/// The same with what a page needs.
#[server(endpoint = "/search/page")]
pub async fn search_page(query: String) -> Result<SearchPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let hits = super::reads::find(&operator.state, &query).await?;
    Ok(SearchPageData { hits, flash: operator.take_flash().await? })
}

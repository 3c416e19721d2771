//! The server function of the page of the storage.

use super::model::Storage;
use crate::error::AppError;
use leptos::prelude::*;

/// The address of the page.
pub const PATH: &str = "/settings/storage";

/// Everything that is stored of events.
#[server(endpoint = "/storage/page")]
pub async fn storage_page() -> Result<Storage, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let flash = operator.take_flash().await?;
    let now = operator.state.clock.now();
    let mut conn = operator.state.pool.acquire().await?;
    super::report::storage(&operator.state, &mut conn, now, flash).await
}

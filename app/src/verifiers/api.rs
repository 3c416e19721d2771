//! Server functions of the page of the verifiers.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::pages::VerifiersReport;
use crate::error::AppError;
use crate::ui::range::Chosen;
use leptos::prelude::*;

/// Every source with its events of a range.
#[server(endpoint = "/verifiers/page")]
pub async fn verifiers_page(chosen: Chosen) -> Result<VerifiersReport, AppError> {
    use crate::stats::report::Window;
    let operator = crate::auth::operator::operator().await?;
    let now = operator.state.clock.now();
    let window = Window::new(chosen.resolve(now), now, operator.state.held(now));
    let flash = operator.take_flash().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let verifiers = super::report::verifiers(&mut conn, &window).await?;
    Ok(VerifiersReport { flash, now, base_url: operator.state.base_url.to_string(), verifiers })
}

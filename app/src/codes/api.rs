//! Server functions of the pages about error codes.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::explorer::{Report, Wanted};
use super::pages::CodeReport;
use crate::error::AppError;
use crate::ui::range::Chosen;
use leptos::prelude::*;

/// What the explorer shows over a range.
#[server(endpoint = "/codes/errors")]
pub async fn errors_page(chosen: Chosen, wanted: Wanted) -> Result<Report, AppError> {
    use crate::stats::report::Window;
    let operator = crate::auth::operator::operator().await?;
    let now = operator.state.clock.now();
    let window = Window::new(chosen.resolve(now), now, operator.state.held(now));
    let flash = operator.take_flash().await?;
    let days = operator.state.keeping.kept().retention.sample_days;
    let mut conn = operator.state.pool.acquire().await?;
    super::explorer::report::report(&mut conn, &window, wanted, days, flash).await
}

/// One code over a range, of one site (0: of none) or of all.
#[server(endpoint = "/codes/code")]
pub async fn code_page(
    code: String,
    chosen: Chosen,
    site: Option<i64>,
) -> Result<CodeReport, AppError> {
    use crate::stats::report::Window;
    let operator = crate::auth::operator::operator().await?;
    if super::normalise_code(&code) != Ok(&code) || code == super::OK {
        return Err(AppError::NotFound);
    }
    let now = operator.state.clock.now();
    let window = Window::new(chosen.resolve(now), now, operator.state.held(now));
    let flash = operator.take_flash().await?;
    let mut conn = operator.state.pool.acquire().await?;
    super::report::code(&operator.state, &mut conn, &window, &code, site, flash).await
}

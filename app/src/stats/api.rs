//! Server functions of the overview and of a site's statistics.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::pages::{Overview, SiteReport};
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::ui::range::Chosen;
use leptos::prelude::*;

/// What the overview shows.
#[server(endpoint = "/stats/overview")]
pub async fn overview_page(chosen: Chosen) -> Result<Overview, AppError> {
    use super::report::Window;
    let operator = crate::auth::operator::operator().await?;
    let now = operator.state.clock.now();
    let window = Window::new(chosen.resolve(now), now, operator.state.held(now));
    let flash = operator.take_flash().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let email = operator.administrator.email.clone();
    super::overview::overview(&operator.state, &mut conn, &window, email, flash).await
}

/// What a site's first tab shows.
#[server(endpoint = "/stats/site")]
pub async fn site_stats(site: SiteId, chosen: Chosen) -> Result<SiteReport, AppError> {
    use super::report::Window;
    let operator = crate::auth::operator::operator().await?;
    let now = operator.state.clock.now();
    let window = Window::new(chosen.resolve(now), now, operator.state.held(now));
    let mut conn = operator.state.pool.acquire().await?;
    super::overview::site(&operator.state, &mut conn, &window, site).await
}

//! Server functions of the page of maintenance windows.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{Window, WindowId};
use super::rules::WindowForm;
use crate::error::AppError;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The page of the windows.
pub const PATH: &str = "/settings/maintenance";
/// The name of the form that plans one.
pub const FORM: &str = "plan-maintenance";

/// What the page of the windows shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenancePageData {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The windows that go on or are ahead, the next to end first.
    pub ahead: Vec<Window>,
    /// The last ones that are over, the newest first.
    pub past: Vec<Window>,
}

/// The maintenance windows.
#[server(endpoint = "/maintenance/page")]
pub async fn maintenance_page() -> Result<MaintenancePageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let flash = operator.take_flash().await?;
    let now = operator.state.clock.now();
    let mut conn = operator.state.pool.acquire().await?;
    let ahead = super::store::ahead(&mut conn, now).await?;
    let past = super::store::past(&mut conn, now).await?;
    Ok(MaintenancePageData { flash, now, ahead, past })
}

/// Plans a window.
#[server(endpoint = "/maintenance/plan")]
pub async fn plan_maintenance(#[server(flatten)] form: WindowForm) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::create(&operator.act(), &form).await;
    let done = outcome.map(|name| Done::told(format!("Planned the maintenance {name}.")));
    operator.answer(PATH, FORM, &form.typed(), done).await
}

/// Ends a window that goes on, or deletes one that has not begun.
#[server(endpoint = "/maintenance/end")]
pub async fn end_maintenance(id: WindowId) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::end(&operator.act(), id).await;
    let done = outcome.map(|name| {
        Done::told(format!("Ended the maintenance {name}. What is still so is told now."))
    });
    operator.answer(PATH, "end-maintenance", &[], done).await
}

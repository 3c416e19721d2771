//! Planning maintenance windows, and ending them.

use super::model::{Window, WindowId};
use super::rules::WindowForm;
use super::store;
use crate::alerts::{reads, store as alerts};
use crate::audit::commands::{Change, record};
use crate::audit::model::Action;
use crate::context::Act;
use crate::error::{AppError, Failure};
use serde_json::{Value, json};

/// Plans a window; returns its name.
pub async fn create(act: &Act, form: &WindowForm) -> Result<String, Failure> {
    let now = act.now();
    let checked = form.checked(now)?;
    let mut tx = act.state.pool.begin().await?;
    let site = match form.site.trim() {
        "" => None,
        typed => Some(reads::site(&mut tx, typed).await?),
    };
    let id = store::insert(&mut tx, &checked, site, now).await?;
    let window = store::by_id_for_update(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let change =
        Change { site, subject: &checked.name, after: Some(told(&window)), ..Change::default() };
    record(&mut tx, act, Action::MaintenancePlanned, change).await?;
    tx.commit().await?;
    Ok(checked.name)
}

/// Ends a window that goes on, or deletes one that has not begun; returns its name. What it held back is
/// told, if it still is so.
pub async fn end(act: &Act, id: WindowId) -> Result<String, Failure> {
    let now = act.now();
    let mut tx = act.state.pool.begin().await?;
    let window = store::by_id_for_update(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    if window.over(now) {
        return Ok(window.name);
    }
    let (rows, action) = if window.starts_at < now {
        (store::end(&mut tx, id, now).await?, Action::MaintenanceEnded)
    } else {
        (store::delete(&mut tx, id, now).await?, Action::MaintenanceCancelled)
    };
    if rows != 1 {
        return Err(AppError::NotFound.into());
    }
    alerts::hurry(&mut tx, now).await?;
    let change = Change {
        site: window.site,
        subject: &window.name,
        before: Some(told(&window)),
        ..Change::default()
    };
    record(&mut tx, act, action, change).await?;
    tx.commit().await?;
    Ok(window.name)
}

/// A window as the trail tells it.
fn told(window: &Window) -> Value {
    let reason = (!window.reason.is_empty()).then_some(&window.reason);
    json!({
        "sites": window.site_name.as_deref().unwrap_or("all"),
        "from": window.starts_at,
        "to": window.ends_at,
        "reason": reason,
    })
}

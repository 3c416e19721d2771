//! Server functions of the trail.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{EntryId, Trail};
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::ui::flash::Flash;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the audit page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditPageData {
    /// The entries.
    pub trail: Trail,
    /// The site that is filtered for: its number and name.
    pub site: Option<(SiteId, String)>,
    /// The outcome of the last form.
    pub flash: Option<Flash>,
}

/// The entries before `before` (the newest, if `None`), of one site or of all.
#[server(endpoint = "/audit/page")]
pub async fn audit_page(
    site: Option<SiteId>,
    before: Option<EntryId>,
) -> Result<AuditPageData, AppError> {
    use crate::auth::operator::operator;
    let operator = operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let site = match site {
        Some(id) => {
            let site =
                crate::sites::store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
            Some((site.id, site.name))
        }
        None => None,
    };
    let of = site.as_ref().map(|(id, _)| *id);
    let trail = super::store::trail(&mut conn, of, before, operator.state.clock.now()).await?;
    Ok(AuditPageData { trail, site, flash: operator.take_flash().await? })
}

/// Takes an entry back.
#[server(endpoint = "/audit/undo")]
pub async fn undo(entry: EntryId, back: String) -> Result<(), AppError> {
    use crate::auth::operator::operator;
    use crate::ui::flash::Done;
    let operator = operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let undone = super::store::by_id(&mut conn, entry).await?;
    let what = undone.map(|entry| format!("{} {}", entry.action.past(), entry.subject));
    drop(conn);
    let outcome = super::commands::undo(&operator.act(), entry).await;
    let told = format!("Taken back: {}.", what.unwrap_or_default());
    // The undoing can be undone, which brings the change back.
    let outcome = outcome.map(|undoing| Done::undoable(told, undoing));
    operator.answer(&back, "undo", &[], outcome).await
}

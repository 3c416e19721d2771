//! Server functions of the gate.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use crate::error::AppError;
use crate::sites::model::SiteId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the gate would answer, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Whether the request would be let through.
    pub allowed: bool,
    /// The answer in a few words: `Allowed`, `Denied: referer_denied`.
    pub title: String,
    /// By which entry, or why not, and which entry comes nearest.
    pub message: String,
}

/// Asks the gate itself about a request of `site` with this referer; an empty one stands for none.
#[server(endpoint = "/gate/explain")]
pub async fn explain(site: SiteId, referer: String) -> Result<Judged, AppError> {
    use crate::gate::{Decision, Detail};
    use crate::keys::model::KeyState;
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let sitekeys = crate::keys::store::sitekeys(&mut conn, Some(site)).await?;
    let active = sitekeys.iter().find(|key| key.state == KeyState::Active);
    let sitekey = active.or(sitekeys.first()).ok_or(AppError::NotFound)?;
    let referer = referer.trim().as_bytes();
    let gate = &operator.state.gate;
    let verdict = gate.check(Some(&sitekey.sitekey), Some(referer), Detail::Nearest);
    let title = match verdict.decision {
        Decision::Allow => "Allowed".to_owned(),
        Decision::Deny(code) => format!("Denied: {code}"),
    };
    let allowed = verdict.decision == Decision::Allow;
    Ok(Judged { allowed, title, message: verdict.message() })
}

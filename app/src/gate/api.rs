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
    /// The host that can be allowed, and the page that asks whether to.
    pub allow: Option<(String, String)>,
}

/// Asks the gate itself about a request of `site` with this referer; an empty one stands for none.
#[server(endpoint = "/gate/explain")]
pub async fn explain(site: SiteId, referer: String) -> Result<Judged, AppError> {
    use crate::domains::hosts_api::allow_path;
    use crate::domains::rules::canonicalise;
    use crate::gate::{Decision, Detail, Explanation};
    use crate::keys::model::KeyState;
    use crate::ui::query::Address;
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let sitekeys = crate::keys::store::sitekeys(&mut conn, Some(site)).await?;
    let active = sitekeys.iter().find(|key| key.state == KeyState::Active);
    let sitekey = active.or(sitekeys.first()).ok_or(AppError::NotFound)?;
    let referer = referer.trim();
    let gate = &operator.state.gate;
    let verdict = gate.check(Some(&sitekey.sitekey), Some(referer.as_bytes()), Detail::Nearest);
    let title = match verdict.decision {
        Decision::Allow => "Allowed".to_owned(),
        Decision::Deny(code) => format!("Denied: {code}"),
    };
    let allowed = verdict.decision == Decision::Allow;
    let unlisted = matches!(verdict.explanation, Explanation::NotListed { .. });
    let host = verdict.host().filter(|host| unlisted && canonicalise(host, false).is_ok());
    let allow = host.map(|host| {
        // The same question is asked again afterwards, and answered otherwise.
        let asked = [("referer".to_owned(), referer.to_owned())];
        let back = Address::new(format!("/sites/{site}/domains"), asked).href();
        (host.to_owned(), allow_path(site, host, false, &back, None))
    });
    Ok(Judged { allowed, title, message: verdict.message(), allow })
}

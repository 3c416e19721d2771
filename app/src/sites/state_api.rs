//! Server functions that change a site's state.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::SiteId;
use super::pages::{Calling, StatePageData};
use super::rules::StateChange;
use crate::error::AppError;
use leptos::prelude::*;

/// What the page before a change of state shows.
#[server(endpoint = "/sites/state")]
pub async fn state_page(site: SiteId, change: StateChange) -> Result<StatePageData, AppError> {
    use super::model::SiteState;
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let head = super::reads::head(&operator, &mut conn, site).await?;
    let refusal = super::rules::change_state(&head.site, change, head.now).err();
    let code = match (change, head.site.state) {
        (StateChange::Pause | StateChange::Delete, SiteState::Active) => crate::codes::OK,
        (StateChange::Restore, _) => "site_deleted",
        _ => "site_paused",
    };
    let week = super::traffic::week(&mut conn, &head.site, code, head.now).await?;
    Ok(StatePageData { head, refusal, week })
}

/// The hosts that still send a deleted site's sitekeys, and the sites that list them now.
#[server(endpoint = "/sites/calling")]
pub async fn still_calling(site: SiteId) -> Result<Calling, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::still_calling(&operator.state, site).await
}

/// Pauses a site, or `again` says anew why it is paused and when it starts. `until` and `at` are as in
/// [`starts_at`](super::rules::starts_at).
#[server(endpoint = "/sites/pause")]
pub async fn pause_site(
    site: SiteId,
    version: i64,
    #[server(default)] again: bool,
    #[server(default)] reason: String,
    #[server(default)] until: String,
    #[server(default)] at: String,
    back: String,
) -> Result<(), AppError> {
    use super::commands::{change_pause, pause};
    let operator = crate::auth::operator::operator().await?;
    let (act, version) = (operator.act(), Some(version));
    let outcome = match super::rules::pause(&reason, &until, &at, act.now()) {
        Ok(said) => {
            let told = super::rules::told_of_pause(&said, act.now());
            let done = if again {
                change_pause(&act, site, version, said).await
            } else {
                pause(&act, site, version, said).await
            };
            done.map(|entry| crate::ui::flash::Done::undoable(told, entry))
        }
        Err(refusal) => Err(refusal.into()),
    };
    let page = super::pages::state_path(site, StateChange::Pause, &back);
    let (to, typed) = (
        if outcome.is_ok() { &back } else { &page },
        [("reason", &*reason), ("until", &until), ("at", &at)],
    );
    operator.answer(to, "pause", &typed, outcome).await
}

/// Starts or restores a site, pauses it without a word, or deletes it when `name` is its name.
#[server(endpoint = "/sites/change_state")]
pub async fn change_site_state(
    site: SiteId,
    version: i64,
    change: StateChange,
    #[server(default)] name: String,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, version) = (operator.act(), Some(version));
    let outcome = match change {
        StateChange::Delete => super::commands::delete(&act, site, version, &name).await,
        change => super::commands::change_state(&act, site, version, change).await,
    };
    let outcome = outcome.map(|entry| Done::undoable(change.done(), entry));
    let page = super::pages::state_path(site, change, &back);
    let to = if outcome.is_ok() { &back } else { &page };
    operator.answer(to, "state", &[("name", &name)], outcome).await
}

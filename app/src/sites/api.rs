//! Server functions of sites.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{MissingReferer, SiteId, SiteState};
use super::pages::{
    ActivityData, IntegrationData, SettingsData, SiteHead, SitesPageData, StatePageData,
};
use super::rules::StateChange;
use crate::audit::model::EntryId;
use crate::error::AppError;
use crate::ui::flash::Flash;
use leptos::prelude::*;

/// The sites whose name or domain holds `search`, or that a sitekey belongs to.
#[server(endpoint = "/sites/list")]
pub async fn sites_page(
    search: String,
    state: Option<SiteState>,
    after: Option<SiteId>,
) -> Result<SitesPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::list(&operator, &search, state, after).await
}

/// The outcome of the last try to make a site.
#[server(endpoint = "/sites/new")]
pub async fn new_site_page() -> Result<Option<Flash>, AppError> {
    crate::auth::operator::operator().await?.take_flash().await
}

/// What the overview tab shows above its numbers, which load by themselves.
#[server(endpoint = "/sites/overview")]
pub async fn overview_page(site: SiteId) -> Result<SiteHead, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    super::reads::head(&operator, &mut conn, site).await
}

/// What the integration tab shows.
#[server(endpoint = "/sites/integration")]
pub async fn integration_page(site: SiteId) -> Result<IntegrationData, AppError> {
    use crate::domains::model::DomainScope;
    use crate::keys::model::KeyState;
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let head = super::reads::head(&operator, &mut conn, site).await?;
    let sitekeys = crate::keys::store::sitekeys(&mut conn, Some(site)).await?;
    let active = sitekeys.into_iter().find(|key| key.state == KeyState::Active);
    let domains = crate::domains::store::of_site(&mut conn, site).await?;
    let mut patterns: Vec<_> = domains.into_iter().map(|domain| domain.pattern).collect();
    patterns.retain(|pattern| pattern.scope != DomainScope::Preview);
    // A plain public name reads best.
    let plain = patterns.into_iter().min_by_key(|pattern| (pattern.testing(), pattern.port));
    Ok(IntegrationData {
        head,
        sitekey: active.map(|key| key.sitekey),
        host: plain.map(|pattern| pattern.to_string()),
        base_url: operator.state.base_url.to_string(),
    })
}

/// What the activity tab shows.
#[server(endpoint = "/sites/activity")]
pub async fn activity_page(
    site: SiteId,
    before: Option<EntryId>,
) -> Result<ActivityData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let head = super::reads::head(&operator, &mut conn, site).await?;
    let trail = crate::audit::store::trail(&mut conn, Some(site), before, head.now).await?;
    Ok(ActivityData { head, trail })
}

/// What the settings tab shows.
#[server(endpoint = "/sites/settings")]
pub async fn settings_page(site: SiteId) -> Result<SettingsData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let head = super::reads::head(&operator, &mut conn, site).await?;
    let denied = super::traffic::week(&mut conn, site, "referer_denied", head.now).await?;
    let missing = denied.hosts.iter().filter(|host| matches!(&*host.host, "" | "?"));
    let missing_denied = missing.map(|host| host.count).sum();
    Ok(SettingsData { head, missing_denied, hosts_denied: denied.requests - missing_denied })
}

/// What the page before a change of state shows.
#[server(endpoint = "/sites/state")]
pub async fn state_page(site: SiteId, change: StateChange) -> Result<StatePageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let head = super::reads::head(&operator, &mut conn, site).await?;
    let refusal = super::rules::change_state(&head.site, change, head.now).err();
    let code = match (change, head.site.state) {
        (StateChange::Pause | StateChange::Delete, SiteState::Active) => "ok",
        (StateChange::Restore, _) => "site_deleted",
        _ => "site_paused",
    };
    let week = super::traffic::week(&mut conn, site, code, head.now).await?;
    Ok(StatePageData { head, refusal, week })
}

/// Makes a site and shows its secret.
#[server(endpoint = "/sites/create")]
pub async fn create_site(
    name: String,
    domains: String,
    #[server(default)] include_subdomains: bool,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let lines: Vec<String> = domains.lines().map(ToOwned::to_owned).collect();
    let lines = if domains.trim().is_empty() { Vec::new() } else { lines };
    let include = include_subdomains.to_string();
    let typed = [("name", &*name), ("domains", &domains), ("include_subdomains", &include)];
    match super::commands::create(&operator.act(), &name, &lines, include_subdomains).await {
        Ok(created) => {
            let reveal = Some(operator.keep_for_reveal(created.secret)?);
            let message = format!("Created {}. The gate knows it now.", name.trim());
            let back = format!("/sites/{}", created.id);
            operator.answer(&back, "new-site", &[], Ok(Done { message, undo: None, reveal })).await
        }
        Err(failure) => operator.answer("/sites/new", "new-site", &typed, Err(failure)).await,
    }
}

/// Gives a site another name.
#[server(endpoint = "/sites/rename")]
pub async fn rename_site(
    site: SiteId,
    version: i64,
    name: String,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::rename(&operator.act(), site, Some(version), &name, None).await;
    let outcome =
        outcome.map(|entry| Done::undoable(format!("Renamed to {}.", name.trim()), entry));
    operator.answer(&back, "rename", &[("name", &name)], outcome).await
}

/// Sets how strictly the gate treats a site's traffic.
#[server(endpoint = "/sites/policy")]
pub async fn set_site_policy(
    site: SiteId,
    version: i64,
    any_hostname: bool,
    missing_referer: MissingReferer,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, version) = (operator.act(), Some(version));
    let outcome =
        super::commands::set_policy(&act, site, version, any_hostname, missing_referer, None).await;
    let outcome = outcome.map(|entry| Done::undoable("Saved. The gate applies it now.", entry));
    operator.answer(&back, "policy", &[], outcome).await
}

/// Pauses, starts, deletes or restores a site.
#[server(endpoint = "/sites/change_state")]
pub async fn change_site_state(
    site: SiteId,
    version: i64,
    change: StateChange,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let act = operator.act();
    let outcome = super::commands::change_state(&act, site, Some(version), change, None).await;
    let outcome = outcome.map(|entry| Done::undoable(change.done(), entry));
    operator.answer(&back, "state", &[], outcome).await
}

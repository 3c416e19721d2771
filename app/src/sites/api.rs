//! Server functions of sites.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{MissingReferer, SiteId};
use super::pages::{ActivityData, IntegrationData, SettingsData, SiteHead};
use crate::audit::model::{Filter, Paging};
use crate::error::AppError;
use crate::ui::flash::Flash;
use leptos::prelude::*;

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
    use super::reads::made_up_id;
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
        event_ids: [made_up_id()?, made_up_id()?, made_up_id()?],
    })
}

/// What the activity tab shows.
#[server(endpoint = "/sites/activity")]
pub async fn activity_page(
    site: SiteId,
    filter: Filter,
    paging: Paging,
) -> Result<ActivityData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let head = super::reads::head(&operator, &mut conn, site).await?;
    let filter = Filter { site: Some(site), ..filter };
    let trail = crate::audit::reads::trail(&mut conn, filter, paging, head.now).await?;
    let actors = crate::audit::reads::actors(&mut conn).await?;
    Ok(ActivityData { head, trail, actors })
}

/// What the settings tab shows.
#[server(endpoint = "/sites/settings")]
pub async fn settings_page(site: SiteId) -> Result<SettingsData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let head = super::reads::head(&operator, &mut conn, site).await?;
    let (missing_denied, hosts_denied) =
        super::traffic::unlisted(&mut conn, site, head.now).await?;
    Ok(SettingsData { head, missing_denied, hosts_denied })
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
    let pieces = crate::domains::rules::take_apart(&domains).pieces;
    let lines: Vec<String> = pieces.iter().map(|piece| piece.text.to_owned()).collect();
    let include = include_subdomains.to_string();
    let typed = [("name", &*name), ("domains", &domains), ("include_subdomains", &include)];
    match super::commands::create(&operator.act(), &name, &lines, include_subdomains, &[]).await {
        Ok(created) => {
            let reveal = Some(operator.keep_for_reveal(created.secret)?);
            let mut message = format!("Created {}. The gate knows it now.", name.trim());
            if let Some(told) = super::rules::told_of_namesakes(&created.namesakes) {
                message = format!("{message} {told}");
            }
            let back = format!("/sites/{}", created.id);
            operator
                .answer(&back, "new-site", &[], Ok(Done { message, reveal, ..Done::default() }))
                .await
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
    let outcome = super::commands::rename(&operator.act(), site, Some(version), &name).await;
    let outcome = outcome.map(|(entry, namesakes)| {
        let told = super::rules::told_of_namesakes(&namesakes);
        let told = told.map(|told| format!(" {told}")).unwrap_or_default();
        Done::undoable(format!("Renamed to {}.{told}", name.trim()), entry)
    });
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
        super::commands::set_policy(&act, site, version, any_hostname, missing_referer).await;
    let outcome = outcome.map(|entry| Done::undoable("Saved. The gate applies it now.", entry));
    let any = any_hostname.to_string();
    let typed = [("any_hostname", &*any), ("missing_referer", missing_referer.as_str())];
    operator.answer(&back, "policy", &typed, outcome).await
}

/// Puts a site into the groups that were typed, with commas between them, and no others.
#[server(endpoint = "/sites/set_tags")]
pub async fn set_site_tags(
    site: SiteId,
    version: i64,
    #[server(default)] tags: String,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, version) = (operator.act(), Some(version));
    let outcome = match super::rules::tags(&tags) {
        Ok(tags) => super::commands::set_tags(&act, site, version, &tags).await,
        Err(refusal) => Err(refusal.into()),
    };
    let outcome = outcome.map(|entry| Done::undoable("Saved the tags.", entry));
    operator.answer(&back, "tags", &[("tags", &tags)], outcome).await
}

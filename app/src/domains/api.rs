//! Server functions of associated domains.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{DomainId, Pattern};
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::sites::pages::{SiteHead, Week};
use jiff::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the domains tab shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DomainsPageData {
    /// The site.
    pub head: SiteHead,
    /// Its entries, by host.
    pub domains: Vec<DomainRow>,
}

/// An associated domain with its traffic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DomainRow {
    /// Its number.
    pub id: DomainId,
    /// What it stands for.
    pub pattern: Pattern,
    /// When it was added.
    pub created_at: Timestamp,
    /// Requests it let through in the last seven days.
    pub requests: i64,
}

/// The page before an entry is removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemovePageData {
    /// The site.
    pub head: SiteHead,
    /// The entry.
    pub pattern: Pattern,
    /// The requests of the last seven days that only this entry let through.
    pub week: Week,
}

/// What would become of domains that are being typed, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainsVerdict {
    /// Whether they would be taken.
    pub accepted: bool,
    /// The verdict in a few words.
    pub title: String,
    /// What is worth knowing, one sentence each.
    pub notes: Vec<String>,
    /// What would be taken in their place.
    pub suggestion: Option<Suggestion>,
}

/// Domains that would be taken in place of what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What to put in the field.
    pub domains: String,
    /// How to set *include subdomains*.
    pub include_subdomains: bool,
}

/// What the domains tab shows.
#[server(endpoint = "/domains/page")]
pub async fn domains_page(site: SiteId) -> Result<DomainsPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::page(&operator, site).await
}

/// What the page before a removal shows.
#[server(endpoint = "/domains/remove_page")]
pub async fn remove_domain_page(
    site: SiteId,
    domain: DomainId,
) -> Result<RemovePageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::remove_page(&operator, site, domain).await
}

/// What would become of `typed`, one domain a line, on `site` or on a new one.
#[server(endpoint = "/domains/judge")]
pub async fn judge_domains(
    site: Option<SiteId>,
    typed: String,
    include_subdomains: bool,
) -> Result<DomainsVerdict, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::judge(&operator.state, site, &typed, include_subdomains).await
}

/// Adds domains, one a line.
#[server(endpoint = "/domains/add")]
pub async fn add_domains(
    site: SiteId,
    version: i64,
    domains: String,
    #[server(default)] include_subdomains: bool,
    back: String,
) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let (act, include) = (operator.act(), include_subdomains.to_string());
    let outcome =
        super::commands::add_all(&act, site, Some(version), &domains, include_subdomains).await;
    let outcome = outcome.map(|added| super::reads::told_of_added(&added));
    let typed = [("domains", &*domains), ("include_subdomains", &include)];
    operator.answer(&back, "add-domains", &typed, outcome).await
}

/// Removes an entry.
#[server(endpoint = "/domains/remove")]
pub async fn remove_domain(
    site: SiteId,
    version: i64,
    domain: DomainId,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let act = operator.act();
    let outcome = super::commands::remove(&act, site, Some(version), domain, None).await;
    let outcome = outcome.map(|(pattern, entry)| {
        let shown = pattern.unicode().unwrap_or_else(|| pattern.to_string());
        Done::undoable(format!("Removed {shown}. The gate applies it now."), entry)
    });
    operator.answer(&back, "remove-domain", &[], outcome).await
}

//! Server functions of associated domains.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::Warning;
use super::listing::{Listed, Listing};
use super::model::{DomainId, DomainScope, Pattern};
use super::replay::{Replay, Tally};
use crate::error::{AppError, Refusal};
use crate::sites::model::SiteId;
use crate::sites::pages::SiteHead;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the domains tab shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DomainsPageData {
    /// The site.
    pub head: SiteHead,
    /// A page of its entries.
    pub list: Listed,
    /// What averages a day are taken over; see [`Week::hours`](crate::sites::pages::Week::hours).
    pub hours: i64,
}

/// The page before an entry is removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemovePageData {
    /// The site.
    pub head: SiteHead,
    /// The entry.
    pub pattern: Pattern,
    /// The requests of the last seven days that only this entry let through.
    pub denies: Tally,
    /// What averages a day are taken over.
    pub hours: i64,
}

/// The page before an entry covers more or less.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangePageData {
    /// The site.
    pub head: SiteHead,
    /// The entry as it is.
    pub pattern: Pattern,
    /// The entry as it would be, or why it cannot be.
    pub after: Result<Pattern, Refusal>,
    /// What the last seven days say.
    pub effect: Replay,
    /// Reasons to look twice.
    pub warnings: Vec<Warning>,
    /// What averages a day are taken over.
    pub hours: i64,
}

/// What would become of domains that are being typed, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainsVerdict {
    /// Whether they would be taken, all of them.
    pub accepted: bool,
    /// The verdict in a few words.
    pub title: String,
    /// What is worth knowing, one sentence each.
    pub notes: Vec<String>,
    /// Reasons to look twice, one sentence each.
    pub warnings: Vec<String>,
    /// What would be taken in their place.
    pub suggestion: Option<Suggestion>,
    /// Of several domains, what would become of each; of a long list, the refused ones and some more.
    pub lines: Vec<LineVerdict>,
    /// How many lines are not among these.
    pub more: i64,
    /// How many would be taken.
    pub valid: i64,
    /// Whether those alone can be added.
    pub partly: bool,
}

/// What would become of one domain of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineVerdict {
    /// The line it stands on, counted from 1.
    pub line: i64,
    /// What was typed, shortened.
    pub typed: String,
    /// What would become of it.
    pub fate: Fate,
    /// The same in words.
    pub said: String,
    /// Reasons to look twice: a few words for each, and a sentence.
    pub warned: Vec<(String, String)>,
}

/// What would become of one domain of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It would be taken.
    Accepted,
    /// The list has it already.
    Present,
    /// It stands further up.
    Repeated,
    /// It would be refused.
    Refused,
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
pub async fn domains_page(site: SiteId, listing: Listing) -> Result<DomainsPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::page(&operator, site, listing).await
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

/// What the page before a change of scope shows.
#[server(endpoint = "/domains/change_page")]
pub async fn change_domain_page(
    site: SiteId,
    domain: DomainId,
    to: DomainScope,
) -> Result<ChangePageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::change_page(&operator, site, domain, to).await
}

/// What would become of `typed`, a domain or a list of them, on `site` or on a new one.
#[server(endpoint = "/domains/judge")]
pub async fn judge_domains(
    site: Option<SiteId>,
    typed: String,
    include_subdomains: bool,
) -> Result<DomainsVerdict, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::judging::judge(&operator.state, site, &typed, include_subdomains).await
}

/// Adds domains, all or none; with `valid_only`, those that can be added, and keeps the others in the
/// field.
#[server(endpoint = "/domains/add")]
pub async fn add_domains(
    site: SiteId,
    version: i64,
    domains: String,
    #[server(default)] include_subdomains: bool,
    #[server(default)] valid_only: bool,
    back: String,
) -> Result<(), AppError> {
    use super::{commands, judging};
    use crate::sites::model::SiteState;
    let operator = crate::auth::operator::operator().await?;
    let (act, version) = (operator.act(), Some(version));
    let policy = operator.state.gate.policy(site);
    let state = policy.map_or(SiteState::Active, |policy| policy.state);
    let outcome = if valid_only {
        let some = commands::add_valid(&act, site, version, &domains, include_subdomains).await;
        some.map(|some| judging::told_of_some(&some, include_subdomains, state))
    } else {
        let added = commands::add_all(&act, site, version, &domains, include_subdomains).await;
        added.map(|added| judging::told_of_added(&added, state))
    };
    let include = include_subdomains.to_string();
    let typed = [("domains", &*domains), ("include_subdomains", &include)];
    operator.answer(&back, "add-domains", &typed, outcome).await
}

/// Makes an entry include its subdomains, or leave them out.
#[server(endpoint = "/domains/change")]
pub async fn change_domain(
    site: SiteId,
    version: i64,
    domain: DomainId,
    to: DomainScope,
    back: String,
) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let (act, version) = (operator.act(), Some(version));
    let outcome = super::commands::set_scope(&act, site, version, domain, to).await;
    let outcome = outcome.map(|(pattern, entry)| {
        let (shown, scope) = (super::judging::shown(&pattern), pattern.scope.label());
        Done::undoable(format!("{shown} is {scope} now. The gate applies it."), entry)
    });
    operator.answer(&back, "change-domain", &[], outcome).await
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
    let outcome = super::commands::remove(&act, site, Some(version), domain).await;
    let outcome = outcome.map(|(pattern, entry)| {
        let shown = super::judging::shown(&pattern);
        Done::undoable(format!("Removed {shown}. The gate applies it now."), entry)
    });
    operator.answer(&back, "remove-domain", &[], outcome).await
}

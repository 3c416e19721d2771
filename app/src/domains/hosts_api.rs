//! Server functions of rejected hosts: list them, ask about one, allow it, ignore it.
#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::allowing::Question;
use super::rejected::{Rejected, Wanted};
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::ui::flash::Flash;
use crate::ui::range::Chosen;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A page of the rejected hosts of one site or of all.
#[server(endpoint = "/domains/rejected_hosts")]
pub async fn rejected_hosts(wanted: Wanted, chosen: Chosen) -> Result<Rejected, AppError> {
    use crate::stats::report::Window;
    let operator = crate::auth::operator::operator().await?;
    let now = operator.state.clock.now();
    let window = Window::new(chosen.resolve(now), now, operator.state.held(now));
    let mut conn = operator.state.pool.acquire().await?;
    super::report::rejected(&operator.state, &mut conn, &window, &wanted).await
}

/// The rejected hosts as a page of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboxData {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The hosts.
    pub rejected: Rejected,
    /// The sites to filter by: those with rejected hosts, and the one filtered by.
    pub sites: Vec<(SiteId, String)>,
}

/// What the inbox shows.
#[server(endpoint = "/domains/inbox")]
pub async fn inbox(wanted: Wanted, chosen: Chosen) -> Result<InboxData, AppError> {
    use crate::stats::report::Window;
    let operator = crate::auth::operator::operator().await?;
    let flash = operator.take_flash().await?;
    let now = operator.state.clock.now();
    let window = Window::new(chosen.resolve(now), now, operator.state.held(now));
    let mut conn = operator.state.pool.acquire().await?;
    let rejected = super::report::rejected(&operator.state, &mut conn, &window, &wanted).await?;
    let sites = super::report::sites(&operator.state, &mut conn, &window, &wanted).await?;
    Ok(InboxData { flash, rejected, sites })
}

/// What it would mean to allow a host.
#[server(endpoint = "/domains/allow_question")]
pub async fn allow_question(
    site: SiteId,
    host: String,
    include_subdomains: bool,
    chosen: Chosen,
) -> Result<Question, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let flash = operator.take_flash().await?;
    let now = operator.state.clock.now();
    let window =
        crate::stats::report::Window::new(chosen.resolve(now), now, operator.state.held(now));
    let mut conn = operator.state.pool.acquire().await?;
    let asked = super::report::Asked { site, typed: &host, include_subdomains };
    super::report::question(&operator.state, &mut conn, &window, asked, flash).await
}

/// Allows a host on a site and goes to `back`; when that is refused, back to the question.
#[server(endpoint = "/domains/allow_host")]
pub async fn allow_host(
    site: SiteId,
    version: i64,
    host: String,
    #[server(default)] include_subdomains: bool,
    back: String,
) -> Result<(), AppError> {
    use super::commands;
    use super::judging::told_of_gate;
    use crate::sites::model::SiteState;
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome =
        commands::add(&operator.act(), site, Some(version), &host, include_subdomains).await;
    let policy = operator.state.gate.policy(site);
    let next = if outcome.is_ok() {
        back
    } else {
        allow_path(site, &host, include_subdomains, &back, None)
    };
    let done = outcome.map(|added| {
        let pattern = added.canonical.pattern;
        let (site, state) = policy.map_or((String::new(), SiteState::Active), |policy| {
            (policy.name.clone(), policy.state)
        });
        let how = if include_subdomains { " with its subdomains" } else { "" };
        let gate = told_of_gate("it", state);
        Done::undoable(format!("Allowed {pattern}{how} on {site}. {gate}"), added.entry)
    });
    operator.answer(&next, "allow-host", &[], done).await
}

/// Leaves a host out of the headline, or puts it back.
#[server(endpoint = "/domains/ignore_host")]
pub async fn ignore_host(
    site: SiteId,
    #[server(default)] host: String,
    ignored: bool,
    back: String,
) -> Result<(), AppError> {
    use super::{commands, rejected};
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = commands::set_ignored(&operator.act(), site, &host, ignored).await;
    let shown = rejected::in_words(&host).unwrap_or(&host);
    let message = if ignored {
        format!("Ignored {shown}. Its requests stay denied and counted.")
    } else {
        format!("Stopped ignoring {shown}.")
    };
    let done = outcome.map(|entry| Done::undoable(message, entry));
    operator.answer(&back, "ignore-host", &[], done).await
}

/// The address of the page that asks whether to allow `host`, with the numbers of `chosen` (of the
/// last seven days without it).
pub fn allow_path(
    site: SiteId,
    host: &str,
    include_subdomains: bool,
    back: &str,
    chosen: Option<Chosen>,
) -> String {
    use crate::ui::query::Address;
    let scope = if include_subdomains { "subdomains" } else { "exact" };
    let pairs = [("host", host), ("scope", scope), ("back", back)];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let pairs = pairs.into_iter().chain(chosen.into_iter().flat_map(Chosen::pairs));
    Address::new(format!("/sites/{site}/domains/allow"), pairs).href()
}

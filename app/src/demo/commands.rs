//! Loading and removing the samples.

use super::rules::{self, Outcome};
use super::samples::{ACTORS, Change as Happened, SITES, SOURCES, SampleSite, unattributed_hosts};
use super::store;
use crate::audit::commands::{Cause, Change, record};
use crate::audit::model::{Action, EntryId};
use crate::context::{Act, Actor, AppState, Clock};
use crate::domains::rules::canonicalise;
use crate::error::{AppError, Failure, Refusal};
use crate::events::model::Event;
use crate::keys::model::KeyKind;
use crate::sites::model::{Pause, SiteId, SiteState};
use crate::sites::rules::NextState;
use crate::{domains, gate, keys, sites};
use jiff::Timestamp;
use serde_json::json;
use sqlx::PgConnection;
use std::borrow::Cow;
use std::time::Duration;

/// How many events are counted in one transaction; others can write in between.
const AT_ONCE: usize = 5_000;

/// How long two weeks of traffic may take to be added up.
const SETTLED_WITHIN: Duration = Duration::from_secs(45);

/// A sample site as it is stored.
pub(super) struct Planted {
    pub(super) id: SiteId,
    /// In the order they were issued.
    pub(super) sitekeys: Vec<String>,
    /// The place of the one that its pages carry.
    pub(super) newest: usize,
}

/// Makes the sample sites with two weeks of traffic that end now. Takes a few seconds.
///
/// # Errors
/// Refuses while samples are loaded.
pub async fn load(act: &Act) -> Result<EntryId, Failure> {
    let end = rules::end(act.now());
    let mut tx = act.state.pool.begin().await?;
    store::lock(&mut tx).await?;
    if !store::sites(&mut tx).await?.is_empty() {
        return Err(Refusal::new(
            "demo_loaded",
            "demo",
            "Sample data is loaded already. Remove it first to load it afresh.",
        )
        .into());
    }
    let planted = plant(&mut tx, act, end).await?;
    store::insert_sources(&mut tx, &SOURCES, act.now()).await?;
    let change = Change { subject: &subject(planted.len()), ..Change::default() };
    let entry = record(&mut tx, act, Action::DemoLoaded, change).await?;
    let ids: Vec<SiteId> = planted.iter().map(|site| site.id).collect();
    gate::store::notify(&mut tx, &ids).await?;
    tx.commit().await?;
    // From here on the sites exist: should their traffic fail, they go again.
    if let Err(error) = report(&act.state, &planted, end).await {
        remove(act).await?;
        return Err(error.into());
    }
    Ok(entry)
}

/// Removes the sample sites and everything that was counted for them, and nothing else. The trail
/// keeps what people did to them.
///
/// # Errors
/// Refuses when no samples are loaded.
pub async fn remove(act: &Act) -> Result<EntryId, Failure> {
    let mut tx = act.state.pool.begin().await?;
    store::lock(&mut tx).await?;
    act.state.events.hold(&mut tx).await?;
    let sites = store::sites(&mut tx).await?;
    if sites.is_empty() {
        return Err(Refusal::new("demo_absent", "demo", "No sample data is loaded.").into());
    }
    let sources = store::sources(&mut tx, &SOURCES).await?;
    store::delete_counts(&mut tx, &sites, &sources).await?;
    store::delete_hosts(&mut tx, &sites, &unattributed_hosts()).await?;
    store::delete_samples(&mut tx, &sites, &sources).await?;
    store::delete_sources(&mut tx, &sources).await?;
    store::delete_entries(&mut tx, &sites, ACTORS).await?;
    store::delete_sites(&mut tx, &sites).await?;
    let change = Change { subject: &subject(sites.len()), ..Change::default() };
    let entry = record(&mut tx, act, Action::DemoRemoved, change).await?;
    let ids: Vec<SiteId> = sites.into_iter().map(SiteId).collect();
    act.commit_many(tx, &ids).await?;
    Ok(entry)
}

/// What the trail calls them: `5 sample sites`.
fn subject(sites: usize) -> String {
    format!("{sites} sample sites")
}

/// Makes the sites and what was done to them, in the order it was done, so that the trail reads so.
async fn plant(tx: &mut PgConnection, act: &Act, end: Timestamp) -> Result<Vec<Planted>, Failure> {
    let mut history: Vec<_> = SITES
        .iter()
        .enumerate()
        .flat_map(|(index, site)| site.history.iter().map(move |(age, what)| (*age, index, *what)))
        .collect();
    history.sort_by_key(|(age, ..)| std::cmp::Reverse(*age));
    let mut planted: Vec<Option<Planted>> = SITES.iter().map(|_| None).collect();
    for (age, index, what) in history {
        let then = at(act, rules::before(end, age), index);
        if let Some(site) = &mut planted[index] {
            change(tx, &then, site, what).await?;
        } else {
            planted[index] = Some(create(tx, &then, &SITES[index]).await?);
        }
    }
    Ok(planted.into_iter().flatten().collect())
}

/// Somebody who changed the samples, at that moment.
fn at(act: &Act, moment: Timestamp, index: usize) -> Act {
    let name = if index.is_multiple_of(2) { "ada" } else { "grace" };
    Act {
        state: AppState { clock: Clock::from_fn(move || moment), ..act.state.clone() },
        actor: Actor { name: format!("{ACTORS}{name}"), request_id: None, address: None },
    }
}

async fn create(tx: &mut PgConnection, act: &Act, site: &SampleSite) -> Result<Planted, AppError> {
    let id = sites::store::insert(tx, site.name, &[], true, act.now()).await?;
    let change = Change { site: Some(id), subject: site.name, ..Change::default() };
    record(tx, act, Action::SiteCreated, change).await?;
    let sitekeys = vec![
        keys::commands::issue_in(tx, act, id, KeyKind::Sitekey, "", Cause::default()).await?.text,
    ];
    // Nobody is shown the secret: a sample's siteverify is never called.
    keys::commands::issue_in(tx, act, id, KeyKind::Secret, "", Cause::default()).await?;
    Ok(Planted { id, sitekeys, newest: 0 })
}

async fn change(
    tx: &mut PgConnection,
    act: &Act,
    site: &mut Planted,
    what: Happened,
) -> Result<(), Failure> {
    let id = site.id;
    match what {
        Happened::Created => return Ok(()),
        Happened::DomainAdded(typed, subdomains) => {
            let pattern = canonicalise(typed, subdomains).map_err(Refusal::from)?.pattern;
            domains::commands::insert_all_audited(tx, act, id, &[&pattern], Cause::default())
                .await?;
        }
        Happened::DomainRemoved(host) => remove_domain(tx, act, id, host).await?,
        Happened::Paused => pause(tx, act, id).await?,
        Happened::SitekeyRotated(grace) => {
            let newest = keys::store::of_site(tx, id, KeyKind::Sitekey).await?.into_iter().next();
            let old = newest.ok_or(AppError::NotFound)?;
            site.newest = site.sitekeys.len();
            site.sitekeys.push(keys::commands::rotate_in(tx, act, &old, grace).await?.text);
        }
    }
    sites::commands::written(sites::store::bump_version(tx, id).await?)?;
    Ok(())
}

async fn remove_domain(
    tx: &mut PgConnection,
    act: &Act,
    site: SiteId,
    host: &str,
) -> Result<(), AppError> {
    let domain = domains::store::by_host(tx, site, host, None).await?.ok_or(AppError::NotFound)?;
    domains::store::delete(tx, site, domain.id).await?;
    let before = Some(json!(domain.pattern));
    let change = Change { site: Some(site), subject: host, before, ..Change::default() };
    record(tx, act, Action::DomainRemoved, change).await?;
    Ok(())
}

async fn pause(tx: &mut PgConnection, act: &Act, site: SiteId) -> Result<(), AppError> {
    let held = sites::store::by_id(tx, site).await?.ok_or(AppError::NotFound)?;
    let state = SiteState::Paused;
    let next = NextState { state, before_delete: None, pause: Pause::default() };
    sites::commands::written(sites::store::set_state(tx, site, &next, act.now()).await?)?;
    let before = Some(json!({ "state": held.state }));
    let after = Some(json!({ "state": state }));
    let change =
        Change { site: Some(site), subject: &held.name, before, after, ..Change::default() };
    record(tx, act, Action::SitePaused, change).await?;
    Ok(())
}

/// Counts the sites' traffic, as a verifier's reports would be.
async fn report(state: &AppState, planted: &[Planted], end: Timestamp) -> Result<(), AppError> {
    let ids: Vec<SiteId> = planted.iter().map(|site| site.id).collect();
    state.gate.refresh(&ids).await?;
    let outcomes = rules::traffic(end);
    for outcomes in outcomes.chunks(AT_ONCE) {
        let events: Vec<_> = outcomes.iter().map(|outcome| event(outcome, planted)).collect();
        let batch = state.events.prepare(&events);
        state.events.submit(batch).await.map_err(AppError::fault)?;
    }
    Ok(state.events.settle(SETTLED_WITHIN).await?)
}

/// What the visitors of a host send as the referer.
pub(super) fn referer(host: &str) -> Vec<u8> {
    format!("https://{host}/").into_bytes()
}

pub(super) fn event<'a>(outcome: &'a Outcome, planted: &'a [Planted]) -> Event<'a> {
    let sitekey = |index: usize| planted.get(outcome.site)?.sitekeys.get(index);
    Event {
        id: None,
        time: outcome.time,
        sitekey: outcome.sitekey.and_then(sitekey).map(|sitekey| sitekey.as_str().into()),
        code: outcome.code.into(),
        referer: outcome.host.map(referer).map(Cow::Owned),
        count: outcome.count,
        source: outcome.source.into(),
        client: Some(outcome.client.as_str().into()),
        trace: Some(outcome.trace.as_str().into()),
        user_agent: Some(outcome.user_agent.into()),
    }
}

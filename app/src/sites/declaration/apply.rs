//! Carrying a plan out: one transaction over everything, one batch in the trail.

use super::diff::{self, Line};
use super::model::{Desired, Place, Present, Wrong};
use super::plan::{Extent, NewSite, Plan, SiteChange, Step, plan};
use crate::audit::commands::{Cause, Change, record_all};
use crate::audit::model::{Action, EntryId};
use crate::codes::OK;
use crate::context::{Act, AppState};
use crate::domains::model::{DomainId, Pattern};
use crate::error::{AppError, Failure, Refusal, STALE};
use crate::keys::commands::issue_in;
use crate::keys::model::KeyKind;
use crate::sites::commands as one;
use crate::sites::model::{Pause, Site, SiteId};
use crate::sites::rules::{self, StateChange};
use crate::sites::store::{self, NewRow};
use crate::sites::traffic;
use crate::stats::model::{Filter, GroupBy, Key};
use crate::stats::store::Question;
use crate::{domains, stats};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A plan with what it will do to the traffic.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// Its lines in words.
    pub lines: Vec<Line>,
    /// How much it does.
    pub extent: Extent,
    /// Requests of the last seven days that the sites it stops let through.
    pub stopped_requests: i64,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// The sites that were made, in the plan's order.
    pub made: Vec<Made>,
    /// The first entry of the batch in the trail; none when there was nothing to do.
    pub first: Option<EntryId>,
}

/// A site that was made. The secret is in here and nowhere else.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// Its number.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Its first sitekey.
    pub sitekey: String,
    /// Its first secret, in full.
    pub secret: String,
}

/// Why there is no plan.
#[derive(Clone, Debug)]
pub enum NoPlan {
    /// What the file asks for cannot be.
    Wrong(Vec<Wrong>),
    /// It failed.
    Error(AppError),
}

impl<E: Into<AppError>> From<E> for NoPlan {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// Every site there is, with its associated domains, as of one moment.
pub async fn present(state: &AppState) -> Result<Vec<Present>, AppError> {
    let mut tx = state.pool.begin().await?;
    store::read_consistently(&mut tx).await?;
    let mut of: HashMap<SiteId, Vec<(DomainId, Pattern)>> = HashMap::new();
    for domain in domains::store::all(&mut tx).await? {
        of.entry(domain.site).or_default().push((domain.id, domain.pattern));
    }
    let mut sites = store::all(&mut tx).await?;
    sites.sort_by_key(|site| site.id);
    let with_domains = |site: Site| {
        let mut domains = of.remove(&site.id).unwrap_or_default();
        domains.sort_by(|(_, a), (_, b)| (&a.host, a.port).cmp(&(&b.host, b.port)));
        Present { site, domains }
    };
    Ok(sites.into_iter().map(with_domains).collect())
}

/// Plans the way from what is there to `desired`; see [`plan`].
pub async fn prepare(
    state: &AppState,
    desired: &[Desired],
    prune: bool,
) -> Result<Prepared, NoPlan> {
    let now = state.clock.now();
    let plan = plan(desired, &present(state).await?, prune, now).map_err(NoPlan::Wrong)?;
    let stopped: HashSet<SiteId> = plan.stopped().into_iter().collect();
    let stopped_requests =
        if stopped.is_empty() { 0 } else { let_through(state, &stopped).await? };
    let (lines, extent) = (diff::lines(&plan), plan.extent());
    Ok(Prepared { plan, lines, extent, stopped_requests })
}

/// Requests of the last seven days that `sites` let through.
async fn let_through(state: &AppState, sites: &HashSet<SiteId>) -> Result<i64, AppError> {
    let now = state.clock.now();
    let filter = Filter { code: Some(OK.to_owned()), ..Filter::default() };
    let range = traffic::last_days(now);
    let question = Question { range, filter, group_by: vec![GroupBy::Site], step: None };
    let mut conn = state.pool.acquire().await?;
    let held = state.held(now);
    let rows = stats::store::rows(&mut conn, &question, &held).await?.rows;
    let of_sites = rows.iter().filter(|row| match row.key {
        Key::Site(id) => sites.contains(&SiteId(id)),
        Key::Null | Key::Name(_) | Key::Pair(_) => false,
    });
    Ok(of_sites.map(|row| row.count).sum())
}

/// Does what `plan` says, all of it or nothing.
///
/// # Errors
/// Refuses when a site was changed, or one of a new site's name made, since the plan was made.
pub async fn apply(act: &Act, plan: &Plan) -> Result<Applied, Failure> {
    if plan.steps.is_empty() {
        return Ok(Applied::default());
    }
    let mut tx = act.state.pool.begin().await?;
    let mut work = Work { tx: &mut tx, act, first: None, touched: BTreeSet::new() };
    work.hold(plan).await?;
    let made = work.make(plan).await?;
    work.change(plan).await?;
    work.domains(plan, &made).await?;
    work.delete(plan).await?;
    let Work { first, touched, .. } = work;
    act.commit_many(tx, &touched.into_iter().collect::<Vec<_>>()).await?;
    Ok(Applied { made, first })
}

/// A plan being carried out.
struct Work<'a> {
    tx: &'a mut PgConnection,
    act: &'a Act,
    /// The first entry that was written, which names the batch.
    first: Option<EntryId>,
    touched: BTreeSet<SiteId>,
}

impl Work<'_> {
    /// Holds every site that is there, provided each is as it was read.
    async fn hold(&mut self, plan: &Plan) -> Result<(), Failure> {
        let read = plan.steps.iter().filter_map(|step| match step {
            Step::Change { site, .. } | Step::Delete { site, .. } => Some(site),
            Step::Make(_) => None,
        });
        let read: Vec<&Site> = read.collect();
        let ids: Vec<SiteId> = read.iter().map(|site| site.id).collect();
        let held = store::hold(self.tx, &ids).await?;
        let versions: HashMap<SiteId, i64> =
            held.iter().map(|site| (site.id, site.version)).collect();
        for site in read {
            if versions.get(&site.id) != Some(&site.version) {
                return Err(meanwhile(format!("Site {} ({}) was changed", site.id, site.name)));
            }
        }
        let names: Vec<String> = new_sites(plan).map(|new| new.name.clone()).collect();
        // A site that is there may have the name that it loses by this plan.
        let there = store::by_names(self.tx, &names).await?;
        if let Some(other) = there.iter().find(|site| !versions.contains_key(&site.id)) {
            return Err(meanwhile(format!("A site {} was made", other.name)));
        }
        self.touched.extend(ids);
        Ok(())
    }

    async fn make(&mut self, plan: &Plan) -> Result<Vec<Made>, Failure> {
        let new: Vec<&NewSite> = new_sites(plan).collect();
        let rows: Vec<NewRow<'_>> = new.iter().map(|new| row(new)).collect();
        let ids = store::insert_all(self.tx, &rows, self.act.now()).await?;
        let Cause { batch, .. } = self.cause();
        let created = ids.iter().zip(&new).map(|(id, new)| {
            let after = Some(json!({
                "state": if new.pause.is_some() { "paused" } else { "active" },
                "tags": new.tags,
                "any_hostname": new.any_hostname,
                "missing_referer": new.missing_referer,
            }));
            let change =
                Change { site: Some(*id), subject: &new.name, after, batch, ..Change::default() };
            (Action::SiteCreated, change)
        });
        let created: Vec<_> = created.collect();
        self.record(&created).await?;
        let mut made = Vec::with_capacity(ids.len());
        for (id, new) in ids.into_iter().zip(new) {
            let cause = self.cause();
            let sitekey = issue_in(self.tx, self.act, id, KeyKind::Sitekey, "", cause).await?;
            let secret = issue_in(self.tx, self.act, id, KeyKind::Secret, "", cause).await?;
            self.touched.insert(id);
            let (sitekey, secret) = (sitekey.text, secret.text);
            made.push(Made { id, name: new.name.clone(), sitekey, secret });
        }
        Ok(made)
    }

    /// Makes every change but those of domains.
    async fn change(&mut self, plan: &Plan) -> Result<(), Failure> {
        for step in &plan.steps {
            let Step::Change { site, changes } = step else { continue };
            for change in changes {
                self.change_one(site, change).await?;
            }
        }
        Ok(())
    }

    async fn change_one(&mut self, site: &Site, change: &SiteChange) -> Result<(), Failure> {
        let (cause, act) = (self.cause(), self.act);
        let tx = &mut *self.tx;
        let entry = match change {
            SiteChange::Rename(name) => one::rename_in(tx, act, site, name, cause).await?,
            SiteChange::Policy { any_hostname, missing_referer } => {
                one::set_policy_in(tx, act, site, *any_hostname, *missing_referer, cause).await?
            }
            SiteChange::Tags(tags) => one::set_tags_in(tx, act, site, tags, cause).await?,
            SiteChange::Pause(pause) => one::pause_in(tx, act, site, pause.clone(), cause).await?,
            SiteChange::ChangePause(pause) => {
                one::change_pause_in(tx, act, site, pause.clone(), cause).await?
            }
            SiteChange::Start => {
                let next = rules::change_state(site, StateChange::Start, act.now())?;
                one::change_state_in(tx, act, site, StateChange::Start, &next, cause).await?
            }
            SiteChange::Rescope { id, to, .. } => {
                domains::commands::set_scope_in(tx, act, site.id, *id, to.scope, cause).await?.1
            }
            SiteChange::AddDomain(_) | SiteChange::RemoveDomain { .. } => return Ok(()),
        };
        self.first.get_or_insert(entry);
        Ok(())
    }

    /// Removes and adds domains, of all sites at once.
    async fn domains(&mut self, plan: &Plan, made: &[Made]) -> Result<(), Failure> {
        let mut added: Vec<(SiteId, &Pattern)> = Vec::new();
        let mut removed: Vec<(SiteId, DomainId, &Pattern)> = Vec::new();
        for (made, new) in made.iter().zip(new_sites(plan)) {
            added.extend(new.domains.iter().map(|pattern| (made.id, pattern)));
        }
        for step in &plan.steps {
            let Step::Change { site, changes } = step else { continue };
            for change in changes {
                match change {
                    SiteChange::AddDomain(pattern) => added.push((site.id, pattern)),
                    SiteChange::RemoveDomain { id, pattern } => {
                        removed.push((site.id, *id, pattern));
                    }
                    _ => {}
                }
            }
        }
        let ids: Vec<DomainId> = removed.iter().map(|(_, id, _)| *id).collect();
        let gone = domains::store::delete_all(self.tx, &ids).await?;
        one::all_written(gone, ids.len())?;
        let by = &self.act.actor.name;
        domains::store::insert_all(self.tx, &added, self.act.now(), by).await?;
        let changed: BTreeSet<SiteId> = removed
            .iter()
            .map(|(site, ..)| *site)
            .chain(added.iter().map(|(site, _)| *site))
            .collect();
        let changed: Vec<SiteId> = changed.into_iter().collect();
        one::all_written(store::bump_versions(self.tx, &changed).await?, changed.len())?;
        let removed = removed.into_iter().map(|(site, _, pattern)| (site, pattern, false));
        let added = added.into_iter().map(|(site, pattern)| (site, pattern, true));
        let told: Vec<_> = removed
            .chain(added)
            .map(|(site, pattern, added)| (site, pattern.to_string(), json!(pattern), added))
            .collect();
        let Cause { undoes, batch } = self.cause();
        let changes = told.iter().map(|(site, subject, value, added)| {
            let value = Some(value.clone());
            let (action, before, after) = if *added {
                (Action::DomainAdded, None, value)
            } else {
                (Action::DomainRemoved, value, None)
            };
            (action, Change { site: Some(*site), subject, before, after, undoes, batch })
        });
        self.record(&changes.collect::<Vec<_>>()).await
    }

    async fn delete(&mut self, plan: &Plan) -> Result<(), Failure> {
        let mut next = Vec::new();
        let mut told = Vec::new();
        for step in &plan.steps {
            let Step::Delete { site, .. } = step else { continue };
            let deleted = rules::change_state(site, StateChange::Delete, self.act.now())?;
            told.push((site, one::said_of_state(site, &deleted, self.act.now())));
            next.push((site.id, deleted));
        }
        let written = store::set_states(self.tx, &next, self.act.now()).await?;
        one::all_written(written, next.len())?;
        let Cause { undoes, batch } = self.cause();
        let changes = told.into_iter().map(|(site, (before, after))| {
            let (subject, before, after) = (&*site.name, Some(before), Some(after));
            let change = Change { site: Some(site.id), subject, before, after, undoes, batch };
            (Action::SiteDeleted, change)
        });
        self.record(&changes.collect::<Vec<_>>()).await
    }

    async fn record(&mut self, changes: &[(Action, Change<'_>)]) -> Result<(), Failure> {
        let entries = record_all(self.tx, self.act, changes).await?;
        self.first = self.first.or(entries.first().copied());
        Ok(())
    }

    /// What all entries belong to.
    fn cause(&self) -> Cause {
        Cause { undoes: None, batch: self.first }
    }
}

fn new_sites(plan: &Plan) -> impl Iterator<Item = &NewSite> {
    plan.steps.iter().filter_map(|step| match step {
        Step::Make(new) => Some(new),
        Step::Change { .. } | Step::Delete { .. } => None,
    })
}

fn row(new: &NewSite) -> NewRow<'_> {
    let pause = new.pause.as_ref();
    NewRow {
        name: &new.name,
        paused: pause.is_some(),
        pause_reason: pause.and_then(|Pause { reason, .. }| reason.as_deref()),
        starts_at: pause.and_then(|Pause { starts_at, .. }| *starts_at),
        tags: &new.tags,
        any_hostname: new.any_hostname,
        missing_referer: new.missing_referer,
    }
}

fn meanwhile(what: String) -> Failure {
    let message = format!("{what} while the plan was made. Nothing was done; run it again.");
    Refusal::new(STALE, "version", message).into()
}

/// The sites of `present` that `ids` names, or all of them but samples when it names none.
///
/// # Errors
/// Says which of `ids` are no sites, or deleted ones.
pub fn chosen(present: Vec<Present>, ids: &[SiteId]) -> Result<Vec<Present>, Vec<Wrong>> {
    if ids.is_empty() {
        return Ok(present.into_iter().filter(|present| !present.site.sample).collect());
    }
    let wrong: Vec<Wrong> = ids
        .iter()
        .filter_map(|id| match present.iter().find(|present| present.site.id == *id) {
            Some(present) => rules::changeable(&present.site).err().map(|no| (id, no.message)),
            None => Some((id, "There is no such site.".to_owned())),
        })
        .map(|(id, message)| Wrong::new(&Place { path: format!("site {id}"), line: None }, message))
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(present.into_iter().filter(|present| ids.contains(&present.site.id)).collect())
}

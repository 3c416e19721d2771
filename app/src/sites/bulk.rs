//! One change of many sites: one transaction, one batch in the trail, one *Undo*.

use super::model::{BulkChange, BulkDone, Pause, Site, SiteId};
use super::rules::{self, NextState, StateChange};
use super::store;
use crate::audit::commands::{Change, record_all};
use crate::audit::model::{Action, EntryId};
use crate::context::Act;
use crate::domains;
use crate::domains::model::Pattern;
use crate::error::{AppError, Failure, Refusal};
use crate::sites::commands::{all_written, said_of_state};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};

/// The most sites that are changed at once.
pub const MOST_SITES: usize = 10_000;

/// Makes `change` to each of `sites` that it fits; the others are left as they are, with the reason.
/// Costs a few statements, however many sites there are.
///
/// # Errors
/// Refuses a change that fits no site whatever: a tag, reason, time or domain that is none; also more
/// than [`MOST_SITES`] sites.
pub async fn apply(act: &Act, sites: &[SiteId], change: &BulkChange) -> Result<BulkDone, Failure> {
    if sites.len() > MOST_SITES {
        let message = format!("These are {} sites. Choose at most {MOST_SITES}.", sites.len());
        return Err(Refusal::new("too_many_sites", "sites", message).into());
    }
    let wanted = Wanted::of(change, act.now())?;
    let mut tx = act.state.pool.begin().await?;
    let held = store::hold(&mut tx, sites).await?;
    let (fit, skipped) = wanted.sort_out(&mut tx, sites, held, act.now()).await?;
    if fit.is_empty() {
        return Ok(BulkDone { changed: 0, skipped, first: None });
    }
    let ids: Vec<SiteId> = fit.iter().map(|(site, _)| site.id).collect();
    all_written(wanted.write(&mut tx, act, &fit).await?, ids.len())?;
    let first = wanted.record(&mut tx, act, &fit).await?;
    act.commit_many(tx, &ids).await?;
    let changed = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    Ok(BulkDone { changed, skipped, first })
}

/// The sites that [`apply`] would change, in id order, and those it would leave, each with the reason.
pub async fn preview(
    conn: &mut PgConnection,
    sites: &[SiteId],
    change: &BulkChange,
    now: Timestamp,
) -> Result<(Vec<Site>, Vec<(SiteId, String)>), Failure> {
    let wanted = Wanted::of(change, now)?;
    let found = store::by_ids(conn, sites).await?;
    let (fit, skipped) = wanted.sort_out(conn, sites, found, now).await?;
    Ok((fit.into_iter().map(|(site, _)| site).collect(), skipped))
}

/// A [`BulkChange`] in its stored form.
enum Wanted {
    State(StateChange, Pause),
    AddTag(String),
    RemoveTag(String),
    Domain(Pattern),
}

/// What a change makes of a site.
enum Next {
    State(NextState),
    Tags(Vec<String>),
    Domain,
}

impl Wanted {
    fn of(change: &BulkChange, now: Timestamp) -> Result<Self, Refusal> {
        let state = |change| Ok(Self::State(change, Pause::default()));
        match change {
            BulkChange::Pause(Pause { reason, starts_at }) => {
                let reason = rules::pause_reason(reason.as_deref().unwrap_or_default())?;
                let starts_at = starts_at.map(|at| rules::end_of_pause(at, now)).transpose()?;
                Ok(Self::State(StateChange::Pause, Pause { reason, starts_at }))
            }
            BulkChange::Start => state(StateChange::Start),
            BulkChange::Delete => state(StateChange::Delete),
            BulkChange::AddTag(typed) => Ok(Self::AddTag(rules::tag(typed)?)),
            BulkChange::RemoveTag(typed) => Ok(Self::RemoveTag(rules::tag(typed)?)),
            BulkChange::AddDomain { pattern, include_subdomains } => {
                let canonical = domains::rules::canonicalise(pattern, *include_subdomains)?;
                Ok(Self::Domain(canonical.pattern))
            }
        }
    }

    /// What it makes of each of `found`, which are those of `asked` that exist; and the others with the
    /// reason, in id order.
    async fn sort_out(
        &self,
        conn: &mut PgConnection,
        asked: &[SiteId],
        found: Vec<Site>,
        now: Timestamp,
    ) -> Result<(Vec<(Site, Next)>, Vec<(SiteId, String)>), AppError> {
        let mut skipped = gone(asked, &found);
        let listed = match self {
            Self::Domain(pattern) => listed(conn, &found, pattern).await?,
            _ => HashMap::new(),
        };
        let mut fit = Vec::with_capacity(found.len());
        for site in found {
            match self.on(&site, listed.get(&site.id), now) {
                Ok(next) => fit.push((site, next)),
                Err(refusal) => skipped.push((site.id, refusal.message)),
            }
        }
        skipped.sort();
        Ok((fit, skipped))
    }

    /// What it makes of `site`, which lists the domain as `listed`, or why it does not fit.
    fn on(&self, site: &Site, listed: Option<&Pattern>, now: Timestamp) -> Result<Next, Refusal> {
        if let Self::State(change, pause) = self {
            let mut next = rules::change_state(site, *change, now)?;
            if *change == StateChange::Pause {
                next.pause = pause.clone();
            }
            return Ok(Next::State(next));
        }
        rules::changeable(site)?;
        let refused = |code, message| Err(Refusal::new(code, "change", message));
        match self {
            Self::AddTag(tag) if site.tags.contains(tag) => {
                refused("tagged", format!("This site has the tag {tag} already."))
            }
            Self::AddTag(tag) => Ok(Next::Tags(rules::with_tag(&site.tags, tag.clone())?)),
            Self::RemoveTag(tag) if !site.tags.contains(tag) => {
                refused("not_tagged", format!("This site does not have the tag {tag}."))
            }
            Self::RemoveTag(tag) => {
                Ok(Next::Tags(site.tags.iter().filter(|of| *of != tag).cloned().collect()))
            }
            Self::Domain(_) | Self::State(..) => match listed {
                Some(pattern) => {
                    let how = pattern.scope.label();
                    refused("domain_taken", format!("{pattern} is on the list already ({how})."))
                }
                None => Ok(Next::Domain),
            },
        }
    }

    async fn write(
        &self,
        tx: &mut PgConnection,
        act: &Act,
        fit: &[(Site, Next)],
    ) -> Result<u64, Failure> {
        let ids: Vec<SiteId> = fit.iter().map(|(site, _)| site.id).collect();
        let written = match self {
            Self::State(..) => {
                let next = fit.iter().filter_map(|(site, next)| match next {
                    Next::State(next) => Some((site.id, next.clone())),
                    Next::Tags(_) | Next::Domain => None,
                });
                store::set_states(tx, &next.collect::<Vec<_>>(), act.now()).await?
            }
            Self::AddTag(tag) => store::add_tag(tx, &ids, tag).await?,
            Self::RemoveTag(tag) => store::remove_tag(tx, &ids, tag).await?,
            Self::Domain(pattern) => {
                let new: Vec<_> = ids.iter().map(|id| (*id, pattern)).collect();
                domains::store::insert_all(tx, &new, act.now(), &act.actor.name).await?;
                store::bump_versions(tx, &ids).await?
            }
        };
        Ok(written)
    }

    async fn record(
        &self,
        tx: &mut PgConnection,
        act: &Act,
        fit: &[(Site, Next)],
    ) -> Result<Option<EntryId>, Failure> {
        let domain = match self {
            Self::Domain(pattern) => Some((pattern.to_string(), json!(pattern))),
            _ => None,
        };
        let entry = |(site, next): &(Site, Next)| -> (Value, Value) {
            match next {
                Next::State(next) => said_of_state(site, next, act.now()),
                Next::Tags(tags) => (json!({ "tags": site.tags }), json!({ "tags": tags })),
                Next::Domain => (Value::Null, Value::Null),
            }
        };
        let action = match self {
            Self::State(change, _) => change.action(),
            Self::AddTag(_) | Self::RemoveTag(_) => Action::SiteTagged,
            Self::Domain(_) => Action::DomainAdded,
        };
        let changes: Vec<(Action, Change<'_>)> = fit
            .iter()
            .map(|of| {
                let site = Some(of.0.id);
                let change = if let Some((host, after)) = &domain {
                    let after = Some(after.clone());
                    Change { site, subject: host, after, ..Change::default() }
                } else {
                    let (before, after) = entry(of);
                    let (before, after) = (Some(before), Some(after));
                    Change { site, subject: &of.0.name, before, after, ..Change::default() }
                };
                (action, change)
            })
            .collect();
        Ok(record_all(tx, act, &changes).await?.first().copied())
    }
}

/// The sites among `asked` that do not exist.
fn gone(asked: &[SiteId], held: &[Site]) -> Vec<(SiteId, String)> {
    let held: HashSet<SiteId> = held.iter().map(|site| site.id).collect();
    let gone = asked.iter().filter(|id| !held.contains(id));
    gone.map(|id| (*id, "There is no such site.".to_owned())).collect()
}

/// How the sites that have the host and port of `pattern` on their list have it there.
async fn listed(
    tx: &mut PgConnection,
    sites: &[Site],
    pattern: &Pattern,
) -> Result<HashMap<SiteId, Pattern>, AppError> {
    let ids: Vec<SiteId> = sites.iter().map(|site| site.id).collect();
    let same = domains::store::with_host(tx, &ids, &pattern.host, pattern.port).await?;
    Ok(same.into_iter().map(|domain| (domain.site, domain.pattern)).collect())
}

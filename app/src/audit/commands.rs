//! Writing the trail, and taking entries of it back.

use super::model::{Action, Entry, EntryId};
use super::store;
use crate::context::Act;
use crate::domains;
use crate::domains::model::Pattern;
use crate::error::{AppError, Failure, Refusal};
use crate::sites;
use crate::sites::model::{MissingReferer, SiteId};
use crate::sites::rules::StateChange;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;

/// What a command did, for its entry.
#[derive(Default)]
pub struct Change<'a> {
    /// The site it was done to.
    pub site: Option<SiteId>,
    /// The thing it was done to: a host, a name, a shortened key.
    pub subject: &'a str,
    /// The value before.
    pub before: Option<Value>,
    /// The value after.
    pub after: Option<Value>,
    /// The entry it takes back.
    pub undoes: Option<EntryId>,
}

/// Writes the entry of a command, in the command's own transaction.
pub async fn record(
    tx: &mut PgConnection,
    act: &Act,
    action: Action,
    change: Change<'_>,
) -> Result<EntryId, sqlx::Error> {
    store::insert(tx, &act.actor, act.now(), action, change).await
}

/// Takes an entry back by doing its opposite, which is an entry of its own.
///
/// # Errors
/// Refuses what cannot be taken back, was taken back before, or no longer fits the present state.
pub async fn undo(act: &Act, id: EntryId) -> Result<EntryId, Failure> {
    let mut conn = act.state.pool.acquire().await?;
    let entry = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    if entry.undone_by.is_some() {
        return Err(Refusal::new("undone", "entry", "This was undone already.").into());
    }
    let (true, Some(site)) = (entry.action.undoable(), entry.site) else {
        return Err(Refusal::new("not_undoable", "entry", "This cannot be undone.").into());
    };
    let undoes = Some(id);
    let state = async |change| sites::commands::change_state(act, site, None, change, undoes).await;
    match entry.action {
        Action::SitePaused => state(StateChange::Start).await,
        Action::SiteStarted => state(StateChange::Pause).await,
        Action::SiteDeleted => state(StateChange::Restore).await,
        Action::SiteRestored => state(StateChange::Delete).await,
        Action::SiteRenamed => {
            let name: String = field(entry.before.as_ref(), "name")?;
            sites::commands::rename(act, site, None, &name, undoes).await
        }
        Action::SitePolicyChanged => {
            let any_hostname: bool = field(entry.before.as_ref(), "any_hostname")?;
            let missing: MissingReferer = field(entry.before.as_ref(), "missing_referer")?;
            sites::commands::set_policy(act, site, None, any_hostname, missing, undoes).await
        }
        Action::DomainAdded => {
            domains::commands::remove_pattern(act, site, &pattern(entry.after.as_ref())?, undoes)
                .await
        }
        Action::DomainRemoved => {
            domains::commands::add_pattern(
                act,
                site,
                None,
                &pattern(entry.before.as_ref())?,
                undoes,
            )
            .await
        }
        Action::HostIgnored => ignore(act, site, &entry, false).await,
        Action::HostUnignored => ignore(act, site, &entry, true).await,
        _ => Err(Refusal::new("not_undoable", "entry", "This cannot be undone.").into()),
    }
}

async fn ignore(act: &Act, site: SiteId, entry: &Entry, ignored: bool) -> Result<EntryId, Failure> {
    domains::commands::set_ignored(act, site, &entry.subject, ignored, Some(entry.id)).await
}

fn pattern(value: Option<&Value>) -> Result<Pattern, AppError> {
    decode(value.cloned().unwrap_or_default())
}

fn field<T: DeserializeOwned>(value: Option<&Value>, name: &str) -> Result<T, AppError> {
    decode(value.and_then(|value| value.get(name)).cloned().unwrap_or_default())
}

fn decode<T: DeserializeOwned>(value: Value) -> Result<T, AppError> {
    serde_json::from_value(value).map_err(AppError::fault)
}

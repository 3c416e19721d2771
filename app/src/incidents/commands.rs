//! What operators do to incidents. Each is a line of the timeline, which is an incident's own trail.

use super::keep::step;
use super::model::{Incident, IncidentId, SNOOZES, Sensitivity, StepKind};
use super::store;
use super::telling::tell;
use crate::alerts::model::NoticeKind;
use crate::audit::commands::{Change, record};
use crate::audit::model::Action;
use crate::context::Act;
use crate::error::{AppError, Failure, Refusal};
use crate::sites;
use crate::sites::model::SiteId;
use crate::ui::number::counted;
use jiff::SignedDuration;
use serde_json::json;
use sqlx::{Postgres, Transaction};

/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 2_000;

/// Takes note of an incident.
///
/// # Errors
/// Refuses one that somebody has taken note of, or that is over.
pub async fn acknowledge(act: &Act, id: IncidentId) -> Result<(), Failure> {
    let (mut tx, _) = begin(act, id).await?;
    if !store::acknowledge(&mut tx, id, &act.actor.name, act.now()).await? {
        return Err(Refusal::new(
            "acknowledged",
            "incident",
            "Somebody has acknowledged it already.",
        )
        .into());
    }
    finish(act, tx, id, StepKind::Acknowledged, String::new()).await
}

/// Says who sees to an incident; nobody without a name.
///
/// # Errors
/// Refuses somebody who is no administrator.
pub async fn assign(act: &Act, id: IncidentId, to: &str) -> Result<(), Failure> {
    let (mut tx, _) = begin(act, id).await?;
    let to = to.trim();
    let known = crate::auth::store::emails(&mut tx).await?;
    if !to.is_empty() && !known.iter().any(|email| email == to) {
        let message = "There is no administrator of this name. Choose one of the list.";
        return Err(Refusal::new("unknown_administrator", "to", message).into());
    }
    store::assign(&mut tx, id, (!to.is_empty()).then_some(to)).await?;
    let told = if to.is_empty() { "to nobody".to_owned() } else { format!("to {to}") };
    finish(act, tx, id, StepKind::Assigned, told).await
}

/// Keeps an incident quiet for some hours.
///
/// # Errors
/// Refuses a time that is none of [`SNOOZES`].
pub async fn snooze(act: &Act, id: IncidentId, hours: i64) -> Result<(), Failure> {
    if !SNOOZES.contains(&hours) {
        let message = "Choose 1, 4, 24 or 72 hours.";
        return Err(Refusal::new("snooze", "hours", message).into());
    }
    let (mut tx, _) = begin(act, id).await?;
    let until =
        act.now().checked_add(SignedDuration::from_hours(hours)).map_err(AppError::fault)?;
    store::snooze(&mut tx, id, until).await?;
    let told = format!("for {}", counted(hours, "hour", "hours"));
    finish(act, tx, id, StepKind::Snoozed, told).await
}

/// Calls an incident expected: nobody is told of it any more.
///
/// # Errors
/// Refuses one that was called so before.
pub async fn plan(act: &Act, id: IncidentId) -> Result<(), Failure> {
    let (mut tx, _) = begin(act, id).await?;
    if !store::set_planned(&mut tx, id).await? {
        return Err(Refusal::new("planned", "incident", "It is marked as expected already.").into());
    }
    finish(act, tx, id, StepKind::Planned, String::new()).await
}

/// Takes back that somebody has taken note: the incident waits for somebody again.
///
/// # Errors
/// Refuses one of which nobody has taken note, or that is over.
pub async fn unacknowledge(act: &Act, id: IncidentId) -> Result<(), Failure> {
    let (mut tx, _) = begin(act, id).await?;
    if !store::unacknowledge(&mut tx, id).await? {
        let message = "Nobody has acknowledged it, so there is nothing to take back.";
        return Err(Refusal::new("not_acknowledged", "incident", message).into());
    }
    finish(act, tx, id, StepKind::Unacknowledged, String::new()).await
}

/// Ends the quiet that an incident is kept in. Who was not told of it is told now.
///
/// # Errors
/// Refuses one that is not kept quiet, or that is over.
pub async fn end_snooze(act: &Act, id: IncidentId) -> Result<(), Failure> {
    let (mut tx, incident) = begin(act, id).await?;
    if !store::end_snooze(&mut tx, id, act.now()).await? {
        let message = "It is not snoozed, so there is no snooze to end.";
        return Err(Refusal::new("not_snoozed", "incident", message).into());
    }
    let incident = Incident { snoozed_until: None, ..incident };
    tell(&mut tx, &incident, NoticeKind::Updated, act.now()).await?;
    finish(act, tx, id, StepKind::SnoozeEnded, String::new()).await
}

/// Calls an incident expected no longer. Who was not told of it is told now, and of what follows as of
/// any other.
///
/// # Errors
/// Refuses one that was not called expected, or that is over.
pub async fn unplan(act: &Act, id: IncidentId) -> Result<(), Failure> {
    let (mut tx, incident) = begin(act, id).await?;
    if !store::unset_planned(&mut tx, id).await? {
        let message = "It is not marked as expected, so there is nothing to take back.";
        return Err(Refusal::new("not_planned", "incident", message).into());
    }
    let incident = Incident { planned: false, ..incident };
    tell(&mut tx, &incident, NoticeKind::Updated, act.now()).await?;
    finish(act, tx, id, StepKind::Unplanned, String::new()).await
}

/// Writes something down.
///
/// # Errors
/// Refuses nothing, and more than [`LONGEST_NOTE`] characters.
pub async fn note(act: &Act, id: IncidentId, text: &str) -> Result<(), Failure> {
    let text = text.trim();
    let length = text.chars().count();
    let refuse = |message: String| Failure::from(Refusal::new("note", "text", message));
    if text.is_empty() {
        return Err(refuse("Write what others should know.".to_owned()));
    }
    if length > LONGEST_NOTE {
        return Err(refuse(format!("It has {length} characters; a note takes {LONGEST_NOTE}.")));
    }
    let mut tx = act.state.pool.begin().await?;
    store::by_id(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    finish(act, tx, id, StepKind::Note, text.to_owned()).await
}

/// Closes an incident by hand. Whoever was told of it is told that it is over; if it goes on, it is opened anew.
///
/// # Errors
/// Refuses one that is over.
pub async fn close(act: &Act, id: IncidentId) -> Result<(), Failure> {
    let (mut tx, incident) = begin(act, id).await?;
    let now = act.now();
    if !store::close(&mut tx, id, now).await? {
        return Err(over().into());
    }
    let incident = Incident { closed_at: Some(now), ..incident };
    tell(&mut tx, &incident, NoticeKind::Resolved, now).await?;
    finish(act, tx, id, StepKind::Closed, String::new()).await
}

/// Says how easily a site's incidents are opened.
pub async fn set_sensitivity(
    act: &Act,
    site: SiteId,
    sensitivity: Sensitivity,
) -> Result<(), Failure> {
    let mut tx = act.state.pool.begin().await?;
    let known = sites::store::by_id(&mut tx, site).await?.ok_or(AppError::NotFound)?;
    let before = store::sensitivity(&mut tx, site).await?;
    store::set_sensitivity(&mut tx, site, sensitivity).await?;
    let change = Change {
        site: Some(site),
        subject: &known.name,
        before: Some(json!({ "sensitivity": before })),
        after: Some(json!({ "sensitivity": sensitivity })),
        ..Change::default()
    };
    record(&mut tx, act, Action::SiteSensitivityChanged, change).await?;
    tx.commit().await?;
    Ok(())
}

/// Opens a transaction on an incident that goes on.
async fn begin(
    act: &Act,
    id: IncidentId,
) -> Result<(Transaction<'static, Postgres>, Incident), Failure> {
    let mut tx = act.state.pool.begin().await?;
    let incident = store::by_id(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    if !incident.is_open() {
        return Err(over().into());
    }
    Ok((tx, incident))
}

fn over() -> Refusal {
    let message = "This incident is over. Add a note if there is something to say.";
    Refusal::new("closed", "incident", message)
}

async fn finish(
    act: &Act,
    mut tx: Transaction<'static, Postgres>,
    id: IncidentId,
    kind: StepKind,
    told: String,
) -> Result<(), Failure> {
    step(&mut tx, id, kind, &act.actor.name, told, act.now()).await?;
    tx.commit().await?;
    act.state.bell.ring(&act.state).await?;
    Ok(())
}

//! Server functions of incidents.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::IncidentId;
use super::pages::{IncidentPageData, IncidentsPageData, OpenIncidents};
use crate::error::AppError;
use crate::sites::model::SiteId;
use leptos::prelude::*;

/// The page of all incidents.
pub const PATH: &str = "/incidents";
/// The name of the form that writes a note.
pub const NOTE_FORM: &str = "note";

/// The incidents, of one site or of all; of those that are over, the ones before `before`.
#[server(endpoint = "/incidents/page")]
pub async fn incidents_page(
    site: Option<SiteId>,
    before: Option<IncidentId>,
) -> Result<IncidentsPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::report::list(&operator, site, before).await
}

/// One incident.
#[server(endpoint = "/incidents/incident")]
pub async fn incident_page(incident: IncidentId) -> Result<IncidentPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::report::one(&operator, incident).await
}

/// The incidents of a site that go on.
#[server(endpoint = "/incidents/of-site")]
pub async fn incidents_of_site(site: SiteId) -> Result<OpenIncidents, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::report::open_of(&operator, site).await
}

/// How many incidents wait for somebody.
#[server(endpoint = "/incidents/waiting")]
pub async fn incidents_waiting() -> Result<i64, AppError> {
    let operator = crate::auth::operator::operator().await?;
    Ok(operator.state.bell.waiting())
}

/// Takes note of an incident.
#[server(endpoint = "/incidents/acknowledge")]
pub async fn acknowledge_incident(incident: IncidentId) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::acknowledge(&operator.act(), incident).await;
    answer(&operator, incident, "acknowledge", &[], outcome, "Acknowledged.").await
}

/// Says who sees to an incident; empty for nobody.
#[server(endpoint = "/incidents/assign")]
pub async fn assign_incident(
    incident: IncidentId,
    #[server(default)] to: String,
) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::assign(&operator.act(), incident, &to).await;
    let told = if to.trim().is_empty() { "Assigned to nobody." } else { "Assigned." };
    answer(&operator, incident, "assign", &[("to", &to)], outcome, told).await
}

/// Keeps an incident quiet for some hours.
#[server(endpoint = "/incidents/snooze")]
pub async fn snooze_incident(incident: IncidentId, hours: i64) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::snooze(&operator.act(), incident, hours).await;
    answer(&operator, incident, "snooze", &[], outcome, "Snoozed.").await
}

/// Calls an incident expected.
#[server(endpoint = "/incidents/plan")]
pub async fn plan_incident(incident: IncidentId) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::plan(&operator.act(), incident).await;
    answer(&operator, incident, "plan", &[], outcome, "Marked as expected.").await
}

/// Takes back that somebody has taken note of an incident.
#[server(endpoint = "/incidents/unacknowledge")]
pub async fn unacknowledge_incident(incident: IncidentId) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::unacknowledge(&operator.act(), incident).await;
    let told = "Took back the acknowledgement.";
    answer(&operator, incident, "unacknowledge", &[], outcome, told).await
}

/// Ends the quiet that an incident is kept in.
#[server(endpoint = "/incidents/end-snooze")]
pub async fn end_snooze_of_incident(incident: IncidentId) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::end_snooze(&operator.act(), incident).await;
    answer(&operator, incident, "end-snooze", &[], outcome, "Ended the snooze.").await
}

/// Calls an incident expected no longer.
#[server(endpoint = "/incidents/unplan")]
pub async fn unplan_incident(incident: IncidentId) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::unplan(&operator.act(), incident).await;
    let told = "No longer marked as expected.";
    answer(&operator, incident, "unplan", &[], outcome, told).await
}

/// Closes an incident by hand.
#[server(endpoint = "/incidents/close")]
pub async fn close_incident(incident: IncidentId) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::close(&operator.act(), incident).await;
    answer(&operator, incident, "close", &[], outcome, "Closed. If it goes on, it opens anew.")
        .await
}

/// Writes a note to an incident.
#[server(endpoint = "/incidents/note")]
pub async fn note_incident(
    incident: IncidentId,
    #[server(default)] text: String,
) -> Result<(), AppError> {
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::note(&operator.act(), incident, &text).await;
    answer(&operator, incident, NOTE_FORM, &[("text", &text)], outcome, "Added the note.").await
}

/// Says how easily a site's incidents are opened, and goes back to the incident it was asked on.
#[server(endpoint = "/incidents/sensitivity")]
pub async fn set_sensitivity(
    site: SiteId,
    sensitivity: String,
    incident: IncidentId,
) -> Result<(), AppError> {
    use super::model::Sensitivity;
    let operator = crate::auth::operator::operator().await?;
    let chosen = Sensitivity::from_name(&sensitivity).ok_or(AppError::BadRequest)?;
    let outcome = super::commands::set_sensitivity(&operator.act(), site, chosen).await;
    let told = format!("The sensitivity is {sensitivity} now.");
    answer(&operator, incident, "sensitivity", &[], outcome, &told).await
}

#[cfg(not(target_arch = "wasm32"))]
async fn answer(
    operator: &crate::auth::operator::Operator,
    incident: IncidentId,
    form: &str,
    typed: &[(&str, &str)],
    outcome: Result<(), crate::error::Failure>,
    told: &str,
) -> Result<(), AppError> {
    let done = outcome.map(|()| crate::ui::flash::Done::told(told));
    operator.answer(&format!("{PATH}/{incident}"), form, typed, done).await
}

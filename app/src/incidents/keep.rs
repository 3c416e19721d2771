//! Keeping incidents: opened, looked after and closed by the job, in its transaction, each with its line
//! in the timeline and its message.

use super::explain::{Subject, explain, trail};
use super::model::{Class, Explanation, Incident, IncidentId, Remedy, Step, StepKind};
use super::rules::{class_of, mends};
use super::store;
use super::store::NewIncident;
use super::telling::tell;
use super::words::factor;
use crate::alerts::model::NoticeKind;
use crate::audit;
use crate::audit::model::Entry;
use crate::context::AppState;
use crate::error::AppError;
use crate::incidents::model::Dimension;
use crate::sites::model::SiteId;
use crate::ui::number::counted;
use jiff::Timestamp;
use sqlx::PgConnection;

/// Who did what the job does.
pub const JOB: &str = "sitekeeper";
/// An incident is looked into again once it has grown by so much.
const GROWTH: i64 = 4;

/// What has come of an incident so far.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Events since the onset.
    pub count: i64,
    /// How many of them are usual.
    pub expected: f64,
    /// The end of the last minute that was judged.
    pub end: Timestamp,
    /// Whether that minute was unusual.
    pub unusual: bool,
}

/// Opens an incident, unless one of the same code and site is open.
pub async fn open(
    state: &AppState,
    conn: &mut PgConnection,
    subject: Subject<'_>,
    seen: Seen,
    now: Timestamp,
) -> Result<(), AppError> {
    let found = explain(state, conn, subject, now).await?;
    let explanation = Explanation { events: seen.count, ..found };
    let new = NewIncident {
        code: Some(subject.code),
        site: subject.site,
        class: match explanation.remedy {
            Remedy::Theft { .. } => Class::Attack,
            _ => class_of(subject.code),
        },
        onset: subject.onset,
        detected_at: now,
        unusual_at: seen.end,
        count: seen.count,
        expected: seen.expected,
        explanation: &explanation,
    };
    let usual = match factor(seen.count, seen.expected) {
        Some(factor) => format!("{factor} of the usual"),
        None => "where none is usual".to_owned(),
    };
    let length = minutes(subject.onset, seen.end);
    let told = format!("{} in {length}, {usual}", counted(seen.count, "event", "events"));
    opened(conn, &new, told, now).await
}

/// Opens an incident of silence, of a site or, without one, of all.
pub async fn open_silence(
    conn: &mut PgConnection,
    site: Option<SiteId>,
    onset: Timestamp,
    now: Timestamp,
) -> Result<(), AppError> {
    let explanation = Explanation {
        remedy: if site.is_some() { Remedy::Ask } else { Remedy::Platform },
        ..Explanation::default()
    };
    let new = NewIncident {
        code: None,
        site,
        class: Class::Silence,
        onset,
        detected_at: now,
        unusual_at: now,
        count: 0,
        expected: 0.0,
        explanation: &explanation,
    };
    opened(conn, &new, format!("Nothing for {}", minutes(onset, now)), now).await
}

async fn opened(
    conn: &mut PgConnection,
    new: &NewIncident<'_>,
    told: String,
    now: Timestamp,
) -> Result<(), AppError> {
    let Some(id) = store::insert(conn, new).await? else { return Ok(()) };
    step(conn, id, StepKind::Detected, JOB, told, now).await?;
    let incident = store::by_id(conn, id).await?.ok_or(AppError::NotFound)?;
    tell(conn, &incident, NoticeKind::Opened, now).await
}

/// Writes down what an open incident has come to, and the change that mended it, once there is one.
pub async fn renew(
    state: &AppState,
    conn: &mut PgConnection,
    mut incident: Incident,
    subject: Subject<'_>,
    seen: Seen,
    now: Timestamp,
) -> Result<(), AppError> {
    (incident.count, incident.expected) = (seen.count, seen.expected);
    if seen.unusual {
        incident.unusual_at = seen.end;
    }
    let looked_at = incident.explanation.events;
    if seen.unusual && seen.count > looked_at + looked_at / GROWTH && incident.fixed_at.is_none() {
        let found = explain(state, conn, subject, now).await?;
        incident.explanation = Explanation { events: seen.count, ..found };
    }
    if note_fix(conn, &mut incident, subject, now).await? {
        return tell(conn, &incident, NoticeKind::Updated, now).await;
    }
    store::update(conn, &incident).await
}

/// Writes an incident down with the change that mended it, if there is one that was not known. Whether there is.
pub async fn note_fix(
    conn: &mut PgConnection,
    incident: &mut Incident,
    subject: Subject<'_>,
    now: Timestamp,
) -> Result<bool, AppError> {
    if incident.fixed_at.is_some() {
        return Ok(false);
    }
    let Some(entry) = mended(conn, incident, subject, now).await? else { return Ok(false) };
    (incident.fixed_at, incident.fixed_by) = (Some(entry.at), Some(entry.id));
    store::update(conn, incident).await?;
    store::add_step(conn, incident.id, &fixed_by(entry)).await?;
    Ok(true)
}

/// The line of the timeline that says what mended an incident.
pub(super) fn fixed_by(entry: Entry) -> Step {
    let told = format!("{} ({})", entry.told(), entry.id);
    Step { at: entry.at, step: StepKind::Fixed, actor: entry.actor, told }
}

/// The change made since the onset that mends an incident.
pub(super) async fn mended(
    conn: &mut PgConnection,
    incident: &Incident,
    subject: Subject<'_>,
    now: Timestamp,
) -> Result<Option<Entry>, AppError> {
    if let Some(change) = &incident.explanation.change {
        let entry = audit::store::by_id(conn, change.entry).await?;
        if let Some(by) = entry.and_then(|entry| entry.undone_by) {
            return audit::store::by_id(conn, by).await;
        }
    }
    let hosts: Vec<(String, f64)> = incident
        .explanation
        .drivers
        .iter()
        .filter(|driver| driver.dimension == Dimension::Host)
        .map(|driver| (driver.value.clone(), driver.share))
        .collect();
    let trail = trail(conn, subject, &[], now).await?;
    // What was there before the change that broke it mends nothing.
    let change = incident.explanation.change.as_ref();
    let after = change.map_or(subject.onset, |change| change.at.max(subject.onset));
    let mends = |entry: &Entry| entry.at > after && mends(entry, subject.code, &hosts);
    // The first: what came after it found it mended.
    Ok(trail.into_iter().filter(mends).min_by_key(|entry| entry.id))
}

/// Closes an incident that is over.
pub async fn close(
    conn: &mut PgConnection,
    mut incident: Incident,
    now: Timestamp,
) -> Result<(), AppError> {
    if !store::close(conn, incident.id, now).await? {
        return Ok(());
    }
    incident.closed_at = Some(now);
    let told = match incident.class {
        Class::Silence => format!("Events again, after {}", minutes(incident.onset, now)),
        _ => format!(
            "As usual again: {} in {}",
            counted(incident.count, "event", "events"),
            minutes(incident.onset, incident.unusual_at)
        ),
    };
    step(conn, incident.id, StepKind::Recovered, JOB, told, now).await?;
    tell(conn, &incident, NoticeKind::Resolved, now).await
}

/// Adds a line to the timeline.
pub async fn step(
    conn: &mut PgConnection,
    id: IncidentId,
    step: StepKind,
    actor: &str,
    told: String,
    at: Timestamp,
) -> Result<(), AppError> {
    let step = Step { at, step, actor: actor.to_owned(), told };
    Ok(store::add_step(conn, id, &step).await?)
}

fn minutes(from: Timestamp, to: Timestamp) -> String {
    let minutes = to.duration_since(from).as_mins().max(1);
    counted(minutes, "minute", "minutes")
}

//! The message of an incident: what it is, why, and where the fix is.

use super::model::{Change, Incident, IncidentId, Remedy};
use super::store;
use super::words::extent;
use crate::alerts::commands::notify;
use crate::alerts::model::{Notice, NoticeKind};
use crate::error::AppError;
use jiff::Timestamp;
use sqlx::PgConnection;

/// Puts the message of an incident into the outbox of every rule that wants it. What an operator called
/// expected, or does not want to hear of for a while, is not told; but whoever was told that it began is told that it is
/// over.
pub async fn tell(
    conn: &mut PgConnection,
    incident: &Incident,
    kind: NoticeKind,
    now: Timestamp,
) -> Result<(), AppError> {
    let is_quiet = incident.planned || incident.is_snoozed(now);
    if is_quiet && kind != NoticeKind::Resolved {
        return Ok(());
    }
    notify(conn, now, &notice(incident, kind)).await
}

/// What becomes of a message that waited, now that it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// It says this.
    Told(Box<Notice>),
    /// An operator keeps its incident quiet until then.
    QuietUntil(Timestamp),
    /// An operator called its incident expected meanwhile: it is not told.
    Expected,
}

/// What becomes of a message that waited: it says how its incident stands at `now`, and of one that is not known what it
/// said before.
pub async fn due(conn: &mut PgConnection, waited: Notice, now: Timestamp) -> Result<Due, AppError> {
    let Some(incident) = store::by_id(conn, IncidentId(waited.incident)).await? else {
        return Ok(Due::Told(Box::new(waited)));
    };
    Ok(match incident {
        Incident { closed_at: Some(_), .. } => {
            Due::Told(Box::new(notice(&incident, NoticeKind::Resolved)))
        }
        Incident { planned: true, .. } => Due::Expected,
        Incident { snoozed_until: Some(until), .. } if until > now => Due::QuietUntil(until),
        _ => Due::Told(Box::new(notice(&incident, waited.kind))),
    })
}

fn notice(incident: &Incident, kind: NoticeKind) -> Notice {
    let explanation = &incident.explanation;
    let change = explanation.change.as_ref();
    let extent = incident.code.is_some().then(|| extent(incident.count, incident.expected));
    Notice {
        incident: incident.id.0,
        kind,
        code: incident.code.clone(),
        class: incident.class.as_str().to_owned(),
        site: incident.site,
        site_name: incident.site_name.clone(),
        title: incident.title(),
        cause: explanation.cause().unwrap_or_else(|| match explanation.remedy {
            Remedy::Ask => "Nothing comes, though something usually does at this time.".to_owned(),
            _ => "No single host, sitekey or source stands out.".to_owned(),
        }),
        extent: extent.map(|extent| format!("{extent}.")),
        change: change.map(Change::sentence),
        // Of what is over, nothing is to be done.
        fix: explanation.remedy.button().filter(|_| kind != NoticeKind::Resolved),
        path: incident.path(),
        started_at: incident.onset,
        ended_at: incident.closed_at,
    }
}

//! The message of an incident: what it is, why, and where the fix is.

use super::model::{Incident, Remedy};
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
    let is_quiet = incident.planned || incident.snoozed_until.is_some_and(|until| until > now);
    if is_quiet && kind != NoticeKind::Resolved {
        return Ok(());
    }
    notify(conn, now, &notice(incident, kind)).await
}

fn notice(incident: &Incident, kind: NoticeKind) -> Notice {
    let explanation = &incident.explanation;
    let change = explanation.change.as_ref();
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
        change: change
            .map(|change| format!("{} ({}) by {}", change.told, change.entry, change.actor)),
        fix: explanation.remedy.button(),
        path: incident.path(),
        started_at: incident.onset,
        ended_at: incident.closed_at,
    }
}

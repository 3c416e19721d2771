//! SQL of incidents.

mod minutes;

pub use minutes::{HourRow, MinuteRow, hours_of, hours_of_all, minutes};

use super::model::{Class, Explanation, Incident, IncidentId, Sensitivity, Step, StepKind};
use crate::audit::model::EntryId;
use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

struct Row {
    id: i64,
    code: Option<String>,
    site_id: Option<i64>,
    site_name: Option<String>,
    class: String,
    onset: jiff_sqlx::Timestamp,
    detected_at: jiff_sqlx::Timestamp,
    unusual_at: jiff_sqlx::Timestamp,
    closed_at: Option<jiff_sqlx::Timestamp>,
    count: i64,
    expected: f64,
    explanation: serde_json::Value,
    fixed_at: Option<jiff_sqlx::Timestamp>,
    fixed_by: Option<i64>,
    acknowledged_at: Option<jiff_sqlx::Timestamp>,
    acknowledged_by: Option<String>,
    assignee: Option<String>,
    snoozed_until: Option<jiff_sqlx::Timestamp>,
    planned: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("unknown {what} {name:?} in the database")]
struct UnknownName {
    what: &'static str,
    name: String,
}

impl Row {
    fn incident(self) -> Result<Incident, AppError> {
        let at = |at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff);
        let class: Class = self.class.parse().map_err(AppError::fault)?;
        Ok(Incident {
            id: IncidentId(self.id),
            code: self.code,
            site: self.site_id.map(SiteId),
            site_name: self.site_name,
            class,
            onset: self.onset.to_jiff(),
            detected_at: self.detected_at.to_jiff(),
            unusual_at: self.unusual_at.to_jiff(),
            closed_at: at(self.closed_at),
            count: self.count,
            expected: self.expected,
            explanation: serde_json::from_value(self.explanation).map_err(AppError::fault)?,
            fixed_at: at(self.fixed_at),
            fixed_by: self.fixed_by.map(EntryId),
            acknowledged: at(self.acknowledged_at).zip(self.acknowledged_by),
            assignee: self.assignee,
            snoozed_until: at(self.snoozed_until),
            planned: self.planned,
        })
    }
}

/// Which incidents are looked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Those that go on, or those that do not; all without one.
    pub open: Option<bool>,
    /// Those of this site.
    pub site: Option<SiteId>,
    /// Those before this one.
    pub before: Option<IncidentId>,
}

/// The newest incidents that are wanted, at most `limit`.
pub async fn find(
    conn: &mut PgConnection,
    wanted: Wanted,
    limit: i64,
) -> Result<Vec<Incident>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select i.id, i.code, i.site_id, s.name as "site_name?", i.class, i.onset as "onset: _",
                  i.detected_at as "detected_at: _", i.unusual_at as "unusual_at: _",
                  i.closed_at as "closed_at: _", i.count, i.expected, i.explanation,
                  i.fixed_at as "fixed_at: _", i.fixed_by, i.acknowledged_at as "acknowledged_at: _",
                  i.acknowledged_by, i.assignee, i.snoozed_until as "snoozed_until: _", i.planned
           from incidents i left join sites s on s.id = i.site_id
           where ($1::boolean is null or (i.closed_at is null) = $1)
             and ($2::bigint is null or i.site_id = $2)
             and ($3::bigint is null or i.id < $3)
           order by i.id desc limit $4"#,
        wanted.open,
        wanted.site.map(|site| site.0),
        wanted.before.map(|id| id.0),
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::incident).collect()
}

/// One incident.
pub async fn by_id(conn: &mut PgConnection, id: IncidentId) -> Result<Option<Incident>, AppError> {
    let before = id.0.checked_add(1).map(IncidentId);
    let found = find(conn, Wanted { before, ..Wanted::default() }, 1).await?;
    Ok(found.into_iter().find(|incident| incident.id == id))
}

/// The hosts that incidents since `from` took for key theft, with the last of them.
pub async fn thefts(
    conn: &mut PgConnection,
    from: Timestamp,
) -> Result<Vec<(SiteId, String, IncidentId)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select site_id as "site!", explanation -> 'remedy' ->> 'host' as "host!", max(id) as "id!"
           from incidents
           where explanation -> 'remedy' ->> 'remedy' = 'theft' and onset >= $1 and site_id is not null
           group by 1, 2"#,
        from.to_sqlx() as _,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (SiteId(row.site), row.host, IncidentId(row.id))).collect())
}

/// How many incidents wait for somebody: open, and nobody has said anything to them.
pub async fn waiting(conn: &mut PgConnection, now: Timestamp) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from incidents
           where closed_at is null and acknowledged_at is null and not planned
             and (snoozed_until is null or snoozed_until <= $1)"#,
        now.to_sqlx() as _,
    )
    .fetch_one(conn)
    .await
}

/// A new incident, as it is stored.
#[derive(Clone, Debug)]
pub struct NewIncident<'a> {
    /// See [`Incident::code`].
    pub code: Option<&'a str>,
    /// See [`Incident::site`].
    pub site: Option<SiteId>,
    /// See [`Incident::class`].
    pub class: Class,
    /// See [`Incident::onset`].
    pub onset: Timestamp,
    /// See [`Incident::detected_at`].
    pub detected_at: Timestamp,
    /// See [`Incident::unusual_at`].
    pub unusual_at: Timestamp,
    /// See [`Incident::count`].
    pub count: i64,
    /// See [`Incident::expected`].
    pub expected: f64,
    /// See [`Incident::explanation`].
    pub explanation: &'a Explanation,
}

/// Opens an incident; nothing when there is an open one of the same code and site already.
pub async fn insert(
    conn: &mut PgConnection,
    new: &NewIncident<'_>,
) -> Result<Option<IncidentId>, AppError> {
    let explanation = serde_json::to_value(new.explanation).map_err(AppError::fault)?;
    let id = sqlx::query_scalar!(
        "insert into incidents
             (code, site_id, class, onset, detected_at, unusual_at, count, expected, explanation)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict do nothing
         returning id",
        new.code,
        new.site.map(|site| site.0),
        new.class.as_str(),
        new.onset.to_sqlx() as _,
        new.detected_at.to_sqlx() as _,
        new.unusual_at.to_sqlx() as _,
        new.count,
        new.expected,
        explanation,
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(IncidentId))
}

/// Writes down what an open incident has come to.
pub async fn update(conn: &mut PgConnection, incident: &Incident) -> Result<(), AppError> {
    let explanation = serde_json::to_value(&incident.explanation).map_err(AppError::fault)?;
    sqlx::query!(
        "update incidents
         set unusual_at = $2, count = $3, expected = $4, explanation = $5, fixed_at = $6, fixed_by = $7
         where id = $1 and closed_at is null",
        incident.id.0,
        incident.unusual_at.to_sqlx() as _,
        incident.count,
        incident.expected,
        explanation,
        incident.fixed_at.map(ToSqlx::to_sqlx) as _,
        incident.fixed_by.map(|entry| entry.0),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Closes an incident; false when it was closed before.
pub async fn close(
    conn: &mut PgConnection,
    id: IncidentId,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update incidents set closed_at = greatest($2, onset) where id = $1 and closed_at is null",
        id.0,
        at.to_sqlx() as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The series that an operator closed by hand since `from`, each with when.
pub async fn closed_by_hand(
    conn: &mut PgConnection,
    from: Timestamp,
) -> Result<Vec<(Option<i64>, String, Timestamp)>, sqlx::Error> {
    let closed = StepKind::Closed.as_str();
    let rows = sqlx::query!(
        r#"select site_id, code as "code!", closed_at as "closed_at!: jiff_sqlx::Timestamp" from incidents
           where closed_at >= $1 and code is not null
             and exists (select from incident_steps where incident_id = incidents.id and step = $2)"#,
        from.to_sqlx() as _,
        closed,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.site_id, row.code, row.closed_at.to_jiff())).collect())
}

/// Says that somebody has taken note; false when somebody had, or it is over.
pub async fn acknowledge(
    conn: &mut PgConnection,
    id: IncidentId,
    by: &str,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update incidents set acknowledged_at = $3, acknowledged_by = $2
         where id = $1 and closed_at is null and acknowledged_at is null",
        id.0,
        by,
        at.to_sqlx() as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says who sees to it; false when there is no such incident that goes on.
pub async fn assign(
    conn: &mut PgConnection,
    id: IncidentId,
    to: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update incidents set assignee = $2 where id = $1 and closed_at is null",
        id.0,
        to,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps it quiet until an instant; false when there is no such incident that goes on.
pub async fn snooze(
    conn: &mut PgConnection,
    id: IncidentId,
    until: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update incidents set snoozed_until = $2 where id = $1 and closed_at is null",
        id.0,
        until.to_sqlx() as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Calls it expected; false when there is no such incident that goes on, or it was called so before.
pub async fn set_planned(conn: &mut PgConnection, id: IncidentId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update incidents set planned = true where id = $1 and closed_at is null and not planned",
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Has no one keep it quiet any longer; false when nobody does, or it is over.
pub async fn end_snooze(
    conn: &mut PgConnection,
    id: IncidentId,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update incidents set snoozed_until = null
         where id = $1 and closed_at is null and snoozed_until > $2",
    )
    .bind(id.0)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back that somebody has taken note; false when nobody has, or it is over.
pub async fn unacknowledge(conn: &mut PgConnection, id: IncidentId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update incidents set acknowledged_at = null, acknowledged_by = null
         where id = $1 and closed_at is null and acknowledged_at is not null",
    )
    .bind(id.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Calls it expected no longer; false when it is not called so, or it is over.
pub async fn unset_planned(conn: &mut PgConnection, id: IncidentId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update incidents set planned = false where id = $1 and closed_at is null and planned",
    )
    .bind(id.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds a line to the timeline.
pub async fn add_step(
    conn: &mut PgConnection,
    id: IncidentId,
    step: &Step,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into incident_steps (incident_id, at, step, actor, told) values ($1, $2, $3, $4, $5)",
        id.0,
        step.at.to_sqlx() as _,
        step.step.as_str(),
        step.actor,
        step.told,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The timeline, oldest first.
pub async fn steps(conn: &mut PgConnection, id: IncidentId) -> Result<Vec<Step>, AppError> {
    let rows = sqlx::query!(
        r#"select at as "at: jiff_sqlx::Timestamp", step, actor, told
           from incident_steps where incident_id = $1 order by id"#,
        id.0,
    )
    .fetch_all(conn)
    .await?;
    let step = |at: jiff_sqlx::Timestamp, step: String, actor, told| {
        let kind = StepKind::from_name(&step)
            .ok_or_else(|| AppError::fault(UnknownName { what: "step", name: step.clone() }))?;
        Ok(Step { at: at.to_jiff(), step: kind, actor, told })
    };
    rows.into_iter().map(|row| step(row.at, row.step, row.actor, row.told)).collect()
}

/// The sites whose sensitivity is not the normal one.
pub async fn sensitivities(
    conn: &mut PgConnection,
) -> Result<Vec<(SiteId, Sensitivity)>, AppError> {
    let rows = sqlx::query!("select site_id, sensitivity from incident_sensitivities")
        .fetch_all(conn)
        .await?;
    let named = |name: String| {
        Sensitivity::from_name(&name)
            .ok_or_else(|| AppError::fault(UnknownName { what: "sensitivity", name: name.clone() }))
    };
    rows.into_iter().map(|row| Ok((SiteId(row.site_id), named(row.sensitivity)?))).collect()
}

/// The sensitivity of one site.
pub async fn sensitivity(conn: &mut PgConnection, site: SiteId) -> Result<Sensitivity, AppError> {
    let all = sensitivities(conn).await?;
    Ok(all.into_iter().find(|(of, _)| *of == site).map(|(_, is)| is).unwrap_or_default())
}

/// Sets a site's sensitivity.
pub async fn set_sensitivity(
    conn: &mut PgConnection,
    site: SiteId,
    sensitivity: Sensitivity,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into incident_sensitivities (site_id, sensitivity) values ($1, $2)
         on conflict (site_id) do update set sensitivity = excluded.sensitivity",
        site.0,
        sensitivity.as_str(),
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Holds the right to look for incidents until the transaction ends; false while another process has
/// it.
pub async fn take_watch(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // The number is this table's own: any other lock of ours has another.
    sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock('incidents'::regclass::oid::int8) as "held!""#
    )
    .fetch_one(conn)
    .await
}

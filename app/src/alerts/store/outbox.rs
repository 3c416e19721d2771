//! SQL of what waits to be sent, and of what receivers know.

use crate::alerts::model::{Notice, RuleId, Waiting};
use crate::alerts::rules::{InOutbox, Told};
use crate::error::AppError;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

fn json(notice: &Notice) -> Result<Value, AppError> {
    serde_json::to_value(notice).map_err(AppError::fault)
}

fn notice(json: Value) -> Result<Notice, AppError> {
    serde_json::from_value(json).map_err(AppError::fault)
}

/// What the receivers of a rule were told last of an open incident.
pub async fn told(
    conn: &mut PgConnection,
    rule: RuleId,
    incident: i64,
) -> Result<Option<Told>, AppError> {
    let row = sqlx::query!(
        r#"select notice, told_at as "told_at: jiff_sqlx::Timestamp" from alert_told
           where rule_id = $1 and incident = $2"#,
        rule.0,
        incident,
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(Told { notice: notice(row.notice)?, at: row.told_at.to_jiff() })).transpose()
}

/// Remembers what the receivers of a rule were told of an open incident.
pub async fn note_told(
    conn: &mut PgConnection,
    rule: RuleId,
    notice: &Notice,
    now: Timestamp,
) -> Result<(), AppError> {
    sqlx::query!(
        "insert into alert_told (rule_id, incident, notice, told_at) values ($1, $2, $3, $4)
         on conflict (rule_id, incident)
         do update set notice = excluded.notice, told_at = excluded.told_at",
        rule.0,
        notice.incident,
        json(notice)?,
        now.to_sqlx() as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets it: the incident has ended for them.
pub async fn forget_told(
    conn: &mut PgConnection,
    rule: RuleId,
    incident: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from alert_told where rule_id = $1 and incident = $2", rule.0, incident)
        .execute(conn)
        .await
        .map(drop)
}

/// The message of this incident that waits, if there is one. It is held against its sender until the
/// transaction ends.
pub async fn in_outbox(
    conn: &mut PgConnection,
    rule: RuleId,
    incident: i64,
    now: Timestamp,
) -> Result<Option<InOutbox>, sqlx::Error> {
    sqlx::query_as!(
        InOutbox,
        r#"select held, coalesce(claimed_until > $3, false) as "claimed!" from alert_outbox
           where rule_id = $1 and incident = $2 for update"#,
        rule.0,
        incident,
        now.to_sqlx() as _,
    )
    .fetch_optional(conn)
    .await
}

/// Puts a notice into the outbox, in the place of an earlier one. If that was tried in vain, its tries go
/// on counting, and the next is no sooner.
pub async fn put(
    conn: &mut PgConnection,
    rule: RuleId,
    notice: &Notice,
    due_at: Timestamp,
    held: bool,
) -> Result<(), AppError> {
    sqlx::query!(
        "insert into alert_outbox as waiting (rule_id, incident, notice, due_at, held)
         values ($1, $2, $3, $4, $5)
         on conflict (rule_id, incident) do update
         set notice = excluded.notice,
             revision = waiting.revision + 1,
             held = waiting.held or excluded.held,
             due_at = case when waiting.attempts > 0
                           then greatest(waiting.due_at, excluded.due_at)
                           else excluded.due_at end",
        rule.0,
        notice.incident,
        json(notice)?,
        due_at.to_sqlx() as _,
        held,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes what waits of an incident away.
pub async fn drop_waiting(
    conn: &mut PgConnection,
    rule: RuleId,
    incident: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from alert_outbox where rule_id = $1 and incident = $2", rule.0, incident)
        .execute(conn)
        .await
        .map(drop)
}

/// Takes all away that waits of a rule, and what its receivers know: it tells no more.
pub async fn silence(conn: &mut PgConnection, rule: RuleId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with known as (delete from alert_told where rule_id = $1)
         delete from alert_outbox where rule_id = $1",
        rule.0
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Has another look at what waits though it was not tried: what it waited for may be over.
pub async fn hurry(conn: &mut PgConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update alert_outbox set due_at = $1 where held and attempts = 0 and due_at > $1",
        now.to_sqlx() as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A message that this process sends now.
pub struct Claimed {
    /// The number of its place in the outbox.
    pub id: i64,
    /// Which of the incident's states it says.
    pub revision: i32,
    /// Whose receivers get it.
    pub rule: RuleId,
    /// What it says.
    pub notice: Notice,
    /// How often it was tried before.
    pub attempts: i16,
    /// Whether maintenance held it back.
    pub held: bool,
}

/// Claims up to `most` messages that are due, the longest overdue first, until the instant `until`: if this
/// process is gone by then, another sends them.
pub async fn claim(
    conn: &mut PgConnection,
    now: Timestamp,
    until: Timestamp,
    most: i64,
) -> Result<Vec<Claimed>, AppError> {
    let rows = sqlx::query!(
        "update alert_outbox set claimed_until = $2
         where id in (
             select id from alert_outbox
             where due_at <= $1 and (claimed_until is null or claimed_until <= $1)
             order by due_at limit $3 for update skip locked)
         returning id, revision, rule_id, notice, attempts, held",
        now.to_sqlx() as _,
        until.to_sqlx() as _,
        most,
    )
    .fetch_all(conn)
    .await?;
    let claimed = rows.into_iter().map(|row| {
        Ok(Claimed {
            id: row.id,
            revision: row.revision,
            rule: RuleId(row.rule_id),
            notice: notice(row.notice)?,
            attempts: row.attempts,
            held: row.held,
        })
    });
    claimed.collect()
}

/// Has a claimed message wait, though it was not tried.
pub async fn postpone(
    conn: &mut PgConnection,
    id: i64,
    due_at: Timestamp,
    held: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update alert_outbox set due_at = $2, held = held or $3, claimed_until = null where id = $1",
        id,
        due_at.to_sqlx() as _,
        held,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Takes a message away that was sent, or that nobody needs; not one that has taken its place since.
/// Returns whether it was taken away.
pub async fn remove_unless_renewed(
    conn: &mut PgConnection,
    id: i64,
    revision: i32,
) -> Result<bool, sqlx::Error> {
    sqlx::query!("delete from alert_outbox where id = $1 and revision = $2", id, revision)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() > 0)
}

/// Lets a message go that took the place of a sent one meanwhile, as if it was never tried: an end goes
/// out at `now`, other news no sooner than `later`.
pub async fn release(
    conn: &mut PgConnection,
    id: i64,
    now: Timestamp,
    later: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update alert_outbox
         set due_at = greatest(due_at, case when notice->>'kind' = 'resolved' then $2::timestamptz
                                         else $3::timestamptz end),
             attempts = 0, claimed_until = null
         where id = $1",
        id,
        now.to_sqlx() as _,
        later.to_sqlx() as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Has a message that failed wait for its next try.
pub async fn retry(
    conn: &mut PgConnection,
    id: i64,
    attempts: i16,
    due_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update alert_outbox set attempts = $2, due_at = $3, claimed_until = null where id = $1",
        id,
        attempts,
        due_at.to_sqlx() as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Takes a message away, and what has taken its place since: it was given up, or nothing comes after it.
pub async fn remove(conn: &mut PgConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from alert_outbox where id = $1", id).execute(conn).await.map(drop)
}

/// What waits for a rule, the soonest first.
pub async fn waiting(conn: &mut PgConnection, rule: RuleId) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select incident, notice->>'title' as "title!", due_at as "due_at: jiff_sqlx::Timestamp",
                  attempts
           from alert_outbox where rule_id = $1 order by due_at, id limit 50"#,
        rule.0
    )
    .fetch_all(conn)
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        incident: row.incident,
        title: row.title,
        due_at: row.due_at.to_jiff(),
        attempts: row.attempts,
    });
    Ok(waiting.collect())
}

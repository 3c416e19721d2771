//! SQL of the log of deliveries.

use crate::alerts::model::{Delivery, Problem, RuleId};
use crate::error::AppError;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use std::collections::HashMap;

struct Row {
    rule_id: i64,
    incident: Option<i64>,
    said: String,
    at: jiff_sqlx::Timestamp,
    attempt: i16,
    status: Option<i16>,
    problem: Option<String>,
    took_ms: i32,
    next_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn delivery(self) -> Result<Delivery, AppError> {
        let problem = self.problem.map(|problem| problem.parse()).transpose();
        Ok(Delivery {
            said: self.said.parse().map_err(AppError::fault)?,
            incident: self.incident,
            at: self.at.to_jiff(),
            attempt: self.attempt,
            status: self.status.and_then(|status| u16::try_from(status).ok()),
            problem: problem.map_err(AppError::fault)?,
            took_ms: self.took_ms,
            next_at: self.next_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// Writes a try down, and forgets all of the rule's but the newest 200.
pub async fn log(
    conn: &mut PgConnection,
    rule: RuleId,
    delivery: &Delivery,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with old as (
             delete from alert_deliveries where rule_id = $1 and id <= (
                 select id from alert_deliveries where rule_id = $1
                 order by id desc offset 199 limit 1)
         )
         insert into alert_deliveries
             (rule_id, incident, said, at, attempt, status, problem, took_ms, next_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        rule.0,
        delivery.incident,
        delivery.said.as_str(),
        delivery.at.to_sqlx() as _,
        delivery.attempt,
        delivery.status.and_then(|status| i16::try_from(status).ok()),
        delivery.problem.map(Problem::as_str),
        delivery.took_ms,
        delivery.next_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The last tries of a rule, the newest first.
pub async fn deliveries(conn: &mut PgConnection, rule: RuleId) -> Result<Vec<Delivery>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select rule_id, incident, said, at as "at: _", attempt, status, problem, took_ms,
                  next_at as "next_at: _"
           from alert_deliveries where rule_id = $1 order by id desc limit 50"#,
        rule.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::delivery).collect()
}

/// The last try of each rule that has tried.
pub async fn log_of_rules(conn: &mut PgConnection) -> Result<HashMap<RuleId, Delivery>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select last.rule_id, last.incident, last.said, last.at as "at: _", last.attempt,
                  last.status, last.problem, last.took_ms, last.next_at as "next_at: _"
           from alert_rules r cross join lateral (
               select * from alert_deliveries d where d.rule_id = r.id order by d.id desc limit 1
           ) last"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((RuleId(row.rule_id), row.delivery()?))).collect()
}

//! Doing what a token asks for once, however often it asks: the SQL behind `Idempotency-Key`.

use super::model::TokenId;
use crate::error::AppError;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// How long an answer is kept.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// The most characters of a key.
pub const MAX_KEY: usize = 255;

/// An answer, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The `ETag`.
    pub etag: Option<String>,
    /// The `Location`.
    pub location: Option<String>,
    /// The JSON body, without secrets.
    pub body: Option<Value>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it is now this request's.
    First,
    /// The same was asked before, and answered so.
    Answered(KeptAnswer),
    /// The same was asked before, and is not answered yet; or it never will be, if the server went
    /// down meanwhile.
    Unanswered,
    /// Something else was asked with it.
    Taken,
}

/// Claims `key` for a request with this hash. Of several at once, one is told that it is the first.
pub async fn claim(
    conn: &mut PgConnection,
    token: TokenId,
    key: &str,
    request_hash: &[u8],
    now: Timestamp,
) -> Result<Claim, AppError> {
    let expired = now.saturating_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
    sqlx::query!("delete from idempotency_keys where created_at <= $1", expired.to_sqlx() as _)
        .execute(&mut *conn)
        .await?;
    let claimed = sqlx::query!(
        "insert into idempotency_keys (token_id, key, request_hash, created_at)
         values ($1, $2, $3, $4) on conflict do nothing",
        token.0,
        key,
        request_hash,
        now.to_sqlx() as _,
    )
    .execute(&mut *conn)
    .await?;
    if claimed.rows_affected() == 1 {
        return Ok(Claim::First);
    }
    let row = sqlx::query!(
        "select request_hash, status, etag, location, body from idempotency_keys
         where token_id = $1 and key = $2",
        token.0,
        key
    )
    .fetch_optional(conn)
    .await?;
    // No row: the first request was refused and gave the key back this very moment.
    let Some(row) = row else { return Ok(Claim::Unanswered) };
    if row.request_hash != request_hash {
        return Ok(Claim::Taken);
    }
    let Some(status) = row.status else { return Ok(Claim::Unanswered) };
    let status = u16::try_from(status).map_err(AppError::fault)?;
    let (etag, location, body) = (row.etag, row.location, row.body);
    Ok(Claim::Answered(KeptAnswer { status, etag, location, body }))
}

/// Keeps the answer to the request that claimed `key`.
pub async fn keep(
    conn: &mut PgConnection,
    token: TokenId,
    key: &str,
    answer: &KeptAnswer,
) -> Result<(), AppError> {
    sqlx::query!(
        "update idempotency_keys set status = $3, etag = $4, location = $5, body = $6
         where token_id = $1 and key = $2",
        token.0,
        key,
        i16::try_from(answer.status).map_err(AppError::fault)?,
        answer.etag,
        answer.location,
        answer.body,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives `key` back: the request that claimed it changed nothing.
pub async fn release(conn: &mut PgConnection, token: TokenId, key: &str) -> Result<(), AppError> {
    sqlx::query!("delete from idempotency_keys where token_id = $1 and key = $2", token.0, key)
        .execute(conn)
        .await?;
    Ok(())
}

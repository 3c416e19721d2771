//! SQL of tokens.

use super::model::{Scope, Token, TokenId};
use crate::error::AppError;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

struct Row {
    id: i64,
    name: String,
    last_four: String,
    scopes: Vec<String>,
    created_at: jiff_sqlx::Timestamp,
    last_used_at: Option<jiff_sqlx::Timestamp>,
    expires_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn token(self) -> Result<Token, AppError> {
        let scopes = self.scopes.iter().map(|name| name.parse::<Scope>());
        Ok(Token {
            id: TokenId(self.id),
            name: self.name,
            last_four: self.last_four,
            scopes: scopes.collect::<Result<_, _>>().map_err(AppError::fault)?,
            created_at: self.created_at.to_jiff(),
            last_used_at: self.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
            expires_at: self.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// The tokens that are not revoked, newest first; also those whose time is over.
pub async fn live(conn: &mut PgConnection) -> Result<Vec<Token>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, last_four, scopes, created_at as "created_at: _",
                  last_used_at as "last_used_at: _", expires_at as "expires_at: _"
           from tokens where revoked_at is null order by id desc"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::token).collect()
}

/// The token with this hash, unless it is revoked; also when its time is over.
pub async fn by_hash(conn: &mut PgConnection, hash: &[u8]) -> Result<Option<Token>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, last_four, scopes, created_at as "created_at: _",
                  last_used_at as "last_used_at: _", expires_at as "expires_at: _"
           from tokens where token_hash = $1 and revoked_at is null"#,
        hash
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::token).transpose()
}

/// What is stored of a new token.
pub struct NewToken<'a> {
    /// What operators call it.
    pub name: &'a str,
    /// Its SHA-256.
    pub hash: &'a [u8],
    /// Its last four characters.
    pub last_four: &'a str,
    /// What it may be used for.
    pub scopes: &'a [Scope],
    /// When it was made.
    pub created_at: Timestamp,
    /// The first instant at which it is refused.
    pub expires_at: Option<Timestamp>,
}

/// Adds a token.
pub async fn insert(conn: &mut PgConnection, new: NewToken<'_>) -> Result<TokenId, sqlx::Error> {
    let scopes: Vec<String> = new.scopes.iter().map(ToString::to_string).collect();
    sqlx::query_scalar!(
        "insert into tokens (name, token_hash, last_four, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
        new.name,
        new.hash,
        new.last_four,
        &scopes,
        new.created_at.to_sqlx() as _,
        new.expires_at.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(conn)
    .await
    .map(TokenId)
}

/// Revokes a token and returns its name; `None` when it is not live.
pub async fn revoke(
    conn: &mut PgConnection,
    id: TokenId,
    now: Timestamp,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "update tokens set revoked_at = $2 where id = $1 and revoked_at is null returning name",
        id.0,
        now.to_sqlx() as _,
    )
    .fetch_optional(conn)
    .await
}

/// Remembers when tokens were last used.
pub async fn set_last_used(
    conn: &mut PgConnection,
    ids: &[i64],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update tokens set last_used_at = $2 where id = any($1)", ids, now.to_sqlx() as _)
        .execute(conn)
        .await
        .map(drop)
}

/// Tells every process, on commit, to forget the tokens it has in memory.
pub async fn notify(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_notify($1, '')", super::live::CHANNEL).execute(conn).await.map(drop)
}

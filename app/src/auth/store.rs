//! SQL of administrators and set-up links.

use super::model::{Administrator, AdministratorId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Whether anybody can sign in yet.
pub async fn any_administrator(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from administrators) as "exists!""#)
        .fetch_one(conn)
        .await
}

/// The administrator with this number.
pub async fn by_id(
    conn: &mut PgConnection,
    id: AdministratorId,
) -> Result<Option<Administrator>, sqlx::Error> {
    let row = sqlx::query!("select id, email from administrators where id = $1", id.0)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| Administrator { id: AdministratorId(row.id), email: row.email }))
}

/// The administrator with this address (in lower case) and their password hash.
pub async fn by_email(
    conn: &mut PgConnection,
    email: &str,
) -> Result<Option<(Administrator, String)>, sqlx::Error> {
    let row =
        sqlx::query!("select id, email, password_hash from administrators where email = $1", email)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|row| {
        (Administrator { id: AdministratorId(row.id), email: row.email }, row.password_hash)
    }))
}

/// Adds an administrator; `None` when the address is taken.
pub async fn insert(
    conn: &mut PgConnection,
    email: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<Option<AdministratorId>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "insert into administrators (email, password_hash, created_at) values ($1, $2, $3)
         on conflict on constraint administrators_email_unique do nothing
         returning id",
        email,
        password_hash,
        now.to_sqlx() as _,
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(AdministratorId))
}

/// Remembers that somebody signed in.
pub async fn set_signed_in(
    conn: &mut PgConnection,
    id: AdministratorId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update administrators set signed_in_at = $2 where id = $1",
        id.0,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Replaces the set-up link: a link that was printed before stops working.
pub async fn replace_setup_link(
    conn: &mut PgConnection,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with gone as (delete from setup_links where token_hash <> $1)
         insert into setup_links (token_hash, created_at) values ($1, $2)",
        token_hash,
        now.to_sqlx() as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Whether the set-up link with this hash is the present one.
pub async fn setup_link_exists(
    conn: &mut PgConnection,
    token_hash: &[u8],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from setup_links where token_hash = $1) as "exists!""#,
        token_hash
    )
    .fetch_one(conn)
    .await
}

/// Uses the set-up link up; false when it is not the present one.
pub async fn take_setup_link(
    conn: &mut PgConnection,
    token_hash: &[u8],
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from setup_links where token_hash = $1", token_hash)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The e-mail addresses of all administrators, in alphabetical order.
pub async fn emails(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("select email from administrators order by email").fetch_all(conn).await
}

//! The connection to PostgreSQL and the migrations.

use crate::error::AppError;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;

static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address makes no sense.
    #[error("DATABASE_URL is not a PostgreSQL address (postgres://user@host/database): {0}")]
    Url(#[source] sqlx::Error),
    /// Nobody answers there, or not to us.
    #[error("cannot reach PostgreSQL: {0}")]
    Connect(#[source] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// Opens a pool of at most `connections` to the database at `url`.
pub async fn connect(url: &str, connections: u32) -> Result<PgPool, DatabaseError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(DatabaseError::Url)?
        .application_name("sitekeeper")
        .options([("timezone", "UTC"), ("jit", "off")]);
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
        .map_err(DatabaseError::Connect)
}

/// Brings the schema up to date; safe to call from several processes at once. Returns how many
/// migrations there are.
pub async fn migrate(pool: &PgPool) -> Result<usize, DatabaseError> {
    MIGRATOR.run(pool).await?;
    Ok(MIGRATOR.iter().count())
}

/// Notes the address at which operators open the console from now on.
pub async fn note_console(pool: &PgPool, address: &str) -> Result<(), AppError> {
    sqlx::query!(
        "insert into console (address) values ($1)
         on conflict (one_row) do update set address = excluded.address",
        address,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The address at which operators open the console, once one was served from this database.
pub async fn noted_console(pool: &PgPool) -> Result<Option<String>, AppError> {
    Ok(sqlx::query_scalar!("select address from console").fetch_optional(pool).await?)
}

/// Whether the database answers.
pub async fn ping(pool: &PgPool) -> Result<(), AppError> {
    sqlx::query("select 1").execute(pool).await?;
    Ok(())
}

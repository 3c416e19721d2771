//! SQL of sitekeys and secrets.

use super::model::{KeyState, Secret, SecretId, Sitekey, SitekeyId};
use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

struct SitekeyRow {
    id: i64,
    site_id: i64,
    sitekey: String,
    state: String,
    retires_at: Option<jiff_sqlx::Timestamp>,
    created_at: jiff_sqlx::Timestamp,
}

impl SitekeyRow {
    fn sitekey(self) -> Result<Sitekey, AppError> {
        Ok(Sitekey {
            id: SitekeyId(self.id),
            site: SiteId(self.site_id),
            sitekey: self.sitekey,
            state: self.state.parse().map_err(AppError::fault)?,
            retires_at: self.retires_at.map(jiff_sqlx::Timestamp::to_jiff),
            created_at: self.created_at.to_jiff(),
        })
    }
}

/// The sitekeys of one site, or of all; newest first.
pub async fn sitekeys(
    conn: &mut PgConnection,
    site: Option<SiteId>,
) -> Result<Vec<Sitekey>, AppError> {
    let rows = sqlx::query_as!(
        SitekeyRow,
        r#"select id, site_id, sitekey, state, retires_at as "retires_at: _",
                  created_at as "created_at: _"
           from sitekeys where $1::bigint is null or site_id = $1 order by id desc"#,
        site.map(|site| site.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(SitekeyRow::sitekey).collect()
}

/// The sites that any of `sitekeys` was issued for.
pub async fn sites_of(
    conn: &mut PgConnection,
    sitekeys: &[String],
) -> Result<Vec<SiteId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "select distinct site_id from sitekeys where sitekey = any($1)",
        sitekeys
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(SiteId).collect())
}

/// One sitekey of a site.
pub async fn sitekey_of(
    conn: &mut PgConnection,
    site: SiteId,
    id: SitekeyId,
) -> Result<Option<Sitekey>, AppError> {
    let row = sqlx::query_as!(
        SitekeyRow,
        r#"select id, site_id, sitekey, state, retires_at as "retires_at: _",
                  created_at as "created_at: _"
           from sitekeys where site_id = $1 and id = $2"#,
        site.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(SitekeyRow::sitekey).transpose()
}

/// Adds an active sitekey.
pub async fn insert_sitekey(
    conn: &mut PgConnection,
    site: SiteId,
    sitekey: &str,
    now: Timestamp,
) -> Result<SitekeyId, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into sitekeys (site_id, sitekey, created_at) values ($1, $2, $3) returning id",
        site.0,
        sitekey,
        now.to_sqlx() as _,
    )
    .fetch_one(conn)
    .await
    .map(SitekeyId)
}

/// Moves a sitekey on in its life.
pub async fn set_sitekey_state(
    conn: &mut PgConnection,
    id: SitekeyId,
    state: KeyState,
    retires_at: Option<Timestamp>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update sitekeys set state = $2, retires_at = $3 where id = $1",
        id.0,
        state.as_str(),
        retires_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

struct SecretRow {
    id: i64,
    site_id: i64,
    last_four: String,
    state: String,
    retires_at: Option<jiff_sqlx::Timestamp>,
    created_at: jiff_sqlx::Timestamp,
}

impl SecretRow {
    fn secret(self) -> Result<Secret, AppError> {
        Ok(Secret {
            id: SecretId(self.id),
            site: SiteId(self.site_id),
            last_four: self.last_four,
            state: self.state.parse().map_err(AppError::fault)?,
            retires_at: self.retires_at.map(jiff_sqlx::Timestamp::to_jiff),
            created_at: self.created_at.to_jiff(),
        })
    }
}

/// The secrets of a site; newest first.
pub async fn secrets(conn: &mut PgConnection, site: SiteId) -> Result<Vec<Secret>, AppError> {
    let rows = sqlx::query_as!(
        SecretRow,
        r#"select id, site_id, last_four, state, retires_at as "retires_at: _",
                  created_at as "created_at: _"
           from secrets where site_id = $1 order by id desc"#,
        site.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(SecretRow::secret).collect()
}

/// Adds an active secret by its hash.
pub async fn insert_secret(
    conn: &mut PgConnection,
    site: SiteId,
    hash: &[u8],
    last_four: &str,
    now: Timestamp,
) -> Result<SecretId, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into secrets (site_id, secret_hash, last_four, created_at) values ($1, $2, $3, $4)
         returning id",
        site.0,
        hash,
        last_four,
        now.to_sqlx() as _,
    )
    .fetch_one(conn)
    .await
    .map(SecretId)
}

/// Moves a secret on in its life.
pub async fn set_secret_state(
    conn: &mut PgConnection,
    id: SecretId,
    state: KeyState,
    retires_at: Option<Timestamp>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update secrets set state = $2, retires_at = $3 where id = $1",
        id.0,
        state.as_str(),
        retires_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

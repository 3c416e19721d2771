//! tower-sessions in PostgreSQL. The published store for it needs an older core, and this is small.

use crate::context::hex;
use async_trait::async_trait;
use jiff_sqlx::ToSqlx;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{ExpiredDeletion, SessionStore};

/// Sessions in the table `sessions`, found by the hash of their id.
#[derive(Clone, Debug)]
pub struct PgSessionStore(pub PgPool);

fn stored_id(id: &Id) -> String {
    hex(&Sha256::digest(id.0.to_be_bytes()))
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

fn expiry(record: &Record) -> Result<jiff::Timestamp> {
    jiff::Timestamp::from_second(record.expiry_date.unix_timestamp()).map_err(backend)
}

#[async_trait]
impl SessionStore for PgSessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let data = serde_json::to_value(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        let expires_at = expiry(record)?.to_sqlx();
        loop {
            let inserted = sqlx::query!(
                "insert into sessions (id, data, expires_at) values ($1, $2, $3)
                 on conflict do nothing",
                stored_id(&record.id),
                data,
                expires_at as _,
            )
            .execute(&self.0)
            .await
            .map_err(backend)?;
            if inserted.rows_affected() == 1 {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_value(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        sqlx::query!(
            "insert into sessions (id, data, expires_at) values ($1, $2, $3)
             on conflict (id) do update set data = $2, expires_at = $3",
            stored_id(&record.id),
            data,
            expiry(record)?.to_sqlx() as _,
        )
        .execute(&self.0)
        .await
        .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = sqlx::query!(
            r#"select data, expires_at as "expires_at: jiff_sqlx::Timestamp" from sessions
               where id = $1 and expires_at > now()"#,
            stored_id(id)
        )
        .fetch_optional(&self.0)
        .await
        .map_err(backend)?;
        row.map(|row| {
            Ok(Record {
                id: *id,
                data: serde_json::from_value(row.data).map_err(|e| Error::Decode(e.to_string()))?,
                expiry_date: OffsetDateTime::from_unix_timestamp(
                    row.expires_at.to_jiff().as_second(),
                )
                .map_err(|e| Error::Decode(e.to_string()))?,
            })
        })
        .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query!("delete from sessions where id = $1", stored_id(id))
            .execute(&self.0)
            .await
            .map_err(backend)?;
        Ok(())
    }
}

#[async_trait]
impl ExpiredDeletion for PgSessionStore {
    async fn delete_expired(&self) -> Result<()> {
        sqlx::query!("delete from sessions where expires_at <= now()")
            .execute(&self.0)
            .await
            .map_err(backend)?;
        Ok(())
    }
}

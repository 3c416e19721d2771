//! The tokens in use, in memory, so that a bearer costs a hash and a look-up.

use super::commands::hash;
use super::model::Token;
use super::store;
use crate::context::Clock;
use crate::error::AppError;
use jiff::Timestamp;
use sqlx::PgPool;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// The PostgreSQL channel on which a revocation is told.
pub const CHANNEL: &str = "sitekeeper_tokens";
/// How often the uses of tokens are written down.
pub const WRITE_USES_EVERY: Duration = Duration::from_mins(1);

/// A cache of the tokens that were used. Only tokens that exist are kept, so guessing cannot fill it.
#[derive(Clone)]
pub struct TokenCache {
    pool: PgPool,
    known: Arc<RwLock<HashMap<[u8; 32], Arc<Token>>>>,
    used: Arc<Mutex<HashSet<i64>>>,
}

impl TokenCache {
    /// An empty cache over `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, known: Arc::default(), used: Arc::default() }
    }

    /// The token that `bearer` is, if it is neither revoked nor expired at `now`.
    pub async fn find(&self, bearer: &str, now: Timestamp) -> Result<Option<Arc<Token>>, AppError> {
        if !bearer.starts_with(super::rules::PREFIX) {
            return Ok(None);
        }
        let hash = hash(bearer);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let token = match known {
            Some(token) => Some(token),
            None => self.load(hash).await?,
        };
        let token = token.filter(|token| !token.expired(now));
        if let Some(token) = &token {
            self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(token.id.0);
        }
        Ok(token)
    }

    async fn load(&self, hash: [u8; 32]) -> Result<Option<Arc<Token>>, AppError> {
        let mut conn = self.pool.acquire().await?;
        let token = store::by_hash(&mut conn, &hash).await?.map(Arc::new);
        if let Some(token) = &token {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(hash, Arc::clone(token));
        }
        Ok(token)
    }

    /// Forgets every token: the next use of each asks the database.
    pub fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Writes down, every [`WRITE_USES_EVERY`], which tokens were used.
    pub async fn write_uses(self, clock: Clock) {
        let mut ticks = tokio::time::interval(WRITE_USES_EVERY);
        loop {
            ticks.tick().await;
            let used =
                std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
            if used.is_empty() {
                continue;
            }
            let ids: Vec<i64> = used.into_iter().collect();
            let written = match self.pool.acquire().await {
                Ok(mut conn) => store::set_last_used(&mut conn, &ids, clock.now()).await,
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                tracing::warn!(%error, "could not write down the last use of tokens");
            }
        }
    }
}

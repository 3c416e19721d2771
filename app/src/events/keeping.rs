//! The retention that all processes of an installation share. `serve` is told it and writes it into
//! the database; commands that write events (`replay`) and other servers read it there, so that no
//! two of them disagree on what a table holds.

use super::model::Retention;
use super::retention::Kept;
use super::rules::Floors;
use super::store;
use crate::context::Clock;
use jiff::Timestamp;
use sqlx::PgPool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How soon a process follows what another was told.
pub const FOLLOWED_WITHIN: Duration = Duration::from_mins(1);

/// What is kept, as this process knows it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Keeping(Arc<RwLock<Kept>>);

impl From<Retention> for Keeping {
    fn from(retention: Retention) -> Self {
        Self(Arc::new(RwLock::new(retention.into())))
    }
}

impl Keeping {
    /// Settles on `retention`, or without one on what the installation has.
    ///
    /// # Errors
    ///
    /// Only those of the database.
    pub async fn settle(
        pool: &PgPool,
        clock: &Clock,
        retention: Option<Retention>,
    ) -> sqlx::Result<Self> {
        let kept = match retention {
            Some(retention) => tell(pool, retention, clock.now()).await?,
            None => store::kept(&mut *pool.acquire().await?).await?.unwrap_or_default(),
        };
        Ok(Self(Arc::new(RwLock::new(kept))))
    }

    /// What is kept.
    pub fn kept(&self) -> Kept {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first instants that are held at `now`.
    pub fn floors(&self, now: Timestamp) -> Floors {
        self.kept().floors(now)
    }

    /// Follows what other servers are told, for as long as it is polled.
    pub async fn follow(self, pool: PgPool) {
        loop {
            tokio::time::sleep(FOLLOWED_WITHIN).await;
            match self.read(&pool).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "the retention could not be read"),
            }
        }
    }

    async fn read(&self, pool: &PgPool) -> sqlx::Result<()> {
        let Some(kept) = store::kept(&mut *pool.acquire().await?).await? else { return Ok(()) };
        if kept != self.kept() {
            tracing::warn!(
                retention = ?kept.retention,
                "another server was started with another retention, which counts from now on"
            );
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = kept;
        }
        Ok(())
    }
}

/// Writes down `retention`, and from when on it is true.
async fn tell(pool: &PgPool, retention: Retention, now: Timestamp) -> sqlx::Result<Kept> {
    let mut transaction = store::begin_all(pool).await?;
    // A database without the row was kept by the defaults, if it holds anything.
    let before = store::kept(&mut transaction).await?;
    let known = before.is_some();
    let before = before.unwrap_or_default();
    if known && before.retention == retention {
        return Ok(before);
    }
    let old = before.thrown_away(now);
    let mut counted = Floors::ALWAYS;
    for (instant, until) in [
        (old.minute, &mut counted.minute),
        (old.hour, &mut counted.hour),
        (old.host_hour, &mut counted.host_hour),
    ] {
        *until = store::counted_until(&mut transaction, instant).await?.unwrap_or(Timestamp::MIN);
    }
    let kept = before.changed(retention, now, &counted);
    store::keep(&mut transaction, &kept, now).await?;
    transaction.commit().await?;
    Ok(kept)
}

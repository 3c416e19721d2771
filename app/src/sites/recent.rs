//! Every site's last 24 hours, for ordering and filtering the list by them. They are read once for
//! all requests of this process, and again in the background when they are looked at and old.

use crate::context::Clock;
use crate::error::AppError;
use crate::stats::store::{SiteDay, days_of_all_sites};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// From which age on a reading is replaced, while it still serves.
const FRESH_FOR: SignedDuration = SignedDuration::from_secs(15);
/// From which age on it serves no more.
const SERVES_FOR: SignedDuration = SignedDuration::from_mins(2);

/// One reading.
#[derive(Debug)]
pub struct Reading {
    /// When it was read.
    pub as_of: Timestamp,
    days: HashMap<i64, SiteDay>,
}

impl Reading {
    /// A site's day; nothing happened on one that is not in it.
    pub fn of(&self, site: i64) -> SiteDay {
        self.days.get(&site).copied().unwrap_or_default()
    }

    /// The sites with errors.
    pub fn with_errors(&self) -> Vec<i64> {
        self.days.iter().filter(|(_, day)| day.errors > 0).map(|(site, _)| *site).collect()
    }

    /// The sites with any traffic.
    pub fn with_traffic(&self) -> Vec<i64> {
        self.days.keys().copied().collect()
    }
}

/// The newest reading of this process. Cheap to clone.
#[derive(Clone)]
pub struct Recent {
    pool: PgPool,
    clock: Clock,
    newest: Arc<RwLock<Option<Arc<Reading>>>>,
    /// One reads at a time.
    reading: Arc<Mutex<()>>,
}

impl Recent {
    /// Nothing was read yet.
    pub fn new(pool: PgPool, clock: Clock) -> Self {
        Self { pool, clock, newest: Arc::default(), reading: Arc::default() }
    }

    /// A reading that is at most two minutes old. One older than 15 seconds is replaced behind the
    /// caller's back; only where there is none that serves does the caller wait.
    pub async fn reading(&self) -> Result<Arc<Reading>, AppError> {
        let Some(newest) = self.younger_than(SERVES_FOR) else {
            let _reading = self.reading.lock().await;
            return match self.younger_than(SERVES_FOR) {
                Some(newest) => Ok(newest),
                None => self.read().await,
            };
        };
        if self.younger_than(FRESH_FOR).is_none()
            && let Ok(reading) = Arc::clone(&self.reading).try_lock_owned()
        {
            let this = self.clone();
            tokio::spawn(async move {
                // A fault was logged where it arose; the old reading serves on.
                let _ = this.read().await;
                drop(reading);
            });
        }
        Ok(newest)
    }

    fn younger_than(&self, age: SignedDuration) -> Option<Arc<Reading>> {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        (self.clock.now().duration_since(newest.as_of) < age).then_some(newest)
    }

    async fn read(&self) -> Result<Arc<Reading>, AppError> {
        let as_of = self.clock.now();
        let mut conn = self.pool.acquire().await?;
        let days = days_of_all_sites(&mut conn, as_of).await?.into_iter().collect();
        let reading = Arc::new(Reading { as_of, days });
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&reading));
        Ok(reading)
    }
}

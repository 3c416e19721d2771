//! The job that finds incidents: every few seconds it judges the last closed minute of every site and
//! code, opens what is unusual, looks after what is open, and closes what is over.
//!
//! It keeps nothing but what is usual, so that late events are judged as if they had come in time, and
//! another process can go on at any moment. One process at a time does it.

pub(super) mod baselines;
mod round;
mod silence;

use super::store;
use crate::context::AppState;
use crate::error::AppError;
use round::Kept;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How often the last closed minute is judged.
pub const EVERY: Duration = Duration::from_secs(15);

/// How many incidents wait for somebody, for the bell on every page.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<AtomicI64>);

impl Bell {
    /// How many wait, as of a few seconds ago.
    pub fn waiting(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts again.
    pub async fn ring(&self, state: &AppState) -> Result<(), AppError> {
        let mut conn = state.pool.acquire().await?;
        let waiting = store::waiting(&mut conn, state.clock.now()).await?;
        self.0.store(waiting, Ordering::Relaxed);
        Ok(())
    }
}

/// Looks for incidents, `every` so often, until it is dropped.
pub async fn run(state: AppState, every: Duration) {
    let mut kept = Kept::default();
    let mut rounds = tokio::time::interval(every);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(error) = round::judge(&state, &mut kept).await {
            tracing::warn!(%error, "could not look for incidents");
        }
        if let Err(error) = state.bell.ring(&state).await {
            tracing::warn!(%error, "could not count the incidents");
        }
    }
}

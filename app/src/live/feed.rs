//! One reader of the samples a process, while anybody listens, and the seats of those who do.

use super::model::Placed;
use super::store;
use crate::auth::model::AdministratorId;
use crate::error::AppError;
use crate::gate::live::Gate;
use crate::sites::model::SiteId;
use crate::stats::model::Sample;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, broadcast, watch};

/// How many may listen at once, in all and of one operator.
const SEATS: usize = 64;
const SEATS_OF_ONE: usize = 4;
/// How often the samples are asked for, and how soon again when there were more than a page.
const ROUND: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_millis(200);
/// The most samples that are read at once.
const PAGE: i64 = 200;
/// How many pages a listener may fall behind before it is dropped: nothing waits beyond that.
const BEHIND: usize = 16;

/// Samples as they came, oldest first.
pub(super) type Page = Arc<[Placed]>;

/// Tells listeners of new samples. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Shared>);

struct Shared {
    pool: PgPool,
    gate: Gate,
    pages: broadcast::Sender<Page>,
    /// Whether the reader runs.
    reading: Mutex<bool>,
    taken: std::sync::Mutex<HashMap<AdministratorId, usize>>,
    closed: watch::Sender<bool>,
}

/// All seats are taken, or all of one operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many live views are open")]
pub struct Full;

/// A place among the listeners, given back when it is dropped.
pub struct Seat {
    shared: Arc<Shared>,
    of: AdministratorId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seats) = taken.get_mut(&self.of) {
            *seats -= 1;
            if *seats == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

impl Live {
    /// Nobody listens yet.
    pub fn new(pool: PgPool, gate: Gate) -> Self {
        Self(Arc::new(Shared {
            pool,
            gate,
            pages: broadcast::Sender::new(BEHIND),
            reading: Mutex::default(),
            taken: std::sync::Mutex::default(),
            closed: watch::Sender::new(false),
        }))
    }

    /// A seat for an operator.
    ///
    /// # Errors
    ///
    /// [`Full`].
    pub fn seat(&self, of: AdministratorId) -> Result<Seat, Full> {
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.entry(of).or_default();
        if all >= SEATS || *own >= SEATS_OF_ONE {
            if *own == 0 {
                taken.remove(&of);
            }
            return Err(Full);
        }
        *own += 1;
        Ok(Seat { shared: Arc::clone(&self.0), of })
    }

    /// How many listen.
    pub fn listening(&self) -> usize {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Ends what everybody listens to, at once and for good.
    pub fn close(&self) {
        self.0.closed.send_replace(true);
    }

    /// Becomes true when everything ends.
    pub(super) fn closed(&self) -> watch::Receiver<bool> {
        self.0.closed.subscribe()
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// What comes from now on. Whatever was stored before this returns can be read from the table.
    pub(super) async fn listen(&self) -> Result<broadcast::Receiver<Page>, AppError> {
        let pages = self.0.pages.subscribe();
        let mut reading = self.0.reading.lock().await;
        if !*reading {
            let from = store::last(&mut *self.0.pool.acquire().await?).await?;
            *reading = true;
            tokio::spawn(read(Arc::clone(&self.0), from));
        }
        Ok(pages)
    }

    /// Names the sites of samples.
    pub(super) fn placed(&self, samples: Vec<(i64, Sample)>) -> Vec<Placed> {
        self.0.placed(samples)
    }
}

impl Shared {
    fn placed(&self, samples: Vec<(i64, Sample)>) -> Vec<Placed> {
        let placed = |(seq, sample): (i64, Sample)| {
            let policy = self.gate.policy(SiteId(sample.site));
            Placed { seq, sample, site_name: policy.map(|policy| policy.name.clone()) }
        };
        samples.into_iter().map(placed).collect()
    }
}

/// Reads what comes after `from` until nobody listens any more.
async fn read(shared: Arc<Shared>, mut from: i64) {
    loop {
        {
            let mut reading = shared.reading.lock().await;
            if shared.pages.receiver_count() == 0 || *shared.closed.borrow() {
                *reading = false;
                return;
            }
        }
        let mut pause = ROUND;
        match next(&shared.pool, from).await {
            Ok(samples) => {
                if let Some((last, _)) = samples.last() {
                    from = *last;
                }
                if i64::try_from(samples.len()).unwrap_or(PAGE) >= PAGE {
                    pause = SOON;
                }
                if !samples.is_empty() {
                    // Without a listener nobody is told, which the next round sees.
                    let _ = shared.pages.send(shared.placed(samples).into());
                }
            }
            Err(error) => tracing::warn!(%error, "samples could not be read for the live view"),
        }
        tokio::time::sleep(pause).await;
    }
}

async fn next(pool: &PgPool, from: i64) -> sqlx::Result<Vec<(i64, Sample)>> {
    store::after(&mut *pool.acquire().await?, from, PAGE).await
}

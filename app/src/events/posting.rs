//! Posting: what the writer has entered in the journal, added to every rollup.
//!
//! A sender is answered once its events are in the journal, which costs the same whatever they are about. In the
//! rollups an event has up to twenty-two rows; but the events of a few seconds share most of theirs, so these are added
//! up first. Whoever reads the rollups [settles](Poster::settle) before, and so reads everything that was answered.
//!
//! One task a process. Under the lock of the rollups one posting runs at a time over the whole database, whichever
//! process entered what it posts. It adds to the rollups and empties the journal in one transaction, so that after any
//! crash a count stands in one of the two.

mod ledger;

use super::figures;
use super::keeping::Keeping;
use super::store::{self, Waiting};
use crate::context::Clock;
use jiff::Timestamp;
use ledger::Ledger;
use sqlx::PgPool;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

/// How long counts wait in the journal while nobody reads. The longer, the more events share a row.
const EVERY: Duration = Duration::from_secs(3);
/// How many times as long as it took, a posting is followed by a rest: readers without end must not take the database
/// from the writer.
const REST: u32 = 2;
/// The longest such rest.
const LONGEST_REST: Duration = Duration::from_secs(1);
/// How long to wait after a posting that failed; doubled each time, up to [`LONGEST_REST`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// How many keys may wait: about 100 MB. Beyond that the writer waits as well.
const MOST_WAITING: u64 = 1_000_000;

/// Why the rollups do not hold everything that was answered.
#[derive(Debug, thiserror::Error)]
pub enum Unsettled {
    /// Too much waits, or the database takes nothing.
    #[error("what was counted last is not added up yet")]
    Late,
    /// The journal cannot be read.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The way to have the journal posted. Cheap to clone.
#[derive(Clone)]
pub(super) struct Poster {
    pool: PgPool,
    asks: mpsc::UnboundedSender<Ask>,
    backlog: Arc<Backlog>,
}

/// Somebody who wants to read.
struct Ask {
    /// The newest row of the journal that has to be in the rollups.
    seq: i64,
    posted: oneshot::Sender<()>,
}

/// What waits in the journal, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    keys: AtomicU64,
    /// When the oldest was entered, in Unix seconds; 0 while none waits.
    since: AtomicI64,
}

impl Backlog {
    /// Notes that so many keys were entered.
    pub(super) fn entered(&self, keys: u64) {
        self.keys.fetch_add(keys, Ordering::Relaxed);
    }

    /// Whether the writer should wait.
    pub(super) fn is_full(&self) -> bool {
        self.keys.load(Ordering::Relaxed) > MOST_WAITING
    }

    /// How many keys wait.
    pub(super) fn keys(&self) -> u64 {
        self.keys.load(Ordering::Relaxed)
    }

    /// When the oldest of what waited after the last posting was entered.
    pub(super) fn since(&self) -> Option<Timestamp> {
        let since = self.since.load(Ordering::Relaxed);
        (since > 0).then(|| Timestamp::from_second(since).ok()).flatten()
    }

    fn set(&self, waiting: Waiting) {
        self.keys.store(waiting.keys, Ordering::Relaxed);
        self.since.store(waiting.since.map_or(0, Timestamp::as_second), Ordering::Relaxed);
    }
}

impl Poster {
    /// Starts the task. It ends with the last clone.
    pub(super) fn spawn(pool: PgPool, clock: Clock, keeping: Keeping) -> Self {
        let (asks, asked) = mpsc::unbounded_channel();
        let backlog = Arc::new(Backlog::default());
        let ledger = Ledger::new(pool.clone(), clock, keeping, Arc::clone(&backlog));
        tokio::spawn(work(ledger, asked));
        Self { pool, asks, backlog }
    }

    /// What waits.
    pub(super) fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }

    /// Returns once the rollups hold everything that was committed before the call.
    ///
    /// # Errors
    ///
    /// [`Unsettled::Late`] after `within`.
    pub(super) async fn settle(&self, within: Duration) -> Result<(), Unsettled> {
        let settled = async {
            let newest = store::newest(&mut *self.pool.acquire().await?).await?;
            let Some(seq) = newest else { return Ok(()) };
            let (posted, done) = oneshot::channel();
            self.asks.send(Ask { seq, posted }).map_err(|_| Unsettled::Late)?;
            done.await.map_err(|_| Unsettled::Late)
        };
        timeout(within, settled).await.unwrap_or(Err(Unsettled::Late))
    }
}

async fn work(mut ledger: Ledger, mut asked: mpsc::UnboundedReceiver<Ask>) {
    let mut asks: Vec<Ask> = Vec::new();
    let (mut rested, mut pause, mut is_behind) = (Instant::now(), FIRST_PAUSE, false);
    loop {
        if asks.is_empty() && !is_behind {
            match timeout(EVERY, asked.recv()).await {
                Ok(Some(ask)) => asks.push(ask),
                Ok(None) => break,
                // Nobody reads, or another process has entered something.
                Err(_) => {}
            }
        }
        sleep_until(rested).await;
        while let Ok(ask) = asked.try_recv() {
            asks.push(ask);
        }
        let started = Instant::now();
        match ledger.post().await {
            Ok(posted) => {
                let took = started.elapsed();
                figures::posted(took, posted.keys);
                for ask in asks.extract_if(.., |ask| ask.seq <= posted.seq) {
                    // A reader who has gone away needs no answer.
                    let _ = ask.posted.send(());
                }
                is_behind = posted.is_behind();
                pause = FIRST_PAUSE;
                // What would only grow is worked off first; the writer has a bound of its own.
                let rest = if is_behind { Duration::ZERO } else { LONGEST_REST.min(REST * took) };
                rested = Instant::now() + rest;
            }
            Err(error) => {
                figures::posting_failed();
                tracing::warn!(%error, "what was counted could not be added up; trying again");
                is_behind = false;
                rested = Instant::now() + pause;
                pause = LONGEST_REST.min(2 * pause);
            }
        }
        asks.retain(|ask| !ask.posted.is_closed());
    }
}

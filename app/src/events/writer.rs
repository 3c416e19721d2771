//! The group-commit writer: everything that waits is committed in one transaction, then everybody
//! who waited is answered.
//!
//! One task a process. Its queue is bounded by memory; when it is full, senders are told when to
//! come back. A sender who got a [`Receipt`] will find its events in the counts for ever.

use super::figures::{self, Waiting};
use super::keeping::Keeping;
use super::model::{Event, Receipt};
use super::prepare::{Batch, Sampler, prepare};
use super::store::Dictionary;
use super::transaction::{Recorder, Work};
use crate::context::Clock;
use crate::gate::live::Gate;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

/// How much may wait, in bytes. A full body's events take less.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// How many events are gathered for a transaction; the last batch may exceed it.
const EVENTS_A_TRANSACTION: usize = 16_384;
/// How long a failing transaction is tried again before its senders are told.
const TRY_FOR: Duration = Duration::from_secs(8);
/// How long to wait before the first new try; doubled each time, up to a second.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Why a batch was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too much waits already. Nothing of the batch was counted.
    #[error("too many events are waiting; send these again in {retry_after_s} s")]
    Busy {
        /// Seconds to wait before trying again.
        retry_after_s: u64,
    },
    /// The database did not answer in time, or the writer is shutting down. Events with ids can be
    /// sent again safely, whatever became of this try.
    #[error("the events could not be stored; send them again")]
    Unavailable,
}

/// The way into the statistics. Cheap to clone.
#[derive(Clone)]
pub struct EventWriter {
    shared: Arc<Shared>,
}

struct Shared {
    gate: Gate,
    clock: Clock,
    dictionary: Arc<Dictionary>,
    sampler: Sampler,
    waiting: Waiting,
    room: Arc<Semaphore>,
    queue: mpsc::UnboundedSender<Message>,
}

enum Message {
    Job(Job),
    Close(oneshot::Sender<()>),
}

struct Job {
    batch: Batch,
    /// Counts its events as waiting until it is dropped.
    waiting: figures::Waits,
    answer: oneshot::Sender<Result<Receipt, SubmitError>>,
    /// Its place in the queue, given back when the job is done.
    room: OwnedSemaphorePermit,
}

impl EventWriter {
    /// Starts the writer's task. It ends after [`EventWriter::close`].
    pub fn spawn(pool: PgPool, gate: Gate, clock: Clock, keeping: impl Into<Keeping>) -> Self {
        let keeping = keeping.into();
        let waiting = Waiting::default();
        let (queue, jobs) = mpsc::unbounded_channel();
        let dictionary = Arc::new(Dictionary::default());
        let recorder = Recorder::new(pool, clock.clone(), keeping.clone(), Arc::clone(&dictionary));
        tokio::spawn(work(recorder, jobs));
        let shared = Shared {
            gate,
            clock,
            dictionary,
            sampler: Sampler::new(keeping),
            waiting,
            room: Arc::new(Semaphore::new(QUEUE_BYTES)),
            queue,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Makes events ready to be submitted. This is all the work that needs no database; for large
    /// batches, do it on a thread that may block.
    pub fn prepare(&self, events: &[Event<'_>]) -> Batch {
        let shared = &*self.shared;
        prepare(events, &shared.gate, &shared.dictionary, &shared.sampler, shared.clock.now())
    }

    /// Counts the batch, whole. Returns once it is durable.
    ///
    /// # Errors
    ///
    /// [`SubmitError`].
    pub async fn submit(&self, batch: Batch) -> Result<Receipt, SubmitError> {
        if batch.is_empty() {
            return Ok(Receipt::default());
        }
        let weight = u32::try_from(batch.weight.min(QUEUE_BYTES)).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.shared.room).try_acquire_many_owned(weight) else {
            figures::busy();
            return Err(SubmitError::Busy { retry_after_s: 1 });
        };
        let (answer, answered) = oneshot::channel();
        let waiting = self.shared.waiting.add(batch.len());
        let job = Job { batch, waiting, answer, room };
        self.shared.queue.send(Message::Job(job)).map_err(|_| SubmitError::Unavailable)?;
        answered.await.unwrap_or(Err(SubmitError::Unavailable))
    }

    /// How many bytes of events wait, of how many there is room for.
    pub fn queued(&self) -> (usize, usize) {
        (QUEUE_BYTES - self.shared.room.available_permits(), QUEUE_BYTES)
    }

    /// How many events wait.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.events()
    }

    /// Takes no more events, commits those that wait, and ends the task.
    pub async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.shared.queue.send(Message::Close(done)).is_ok() {
            // An error means that the task has ended already: nothing waits.
            let _ = ended.await;
        }
    }
}

async fn work(mut recorder: Recorder, mut queue: mpsc::UnboundedReceiver<Message>) {
    let mut closed = None;
    while let Some(first) = queue.recv().await {
        let mut jobs = Vec::new();
        let mut events = 0;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Job(job) => {
                    events += job.batch.len();
                    jobs.push(job);
                }
                Message::Close(done) => {
                    queue.close();
                    closed = Some(done);
                }
            }
            next = if events < EVENTS_A_TRANSACTION { queue.try_recv().ok() } else { None };
        }
        if !jobs.is_empty() {
            record(&mut recorder, jobs).await;
        }
    }
    if let Some(done) = closed {
        // Whoever closed the writer may have stopped waiting.
        let _ = done.send(());
    }
}

/// Whether the database refused what it was given, which no new try changes.
fn is_of_the_data(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // Class 22: data exceptions, such as a count that no longer fits.
    code.is_some_and(|code| code.starts_with("22"))
}

/// Commits the jobs, trying again for a while, and answers them. A job that can never be counted is told so, and takes no
/// other with it.
async fn record(recorder: &mut Recorder, jobs: Vec<Job>) {
    let started = Instant::now();
    let (batches, answers): (Vec<_>, Vec<_>) =
        jobs.into_iter().map(|job| (job.batch, (job.answer, (job.room, job.waiting)))).unzip();
    let events: usize = batches.iter().map(Batch::len).sum();
    let mut pause = FIRST_PAUSE;
    let mut work = Work::new(&batches);
    let outcome = loop {
        match recorder.attempt(&mut work).await {
            Ok(receipts) => break Ok(receipts),
            Err(error) if !is_of_the_data(&error) && started.elapsed() + pause < TRY_FOR => {
                figures::commit_failed();
                tracing::warn!(%error, "events could not be committed; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            Err(error) => break Err(error),
        }
    };
    match outcome {
        Ok(receipts) => {
            figures::committed(started.elapsed(), events, &receipts);
            for ((answer, _room), receipt) in answers.into_iter().zip(receipts) {
                // A sender who has gone away will send again, and be told of duplicates.
                let _ = answer.send(Ok(receipt));
            }
        }
        Err(error) if is_of_the_data(&error) && batches.len() > 1 => {
            tracing::warn!(%error, "one batch of several cannot be counted; looking for it");
            let mut jobs: Vec<Job> = batches
                .into_iter()
                .zip(answers)
                .map(|(batch, (answer, (room, waiting)))| Job { batch, waiting, answer, room })
                .collect();
            let rest = jobs.split_off(jobs.len() / 2);
            Box::pin(record(recorder, jobs)).await;
            Box::pin(record(recorder, rest)).await;
        }
        Err(error) => {
            figures::commit_failed();
            tracing::error!(%error, batches = batches.len(), "events could not be committed");
            for (answer, _room) in answers {
                let _ = answer.send(Err(SubmitError::Unavailable));
            }
        }
    }
}

//! The group-commit writer: everything that waits is committed in one transaction, then everybody
//! who waited is answered. A request with too many keys for one transaction takes its turn several times,
//! so that it holds up the others no longer than they do it.
//!
//! One task a process. Its queue is bounded by memory; when it is full, senders are told when to
//! come back. A sender who got a [`Receipt`] will find its events in the counts for ever.

use super::figures::{self, Waiting};
use super::keeping::Keeping;
use super::model::{Event, Receipt};
use super::portions::Portion;
use super::posting::{Poster, Unsettled};
use super::prepare::{Batch, Sampler, prepare};
use super::store::{self, Dictionary};
use super::transaction::{Recorder, Work, is_forgotten};
use super::wire::Body;
use crate::context::Clock;
use crate::gate::live::Gate;
use crate::tokens::model::TokenId;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

/// How much may wait, in bytes. A full body's events take less.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// How many events are gathered for a transaction; the last batch may exceed it.
const EVENTS_A_TRANSACTION: usize = 16_384;
/// How many keys its portions may have together.
const KEYS_A_TRANSACTION: usize = 16_384;
/// How long a failing transaction is tried again before its senders are told.
const TRY_FOR: Duration = Duration::from_secs(8);
/// How long to wait before the first new try; doubled each time, up to a second.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// How long the journal may take to be added up before its events are taken back, or the process ends.
const SETTLED_WITHIN: Duration = Duration::from_secs(8);

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
    poster: Poster,
    waiting: Waiting,
    room: Arc<Semaphore>,
    queue: mpsc::UnboundedSender<Message>,
}

enum Message {
    Job(Box<Job>),
    Close(oneshot::Sender<()>),
}

struct Job {
    batch: Batch,
    /// How many of its portions are durable, and what became of their events.
    done: usize,
    receipt: Receipt,
    /// Counts its events as waiting until it is dropped.
    _waiting: figures::Waits,
    answer: oneshot::Sender<Result<Receipt, SubmitError>>,
    /// Its place in the queue, given back when the job is done.
    _room: OwnedSemaphorePermit,
}

impl Job {
    /// What the next transaction takes of it.
    fn portion(&self) -> Portion<'_> {
        self.batch.portion(self.done)
    }
}

impl EventWriter {
    /// Starts the writer's task. It ends after [`EventWriter::close`].
    pub fn spawn(pool: PgPool, gate: Gate, clock: Clock, keeping: impl Into<Keeping>) -> Self {
        let keeping = keeping.into();
        let waiting = Waiting::default();
        let (queue, jobs) = mpsc::unbounded_channel();
        let dictionary = Arc::new(Dictionary::default());
        let poster = Poster::spawn(pool.clone(), clock.clone(), keeping.clone());
        let recorder = Recorder::new(
            pool,
            clock.clone(),
            keeping.clone(),
            Arc::clone(&dictionary),
            Arc::clone(poster.backlog()),
        );
        tokio::spawn(work(recorder, jobs));
        let shared = Shared {
            gate,
            clock,
            dictionary,
            sampler: Sampler::new(keeping),
            poster,
            waiting,
            room: Arc::new(Semaphore::new(QUEUE_BYTES)),
            queue,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Makes events of our own ready to be submitted. This is all the work that needs no database; for
    /// large batches, do it on a thread that may block.
    pub fn prepare(&self, events: &[Event<'_>]) -> Batch {
        let shared = &*self.shared;
        prepare(events, &shared.gate, &shared.dictionary, &shared.sampler, shared.clock.now())
    }

    /// The same with what came under a token.
    pub fn prepare_body(&self, body: &Body<'_>, token: TokenId) -> Batch {
        let mut batch = self.prepare(&body.events);
        batch.token = Some(token.0);
        batch.meet_ahead(&body.ahead, &self.shared.dictionary);
        batch
    }

    /// Counts the batch, whole. Returns once it is durable.
    ///
    /// # Errors
    ///
    /// [`SubmitError`]. Of a batch with too many keys for one transaction, some events may be durable then:
    /// those with ids are not counted again when they are sent again.
    pub async fn submit(&self, batch: Batch) -> Result<Receipt, SubmitError> {
        if batch.is_empty() && batch.newest.is_empty() {
            return Ok(Receipt::default());
        }
        let weight = u32::try_from(batch.weight.min(QUEUE_BYTES)).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.shared.room).try_acquire_many_owned(weight) else {
            figures::busy();
            return Err(SubmitError::Busy { retry_after_s: 1 });
        };
        let (answer, answered) = oneshot::channel();
        let waiting = self.shared.waiting.add(batch.len());
        let receipt = Receipt::default();
        let job = Job { batch, done: 0, receipt, _waiting: waiting, answer, _room: room };
        self.shared
            .queue
            .send(Message::Job(Box::new(job)))
            .map_err(|_| SubmitError::Unavailable)?;
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

    /// Returns once the rollups hold everything that was answered before the call.
    ///
    /// # Errors
    ///
    /// [`Unsettled::Late`] after `within`.
    pub async fn settle(&self, within: Duration) -> Result<(), Unsettled> {
        self.shared.poster.settle(within).await
    }

    /// How many keys wait to be added to the rollups, and since when.
    pub fn backlog(&self) -> (u64, Option<Timestamp>) {
        let backlog = self.shared.poster.backlog();
        (backlog.keys(), backlog.since())
    }

    /// Keeps every event out until the transaction of `connection` ends, with everything that was answered in the
    /// rollups: for whoever takes events back.
    ///
    /// # Errors
    ///
    /// [`Unsettled`], and then the transaction must not go on.
    pub async fn hold(&self, connection: &mut PgConnection) -> Result<(), Unsettled> {
        // Most of it while others still write.
        self.settle(SETTLED_WITHIN).await?;
        store::hold_events(connection).await?;
        self.settle(SETTLED_WITHIN).await?;
        Ok(store::hold_rollups(connection).await?)
    }

    /// Takes no more events, commits those that wait, adds them up, and ends the task.
    pub async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.shared.queue.send(Message::Close(done)).is_ok() {
            // An error means that the task has ended already: nothing waits.
            let _ = ended.await;
        }
        if let Err(error) = self.settle(SETTLED_WITHIN).await {
            tracing::warn!(%error, "it will be, by whoever opens the database next");
        }
    }
}

async fn work(mut recorder: Recorder, mut queue: mpsc::UnboundedReceiver<Message>) {
    let mut closed = None;
    // What waits for its turn; room in the queue bounds it.
    let mut waiting: VecDeque<Job> = VecDeque::new();
    loop {
        let mut next = if waiting.is_empty() {
            let Some(first) = queue.recv().await else { break };
            Some(first)
        } else {
            queue.try_recv().ok()
        };
        while let Some(message) = next {
            match message {
                Message::Job(job) => waiting.push_back(*job),
                Message::Close(done) => {
                    queue.close();
                    closed = Some(done);
                }
            }
            next = queue.try_recv().ok();
        }
        let jobs = turn(&mut waiting);
        if !jobs.is_empty() {
            // What is not done yet goes behind what has come meanwhile.
            waiting.extend(record(&mut recorder, jobs).await);
        }
    }
    if let Some(done) = closed {
        // Whoever closed the writer may have stopped waiting.
        let _ = done.send(());
    }
}

/// Takes out what goes into the next transaction, a portion of each: the first of those that wait, and
/// of the next as many as there is room for.
fn turn(waiting: &mut VecDeque<Job>) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let (mut events, mut keys) = (0, 0);
    while let Some(job) = waiting.front() {
        let portion = job.portion();
        let fits = events < EVENTS_A_TRANSACTION && keys + portion.keys <= KEYS_A_TRANSACTION;
        if !fits && !jobs.is_empty() {
            break;
        }
        events += portion.events.len();
        keys += portion.keys;
        jobs.extend(waiting.pop_front());
    }
    jobs
}

/// Whether the database refused what it was given, which no new try changes.
fn is_of_the_data(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // Class 22: data exceptions, such as a count that no longer fits.
    is_forgotten(error) || code.is_some_and(|code| code.starts_with("22"))
}

/// Commits a portion of each job, trying again for a while, and answers those that are done; the others
/// are given back. A job that can never be counted is told so, and takes no other with it.
async fn record(recorder: &mut Recorder, mut jobs: Vec<Job>) -> Vec<Job> {
    let started = Instant::now();
    let events: usize = jobs.iter().map(|job| job.portion().events.len()).sum();
    let mut pause = FIRST_PAUSE;
    let mut work = Work::new(jobs.iter().map(Job::portion).collect());
    while recorder.is_ahead() && started.elapsed() < TRY_FOR {
        tokio::time::sleep(FIRST_PAUSE).await;
    }
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
            jobs.into_iter()
                .zip(receipts)
                .filter_map(|(job, receipt)| advance(job, receipt))
                .collect()
        }
        Err(error) if is_of_the_data(&error) && jobs.len() > 1 => {
            tracing::warn!(%error, "one batch of several cannot be counted; looking for it");
            let rest = jobs.split_off(jobs.len() / 2);
            let mut left = Box::pin(record(recorder, jobs)).await;
            left.extend(Box::pin(record(recorder, rest)).await);
            left
        }
        Err(error) => {
            figures::commit_failed();
            tracing::error!(%error, batches = jobs.len(), "events could not be committed");
            for job in jobs {
                let _ = job.answer.send(Err(SubmitError::Unavailable));
            }
            Vec::new()
        }
    }
}

/// The job with one more portion done; nothing if that was the last one, and its sender is answered.
fn advance(mut job: Job, receipt: Receipt) -> Option<Job> {
    job.done += 1;
    job.receipt += receipt;
    if job.done < job.batch.portions() {
        return Some(job);
    }
    // A sender who has gone away will send again, and be told of duplicates.
    let _ = job.answer.send(Ok(job.receipt));
    None
}

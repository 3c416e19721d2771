//! Sending batches until they are acknowledged, over connections that break.

use crate::event::World;
use crate::ledger::{Ledger, Place, Tally, tick};
use fastrand::Rng;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Deserialize;
use std::collections::HashSet;
use std::io;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A minute for the answer, as the server has it, and a little.
const ANSWER: Duration = Duration::from_secs(65);
/// How long a batch may be sent again before that is an error.
const PATIENCE: Duration = Duration::from_mins(2);

/// The way to the server, wherever it listens.
pub(crate) struct Sender {
    pub(crate) world: World,
    pub(crate) ledger: Ledger,
    pub(crate) tally: Tally,
    token: String,
    base: RwLock<String>,
    client: Client,
}

/// Events that are sent together.
pub(crate) struct Batch {
    pub(crate) places: Vec<Place>,
    content_type: &'static str,
    body: String,
    /// How many of them are distinct.
    distinct: u64,
    /// All have an id, so that it can be sent again.
    has_ids: bool,
}

/// How a batch is laid out.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    Object,
    Array,
    Lines,
}

/// What is known of a batch before it is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nobody has sent any of it.
    New,
    /// Others send it too.
    Shared,
    /// All of it was acknowledged.
    Acknowledged,
}

/// What became of one try.
enum Outcome {
    Stored(Answer),
    Wait(Duration),
    Failed,
    /// Cut off; whether the answer had begun with 200.
    Cut {
        told: bool,
    },
}

#[derive(Deserialize)]
struct Answer {
    accepted: u64,
    duplicate: u64,
    rejected: Vec<serde_json::Value>,
}

impl Sender {
    pub(crate) fn new(world: World, token: &str, base: &str) -> Self {
        Self {
            world,
            ledger: Ledger::default(),
            tally: Tally::default(),
            token: token.to_owned(),
            base: RwLock::new(base.to_owned()),
            client: Client::builder().timeout(ANSWER).build().expect("the client needs nothing"),
        }
    }

    /// Says where the server listens now.
    pub(crate) fn moved(&self, base: &str) {
        base.clone_into(&mut self.base.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn base(&self) -> String {
        self.base.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A batch of these events, in this order; a place may stand in it twice.
    pub(crate) fn batch(&self, places: Vec<Place>, layout: Layout) -> Batch {
        let events = self.ledger.events(&places);
        let (open, between, close, content_type) = match layout {
            Layout::Object => ("", "", "", "application/json"),
            Layout::Array => ("[", ",", "]", "application/json"),
            Layout::Lines => ("", "\n", "\n", "application/x-ndjson"),
        };
        let mut body = open.to_owned();
        for (index, event) in events.iter().enumerate() {
            if index > 0 {
                body.push_str(between);
            }
            self.world.write(&mut body, event);
        }
        body.push_str(close);
        Batch {
            content_type,
            body,
            distinct: places.iter().collect::<HashSet<_>>().len() as u64,
            has_ids: events.iter().all(|event| event.id.is_some()),
            places,
        }
    }

    /// Sends a batch until it is acknowledged, and holds the answer against what is known. Now and then it gives up on
    /// one after an error. Answers whether it was acknowledged.
    pub(crate) async fn deliver(&self, rng: &mut Rng, batch: &Batch, before: Before) -> bool {
        let started = Instant::now();
        let (mut tries, mut told) = (0_u32, before == Before::Acknowledged);
        loop {
            tries += 1;
            if tries > 1 {
                tick(&self.tally.retried);
            }
            match self.try_once(rng, batch).await {
                Outcome::Stored(answer) => {
                    self.judge(batch, &answer, before == Before::New && tries == 1, told);
                    self.ledger.acknowledge(&batch.places);
                    return true;
                }
                Outcome::Wait(pause) => tokio::time::sleep(pause).await,
                Outcome::Cut { told: true } => told = true,
                Outcome::Failed | Outcome::Cut { told: false } => {
                    if !batch.has_ids || rng.u8(0..50) == 0 && before == Before::New {
                        tick(&self.tally.abandoned);
                        return false;
                    }
                    tokio::time::sleep(Duration::from_millis(rng.u64(20..250))).await;
                }
            }
            if started.elapsed() > PATIENCE {
                self.ledger.wrong(format!(
                    "a batch of {} was not acknowledged in {PATIENCE:?}, after {tries} tries",
                    batch.places.len()
                ));
                return false;
            }
        }
    }

    fn judge(&self, batch: &Batch, answer: &Answer, new: bool, told: bool) {
        let Answer { accepted, duplicate, rejected } = answer;
        let all = batch.places.len() as u64;
        if !rejected.is_empty() || accepted + duplicate != all {
            self.ledger.wrong(format!(
                "of {all} events, {accepted} were accepted, {duplicate} duplicates, and rejected: {rejected:?}"
            ));
        }
        if batch.has_ids && new && *accepted != batch.distinct {
            self.ledger.wrong(format!(
                "of {} new events, {accepted} were accepted as new",
                batch.distinct
            ));
        }
        if batch.has_ids && told && *accepted > 0 {
            self.ledger.wrong(format!("{accepted} acknowledged events were counted again"));
        }
    }

    async fn try_once(&self, rng: &mut Rng, batch: &Batch) -> Outcome {
        tick(&self.tally.sent);
        if batch.has_ids && rng.u8(0..16) == 0 {
            let how = rng.u8(0..4);
            let cut = self.cut(rng, batch, how);
            let told = tokio::time::timeout(ANSWER, cut).await;
            return Outcome::Cut { told: matches!(told, Ok(Ok(true))) };
        }
        let request = self.client.post(format!("{}/v1/events", self.base()));
        let request = request.bearer_auth(&self.token).header(CONTENT_TYPE, batch.content_type);
        let Ok(response) = request.body(batch.body.clone()).send().await else {
            tick(&self.tally.broken);
            return Outcome::Failed;
        };
        match response.status().as_u16() {
            200 => {
                let Ok(answer) = response.json().await else {
                    tick(&self.tally.broken);
                    return Outcome::Cut { told: true };
                };
                tick(&self.tally.acknowledged);
                Outcome::Stored(answer)
            }
            429 => {
                tick(&self.tally.told_to_wait);
                let seconds = response.headers().get(RETRY_AFTER);
                let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
                let seconds: u64 = seconds.unwrap_or_else(|| {
                    self.ledger.wrong("429 came without Retry-After".to_owned());
                    1
                });
                Outcome::Wait(Duration::from_secs(seconds))
            }
            503 => {
                tick(&self.tally.unavailable);
                Outcome::Failed
            }
            status => {
                let body = response.text().await.unwrap_or_default();
                self.ledger.wrong(format!("a right request was answered {status}: {body}"));
                Outcome::Failed
            }
        }
    }

    /// Sends the batch over a connection that is closed too early; answers whether it heard of a success.
    async fn cut(&self, rng: &mut Rng, batch: &Batch, how: u8) -> io::Result<bool> {
        let base = self.base();
        let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await?;
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: {}\r\ncontent-length: {}\r\n\r\n",
            self.token,
            batch.content_type,
            batch.body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        let body = batch.body.as_bytes();
        if how == 0 {
            tick(&self.tally.cut_in_request);
            stream.write_all(&body[..rng.usize(0..body.len())]).await?;
            tokio::time::sleep(Duration::from_millis(rng.u64(0..10))).await;
            return Ok(false);
        }
        stream.write_all(body).await?;
        if how == 1 {
            tick(&self.tally.cut_before_answer);
            tokio::time::sleep(Duration::from_millis(rng.u64(0..30))).await;
            return Ok(false);
        }
        let mut beginning = *b"HTTP/1.1 xxx";
        stream.read_exact(&mut beginning).await?;
        tick(&self.tally.cut_in_answer);
        Ok(beginning.ends_with(b"200"))
    }
}

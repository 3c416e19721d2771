//! What all formats have in common: a body is read off the wire, decompressed, understood, and
//! committed.

use super::super::{Bearer, Problem, body};
use app::context::AppState;
use app::events::figures;
use app::events::model::{MAX_BODY, Receipt, Reject};
use app::events::prepare::Batch;
use app::events::rules::Defaults;
use app::events::wire::format::unsaid;
use app::events::wire::{self, BodyError, Format};
use app::events::writer::SubmitError;
use axum::body::Bytes;
use axum::extract::Request;
use tokio::sync::Semaphore;

/// Bodies above this are read on a thread of their own: they would hold up the checks that share
/// this one.
const READ_ASIDE: usize = 64 * 1024;
/// How many of them are read at once: while it is read, a body of many small events takes twenty times its
/// length.
static READERS: Semaphore = Semaphore::const_new(4);

/// What became of the events of a request.
pub(in super::super) struct Report {
    /// Those that can be counted. They are durable.
    pub(in super::super) receipt: Receipt,
    /// Those that cannot.
    pub(in super::super) rejected: Vec<Reject>,
}

/// Takes the events of a request whose body has this format. The token's name is the source of events
/// without.
pub(in super::super) async fn take(
    state: &AppState,
    bearer: &Bearer,
    format: Format,
    request: Request,
) -> Result<Report, Problem> {
    let unsaid = unsaid(request.headers());
    let body = body::decoded(request, MAX_BODY).await?;
    let read = read_anywhere(state, &body, &format, bearer).await;
    let (mut batch, mut rejected) = read.map_err(|problem| match unsaid {
        Some(unsaid) if problem.is_of_body() => Problem::unsaid(unsaid, problem.detail()),
        _ => problem,
    })?;
    if !batch.strangers().is_empty()
        && state.gate.learn(batch.strangers()).await.map_err(|_| Problem::unavailable())?
    {
        (batch, rejected) = read_anywhere(state, &body, &format, bearer).await?;
    }
    // Nobody needs it while the batch waits for its commit.
    drop(body);
    figures::rejected(&rejected);
    let receipt = state.events.submit(batch).await.map_err(|error| match error {
        SubmitError::Busy { retry_after_s } => Problem::busy(retry_after_s),
        SubmitError::Unavailable => Problem::unavailable(),
    })?;
    Ok(Report { receipt, rejected })
}

/// Reads a short body here and a long one on another thread.
async fn read_anywhere(
    state: &AppState,
    body: &Bytes,
    format: &Format,
    bearer: &Bearer,
) -> Result<(Batch, Vec<Reject>), Problem> {
    if body.len() <= READ_ASIDE {
        return read(state, body, format, bearer);
    }
    // The semaphore is never closed.
    let reader = READERS.acquire().await.map_err(|_| Problem::unavailable())?;
    let (state, body, format, bearer) =
        (state.clone(), body.clone(), format.clone(), bearer.clone());
    tokio::task::spawn_blocking(move || {
        // Held until it is read, even if nobody waits for it any more.
        let _reader = reader;
        read(&state, &body, &format, &bearer)
    })
    .await
    .map_err(|_| Problem::unavailable())?
}

fn read(
    state: &AppState,
    body: &[u8],
    format: &Format,
    bearer: &Bearer,
) -> Result<(Batch, Vec<Reject>), Problem> {
    let defaults = Defaults { now: state.clock.now(), source: bearer.name() };
    let found = wire::read(body, format, &defaults).map_err(|error| match error {
        BodyError::Malformed(message) => Problem::bad_request("body", message),
        BodyError::TooMany => Problem::too_large(error.to_string()),
    })?;
    Ok((state.events.prepare_body(&found, bearer.id()), found.rejected))
}

//! Bodies that may be compressed: those of events.

use super::super::Problem;
use super::received;
use super::room::Place;
use app::events::wire::encoding::{DecodeError, ENCODINGS, Encoding};
use axum::body::Bytes;
use axum::extract::Request;
use std::ops::Deref;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many decompressed bodies there are at once. A few kilobytes can make one of 8 MiB, so without
/// this a thousand small requests would take eight gigabytes; those beyond wait, compressed as they
/// came.
const AT_ONCE: usize = 4;
static ROOM: Semaphore = Semaphore::const_new(AT_ONCE);

/// A body as its sender meant it. While it is kept, it holds its place.
pub(in super::super) struct Decoded {
    bytes: Bytes,
    _place: Held,
}

/// The place of a body, held for as long as this is kept.
enum Held {
    Plain { _place: Place<'static> },
    Decompressed { _place: SemaphorePermit<'static> },
}

impl Deref for Decoded {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.bytes
    }
}

/// The request's whole body of at most `most` bytes, also once it is decompressed.
pub(in super::super) async fn decoded(request: Request, most: usize) -> Result<Decoded, Problem> {
    let encoding = Encoding::of(request.headers())
        .map_err(|found| Problem::unsupported_encoding(&found, ENCODINGS))?;
    let (_, bytes, place) = received(request, most).await?;
    if encoding == Encoding::Identity {
        return Ok(Decoded { bytes, _place: Held::Plain { _place: place } });
    }
    // The semaphore is never closed.
    let decompressing = ROOM.acquire().await.map_err(|_| Problem::unavailable())?;
    let bytes = tokio::task::spawn_blocking(move || encoding.decode(&bytes, most))
        .await
        .map_err(|_| Problem::unavailable())?
        .map_err(|error| match error {
            DecodeError::TooLarge(_) => Problem::too_large(error.to_string()),
            DecodeError::Malformed(_) => Problem::bad_request("body", error.to_string()),
        })?;
    // The room is for what came; it is gone.
    drop(place);
    Ok(Decoded { bytes: bytes.into(), _place: Held::Decompressed { _place: decompressing } })
}

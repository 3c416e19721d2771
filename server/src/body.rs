//! Reading a request's body whole, within a limit.

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures::{Stream, StreamExt as _};
use std::time::Duration;

/// How much of a body that is not taken is read on and thrown away. A client that is still sending
/// when its connection closes sees a broken pipe instead of the answer that says why.
const DISCARDED: usize = 16 * 1024 * 1024;
/// For how long that is done.
const DISCARDING: Duration = Duration::from_secs(5);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It has more bytes than are taken.
    TooLarge,
    /// There is no room for it beside all others.
    NoRoom,
    /// It ended early, or stood still for too long.
    CutShort,
}

/// How many bytes the body has, as far as its sender says.
pub(crate) fn announced(headers: &HeaderMap) -> Option<usize> {
    let length: u64 = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

/// The request's head and its whole body of at most `limit` bytes. `admit` is told of the bytes as they come,
/// and says whether there is room for them.
pub(crate) async fn whole(
    request: Request,
    limit: usize,
    mut admit: impl FnMut(usize) -> bool,
) -> Result<(Parts, Bytes), BodyError> {
    let (parts, body) = request.into_parts();
    let announced = announced(&parts.headers).unwrap_or(0);
    let waits = parts.headers.contains_key(header::EXPECT);
    let mut chunks = body.into_data_stream();
    if announced > limit {
        // Whoever has not begun to send, or has more than is read on, is told at once.
        if announced <= DISCARDED && !waits {
            let _ = tokio::time::timeout(DISCARDING, discard(chunks)).await;
        }
        return Err(BodyError::TooLarge);
    }
    let mut taken: Vec<Bytes> = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyError::CutShort)?;
        length += chunk.len();
        let refused = if length > limit {
            Some(BodyError::TooLarge)
        } else {
            (!admit(chunk.len())).then_some(BodyError::NoRoom)
        };
        if let Some(refused) = refused {
            drop((taken, chunk));
            let _ = tokio::time::timeout(DISCARDING, discard(chunks)).await;
            return Err(refused);
        }
        taken.push(chunk);
    }
    // What came in one chunk is not copied.
    let whole = if taken.len() == 1 { taken.swap_remove(0) } else { taken.concat().into() };
    Ok((parts, whole))
}

async fn discard<E>(mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin) {
    let mut length = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        length += chunk.len();
        if length > DISCARDED {
            break;
        }
    }
}

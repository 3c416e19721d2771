//! Takes connections and answers on them within bounds that `axum::serve` does not set: how many there are at once, and
//! how long one may stay silent.

#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service as _;

/// The most connections there are at once.
const CONNECTIONS: usize = 4_096;
/// The files we open besides connections: PostgreSQL's, and those of commands.
const OTHER_FILES: u64 = 128;
/// The most bytes of a connection that are kept until they are understood: a request's headers fit in this, or it is
/// answered with 431.
const BUFFER: usize = 64 * 1024;
/// How long to wait when the system has no file left for a connection.
const BREATH: Duration = Duration::from_millis(500);

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many there are at once; those beyond wait in the listener's queue.
    connections: usize,
    /// How long a connection may take until a request's headers are complete, counted from its beginning or from the
    /// answer before: it bounds slow headers and idle connections alike. Longer than the minute for which the usual
    /// proxies keep an idle connection, since whoever closes it first loses no request.
    headers: Duration,
}

impl Limits {
    /// As many connections as the system lets us have files, at most [`CONNECTIONS`].
    pub(crate) fn of_this_machine() -> Self {
        let files = raise_file_limit();
        let room = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(CONNECTIONS);
        Self { connections: room.clamp(16, CONNECTIONS), headers: Duration::from_secs(65) }
    }
}

/// Takes as many files as we may without asking; the customary soft limit of 1,024 is a courtesy to programs that use
/// `select`. Returns how many these are.
fn raise_file_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1_024 };
    let wanted = hard.min(CONNECTIONS as u64 + OTHER_FILES).max(soft);
    match setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
        Ok(()) => wanted,
        Err(_) => soft,
    }
}

/// Answers with `router` until `stopped`, and then until every request that was begun is answered.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stopped: impl Future<Output = ()>,
) {
    let seats = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut stopped = pin!(stopped);
    loop {
        let (seat, stream, peer) = tokio::select! {
            () = &mut stopped => break,
            accepted = accept(&listener, &seats) => accepted,
        };
        let connection = graceful.watch(answer(stream, peer, router.clone(), limits.headers));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "a connection ended early");
            }
            drop(seat);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// The next connection, once there is a seat for it.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, TcpStream, SocketAddr) {
    // The semaphore is never closed.
    let seat = Arc::clone(seats).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (seat, stream, peer),
            Err(error) if of_one_connection(error.kind()) => {}
            Err(error) => {
                tracing::error!(%error, "cannot take connections; trying again");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Whether this says nothing of the next connection.
const fn of_one_connection(error: ErrorKind) -> bool {
    matches!(
        error,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}

/// Answers the requests of one connection.
fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    headers: Duration,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // Answers are written whole, so that holding a short one back gains nothing.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service)
}

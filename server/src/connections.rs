//! Takes connections and answers on them within bounds that `axum::serve` does not set: how many there are at once, in
//! all and from one address, how long one may stay silent, and how long it may leave an answer unread.

mod seats;

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
use seats::{Seat, Seats};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutWriter;
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
    /// How many of them one address may have; those beyond are closed at once.
    of_one_address: usize,
    /// How long a connection may take until a request's headers are complete, counted from its beginning or from the
    /// answer before: it bounds slow headers and idle connections alike. Longer than the minute for which the usual
    /// proxies keep an idle connection, since whoever closes it first loses no request.
    headers: Duration,
    /// How long an answer may stand still because nobody reads it.
    unread: Duration,
}

impl Limits {
    /// As many connections as the system lets us have files, at most [`CONNECTIONS`]. One address may have half of
    /// them, unless all requests come from a proxy (`behind_proxy`).
    pub(crate) fn of_this_machine(behind_proxy: bool) -> Self {
        let files = raise_file_limit();
        let room = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(CONNECTIONS);
        let connections = room.clamp(16, CONNECTIONS);
        Self {
            connections,
            of_one_address: if behind_proxy { connections } else { connections / 2 },
            headers: Duration::from_secs(65),
            unread: Duration::from_secs(30),
        }
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
    let seats = Seats::new(limits.connections, limits.of_one_address);
    let graceful = GracefulShutdown::new();
    let mut stopped = pin!(stopped);
    loop {
        let (seat, stream, peer) = tokio::select! {
            () = &mut stopped => break,
            accepted = accept(&listener, &seats) => accepted,
        };
        let connection = graceful.watch(answer(stream, peer, router.clone(), limits));
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
async fn accept(listener: &TcpListener, seats: &Seats) -> (Seat, TcpStream, SocketAddr) {
    let mut free = seats.free().await;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match free.take(peer.ip()) {
                Ok(seat) => return (seat, stream, peer),
                Err(still_free) => {
                    tracing::debug!(%peer, "closed a connection: its address has too many");
                    free = still_free;
                }
            },
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
    limits: Limits,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // Answers are written whole, so that holding a short one back gains nothing.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(limits.unread));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}

use super::*;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;

const SOON: Duration = Duration::from_secs(5);

/// A server with these limits; dropping the sender stops it.
async fn start(connections: usize, headers: Duration) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = Router::new()
        .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()))
        .route("/large", get(async || vec![b'a'; 64 << 20]));
    let stopped = async move { drop(stopped.await) };
    let unread = Duration::from_millis(300);
    let limits = Limits { connections, of_one_address: connections, headers, unread };
    tokio::spawn(serve(listener, router, limits, stopped));
    (address, stop)
}

async fn until_closed(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let read = tokio::time::timeout(SOON, stream.read_to_string(&mut text)).await;
    // A reset is a way to close as well.
    let _ = read.expect("the server closes the connection");
    text
}

#[tokio::test]
async fn a_silent_connection_and_slow_headers_are_closed() {
    let (address, _stop) = start(8, Duration::from_millis(200)).await;
    for begun in ["", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        assert!(!until_closed(&mut stream).await.contains("200 OK"), "{begun}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let (address, _stop) = start(8, Duration::from_millis(200)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let answer = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn those_beyond_the_cap_wait_for_a_seat() {
    let (address, _stop) = start(1, Duration::from_millis(300)).await;
    let silent = TcpStream::connect(address).await.unwrap();
    let mut patient = TcpStream::connect(address).await.unwrap();
    patient.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(until_closed(&mut patient).await.starts_with("HTTP/1.1 200 OK"));
    drop(silent);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_the_connection() {
    let (address, _stop) = start(1, Duration::from_mins(1)).await;
    let mut lazy = TcpStream::connect(address).await.unwrap();
    lazy.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut next = TcpStream::connect(address).await.unwrap();
    next.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(until_closed(&mut next).await.starts_with("HTTP/1.1 200 OK"), "its seat is free again");
    drop(lazy);
}

#[tokio::test]
async fn a_stop_closes_idle_connections_and_takes_no_more() {
    let (address, stop) = start(8, Duration::from_mins(1)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.unwrap();
    drop(stop);
    until_closed(&mut stream).await;
    assert!(TcpStream::connect(address).await.is_err());
}

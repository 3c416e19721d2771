//! Gives each request an id, which the answer, the log and the trail name.

use crate::console::Console;
use app::auth::operator::ClientAddress;
use app::context::{RequestId, fill_random, hex};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;
use std::time::Instant;
use tracing::Instrument as _;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

pub(crate) async fn identify(
    State(console): State<Console>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = new_id();
    let address = client_address(&console, peer, &request);
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(ClientAddress(address));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id, %method, path);
    let started = Instant::now();
    let answering = async {
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        let ms = started.elapsed().as_millis();
        tracing::debug!(status = response.status().as_u16(), ms, "answered");
        response
    };
    RequestId(id.clone()).scope(answering.instrument(span)).await
}

/// Twelve random hexadecimal digits.
fn new_id() -> String {
    let mut random = [0; 6];
    match fill_random(&mut random) {
        Ok(()) => hex(&random),
        Err(_) => "unidentified".to_owned(),
    }
}

/// The peer, or what a trusted proxy says of it. Only the last entry was written by that proxy.
fn client_address(console: &Console, peer: SocketAddr, request: &Request) -> String {
    console
        .trust_forwarded_for
        .then(|| request.headers().get_all(X_FORWARDED_FOR).iter().next_back())
        .flatten()
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .and_then(|value| value.trim().parse::<std::net::IpAddr>().ok())
        .unwrap_or_else(|| peer.ip())
        .to_string()
}

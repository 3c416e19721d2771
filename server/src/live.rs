//! `/errors/live/events`: what the live page follows, as server-sent events.

use crate::console::Console;
use app::auth::operator::signed_in;
use app::live::model::Wanted;
use app::live::tail::{Listener, Message, follow};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tower_sessions::Session;

/// How long nothing may come before a proxy is told that the answer lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a browser that lost the connection asks again.
const RETRY: Duration = Duration::from_secs(3);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Some proxies hold answers back to send them in large pieces, unless they are told.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// Where to go on.
#[derive(Deserialize)]
pub(crate) struct From {
    /// The place that the page, or the last event, named.
    after: Option<i64>,
}

pub(crate) async fn events(
    State(console): State<Console>,
    session: Session,
    Query(wanted): Query<Wanted>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Response {
    let state = console.state;
    let administrator = match signed_in(&state, &session).await {
        Ok(Some(administrator)) => administrator.id,
        Ok(None) => return (StatusCode::UNAUTHORIZED, "Sign in to go on.\n").into_response(),
        Err(error) => return failed(&error),
    };
    let Some(session) = session.id() else {
        return (StatusCode::UNAUTHORIZED, "Sign in to go on.\n").into_response();
    };
    let Ok(seat) = state.live.seat(administrator) else {
        let told = "Too many live views are open. Close another one.\n";
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "30")], told)
            .into_response();
    };
    // A browser that lost the connection names the last event it got; its address is older.
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    let listener = Listener { seat, administrator, session };
    match follow(state, listener, wanted, last.or(from.after)).await {
        Ok(messages) => {
            let hello = futures::stream::iter([Event::default().retry(RETRY)]);
            let events = hello.chain(messages.map(event)).map(Ok::<_, Infallible>);
            let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
            ([UNBUFFERED, (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], sse)
                .into_response()
        }
        Err(error) => failed(&error),
    }
}

fn event(message: Message) -> Event {
    match message {
        Message::Rows { upto, html } => {
            Event::default().event("rows").id(upto.to_string()).data(html)
        }
        Message::SignedOut => Event::default().event("signed-out").data(""),
    }
}

fn failed(error: &app::error::AppError) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}

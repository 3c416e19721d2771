//! Sends people who are not signed in to the sign-in page, before anything is rendered. Server
//! functions check again for themselves.

use super::forms::accepts_html;
use crate::console::Console;
use crate::plain::sorry;
use app::auth::operator::signed_in;
use app::auth::rules::login_path;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use tower_sessions::Session;

/// What answers people who are not signed in.
fn open_to_all(path: &str) -> bool {
    matches!(path, "/login" | "/setup" | "/api/auth/sign_in" | "/api/auth/set_up")
}

pub(crate) async fn require(
    State(console): State<Console>,
    session: Session,
    request: Request,
    next: Next,
) -> Response {
    if open_to_all(request.uri().path()) {
        return next.run(request).await;
    }
    match signed_in(&console.state, &session).await {
        Ok(Some(_)) => next.run(request).await,
        Ok(None) => turn_away(&request),
        Err(error) if accepts_html(request.headers()) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            sorry(status, "Something failed on our side", &error.to_string())
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

fn turn_away(request: &Request) -> Response {
    if !accepts_html(request.headers()) {
        return (StatusCode::UNAUTHORIZED, "Sign in to go on.\n").into_response();
    }
    let next = match *request.method() {
        Method::GET => request.uri().path_and_query().map_or("/", |path| path.as_str()),
        _ => "/",
    };
    Redirect::to(&login_path(next)).into_response()
}

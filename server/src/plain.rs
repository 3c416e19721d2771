//! Pages that the server writes itself, for what no page of the console can say: plain HTML with the console's
//! stylesheet and no script.

use crate::assets;
use crate::v1::Problem;
use app::error::AppError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use leptos::prelude::*;

/// What such a page may load: its stylesheet and the icon.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The answer in place of a file that could not be made: the error's words under its status.
pub(crate) fn failed(error: &AppError) -> Response {
    let status = StatusCode::from_u16(error.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, format!("{error}\n")).into_response()
}

/// The answer that carries such a document.
pub(crate) fn html(status: StatusCode, document: String) -> Response {
    (status, [(header::CONTENT_SECURITY_POLICY, POLICY)], Html(document)).into_response()
}

/// The whole document around `content`. The title is ours and needs no escaping: Leptos' markers around text would show in
/// it.
pub(crate) fn document(title: &'static str, content: impl IntoView) -> String {
    let title = format!("{title} · Sitekeeper");
    let document = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=assets::STYLESHEET/>
                <title inner_html=title></title>
            </head>
            <body>{content}</body>
        </html>
    };
    format!("<!DOCTYPE html>{}", document.to_html())
}

/// A page that says why there is no other.
pub(crate) fn sorry(status: StatusCode, title: &'static str, told: &str) -> Response {
    let told = told.to_owned();
    let content = view! {
        <main class="solo wide" id="main">
            <section class="panel">
                <div class="state failed">
                    <h1>{title}</h1>
                    <p>{told}</p>
                    <div class="actions"><a class="btn primary" href="/">"Overview"</a></div>
                </div>
            </section>
        </main>
    };
    html(status, document(title, content))
}

/// The same for whoever asks: a problem that names `field` for programs under `/v1`, a page for everybody else.
pub(crate) fn refuse(
    path: &str,
    status: StatusCode,
    field: &str,
    title: &'static str,
    told: &str,
) -> Response {
    if path.starts_with("/v1/") {
        Problem::of(status, title, told).about(field).into_response()
    } else {
        sorry(status, title, told)
    }
}

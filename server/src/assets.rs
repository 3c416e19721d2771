//! The files a browser loads, embedded by `build.rs`: `/pkg/…` under names that carry a hash of their content, and the
//! few of `public/` under names that others know, such as `/favicon.svg`.

mod encoding;
#[cfg(test)]
mod tests;

use self::encoding::Encoding;
use app::app::Assets;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use leptos::config::LeptosOptions;
use rust_embed::{Embed, EmbeddedFile};
use std::borrow::Cow;

#[derive(Embed)]
#[folder = "$OUT_DIR/assets"]
struct Embedded;

/// What Leptos calls the WebAssembly and its JavaScript; empty when the server was built without them.
const PACKAGE: &str = env!("SITEKEEPER_PKG_NAME");
/// The same of the package with the islands that most pages have.
const FEW: &str = env!("SITEKEEPER_FEW_NAME");
/// The path of the stylesheet.
pub(crate) const STYLESHEET: &str = concat!("/pkg/", env!("SITEKEEPER_CSS"));

/// A name under `/pkg` never means other bytes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const A_DAY: &str = "public, max-age=86400";

/// The names pages refer to the browser's files by.
pub(crate) fn names() -> Assets {
    if PACKAGE.is_empty() {
        tracing::warn!(
            "this sitekeeper was built without browser assets: pages have no style and no islands. \
             Run `make build`."
        );
    }
    Assets {
        options: LeptosOptions::builder().output_name(PACKAGE).build(),
        few: LeptosOptions::builder().output_name(FEW).build(),
        stylesheet: STYLESHEET,
    }
}

/// `GET /pkg/{*file}`: a hashed file.
pub(crate) async fn package(Path(file): Path<String>, headers: HeaderMap) -> Response {
    respond(&format!("pkg/{file}"), FOR_EVER, &headers)
}

/// `GET` of a file of `public/` by its own path.
pub(crate) async fn public(uri: Uri, headers: HeaderMap) -> Response {
    respond(&format!("public{}", uri.path()), A_DAY, &headers)
}

/// Answers the best variant of `path` that the client accepts. Only names that were embedded are found, so no path
/// leads anywhere else; the compressed variants have no address of their own.
fn respond(path: &str, cache: &'static str, request: &HeaderMap) -> Response {
    let Some(content_type) = content_type(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepted = Encoding::accepted(request);
    let Some((encoding, file)) = accepted.into_iter().find_map(|encoding| {
        Embedded::get(&format!("{path}{}", encoding.suffix())).map(|file| (encoding, file))
    }) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = entity_tag(&file);
    let fresh = is_fresh(request, &tag);
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(bytes(file)))
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !fresh {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(name) = encoding.name() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
    response
}

/// The media type by the file's extension; none for what is not served under its own name.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

/// A strong validator: the variants differ in bytes, so each has its own.
fn entity_tag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    let half = hash.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
    HeaderValue::try_from(format!("\"{half:032x}\""))
        .expect("hexadecimal digits in quotes are a valid header value")
}

/// Whether the client holds this variant already (RFC 9110 §13.1.2, compared weakly).
fn is_fresh(request: &HeaderMap, tag: &HeaderValue) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|held| held.to_str().ok())
        .flat_map(|held| held.split(','))
        .map(str::trim)
        .any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held).as_bytes() == tag)
}

fn bytes(file: EmbeddedFile) -> Bytes {
    match file.data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

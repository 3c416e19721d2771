use super::*;
use axum::Router;
use axum::http::{Method, Request};
use axum::routing::get;
use std::io::Read as _;
use tower::ServiceExt as _;

const FAVICON: &str = "/favicon.svg";

async fn ask(method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let router = Router::new().route("/pkg/{*file}", get(package)).route("/{file}", get(public));
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn body(response: Response) -> Bytes {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
}

fn header(response: &Response, name: header::HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_public_file_is_served_whole_for_a_day() {
    let response = ask(Method::GET, FAVICON, &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, header::CONTENT_TYPE), "image/svg+xml");
    assert_eq!(header(&response, header::CACHE_CONTROL), A_DAY);
    assert_eq!(header(&response, header::VARY), "accept-encoding");
    assert_eq!(header(&response, header::CONTENT_ENCODING), "");
    assert!(body(response).await.starts_with(b"<svg"));
}

#[tokio::test]
async fn every_embedded_file_has_an_address_and_its_variants_unpack_to_it() {
    let (mut files, mut variants) = (0, 0);
    for path in Embedded::iter().filter(|path| content_type(path).is_some()) {
        files += 1;
        let address = path.strip_prefix("public").map_or(format!("/{path}"), str::to_owned);
        let plain = body(ask(Method::GET, &address, &[]).await).await;
        assert_eq!(plain, bytes(Embedded::get(&path).unwrap()), "{address}");
        for coding in ["gzip", "br"] {
            let response = ask(Method::GET, &address, &[(header::ACCEPT_ENCODING, coding)]).await;
            if header(&response, header::CONTENT_ENCODING) != coding {
                continue;
            }
            variants += 1;
            let packed = body(response).await;
            let mut unpacked = Vec::new();
            match coding {
                "br" => brotli::Decompressor::new(&*packed, 4096).read_to_end(&mut unpacked),
                _ => flate2::read::GzDecoder::new(&*packed).read_to_end(&mut unpacked),
            }
            .unwrap();
            assert_eq!(unpacked, plain, "{address}");
        }
    }
    assert!(files > 0 && variants > 0, "{files} files, {variants} variants");
}

#[tokio::test]
async fn head_answers_the_headers_alone() {
    let whole = body(ask(Method::GET, FAVICON, &[]).await).await;
    let response = ask(Method::HEAD, FAVICON, &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, header::CONTENT_LENGTH), whole.len().to_string());
    assert!(body(response).await.is_empty());
}

#[tokio::test]
async fn a_held_copy_is_not_sent_again() {
    let tag = header(&ask(Method::GET, FAVICON, &[]).await, header::ETAG).to_owned();
    for held in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let response = ask(Method::GET, FAVICON, &[(header::IF_NONE_MATCH, &held)]).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{held}");
        assert_eq!(header(&response, header::ETAG), tag);
        assert_eq!(header(&response, header::CACHE_CONTROL), A_DAY);
        assert!(body(response).await.is_empty());
    }
    let response = ask(Method::GET, FAVICON, &[(header::IF_NONE_MATCH, "\"other\"")]).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn nothing_else_is_found() {
    let paths = [
        "/pkg/",
        "/pkg/none.js",
        "/pkg/../public/favicon.svg",
        "/pkg/..%2fpublic%2ffavicon.svg",
        "/pkg/%2fetc%2fpasswd",
        "/favicon.svg.gz",
        "/favicon.svg.br",
        "/%66avicon.svgx",
    ];
    for path in paths {
        let response = ask(Method::GET, path, &[(header::ACCEPT_ENCODING, "br, gzip")]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn packages_are_kept_for_ever() {
    if PACKAGE.is_empty() {
        // Nothing to serve: this crate was compiled before the browser's half.
        assert_eq!(STYLESHEET, "/pkg/");
        return;
    }
    for (path, kind) in [
        (format!("/pkg/{PACKAGE}.js"), "text/javascript; charset=utf-8"),
        (format!("/pkg/{PACKAGE}_bg.wasm"), "application/wasm"),
        (STYLESHEET.to_owned(), "text/css; charset=utf-8"),
    ] {
        let response = ask(Method::GET, &path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&response, header::CONTENT_TYPE), kind);
        assert_eq!(header(&response, header::CACHE_CONTROL), FOR_EVER);
    }
}

//! Refuses unsafe requests that another site's page made. Leptos has no defence of its own against
//! cross-site request forgery.

use super::host::Origin;
use crate::console::Console;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Lets safe methods pass, and others only from a page of this very origin.
pub(crate) async fn guard(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || from_same_origin(request.headers(), console.origin.as_ref()) {
        return next.run(request).await;
    }
    tracing::warn!(path = request.uri().path(), "refused a request from another origin");
    (StatusCode::FORBIDDEN, "This request came from another site. Use the console's own page.\n")
        .into_response()
}

/// `Sec-Fetch-Site` where the browser sends it, else an `Origin` that is ours: the address operators open (`own`), or
/// the very host that was asked, which [`host::require`](super::host::require) has looked at. Where that is the
/// operators' address, its scheme must be right too. A request with neither header comes from no browser that could be
/// tricked, but from none that is needed either.
fn from_same_origin(headers: &HeaderMap, own: Option<&Origin>) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let (Some(url), Some(host)) = (text(header::ORIGIN.as_str()), text(header::HOST.as_str()))
    else {
        return false;
    };
    let Some(origin) = Origin::of(url) else { return false };
    match own {
        Some(own) if origin == *own => true,
        Some(own) if own.authority.as_str().eq_ignore_ascii_case(host) => false,
        _ => Origin::of(&format!("{}://{host}", origin.scheme)) == Some(origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn from(headers: &[(&str, &str)], own: Option<&str>) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        });
        from_same_origin(&headers.collect(), own.and_then(Origin::of).as_ref())
    }

    #[test]
    fn the_browsers_own_word_counts_first() {
        assert!(from(&[("sec-fetch-site", "same-origin")], None));
        for site in ["cross-site", "same-site", "none"] {
            let origin = ("origin", "https://console.example");
            let headers = [("sec-fetch-site", site), origin, ("host", "console.example")];
            assert!(!from(&headers, Some("https://console.example")));
        }
    }

    #[test]
    fn else_the_origin_must_be_this_host() {
        let host = ("host", "console.example:8443");
        assert!(from(&[("origin", "https://console.example:8443"), host], None));
        for origin in ["https://console.example", "https://evil.example", "null", ""] {
            assert!(!from(&[("origin", origin), host], None), "{origin}");
        }
        assert!(!from(&[host], None));
        assert!(!from(&[], None));
    }

    #[test]
    fn the_operators_address_is_ours_whatever_host_a_proxy_asks_for() {
        let own = Some("https://console.example");
        let origin = ("origin", "https://console.example");
        assert!(from(&[origin, ("host", "127.0.0.1:3000")], own));
        assert!(from(&[origin, ("host", "console.example")], own));
        assert!(from(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")], own));
        // A page that came over plain HTTP under the same name may be anybody's.
        assert!(!from(&[("origin", "http://console.example"), ("host", "console.example")], own));
        assert!(!from(&[("origin", "https://evil.example"), ("host", "127.0.0.1:3000")], own));
    }
}

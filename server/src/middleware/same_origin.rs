//! Refuses unsafe requests that another site's page made. Leptos has no defence of its own against
//! cross-site request forgery.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Lets safe methods pass, and others only from a page of this very origin.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || from_same_origin(request.headers()) {
        return next.run(request).await;
    }
    tracing::warn!(path = request.uri().path(), "refused a request from another origin");
    (StatusCode::FORBIDDEN, "This request came from another site. Use the console's own page.\n")
        .into_response()
}

/// `Sec-Fetch-Site` where the browser sends it, else an `Origin` that names this very host. A request
/// with neither comes from no browser that could be tricked, but from none that is needed either.
fn from_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let (Some(origin), Some(host)) = (text(header::ORIGIN.as_str()), text(header::HOST.as_str()))
    else {
        return false;
    };
    origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn from(headers: &[(&str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        });
        from_same_origin(&headers.collect())
    }

    #[test]
    fn the_browsers_own_word_counts_first() {
        assert!(from(&[("sec-fetch-site", "same-origin")]));
        for site in ["cross-site", "same-site", "none"] {
            let origin = ("origin", "https://console.example");
            assert!(!from(&[("sec-fetch-site", site), origin, ("host", "console.example")]));
        }
    }

    #[test]
    fn else_the_origin_must_be_this_host() {
        let host = ("host", "console.example:8443");
        assert!(from(&[("origin", "https://console.example:8443"), host]));
        for origin in ["https://console.example", "https://evil.example", "null", ""] {
            assert!(!from(&[("origin", origin), host]), "{origin}");
        }
        assert!(!from(&[host]));
        assert!(!from(&[]));
    }
}

//! Refuses requests for the console under a name that is not its own. A page elsewhere can let its own name lead to this
//! machine (DNS rebinding), and is then of the same origin as far as a browser can tell.

use crate::console::Console;
use crate::plain::sorry;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;

pub(crate) async fn require(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    if answers_to(request.headers(), console.origin.as_ref()) {
        return next.run(request).await;
    }
    let told = match &console.origin {
        Some(Origin { scheme, authority }) => format!("Open {scheme}://{authority} instead."),
        None => "The console answers to an IP address and to localhost. To reach it under a name, \
                 start it with SITEKEEPER_BASE_URL set to that address."
            .to_owned(),
    };
    sorry(StatusCode::MISDIRECTED_REQUEST, "The console has another address", &told)
}

/// The part of a URL that says whose page it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `http` or `https`.
    pub(crate) scheme: String,
    /// The host, and the port if it is not the scheme's own.
    pub(crate) authority: Authority,
}

impl Origin {
    /// The origin of a URL, as a browser writes it; none without a host.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(usual).unwrap_or(&authority).parse().ok()?;
        Some(Self { scheme, authority })
    }
}

/// Whether the request names us: by the address operators open, if one was set, by an IP address, or by `localhost`.
/// None of the last two can be made to lead elsewhere. Without a `Host`, no browser asks.
fn answers_to(headers: &HeaderMap, own: Option<&Origin>) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    let Some(host) = host.as_ref().map(Authority::host) else { return false };
    let host = host.strip_suffix('.').unwrap_or(host);
    own.is_some_and(|own| own.authority.host().eq_ignore_ascii_case(host))
        || is_local_name(host)
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

fn is_local_name(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn named(host: &'static str, own: Option<&str>) -> bool {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
        answers_to(&headers, own.and_then(Origin::of).as_ref())
    }

    #[test]
    fn addresses_and_localhost_are_ours() {
        for host in [
            "127.0.0.1:3000",
            "192.0.2.7",
            "[::1]:3000",
            "localhost",
            "LOCALHOST:3000",
            "a.localhost",
        ] {
            assert!(named(host, None) && named(host, Some("https://console.example")), "{host}");
        }
        assert!(answers_to(&HeaderMap::new(), None));
    }

    #[test]
    fn another_name_is_ours_only_as_the_base_url() {
        for host in ["console.example", "console.example:8443", "Console.Example."] {
            assert!(!named(host, None), "{host}");
            assert!(named(host, Some("https://console.example")), "{host}");
            assert!(!named(host, Some("https://other.example")), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a b"]
        {
            assert!(!named(host, Some("https://console.example")), "{host}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        let origin = |url| {
            Origin::of(url).map(|Origin { scheme, authority }| format!("{scheme}://{authority}"))
        };
        assert_eq!(
            origin("HTTPS://Console.Example:443/x").as_deref(),
            Some("https://console.example")
        );
        assert_eq!(origin("http://127.0.0.1:3000").as_deref(), Some("http://127.0.0.1:3000"));
        assert_eq!(origin("http://a:80").as_deref(), Some("http://a"));
        for not in ["", "null", "console.example", "https://"] {
            assert_eq!(origin(not), None, "{not}");
        }
    }
}

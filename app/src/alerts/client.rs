//! One POST to an address that an operator wrote: over a connection of its own, to an address that was
//! vetted, within bounds.

use super::address::is_public;
use super::model::{Problem, Tried};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderName, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

/// How long the whole of it may take, from the look-up of the host to the answer's head.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// The most that is read of an answer, which is looked at by nobody: a receiver that is still writing
/// would take a closed connection for a failure.
const MOST_READ: usize = 64 * 1024;
/// How long that reading may take.
const READING: Duration = Duration::from_secs(2);
/// The most bytes of an answer's head.
const MOST_HEAD: usize = 16 * 1024;
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("Sitekeeper/", env!("CARGO_PKG_VERSION")));

/// What is sent.
pub struct Post<'a> {
    /// Where to, in its stored form.
    pub url: &'a str,
    /// JSON.
    pub body: Vec<u8>,
    /// One more header.
    pub header: Option<(HeaderName, HeaderValue)>,
    /// Whether private addresses may be reached.
    pub allow_private: bool,
}

/// Sends it, once. Redirects are answers like others, and no proxy is asked.
pub async fn post(post: Post<'_>) -> Tried {
    match tokio::time::timeout(TIMEOUT, exchange(post)).await {
        Ok(Ok(response)) => judged(response).await,
        Ok(Err(problem)) => Tried::failed(problem),
        Err(_) => Tried::failed(Problem::Timeout),
    }
}

async fn exchange(post: Post<'_>) -> Result<Response<Incoming>, Problem> {
    let url = Url::parse(post.url).map_err(|_| Problem::Unresolved)?;
    let host = url.host().ok_or(Problem::Unresolved)?;
    let request = request(&url, &post)?;
    let stream = connect(&url, &host, post.allow_private).await?;
    if url.scheme() == "https" {
        let name = match host {
            Host::Domain(name) => {
                ServerName::try_from(name.to_owned()).map_err(|_| Problem::Tls)?
            }
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(address)),
        };
        let connector = TLS.clone().ok_or(Problem::Tls)?;
        let stream = connector.connect(name, stream).await.map_err(|_| Problem::Tls)?;
        send(stream, request).await
    } else {
        send(stream, request).await
    }
}

/// A connection to the first address of the host that may be reached and answers. The name is looked up
/// once: what was vetted is what is connected to, whatever the name leads to a moment later.
async fn connect(url: &Url, host: &Host<&str>, allow_private: bool) -> Result<TcpStream, Problem> {
    let port = url.port_or_known_default().ok_or(Problem::Unresolved)?;
    let found: Vec<SocketAddr> = match host {
        Host::Ipv4(address) => vec![(*address, port).into()],
        Host::Ipv6(address) => vec![(*address, port).into()],
        Host::Domain(name) => {
            lookup_host((*name, port)).await.map_err(|_| Problem::Unresolved)?.collect()
        }
    };
    for address in vetted(found, allow_private)? {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Ok(stream);
        }
    }
    Err(Problem::Unreachable)
}

/// Those of the addresses that may be reached.
fn vetted(found: Vec<SocketAddr>, allow_private: bool) -> Result<Vec<SocketAddr>, Problem> {
    if found.is_empty() {
        return Err(Problem::Unresolved);
    }
    let allowed = |address: &SocketAddr| allow_private || is_public(address.ip());
    let vetted: Vec<SocketAddr> = found.into_iter().filter(allowed).collect();
    if vetted.is_empty() { Err(Problem::Private) } else { Ok(vetted) }
}

fn request(url: &Url, post: &Post<'_>) -> Result<Request<Full<Bytes>>, Problem> {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let unwritable = |_| Problem::Protocol;
    let mut request = Request::post(Uri::try_from(path).map_err(|_| Problem::Protocol)?)
        .header(HOST, HeaderValue::try_from(host).map_err(|_| Problem::Protocol)?)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(ACCEPT, HeaderValue::from_static("*/*"))
        .header(USER_AGENT, AGENT);
    if let Some((name, value)) = &post.header {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(post.body.clone()))).map_err(unwritable)
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Problem>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake =
        http1::Builder::new().max_buf_size(MOST_HEAD).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| Problem::Unreachable)?;
    // Ends when the answer was read or let go of.
    tokio::spawn(connection);
    sender
        .send_request(request)
        .await
        .map_err(|error| if error.is_parse() { Problem::Protocol } else { Problem::Unreachable })
}

/// What an answer says of the message.
async fn judged(response: Response<Incoming>) -> Tried {
    let status = response.status();
    let problem = if status.is_success() {
        None
    } else if status.is_redirection() && response.headers().contains_key(LOCATION) {
        Some(Problem::Redirect)
    } else {
        Some(Problem::Status)
    };
    let after = response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok());
    let after = after.and_then(|after| after.trim().parse::<u32>().ok());
    // Whatever comes of it, the status was the answer.
    let _ = tokio::time::timeout(READING, drain(response.into_body())).await;
    Tried {
        status: Some(status.as_u16()),
        problem,
        retry_after: after.map(|seconds| SignedDuration::from_secs(seconds.into())),
    }
}

async fn drain(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read >= MOST_READ {
            return;
        }
    }
}

/// Trusts whom the machine trusts; nothing, where it trusts nobody.
static TLS: LazyLock<Option<TlsConnector>> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "could not read all certificates that this machine trusts");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        tracing::warn!("this machine trusts no certificate: webhooks over https will fail");
        return None;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().ok()?;
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_vetted_addresses_are_connected_to() {
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let mixed: Vec<SocketAddr> = addresses(&["10.0.0.1:443", "8.8.8.8:443", "[::1]:443"]);
        assert_eq!(vetted(mixed.clone(), false), Ok(addresses(&["8.8.8.8:443"])));
        assert_eq!(vetted(mixed.clone(), true), Ok(mixed));
        assert_eq!(vetted(addresses(&["169.254.169.254:80"]), false), Err(Problem::Private));
        assert_eq!(vetted(Vec::new(), false), Err(Problem::Unresolved));
    }

    #[test]
    fn a_request_names_its_host_and_nothing_else() {
        let url = "https://hooks.example:8443/a/b?c=d";
        let post = Post { url, body: b"{}".to_vec(), header: None, allow_private: false };
        let request = request(&Url::parse(url).unwrap(), &post).unwrap();
        assert_eq!(request.uri(), "/a/b?c=d");
        assert_eq!(request.headers()[HOST], "hooks.example:8443");
        let bare = Url::parse("http://hooks.example").unwrap();
        let request = super::request(&bare, &post).unwrap();
        assert_eq!(
            (request.uri().path(), &request.headers()[HOST]),
            ("/", &HeaderValue::from_static("hooks.example"))
        );
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused() {
        let post = |url| Post { url, body: Vec::new(), header: None, allow_private: false };
        for url in ["http://localhost:1/", "http://127.0.0.1:1/", "http://[::1]:1/"] {
            assert_eq!(super::post(post(url)).await, Tried::failed(Problem::Private), "{url}");
        }
    }
}

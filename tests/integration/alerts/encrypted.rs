//! The same over TLS, with a certificate that the machine trusts and with one that it does not.

use super::{GREETING, OK, PRIVATE, Request, create, listen, press_test, read_request, take_mail};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use sitekeeper_tests::Server;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Who answers at 127.0.0.1, and the file with the certificate that says so.
struct Identity {
    acceptor: TlsAcceptor,
    certificate: NamedTempFile,
}

impl Identity {
    fn new() -> Self {
        let names = vec!["127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).expect("a certificate can be made");
        let mut certificate = NamedTempFile::new().expect("/tmp can be written");
        certificate.write_all(cert.pem().as_bytes()).expect("/tmp can be written");
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("the key is the certificate's");
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate }
    }

    /// The setting with which a server trusts this certificate, and no other.
    fn trusted(&self) -> (&'static str, &str) {
        ("SSL_CERT_FILE", self.certificate.path().to_str().expect("/tmp is text"))
    }
}

/// A receiver of webhooks that encrypts.
async fn receiver(acceptor: TlsAcceptor) -> (u16, Arc<Mutex<Vec<Request>>>) {
    let (port, listener) = listen().await;
    let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
    let received = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("connections come");
            // Whoever does not trust us goes away.
            if let Ok(stream) = acceptor.accept(stream).await {
                read_request(stream, |_| OK, &received).await;
            }
        }
    });
    (port, requests)
}

#[tokio::test]
async fn a_webhook_goes_to_whom_the_machine_trusts() {
    let identity = Identity::new();
    let (port, requests) = receiver(identity.acceptor.clone()).await;
    let url = format!("https://127.0.0.1:{port}/hook");
    let server = Server::with(&[PRIVATE, identity.trusted()]).await;
    let console = server.console().await;
    create(&console, "webhook", &url, &[]).await;
    let told = press_test(&console).await;
    assert!(told.contains("It answered 200."), "{told}");
    let requests = requests.lock().expect("nobody panicked").clone();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(request.head.starts_with("post /hook http/1.1\n"), "{}", request.head);
    assert_eq!(request.json()["commonLabels"]["test"], "true");
}

#[tokio::test]
async fn nobody_else_learns_anything() {
    let (port, requests) = receiver(Identity::new().acceptor).await;
    let url = format!("https://127.0.0.1:{port}/hook");
    let server = Server::with(&[PRIVATE, Identity::new().trusted()]).await;
    let console = server.console().await;
    create(&console, "webhook", &url, &[]).await;
    let told = press_test(&console).await;
    assert!(told.contains("certificate"), "{told}");
    assert_eq!(requests.lock().expect("nobody panicked").len(), 0);
}

/// Whether a conversation is encrypted from its first byte on, or once the client asks for it.
#[derive(Clone, Copy)]
enum Begins {
    Encrypted,
    Plain,
}

async fn serve_mail(
    begins: Begins,
    stream: TcpStream,
    acceptor: TlsAcceptor,
    taken: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    match begins {
        Begins::Encrypted => {
            let mut stream = BufReader::new(acceptor.accept(stream).await.ok()?);
            stream.write_all(GREETING).await.ok()?;
            take_mail(stream, taken).await
        }
        Begins::Plain => {
            let mut stream = BufReader::new(stream);
            stream.write_all(GREETING).await.ok()?;
            for (command, answer) in
                [("EHLO", "250-mail.example\r\n250 STARTTLS\r\n"), ("STARTTLS", "220 go on\r\n")]
            {
                let mut line = String::new();
                stream.read_line(&mut line).await.ok()?;
                assert!(line.starts_with(command), "nothing else is said in the open: {line}");
                stream.write_all(answer.as_bytes()).await.ok()?;
            }
            let stream = acceptor.accept(stream.into_inner()).await.ok()?;
            take_mail(BufReader::new(stream), taken).await
        }
    }
}

#[tokio::test]
async fn a_mail_goes_by_either_kind_of_tls() {
    for (begins, scheme, rest) in
        [(Begins::Encrypted, "smtps", ""), (Begins::Plain, "smtp", "?tls=required")]
    {
        let identity = Identity::new();
        let (port, listener) = listen().await;
        let mails: Arc<Mutex<Vec<String>>> = Arc::default();
        let taken = Arc::clone(&mails);
        let acceptor = identity.acceptor.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("connections come");
                tokio::spawn(serve_mail(begins, stream, acceptor.clone(), Arc::clone(&taken)));
            }
        });
        let url = format!("{scheme}://127.0.0.1:{port}{rest}");
        let settings = [
            ("SITEKEEPER_SMTP_URL", url.as_str()),
            ("SITEKEEPER_SMTP_FROM", "alerts@company.example"),
            identity.trusted(),
        ];
        let server = Server::with(&settings).await;
        let console = server.console().await;
        create(&console, "email", "ada@company.example", &[]).await;
        let told = press_test(&console).await;
        assert!(told.contains("The test arrived at ada@company.example"), "{scheme}: {told}");
        assert_eq!(mails.lock().expect("nobody panicked").len(), 1, "{scheme}");
    }
}

//! The mail server of the installation.

use super::model::{Problem, Tried};
use jiff::Timestamp;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport as _, Message, Tokio1Executor};
use std::fmt;
use std::time::Duration;

/// How long each step of the conversation may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long all of it may.
const WHOLE: Duration = Duration::from_secs(20);

/// Where mail goes out, and whom it is from.
#[derive(Clone)]
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why the settings of the mail server make no sense. The address may hold a password: it is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// One of the two is missing.
    #[error("mail needs both SITEKEEPER_SMTP_URL and SITEKEEPER_SMTP_FROM")]
    Half,
    /// The address cannot be read.
    #[error(
        "SITEKEEPER_SMTP_URL is not the address of a mail server: write it like smtps://user:password@mail.example, \
         or smtp://mail.example:587?tls=required"
    )]
    Url,
    /// The sender cannot be read.
    #[error(
        "SITEKEEPER_SMTP_FROM is not a sender: write it like Sitekeeper <alerts@company.example>"
    )]
    From,
}

/// A mail, ready but for its sender.
pub struct Letter {
    /// Who gets it.
    pub to: Vec<Mailbox>,
    /// One line.
    pub subject: String,
    /// What connects the mails of an incident, before the `@` of an id.
    pub thread: String,
    /// The mail as plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

impl Mail {
    /// The mail server of these settings; none without either.
    ///
    /// # Errors
    /// Says what is wrong, without repeating it.
    pub fn of(url: Option<&str>, from: Option<&str>) -> Result<Option<Self>, MailError> {
        let (url, from) = match (url, from) {
            (None, None) => return Ok(None),
            (Some(url), Some(from)) => (url, from),
            _ => return Err(MailError::Half),
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let transport = builder.map_err(|_| MailError::Url)?.timeout(Some(TIMEOUT)).build();
        let from = from.parse().map_err(|_| MailError::From)?;
        Ok(Some(Self { transport, from }))
    }

    /// Sends a mail, once.
    pub async fn send(&self, letter: Letter, now: Timestamp) -> Tried {
        let Some(message) = self.written(letter, now) else {
            return Tried::failed(Problem::Unwritable);
        };
        match tokio::time::timeout(WHOLE, self.transport.send(message)).await {
            Err(_) => Tried::failed(Problem::Timeout),
            Ok(Ok(response)) => {
                Tried { status: Some(response.code().into()), problem: None, retry_after: None }
            }
            Ok(Err(error)) => {
                tracing::info!(%error, "a mail could not be sent");
                let problem = if error.is_transient() || error.is_permanent() {
                    Problem::MailRefused
                } else if error.is_timeout() {
                    Problem::Timeout
                } else if error.is_tls() {
                    Problem::Tls
                } else {
                    Problem::Unreachable
                };
                let status = error.status().map(u16::from);
                Tried { status, problem: Some(problem), retry_after: None }
            }
        }
    }

    fn written(&self, letter: Letter, now: Timestamp) -> Option<Message> {
        let Letter { to, subject, thread, text, html } = letter;
        let domain = self.from.email.domain();
        // Each mail has an id of its own, and all of an incident name the same one as what they belong to.
        let id = format!("<{thread}.{}@{domain}>", now.as_millisecond());
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(subject)
            .date(now.into())
            .message_id(Some(id))
            .references(format!("<{thread}@{domain}>"));
        for receiver in to {
            builder = builder.to(receiver);
        }
        builder.multipart(MultiPart::alternative_plain_html(text, html)).ok()
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("from", &self.from).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mail() -> Mail {
        Mail::of(Some("smtp://127.0.0.1:25"), Some("Sitekeeper <alerts@company.example>"))
            .unwrap()
            .unwrap()
    }

    #[test]
    fn settings_that_make_no_sense_are_told_without_the_password() {
        assert!(Mail::of(None, None).unwrap().is_none());
        assert_eq!(Mail::of(Some("smtp://a"), None).unwrap_err(), MailError::Half);
        let from = Some("alerts@company.example");
        for url in ["", "mail.example", "http://mail.example", "smtp://:secret"] {
            let error = Mail::of(Some(url), from).unwrap_err();
            assert_eq!(error, MailError::Url, "{url}");
            assert!(!error.to_string().contains("secret"));
        }
        let error = Mail::of(Some("smtps://a:b@mail.example"), Some("nobody")).unwrap_err();
        assert_eq!(error, MailError::From);
    }

    proptest! {
        #[test]
        fn no_text_adds_a_header(subject in any::<String>(), text in any::<String>()) {
            let letter = Letter {
                to: vec!["ada@company.example".parse().unwrap()],
                subject: crate::alerts::message::one_line(&subject),
                thread: "incident-1.rule-2".to_owned(),
                text: text.clone(),
                html: text,
            };
            let written = mail().written(letter, Timestamp::UNIX_EPOCH).unwrap().formatted();
            let written = String::from_utf8_lossy(&written);
            let (head, _) = written.split_once("\r\n\r\n").unwrap();
            let names: Vec<&str> = head
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap())
                .collect();
            prop_assert_eq!(
                names,
                ["From", "Subject", "Date", "Message-ID", "References", "To", "MIME-Version", "Content-Type"]
            );
        }
    }
}

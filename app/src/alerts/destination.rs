//! Where a rule sends to: checked when it is written, and shown without what could be secret.

use super::address::is_public;
use super::model::Kind;
use crate::auth;
use crate::error::Refusal;
use lettre::message::Mailbox;
use std::fmt::Write as _;
use url::{Host, Url};

/// The longest address of a webhook, in bytes.
const LONGEST: usize = 2_000;
/// The most receivers of a rule's mail.
const MOST_MAILBOXES: usize = 10;

/// The stored form of a destination. Hosts are looked up only when something is sent; an address in the
/// place of a host is judged at once.
///
/// # Errors
/// Says what is wrong with the field `destination`.
pub fn stored(kind: Kind, typed: &str, allow_private: bool) -> Result<String, Refusal> {
    match kind {
        Kind::Webhook | Kind::Slack => webhook(typed, allow_private),
        Kind::Email => mailboxes(typed),
    }
}

fn refused(message: impl Into<String>) -> Refusal {
    Refusal::new("alert_destination", "destination", message)
}

fn webhook(typed: &str, allow_private: bool) -> Result<String, Refusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(refused(
            "Name the address that takes the messages, as in https://hooks.example/alerts.",
        ));
    }
    let unreadable = "That is no web address. Write it like https://hooks.example/alerts.";
    let mut url = Url::parse(typed).map_err(|_| refused(unreadable))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("Webhooks go to addresses that begin with https:// or http://."));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = "Leave the user name and password out: they would not be sent.";
        return Err(refused(message));
    }
    url.set_fragment(None);
    if url.as_str().len() > LONGEST {
        return Err(refused(format!("That is over {LONGEST} characters. Use a shorter address.")));
    }
    let private = match url.host() {
        None => return Err(refused(unreadable)),
        Some(Host::Ipv4(address)) => !is_public(address.into()),
        Some(Host::Ipv6(address)) => !is_public(address.into()),
        Some(Host::Domain(host)) => {
            let host = host.trim_end_matches('.');
            host == "localhost" || host.ends_with(".localhost")
        }
    };
    if private && !allow_private {
        return Err(refused(
            "That is a private address, which webhooks do not reach unless the server is started with SITEKEEPER_ALLOW_PRIVATE_WEBHOOKS=true.",
        ));
    }
    Ok(url.into())
}

fn mailboxes(typed: &str) -> Result<String, Refusal> {
    let parts = typed.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    let mut addresses = Vec::new();
    for part in parts {
        let address = auth::rules::email(part).map_err(|refusal| refused(refusal.message))?;
        if address.parse::<lettre::Address>().is_err() {
            return Err(refused(format!(
                "{address:?} is not an e-mail address. Write it like name@company.example."
            )));
        }
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match addresses.len() {
        0 => Err(refused("Name who gets the mail, as in on-call@company.example.")),
        1..=MOST_MAILBOXES => Ok(addresses.join(", ")),
        more => Err(refused(format!(
            "That makes {more} addresses. A rule has up to {MOST_MAILBOXES}: use a list address."
        ))),
    }
}

/// The receivers of mail, of their stored form.
pub fn receivers(stored: &str) -> Vec<Mailbox> {
    stored
        .split(", ")
        .filter_map(|address| Some(Mailbox::new(None, address.parse().ok()?)))
        .collect()
}

/// What is shown of a stored destination: of an address only the host, since the rest may be secret.
pub fn shown(kind: Kind, stored: &str) -> String {
    if kind == Kind::Email {
        return stored.to_owned();
    }
    let Ok(url) = Url::parse(stored) else { return "…".to_owned() };
    let mut shown = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        // Writing to a String cannot fail.
        let _ = write!(shown, ":{port}");
    }
    shown + "/…"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_stored_as_browsers_read_it() {
        let stored = |typed| stored(Kind::Webhook, typed, false);
        assert_eq!(
            stored(" HTTPS://Hooks.Example:443/a?b#c ").unwrap(),
            "https://hooks.example/a?b"
        );
        for typed in [
            "",
            "hooks.example/a",
            "ftp://hooks.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://user:pass@hooks.example/",
            "https://user@hooks.example/",
            "https:///",
        ] {
            assert_eq!(stored(typed).unwrap_err().field, "destination", "{typed}");
        }
        assert!(stored(&format!("https://hooks.example/{}", "a".repeat(2_000))).is_err());
    }

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        for typed in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://localhost:8080/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fd00:ec2::254]/",
            "http://１２７.0.0.1/",
            "http://0/",
        ] {
            assert!(stored(Kind::Slack, typed, false).is_err(), "{typed}");
            assert!(stored(Kind::Slack, typed, true).is_ok(), "{typed}");
        }
        assert!(stored(Kind::Slack, "http://8.8.8.8/", false).is_ok());
    }

    #[test]
    fn mail_goes_to_addresses_without_names() {
        let stored = |typed| stored(Kind::Email, typed, false);
        assert_eq!(
            stored("A@x.example; b@x.example,a@x.example").unwrap(),
            "a@x.example, b@x.example"
        );
        for typed in
            ["", "a", "a@", "Ada <a@x.example>", "a@x.example\r\nBcc: b@x.example", "a b@x.example"]
        {
            assert!(stored(typed).is_err(), "{typed:?}");
        }
        let many: Vec<String> = (0..11).map(|number| format!("a{number}@x.example")).collect();
        assert!(stored(&many.join(",")).is_err());
        assert_eq!(receivers("a@x.example, b@x.example").len(), 2);
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let slack = "https://hooks.slack.example/services/T0/B0/secret?token=secret";
        assert_eq!(shown(Kind::Slack, slack), "https://hooks.slack.example/…");
        assert_eq!(
            shown(Kind::Webhook, "http://[2606:4700::1111]:8080/a"),
            "http://[2606:4700::1111]:8080/…"
        );
        assert_eq!(shown(Kind::Email, "a@x.example"), "a@x.example");
    }

    proptest! {
        #[test]
        fn no_text_makes_a_destination_panic(typed in "\\PC*") {
            for kind in Kind::ALL {
                if let Ok(stored) = stored(kind, &typed, false) {
                    let _ = shown(kind, &stored);
                }
            }
        }
    }
}

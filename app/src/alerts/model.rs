//! What is told of an incident, to whom, and what became of it.

pub use crate::incidents::model::Class;

use crate::sites::model::{SiteId, UnknownName};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The number of an alert rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub i64);

impl FromStr for RuleId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Reads the stored text of an enumeration that has `ALL` and `as_str`.
macro_rules! read_by_name {
    ($name:ident, $what:literal, $expected:literal) => {
        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| {
                    UnknownName { what: $what, found: text.to_owned(), expected: $expected }
                })
            }
        }
    };
}

/// How a rule tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// JSON as Prometheus' Alertmanager sends it to webhooks, signed.
    Webhook,
    /// JSON as Slack's incoming webhooks take it; Mattermost and others do as well.
    Slack,
    /// Mail, through the server that the installation was given.
    Email,
}

impl Kind {
    /// Every kind, in the order it is offered.
    pub const ALL: [Self; 3] = [Self::Webhook, Self::Slack, Self::Email];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Email => "email",
        }
    }

    /// As a page says it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Webhook => "Webhook",
            Self::Slack => "Slack",
            Self::Email => "E-mail",
        }
    }
}

read_by_name!(Kind, "kind of alert rule", "webhook, slack, email");

/// What an incident has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It began.
    Opened,
    /// Something about it is new.
    Updated,
    /// It ended.
    Resolved,
}

/// What there is to tell of an incident, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its number.
    pub incident: i64,
    /// What it has come to.
    pub kind: NoticeKind,
    /// The error code; none for a silence.
    pub code: Option<String>,
    /// See [`Class`].
    pub class: String,
    /// The site; none when it concerns several.
    pub site: Option<SiteId>,
    /// That site's name.
    pub site_name: Option<String>,
    /// One line: `referer_denied ×41 on shop.example`, or `referer_denied: 812 on shop.example` where none
    /// is usual.
    pub title: String,
    /// What drives it, in a sentence.
    pub cause: String,
    /// How many events there are beside what is usual, in a sentence; none of a silence.
    #[serde(default)]
    pub extent: Option<String>,
    /// What was changed before it, in a sentence.
    pub change: Option<String>,
    /// The words of the button that ends it.
    pub fix: Option<String>,
    /// Its page on the console: `/incidents/12`.
    pub path: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What a message says: that something began, is new or ended, as its receivers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// They were not told before.
    Opened,
    /// They were.
    Updated,
    /// It ended.
    Resolved,
    /// Somebody pressed *Test*.
    Test,
}

impl Said {
    /// Everything a message can say.
    pub const ALL: [Self; 4] = [Self::Opened, Self::Updated, Self::Resolved, Self::Test];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
            Self::Test => "test",
        }
    }

    /// One word, to stand before a title.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Opened => "Opened",
            Self::Updated => "Updated",
            Self::Resolved => "Resolved",
            Self::Test => "Test",
        }
    }
}

read_by_name!(Said, "sort of message", "opened, updated, resolved, test");

/// Which sites a rule is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sites {
    /// All of them, and what concerns none or several.
    All,
    /// Those with this tag.
    Tagged(String),
    /// This one.
    One(SiteId),
}

/// A part of every day, in UTC. It may begin before midnight and end after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// The first quiet minute of the day, from 0.
    pub from: u16,
    /// The first minute that is not, another than `from`.
    pub to: u16,
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{} UTC", clock(self.from), clock(self.to))
    }
}

/// A minute of the day as a clock shows it: `22:05`.
pub fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Who is told of which incidents, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its number.
    pub id: RuleId,
    /// What operators call it.
    pub name: String,
    /// How it tells; it stays as it was made.
    pub kind: Kind,
    /// Where to, without what could be secret: `https://hooks.slack.com/…`, or the e-mail addresses.
    pub shown: String,
    /// Which sites' incidents it tells.
    pub sites: Sites,
    /// The name of the one site, if it is for one.
    pub site_name: Option<String>,
    /// Which classes it tells.
    pub classes: Vec<Class>,
    /// When its messages wait.
    pub quiet: Option<QuietHours>,
    /// Whether it tells at all.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Why a message did not arrive, in fixed words: neither the address nor the answer is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The answer's status says no.
    Status,
    /// The answer leads elsewhere.
    Redirect,
    /// The host is, or leads to, an address that webhooks must not reach.
    Private,
    /// Nobody knows the host.
    Unresolved,
    /// No connection came about, or it broke.
    Unreachable,
    /// No secure connection came about.
    Tls,
    /// It took too long.
    Timeout,
    /// The answer was none that we understand.
    Protocol,
    /// There is no mail server to send through.
    NoMail,
    /// The mail server does not take it.
    MailRefused,
    /// It cannot be written as a mail.
    Unwritable,
}

impl Problem {
    /// Every problem there is.
    pub const ALL: [Self; 11] = [
        Self::Status,
        Self::Redirect,
        Self::Private,
        Self::Unresolved,
        Self::Unreachable,
        Self::Tls,
        Self::Timeout,
        Self::Protocol,
        Self::NoMail,
        Self::MailRefused,
        Self::Unwritable,
    ];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Private => "private",
            Self::Unresolved => "unresolved",
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::NoMail => "no_mail",
            Self::MailRefused => "mail_refused",
            Self::Unwritable => "unwritable",
        }
    }

    /// What happened, and what to do where that is not plain.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Status => "The receiver refused it",
            Self::Redirect => {
                "The answer was a redirect, which is not followed: name the address it leads to"
            }
            Self::Private => {
                "The host leads to a private address, which webhooks do not reach unless the server is started with SITEKEEPER_ALLOW_PRIVATE_WEBHOOKS=true"
            }
            Self::Unresolved => "The host’s name was not found",
            Self::Unreachable => "No connection, or it broke",
            Self::Tls => "No secure connection: look at the receiver’s certificate",
            Self::Timeout => "No answer within 10 seconds",
            Self::Protocol => "The answer was no HTTP",
            Self::NoMail => {
                "Mail is not set up: start the server with SITEKEEPER_SMTP_URL and SITEKEEPER_SMTP_FROM"
            }
            Self::MailRefused => "The mail server refused it",
            Self::Unwritable => "It could not be written as a mail",
        }
    }
}

read_by_name!(
    Problem,
    "problem of a delivery",
    "status, redirect, private, unresolved, unreachable, tls, timeout, protocol, no_mail, mail_refused, unwritable"
);

/// How one try to send ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The answer's status, HTTP's or SMTP's, if there was an answer.
    pub status: Option<u16>,
    /// Why it did not arrive, if it did not.
    pub problem: Option<Problem>,
    /// How long the receiver asks to be left alone.
    pub retry_after: Option<SignedDuration>,
}

impl Tried {
    /// It failed before there was an answer.
    pub const fn failed(problem: Problem) -> Self {
        Self { status: None, problem: Some(problem), retry_after: None }
    }
}

/// A line of a rule's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What was told.
    pub said: Said,
    /// Of which incident; none for a test.
    pub incident: Option<i64>,
    /// When.
    pub at: Timestamp,
    /// Which try it was, from 1.
    pub attempt: i16,
    /// The answer's status.
    pub status: Option<u16>,
    /// Why it did not arrive; none if it did.
    pub problem: Option<Problem>,
    /// How long it took, in milliseconds.
    pub took_ms: i32,
    /// When it is tried again.
    pub next_at: Option<Timestamp>,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The incident's number.
    pub incident: i64,
    /// The incident in a line.
    pub title: String,
    /// Until when.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: i16,
}

/// The page of an incident.
pub fn incident_path(incident: i64) -> String {
    format!("/incidents/{incident}")
}

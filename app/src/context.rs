//! What a piece of work runs in: the pool, the gate, the event writer, and the sources of time,
//! randomness and ids, which tests can fix.

use crate::alerts::deliver::Outlets;
use crate::error::AppError;
use crate::events::keeping::Keeping;
use crate::events::posting::Unsettled;
use crate::events::writer::EventWriter;
use crate::gate::live::Gate;
use crate::incidents::watch::Bell;
use crate::live::feed::Live;
use crate::sites::model::SiteId;
use crate::sites::recent::Recent;
use crate::stats::rules::Held;
use crate::tokens::live::TokenCache;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgPool, Postgres, Transaction};
use std::future::Future;
use std::sync::Arc;

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that says what `now` says.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// The same, so much later.
    #[must_use]
    pub fn ahead_by(self, ahead: SignedDuration) -> Self {
        Self::from_fn(move || self.now().saturating_add(ahead).unwrap_or(Timestamp::MAX))
    }
}

/// Fills `bytes` from the operating system's random source.
pub fn fill_random(bytes: &mut [u8]) -> Result<(), AppError> {
    getrandom::fill(bytes).map_err(AppError::fault)
}

/// `bytes` as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Everything a request handler, a command or a job needs. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// Connections to PostgreSQL.
    pub pool: PgPool,
    /// The in-memory gate, rebuilt on every change.
    pub gate: Gate,
    /// The group-commit writer of events.
    pub events: EventWriter,
    /// For how long counts and samples are kept.
    pub keeping: Keeping,
    /// New samples, for those who follow them.
    pub live: Live,
    /// How many incidents wait for somebody.
    pub bell: Bell,
    /// The bearer tokens of the machine API.
    pub tokens: TokenCache,
    /// Secrets waiting to be shown, once, to who made them.
    pub reveals: Arc<crate::keys::reveal::Reveals>,
    /// Every site's last 24 hours, for ordering the list by them.
    pub recent: Recent,
    /// Slows down guessing at the sign-in.
    pub throttle: Arc<crate::auth::throttle::Throttle>,
    /// By which ways alerts may leave.
    pub outlets: Arc<Outlets>,
    /// Time.
    pub clock: Clock,
    /// The address operators open, without a trailing slash, as in `https://console.example`.
    pub base_url: Arc<str>,
}

impl AppState {
    /// What the rollups hold at `now`.
    pub fn held(&self, now: Timestamp) -> Held {
        Held::of(self.keeping.floors(now), now)
    }
}

/// Who does something and from where: what an audit row says of its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// An e-mail address, `token:<name>`, `cli`, or `schedule`.
    pub name: String,
    /// The HTTP request's id, if one asked.
    pub request_id: Option<String>,
    /// The client's address, if a request asked.
    pub address: Option<String>,
}

impl Actor {
    /// Somebody with a shell on the machine.
    pub fn cli() -> Self {
        Self { name: "cli".to_owned(), request_id: None, address: None }
    }

    /// The time that an operator set for it.
    pub fn schedule() -> Self {
        Self { name: "schedule".to_owned(), request_id: None, address: None }
    }
}

/// Somebody doing something: what a command runs with.
#[derive(Clone)]
pub struct Act {
    /// What it is done with.
    pub state: AppState,
    /// Who does it.
    pub actor: Actor,
}

impl Act {
    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.state.clock.now()
    }

    /// Makes a change to `site` durable and lets the gate know: other processes hear of it on commit,
    /// this one has it before the call returns.
    pub async fn commit(
        &self,
        tx: Transaction<'static, Postgres>,
        site: SiteId,
    ) -> Result<(), AppError> {
        self.commit_many(tx, &[site]).await
    }

    /// The same for a change to several sites, at about the cost of one.
    pub async fn commit_many(
        &self,
        mut tx: Transaction<'static, Postgres>,
        sites: &[SiteId],
    ) -> Result<(), AppError> {
        crate::gate::store::notify(&mut tx, sites).await?;
        tx.commit().await?;
        self.state.gate.refresh(sites).await
    }
}

/// The id of the HTTP request being answered.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

tokio::task_local! {
    static REQUEST_ID: RequestId;
}

impl RequestId {
    /// Runs `work` under this id: faults inside it name the id.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        REQUEST_ID.scope(self, work).await
    }

    /// The id of the request being answered, or `none` outside of one. Parts of a page are rendered
    /// in other tasks than the one that took the request: there, Leptos' context carries it.
    pub fn current() -> String {
        let id = REQUEST_ID.try_with(Clone::clone).ok();
        let id = id.or_else(leptos::prelude::use_context::<Self>);
        id.map_or_else(|| "none".to_owned(), |id| id.0)
    }
}

impl AppError {
    /// Logs `source` with the request's id and keeps only the id.
    pub fn fault(source: impl std::error::Error) -> Self {
        let request_id = RequestId::current();
        tracing::error!(request_id, error = %source, detail = ?source, "fault");
        Self::Fault { request_id }
    }
}

impl From<Unsettled> for AppError {
    fn from(source: Unsettled) -> Self {
        Self::fault(source)
    }
}

impl From<sqlx::Error> for AppError {
    fn from(source: sqlx::Error) -> Self {
        Self::fault(source)
    }
}

//! `sitekeeper serve`: opens the installation, starts the jobs, and answers until it is told to stop.

use crate::cli::{Alerts, Serve, Settings};
use crate::connections::Limits;
use crate::console::Console;
use crate::installation::{Installation, OpenError};
use crate::middleware::host::Origin;
use crate::monitoring::Monitoring;
use crate::postgres::ServeLock;
use crate::{assets, connections, router};
use app::alerts::deliver::{self, Outlets};
use app::alerts::mail::{Mail, MailError};
use app::auth::commands::offer_setup;
use app::auth::sessions::PgSessionStore;
use app::context::AppState;
use app::database;
use app::events::upkeep;
use app::incidents::watch as incidents;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_sessions::ExpiredDeletion as _;

/// Connections to PostgreSQL: pages, the event writer and the jobs share them.
const CONNECTIONS: u32 = 16;
/// How long requests that are being answered may still take after a stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error(transparent)]
    Lock(#[from] crate::postgres::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(
        "cannot listen on {address}: {source}. Stop what listens there, or set SITEKEEPER_LISTEN."
    )]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("cannot write to the database: {0}")]
    Write(#[from] app::error::AppError),
    #[error("{} See `sitekeeper serve --help`: --retain-minutes-days and those after it.", .0.message)]
    Retention(app::error::Refusal),
    #[error("{0}. See `sitekeeper serve --help`.")]
    Mail(#[from] MailError),
    #[error("cannot start: {0}")]
    Start(String),
}

/// Runs until SIGINT or SIGTERM.
pub(crate) async fn run(settings: &Settings, serve: &Serve) -> Result<(), ServeError> {
    let retention = serve.retain.retention().map_err(ServeError::Retention)?;
    let outlets = Arc::new(outlets(serve)?);
    let lock = match settings.database_url {
        Some(_) => None,
        None => Some(ServeLock::acquire(&settings.data_dir)?),
    };
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|source| ServeError::Listen { address: settings.listen, source })?;
    let monitoring = Monitoring::install().map_err(|error| ServeError::Start(error.to_string()))?;
    let mut installation = Installation::open(settings, CONNECTIONS, Some(retention)).await?;
    installation.state.outlets = outlets;
    let state = installation.state.clone();
    database::note_console(&state.pool, &state.base_url).await?;
    announce(&state).await?;

    let mut jobs = JoinSet::new();
    spawn_jobs(&mut jobs, &state, Duration::from_secs(serve.watch_every_s));
    jobs.spawn(monitoring.clone().keep_up());
    let console = Console {
        origin: settings.base_url.as_deref().and_then(Origin::of),
        https: state.base_url.starts_with("https://"),
        trust_forwarded_for: serve.trust_forwarded_for,
        assets: assets::names(),
        state,
    };
    let stop = StopSignal::listen()?;
    let (stopping, stopped) = watch::channel(false);
    let live = console.state.live.clone();
    jobs.spawn(async move {
        stop.wait().await;
        // What never ends by itself would hold the stop up.
        live.close();
        stopping.send_replace(true);
    });
    let app = router::router(console, monitoring);
    let limits = Limits::of_this_machine(serve.trust_forwarded_for);
    let serving = connections::serve(listener, app, limits, told(stopped.clone()));
    let supervising = async {
        match &installation.cluster {
            Some(cluster) => cluster.supervise(told(stopped.clone())).await,
            None => told(stopped.clone()).await,
        }
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = serving => {}
        () = supervising => {}
    }
    tracing::info!("stopping");
    jobs.shutdown().await;
    installation.close().await?;
    drop(lock);
    Ok(())
}

/// By which ways alerts may leave.
fn outlets(serve: &Serve) -> Result<Outlets, MailError> {
    let Alerts { smtp_url, smtp_from, allow_private_webhooks } = &serve.alerts;
    let mail = Mail::of(smtp_url.as_deref(), smtp_from.as_deref())?;
    Ok(Outlets { allow_private: *allow_private_webhooks, mail })
}

/// Ends when the server is told to stop.
async fn told(mut stopped: watch::Receiver<bool>) {
    // An error means that nobody is left to tell, which is a stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Says where the console is, and how to become its first administrator.
async fn announce(state: &AppState) -> Result<(), ServeError> {
    let base = &state.base_url;
    match offer_setup(&state.pool, &state.clock).await? {
        Some(token) => println!(
            "Sitekeeper is ready. Make the first administrator here (this link works once):\n\n    \
             {base}/setup?token={token}\n"
        ),
        None => println!("Sitekeeper is ready: {base}"),
    }
    Ok(())
}

fn spawn_jobs(jobs: &mut JoinSet<()>, state: &AppState, watch_every: Duration) {
    jobs.spawn(state.gate.clone().follow(state.tokens.clone()));
    jobs.spawn(state.tokens.clone().write_uses(state.clock.clone()));
    jobs.spawn(state.keeping.clone().follow(state.pool.clone()));
    jobs.spawn(upkeep::run(state.pool.clone(), state.clock.clone(), state.keeping.clone()));
    jobs.spawn(incidents::run(state.clone(), watch_every));
    jobs.spawn(sweep_sessions(PgSessionStore(state.pool.clone())));
    jobs.spawn(start_sites(state.clone()));
    jobs.spawn(deliver::run(state.clone()));
    jobs.spawn(app::demo::live::run(state.clone()));
}

/// Starts sites whose start has come, every few seconds. The gate needs no telling.
async fn start_sites(state: AppState) {
    let mut rounds = tokio::time::interval(Duration::from_secs(5));
    loop {
        rounds.tick().await;
        if let Err(error) = app::sites::commands::start_due(&state).await {
            tracing::warn!(%error, "could not start the sites that are due");
        }
    }
}

/// Deletes expired sessions, hourly.
async fn sweep_sessions(sessions: PgSessionStore) {
    let mut hours = tokio::time::interval(Duration::from_hours(1));
    loop {
        hours.tick().await;
        if let Err(error) = sessions.delete_expired().await {
            tracing::warn!(%error, "could not sweep expired sessions");
        }
    }
}

/// SIGINT or SIGTERM.
struct StopSignal {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl StopSignal {
    fn listen() -> Result<Self, ServeError> {
        let listen = |kind| signal(kind).map_err(|error| ServeError::Start(error.to_string()));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

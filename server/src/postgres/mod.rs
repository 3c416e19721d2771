//! The embedded default: with no `DATABASE_URL`, Sitekeeper keeps a private PostgreSQL cluster in
//! its data directory.
//!
//! The server is the machine's own, reached through a Unix socket in a directory of mode 0700,
//! never by TCP. It runs in a session of its own and outlives a killed Sitekeeper; the next one
//! adopts it. Every process that needs it holds a use ([`Cluster`]); the last to give its use back
//! stops it. `serve` besides holds [`ServeLock`] and supervises.

mod account;
mod binaries;
mod error;
mod home;
mod lock;
mod process;
mod server;
mod state;

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use self::server::Server;
pub(crate) use self::{error::Error, lock::ServeLock};

const LOOK_EVERY: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// A held use of the running cluster. Give it back with [`Cluster::release`]; dropped without, the
/// server is asked to stop if this use was the last, but not waited for.
#[derive(Debug)]
pub(crate) struct Cluster {
    data_dir: PathBuf,
    server: Server,
    /// The shared lock, until the use is given back.
    users: Option<File>,
    /// The start lock, while [`Cluster::acquire`] is under way.
    starting: Option<File>,
}

impl Cluster {
    /// Makes, adopts or recovers the cluster of `data_dir`, starts it, and holds a use of it. Waits
    /// for others that start or stop it, and for crash recovery, as long as these take, telling so
    /// in the log.
    pub(crate) async fn acquire(data_dir: &Path) -> Result<Self, Error> {
        let starting = lock::start(data_dir).await?;
        let server = Server::prepare(data_dir).await?;
        let users = Some(lock::share(data_dir)?);
        // From here on, failure and cancellation stop what was started.
        let mut cluster =
            Self { data_dir: data_dir.to_owned(), server, users, starting: Some(starting) };
        let running = cluster.server.ensure_running().await;
        cluster.starting = None;
        running.map(|()| cluster)
    }

    /// The URL of the database, `postgres://sitekeeper@localhost/sitekeeper?host=<socket
    /// directory>`, as sqlx, psql and libpq take it.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Whether [`acquire`](Self::acquire) made it, since there was none in the data directory.
    pub(crate) fn was_made(&self) -> bool {
        self.server.was_made()
    }

    /// Starts the server again whenever it dies, and keeps its log bounded, until `shutdown`.
    pub(crate) async fn supervise(&self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.keep_running() => {}
        }
    }

    async fn keep_running(&self) {
        let mut wait = LOOK_EVERY;
        loop {
            tokio::time::sleep(wait).await;
            wait = match self.look_after().await {
                Ok(()) => LOOK_EVERY,
                Err(error) => {
                    tracing::error!("{error}");
                    (wait * 2).min(LONGEST_BACKOFF)
                }
            };
        }
    }

    async fn look_after(&self) -> Result<(), Error> {
        if !self.server.is_dead() {
            return self.server.bound_log();
        }
        tracing::warn!("PostgreSQL has died: starting it again");
        let _starting = lock::start(&self.data_dir).await?;
        self.server.ensure_running().await?;
        tracing::info!("PostgreSQL is back");
        Ok(())
    }

    /// Gives the use back. The last use stops the server and waits until it has written everything.
    /// Close the connections before: the server ends those still open.
    pub(crate) async fn release(mut self) -> Result<(), Error> {
        let _starting = lock::start(&self.data_dir).await?;
        if let Some(users) = self.users.take()
            && lock::was_last(&users).map_err(Error::io("lock", &self.data_dir))?
        {
            self.server.stop().await?;
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(users) = self.users.take() else { return };
        let cancelled = self.starting.is_some();
        let starting = self.starting.take().or_else(|| lock::try_start(&self.data_dir));
        if starting.is_some() && lock::was_last(&users).unwrap_or(false) {
            self.server.stop_soon(cancelled);
        }
    }
}

//! An opened installation: the database, embedded or not, and the state built on it.

use crate::cli::Settings;
use crate::postgres::Cluster;
use app::auth::throttle::Throttle;
use app::context::{Act, Actor, AppState};
use app::database;
use app::error::AppError;
use app::events::keeping::Keeping;
use app::events::model::Retention;
use app::events::writer::EventWriter;
use app::gate::live::Gate;
use app::incidents::watch::Bell;
use app::keys::reveal::Reveals;
use app::live::feed::Live;
use app::sites::recent::Recent;
use app::tokens::live::TokenCache;
use std::sync::Arc;
use std::time::Duration;

/// How long what was begun may take to end. What is not committed by then was not answered either, so its senders send
/// it again.
const ENDING: Duration = Duration::from_secs(10);

/// Everything that can keep an installation from opening.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Cluster(#[from] crate::postgres::Error),
    #[error(transparent)]
    Database(#[from] database::DatabaseError),
    #[error("cannot read the configuration from the database: {0}")]
    State(#[from] app::error::AppError),
}

/// A database in use. [`close`](Self::close) it: an embedded one stops with its last user.
pub(crate) struct Installation {
    /// What commands and handlers work with.
    pub(crate) state: AppState,
    /// The embedded cluster, unless `DATABASE_URL` names another.
    pub(crate) cluster: Option<Cluster>,
}

impl Installation {
    /// Opens the database of `settings` and brings its schema up to date. From now on it keeps its
    /// counts for `retention`; without one, for as long as the server was told.
    pub(crate) async fn open(
        settings: &Settings,
        connections: u32,
        retention: Option<Retention>,
    ) -> Result<Self, OpenError> {
        let (cluster, url) = if let Some(url) = &settings.database_url {
            (None, url.clone())
        } else {
            let cluster = Cluster::acquire(&settings.data_dir).await?;
            let url = cluster.url();
            (Some(cluster), url)
        };
        let pool = database::connect(&url, connections).await?;
        database::migrate(&pool).await?;
        let clock = settings.clock();
        let keeping = Keeping::settle(&pool, &clock, retention).await.map_err(AppError::from)?;
        let gate = Gate::load(pool.clone(), clock.clone()).await?;
        let state = AppState {
            events: EventWriter::spawn(pool.clone(), gate.clone(), clock.clone(), keeping.clone()),
            keeping,
            live: Live::new(pool.clone(), gate.clone()),
            bell: Bell::default(),
            tokens: TokenCache::new(pool.clone()),
            reveals: Arc::new(Reveals::default()),
            recent: Recent::new(pool.clone(), clock.clone()),
            throttle: Arc::new(Throttle::default()),
            outlets: Arc::default(),
            base_url: settings.base_url().into(),
            gate,
            clock,
            pool,
        };
        Ok(Self { state, cluster })
    }

    /// Takes the console's address, which links name, from the `serve` that runs beside this command or ran last.
    pub(crate) async fn find_console(&mut self) -> Result<(), OpenError> {
        if let Some(address) = database::noted_console(&self.state.pool).await? {
            self.state.base_url = address.into();
        }
        Ok(())
    }

    /// What a command on this machine acts with.
    pub(crate) fn act(&self) -> Act {
        Act { state: self.state.clone(), actor: Actor::cli() }
    }

    /// Lets go of the database, after what was begun has ended, or [`ENDING`] has passed.
    pub(crate) async fn close(self) -> Result<(), OpenError> {
        let ending = async {
            self.state.events.close().await;
            self.state.pool.close().await;
        };
        if tokio::time::timeout(ENDING, ending).await.is_err() {
            tracing::warn!("the database still works on what was begun; going without it");
        }
        if let Some(cluster) = self.cluster {
            cluster.release().await?;
        }
        Ok(())
    }
}

//! The subcommands other than `serve`. They work beside a running server and without one.

mod admin;
mod apply;
mod detect;
mod domain;
mod export;
mod gate;
mod import;
mod replay;
mod site;
mod token;

use crate::cli::{Cli, Command, Settings};
use crate::installation::{Installation, OpenError};
use crate::postgres::Cluster;
use app::error::{AppError, Failure, Refusal};
use std::path::Path;
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Serve(#[from] crate::serve::ServeError),
    #[error("{}", refused(.0))]
    Refused(Refusal),
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Detect(#[from] detect::DetectError),
    #[error(transparent)]
    Replay(#[from] replay::ReplayError),
    #[error("cannot read the password from standard input: {0}")]
    Password(std::io::Error),
    #[error("cannot read {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("cannot print JSON: {0}")]
    Json(#[from] serde_json::Error),
}

fn refused(refusal: &Refusal) -> String {
    let Refusal { field, message, suggestion, .. } = refusal;
    match suggestion {
        Some(suggestion) => format!("{field}: {message} Try {suggestion}."),
        None => format!("{field}: {message}"),
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Error(error) => Self::App(error),
        }
    }
}

/// Runs one command.
pub(crate) async fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    let settings = cli.settings;
    match cli.command {
        Command::Serve(serve) => {
            crate::serve::run(&settings, &serve).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Domain(command) => domain::run(&command),
        Command::Detect(command) => detect::run(&command),
        Command::Migrate(printing) => {
            with_installation(&settings, async |_| {
                if printing.json {
                    println!("{}", serde_json::json!({ "migrated": true }));
                } else {
                    println!("The database schema is up to date.");
                }
                Ok(ExitCode::SUCCESS)
            })
            .await
        }
        Command::Admin(command) => {
            with_installation(&settings, async |open| admin::run(open, command).await).await
        }
        Command::Token(command) => {
            with_installation(&settings, async |open| token::run(open, command).await).await
        }
        Command::Site(command) => {
            with_installation(&settings, async |open| site::run(open, command).await).await
        }
        Command::Gate(command) => {
            with_installation(&settings, async |open| gate::run(open, &command)).await
        }
        Command::Export(command) => {
            with_installation(&settings, async |open| export::run(open, &command).await).await
        }
        Command::Apply(command) => {
            with_installation(&settings, async |open| apply::run(open, &command).await).await
        }
        Command::Import(command) => {
            with_installation(&settings, async |open| import::run(open, &command).await).await
        }
        Command::Replay(command) => {
            with_installation(&settings, async |open| replay::run(open, &command).await).await
        }
    }
}

/// Tells that there was no installation, which in another directory than usual is a slip.
fn tell_of_new(data_dir: &Path) {
    let path = data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_owned());
    eprintln!(
        "There was no installation here: made a new, empty one in {}.\n\
         If yours is elsewhere, name its directory with --data-dir or SITEKEEPER_DATA_DIR, or its PostgreSQL with \
         --database-url or DATABASE_URL.",
        path.display()
    );
}

/// Opens the installation for `work` and closes it after, whatever became of the work.
async fn with_installation(
    settings: &Settings,
    work: impl AsyncFnOnce(&Installation) -> Result<ExitCode, CommandError>,
) -> Result<ExitCode, CommandError> {
    let mut installation = Installation::open(settings, 4, None).await?;
    if installation.cluster.as_ref().is_some_and(Cluster::was_made) {
        tell_of_new(&settings.data_dir);
    }
    if settings.base_url.is_none() {
        installation.find_console().await?;
    }
    let done = work(&installation).await;
    installation.close().await?;
    done
}

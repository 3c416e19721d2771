//! The program `sitekeeper`: composition only. What the console is made of lives in the crate `app`.

mod assets;
mod audit_csv;
mod body;
mod cli;
mod commands;
mod connections;
mod console;
mod errors_file;
mod health;
mod incident_file;
mod installation;
mod live;
mod middleware;
mod monitoring;
mod plain;
mod postgres;
mod router;
mod serve;
mod v1;

use clap::Parser;
use std::io::IsTerminal as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(cli.settings.log_filter(cli.command.is_serve()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let outcome = runtime.block_on(commands::run(cli));
    // A body that is still being read on a thread of its own has nobody left to be answered.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("sitekeeper: {error}");
    ExitCode::FAILURE
}

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

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(cli.settings.log_filter(cli.command.is_serve()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match commands::run(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("sitekeeper: {error}");
            ExitCode::FAILURE
        }
    }
}

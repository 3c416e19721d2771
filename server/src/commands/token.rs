//! `sitekeeper token`.

use super::CommandError;
use crate::cli::TokenCommand;
use crate::installation::Installation;
use app::error::Failure;
use app::tokens::commands;
use app::tokens::rules::lifetime;
use std::process::ExitCode;

pub(super) async fn run(
    open: &Installation,
    command: TokenCommand,
) -> Result<ExitCode, CommandError> {
    let TokenCommand::Create { name, scope, expires, printing } = command;
    let lifetime = lifetime(&expires).map_err(Failure::from)?;
    let token = commands::create(&open.act(), &name, &scope, lifetime).await?;
    if printing.json {
        let made = serde_json::json!({
            "name": name, "scopes": scope, "expires": expires, "token": token,
        });
        println!("{made}");
    } else {
        println!("{token}");
    }
    Ok(ExitCode::SUCCESS)
}

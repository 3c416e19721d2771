//! `sitekeeper token`.

use super::CommandError;
use crate::cli::TokenCommand;
use crate::installation::Installation;
use std::process::ExitCode;

pub(super) async fn run(
    open: &Installation,
    command: TokenCommand,
) -> Result<ExitCode, CommandError> {
    let TokenCommand::Create { name, scope, printing } = command;
    let token = app::tokens::commands::create(&open.act(), &name, &scope).await?;
    if printing.json {
        println!("{}", serde_json::json!({ "name": name, "scopes": scope, "token": token }));
    } else {
        println!("{token}");
    }
    Ok(ExitCode::SUCCESS)
}

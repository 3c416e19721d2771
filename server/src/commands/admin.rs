//! `sitekeeper admin`.

use super::CommandError;
use crate::cli::Admin;
use crate::installation::Installation;
use app::auth::commands::create_administrator;
use std::io::Read as _;
use std::process::ExitCode;

/// More than this is no password, and not read.
const MAX_BYTES: u64 = 64 * 1024;

pub(super) async fn run(open: &Installation, command: Admin) -> Result<ExitCode, CommandError> {
    let Admin::Create { email, password_stdin: _, printing } = command;
    let mut password = String::new();
    let stdin = std::io::stdin().lock();
    stdin.take(MAX_BYTES).read_to_string(&mut password).map_err(CommandError::Password)?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let id = create_administrator(&open.act(), &email, password).await?;
    if printing.json {
        println!("{}", serde_json::json!({ "id": id, "email": email }));
    } else {
        println!("Added {email}. They can sign in at {}/login.", open.state.base_url);
    }
    Ok(ExitCode::SUCCESS)
}

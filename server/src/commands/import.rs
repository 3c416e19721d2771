//! `sitekeeper import`.

use super::CommandError;
use super::apply::{carry_out, read, refused};
use crate::cli::Import;
use crate::installation::Installation;
use app::sites::declaration::table;
use std::process::ExitCode;

pub(super) async fn run(open: &Installation, command: &Import) -> Result<ExitCode, CommandError> {
    let text = read(&command.file, table::MOST_BYTES)?;
    match table::read(&text) {
        Ok(desired) => carry_out(open, &desired, false, command.carrying).await,
        Err(wrong) => Ok(refused(&wrong, command.carrying.printing.json)),
    }
}

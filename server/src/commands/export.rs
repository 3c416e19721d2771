//! `sitekeeper export`.

use super::CommandError;
use super::apply::refused;
use crate::cli::Export;
use crate::installation::Installation;
use app::error::AppError;
use app::sites::declaration::{apply, file};
use app::sites::model::SiteId;
use std::process::ExitCode;

pub(super) async fn run(open: &Installation, command: &Export) -> Result<ExitCode, CommandError> {
    let present = apply::present(&open.state).await?;
    let ids: Vec<SiteId> = command.site.iter().copied().map(SiteId).collect();
    let chosen = match apply::chosen(present, &ids) {
        Ok(chosen) => chosen,
        Err(wrong) => return Ok(refused(&wrong, false)),
    };
    print!("{}", file::write(&chosen, open.state.clock.now()).map_err(AppError::fault)?);
    Ok(ExitCode::SUCCESS)
}

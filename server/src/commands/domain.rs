//! `sitekeeper domain`: pure, so it needs no database.

use super::CommandError;
use crate::cli::DomainCommand;
use app::domains::rules::canonicalise;
use app::error::Refusal;
use std::process::ExitCode;

pub(super) fn run(command: &DomainCommand) -> Result<ExitCode, CommandError> {
    let DomainCommand::Explain { pattern, include_subdomains, printing } = command;
    let canonical = match canonicalise(pattern, *include_subdomains) {
        Ok(canonical) => canonical,
        Err(refusal) => {
            let refusal = Refusal::from(refusal);
            if printing.json {
                println!("{}", serde_json::json!({ "refused": refusal }));
                return Ok(ExitCode::FAILURE);
            }
            return Err(CommandError::Refused(refusal));
        }
    };
    if printing.json {
        println!("{}", serde_json::to_string(&canonical)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} ({})", canonical.pattern, canonical.pattern.scope.label());
    if let Some(unicode) = canonical.pattern.unicode() {
        println!("shown as {unicode}");
    }
    for note in &canonical.notes {
        println!("{}", note.message());
    }
    Ok(ExitCode::SUCCESS)
}

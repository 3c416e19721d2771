//! `sitekeeper gate`.

use super::CommandError;
use crate::cli::GateCommand;
use crate::installation::Installation;
use app::gate::{Decision, Detail};
use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

pub(super) fn run(open: &Installation, command: &GateCommand) -> Result<ExitCode, CommandError> {
    let GateCommand::Explain { sitekey, referer, printing } = command;
    let referer = referer.as_ref().map(|referer| referer.as_bytes());
    let verdict = open.state.gate.check(Some(sitekey), referer, Detail::Nearest);
    let message = verdict.message();
    if printing.json {
        let mut answer = serde_json::to_value(crate::v1::check::CheckAnswer::from(&verdict))?;
        answer["explain"] = message.into();
        println!("{answer}");
    } else {
        match verdict.decision {
            Decision::Allow => println!("allow"),
            Decision::Deny(code) => println!("deny {code}"),
        }
        println!("{message}");
    }
    Ok(ExitCode::SUCCESS)
}

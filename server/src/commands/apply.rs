//! `sitekeeper apply` and what `import` shares with it: the plan, shown and carried out.

use super::CommandError;
use crate::cli::{Apply, Carrying};
use crate::installation::Installation;
use app::audit::model::EntryId;
use app::sites::declaration::apply::{Applied, Made, NoPlan, Prepared, apply, prepare};
use app::sites::declaration::diff::{Line, Mark, summary};
use app::sites::declaration::file;
use app::sites::declaration::model::{Desired, Wrong};
use serde_json::json;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn run(open: &Installation, command: &Apply) -> Result<ExitCode, CommandError> {
    let text = read(&command.file, file::MOST_BYTES)?;
    match file::read(&text, open.state.clock.now()) {
        Ok(desired) => carry_out(open, &desired, command.prune, command.carrying).await,
        Err(wrong) => Ok(refused(&wrong, command.carrying.printing.json)),
    }
}

/// Plans the way to `desired`, shows it, and goes it.
pub(super) async fn carry_out(
    open: &Installation,
    desired: &[Desired],
    prune: bool,
    Carrying { dry_run, printing }: Carrying,
) -> Result<ExitCode, CommandError> {
    let prepared = match prepare(&open.state, desired, prune).await {
        Ok(prepared) => prepared,
        Err(NoPlan::Wrong(wrong)) => return Ok(refused(&wrong, printing.json)),
        Err(NoPlan::Error(error)) => return Err(error.into()),
    };
    if !printing.json {
        show(&prepared);
    }
    let applied =
        if dry_run { Applied::default() } else { apply(&open.act(), &prepared.plan).await? };
    if printing.json {
        let Prepared { lines, extent, stopped_requests, .. } = &prepared;
        let Applied { made, first } = &applied;
        let answer = json!({
            "applied": !dry_run, "extent": extent, "stopped_requests": stopped_requests,
            "lines": lines, "made": made, "entry": first,
        });
        println!("{answer}");
    } else {
        tell(open, &prepared, &applied, dry_run);
    }
    Ok(ExitCode::SUCCESS)
}

/// Says everything that is wrong; nothing was done.
pub(super) fn refused(wrong: &[Wrong], json: bool) -> ExitCode {
    if json {
        let wrong = wrong.iter().map(|Wrong { place, message }| {
            json!({ "path": place.path, "line": place.line, "message": message })
        });
        println!("{}", json!({ "applied": false, "refused": wrong.collect::<Vec<_>>() }));
    }
    for wrong in wrong {
        eprintln!("{wrong}");
    }
    eprintln!("Nothing was changed.");
    ExitCode::FAILURE
}

/// The text of a file; `-` is standard input. No more than `most` bytes and one are read.
pub(super) fn read(path: &Path, most: usize) -> Result<String, CommandError> {
    let unreadable = |source| CommandError::File { path: path.display().to_string(), source };
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(most).read_to_string(&mut text).map_err(unreadable)?;
    }
    Ok(text)
}

fn show(Prepared { lines, .. }: &Prepared) {
    let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    for Line { mark, depth, text } in lines {
        let line = format!("{}{} {}", "  ".repeat(*depth), mark.sign(), plain(text));
        match (coloured, mark) {
            (false, _) => println!("{line}"),
            (true, Mark::Add) => println!("\x1b[32m{line}\x1b[0m"),
            (true, Mark::Change) => println!("\x1b[33m{line}\x1b[0m"),
            (true, Mark::Remove) => println!("\x1b[31m{line}\x1b[0m"),
        }
    }
}

/// Without control characters, which a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|at| if at.is_control() { '\u{fffd}' } else { at }).collect()
}

fn tell(
    open: &Installation,
    Prepared { extent, stopped_requests, .. }: &Prepared,
    applied: &Applied,
    dry_run: bool,
) {
    println!("{}", summary(*extent));
    if *stopped_requests > 0 {
        println!(
            "The sites to pause or delete let {stopped_requests} requests through in the last 7 days."
        );
    }
    if dry_run {
        println!("Nothing was changed: this was a dry run.");
        return;
    }
    for Made { id, name, sitekey, secret } in &applied.made {
        println!(
            "\nmade     {}\nsite     {id}\nsitekey  {sitekey}\nsecret   {secret}",
            plain(name)
        );
    }
    if !applied.made.is_empty() {
        eprintln!("Secrets are shown this once.");
    }
    if let Some(EntryId(entry)) = applied.first {
        println!("Done. See it, or take it back: {}/audit/{entry}", open.state.base_url);
    }
}

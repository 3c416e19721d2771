//! `sitekeeper detect`: the detection of incidents, run over a file. Pure, so it needs no database.

use super::CommandError;
use crate::cli::Detect;
use app::incidents::detection::csv::{self, CsvError, Row};
use app::incidents::detection::{Scored, Stream, bucket_of};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Why a file cannot be judged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DetectError {
    #[error("cannot open {}: {source}. Name a CSV file, or - for standard input.", .path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("{name}: {source}.")]
    Csv { name: String, source: CsvError },
    #[error("cannot write the scores: {0}")]
    Write(io::Error),
}

pub(super) fn run(command: &Detect) -> Result<ExitCode, CommandError> {
    let name = if command.csv == Path::new("-") {
        "standard input".to_owned()
    } else {
        command.csv.display().to_string()
    };
    let rows =
        csv::read(open(&command.csv)?).map_err(|source| DetectError::Csv { name, source })?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out, &rows, command.printing.json).and_then(|()| out.flush());
    match written {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // Whoever reads, as `head` does, has had enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(DetectError::Write(error).into()),
    }
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, DetectError> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).and_then(|file| {
        // Opening a directory succeeds; reading it does not.
        if file.metadata()?.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        Ok(file)
    });
    match file {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(source) => Err(DetectError::Open { path: path.to_owned(), source }),
    }
}

/// Writes the score of each row, which knows only the rows before it.
fn write(out: &mut impl Write, rows: &[Row], json: bool) -> io::Result<()> {
    let seconds: Vec<i64> = rows.iter().map(|row| row.second).collect();
    let mut stream = Stream::new(bucket_of(&seconds));
    if !json {
        writeln!(out, "timestamp,value,score,alarm")?;
    }
    for Row { timestamp, second, text, value } in rows {
        let Scored { score, alarm } = stream.score(*second, *value);
        if json {
            let line = serde_json::json!({
                "timestamp": timestamp, "value": value, "score": score, "alarm": alarm
            });
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{timestamp},{text},{score:.6},{}", u8::from(alarm))?;
        }
    }
    Ok(())
}

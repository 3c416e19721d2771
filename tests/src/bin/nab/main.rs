//! Scores detection on labelled series of the Numenta Anomaly Benchmark, by its published formula.

mod score;

use app::incidents::detection::{Stream, bucket_of, csv};
use clap::Parser;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use score::{Judged, PROFILES, best};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Scores detection on series with labelled windows; prints JSON lines
#[derive(Parser)]
struct Arguments {
    /// Where the series and windows.json lie
    #[arg(long, default_value = "../shared/data/nab")]
    data: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().data) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nab: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(data: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let labels: BTreeMap<String, Vec<(String, String)>> =
        serde_json::from_reader(File::open(data.join("windows.json"))?)?;
    let mut files = Vec::new();
    for (name, windows) in labels {
        let file = judged(data, name, &windows)?;
        for profile in PROFILES {
            println!("{}", line(&file.name, profile, std::slice::from_ref(&file)));
        }
        files.push(file);
    }
    for profile in PROFILES {
        println!("{}", line("all", profile, &files));
    }
    Ok(())
}

/// Runs detection over one file.
fn judged(
    data: &Path,
    name: String,
    windows: &[(String, String)],
) -> Result<Judged, Box<dyn std::error::Error>> {
    let rows = csv::read(BufReader::new(File::open(data.join(&name))?))?;
    let seconds: Vec<i64> = rows.iter().map(|row| row.second).collect();
    let mut stream = Stream::new(bucket_of(&seconds));
    let scores = rows.iter().map(|row| stream.score(row.second, row.value).score).collect();
    let second = |text: &str| -> Result<i64, jiff::Error> {
        Ok(TimeZone::UTC.to_timestamp(text.parse::<DateTime>()?)?.as_second())
    };
    let mut bounds = Vec::new();
    for (first, last) in windows {
        let (first, last) = (second(first)?, second(last)?);
        let begins = seconds.partition_point(|second| *second < first);
        let ends = seconds.partition_point(|second| *second <= last).saturating_sub(1);
        bounds.push((begins, ends));
    }
    Ok(Judged { name, scores, windows: bounds })
}

fn line(name: &str, profile: score::Profile, files: &[Judged]) -> serde_json::Value {
    let best = best(files, profile);
    json!({
        "file": name,
        "profile": profile.name,
        "score": (best.normalised * 10.0).round() / 10.0,
        "threshold": best.threshold,
        "windows": best.windows,
        "found": best.found,
        "false_alarms": best.false_alarms,
    })
}

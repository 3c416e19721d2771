//! A labelled simulation of incidents: many sites, four weeks to learn from, and days in which thirteen
//! sorts of things happen, amid changes that have nothing to do with them. Says how soon each was found,
//! how many incidents were false, and whether what was said of them was true.

mod chance;
mod explained;
mod people;
mod report;
mod run;
mod scenario;
mod traffic;
mod trail;
mod truth;
mod world;

use clap::Parser;
use report::Report;
use run::{Extent, run};
use std::io::Write as _;
use std::process::ExitCode;

/// Simulates sites and incidents, and scores their detection; prints JSON lines
#[derive(Parser)]
struct Arguments {
    /// How many sites
    #[arg(long, default_value_t = 200)]
    sites: usize,
    /// How many days after four weeks of learning
    #[arg(long, default_value_t = 7)]
    days: i64,
    /// How many things happen, of thirteen sorts in turn
    #[arg(long, default_value_t = 91)]
    scenarios: usize,
    /// Draws a third of what happens; without it, another each time
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let Arguments { sites, days, scenarios, seed } = Arguments::parse();
    // A site takes part in one scenario at most.
    if sites < 2 * scenarios || !(3..=60).contains(&days) {
        eprintln!("simulate: at least twice as many --sites as --scenarios, and 3 to 60 --days");
        return ExitCode::from(2);
    }
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let extent = Extent { sites, days, scenarios, seed };
    let outcome = run(extent);
    let mut out = std::io::stdout().lock();
    for line in Report::of(&outcome, extent).lines(&outcome, extent) {
        if let Err(error) = writeln!(out, "{line}") {
            eprintln!("simulate: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incidents_are_found_within_minutes_explained_rightly_and_few_are_false() {
        let extent = Extent { sites: 40, days: 3, scenarios: 20, seed: 41 };
        let outcome = run(extent);
        let report = Report::of(&outcome, extent);
        let found = report.found.iter().filter(|found| found.delay.is_some()).count();
        let median = report.median_delay();
        assert!(median.is_some_and(|median| median <= 3), "median delay {median:?}");
        assert!(found * 10 >= report.found.len() * 8, "{found} of {}", report.found.len());
        let rate = report.false_per_site_month();
        assert!(rate <= 1.0, "{rate} false incidents per site-month");
        let (least, offered) = Report::right(&outcome, |_| true).least();
        assert!(least >= 0.85, "{least} of the drivers, changes or fixes are right");
        assert_eq!(offered, 0, "thefts that were offered to be allowed");
    }
}

//! Writes a large configuration to standard output, for `sitekeeper apply -f -`.

use clap::Parser;
use sitekeeper_tests::seed::sites_file;
use std::io::Write as _;
use std::process::ExitCode;

/// Sites with their domains, as `sitekeeper apply -f -` takes them
#[derive(Parser)]
struct Arguments {
    /// How many sites
    #[arg(long, default_value_t = 10_000)]
    sites: usize,
    /// How many domains each has
    #[arg(long, default_value_t = 5)]
    domains: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let document = sites_file(arguments.sites, arguments.domains);
    match writeln!(std::io::stdout().lock(), "{document:#}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seed: {error}");
            ExitCode::FAILURE
        }
    }
}

//! Drives load at a running Sitekeeper and prints what it measured as one line of JSON.

use clap::{Parser, Subcommand};
use sitekeeper_tests::load::{Load, Report, Request, SERIAL};
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// Keep-alive load on a running Sitekeeper; prints one line of JSON.
#[derive(Parser)]
struct Arguments {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:3000")]
    address: String,
    /// A bearer token with the scope that is needed
    #[arg(long, env = "SITEKEEPER_TOKEN", hide_env_values = true)]
    token: String,
    /// Requests under way at any time
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Seconds to measure
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seconds of load before that
    #[arg(long, default_value_t = 1)]
    warm_up: u64,
    /// The first serial number of event ids: choose another to run again within a day
    #[arg(long, default_value_t = 0)]
    first_serial: u64,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// POST /v1/check
    Check {
        #[arg(long)]
        sitekey: String,
        #[arg(long, default_value = "https://shop.example/")]
        referer: String,
    },
    /// POST /v1/events, one event a request
    Event {
        #[arg(long)]
        sitekey: String,
    },
    /// POST /v1/events, many events a request as NDJSON
    Batch {
        #[arg(long)]
        sitekey: String,
        #[arg(long, default_value_t = 1000)]
        size: usize,
    },
    /// GET of any path
    Get {
        #[arg(long)]
        path: String,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let bearer = format!("Bearer {}", arguments.token);
    let json = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let (name, request) = match &arguments.what {
        What::Check { sitekey, referer } => {
            let body = serde_json::json!({ "sitekey": sitekey, "referer": referer }).to_string();
            ("check", Request::post("/v1/check", &json, &body).wanting("\"decision\""))
        }
        What::Event { sitekey } => (
            "event",
            Request::post("/v1/events", &json, &event(sitekey, "single"))
                .wanting("\"accepted\":1,"),
        ),
        What::Batch { sitekey, size } => {
            let body = (0..*size).fold(String::new(), |mut body, _| {
                let _ = writeln!(body, "{}", event(sitekey, "batch"));
                body
            });
            let lines = [json[0], ("content-type", "application/x-ndjson")];
            let wanted = format!("\"accepted\":{size},");
            ("batch", Request::post("/v1/events", &lines, &body).wanting(&wanted))
        }
        What::Get { path } => ("get", Request::get(path, &json[..1])),
    };
    let load = Load {
        address: arguments.address.clone(),
        connections: arguments.connections,
        warm_up: Duration::from_secs(arguments.warm_up),
        duration: Duration::from_secs(arguments.seconds),
        first_serial: arguments.first_serial,
    };
    print(&load.run(name, &request).await)
}

fn event(sitekey: &str, kind: &str) -> String {
    serde_json::json!({
        "id": format!("{kind}-{SERIAL}"),
        "sitekey": sitekey,
        "code": "ok",
        "referer": "https://shop.example/basket",
        "source": "loadgen",
    })
    .to_string()
}

fn print(report: &Report) -> ExitCode {
    match serde_json::to_string(report) {
        Ok(line) => println!("{line}"),
        Err(error) => eprintln!("loadgen: {error}"),
    }
    if report.requests > 0 && report.errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

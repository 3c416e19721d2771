//! `/metrics`: what it says, and that nothing a stranger sends makes it grow.

use serde_json::json;
use sitekeeper_tests::Server;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

async fn metrics(server: &Server) -> String {
    server.visitor().get("/metrics").await.expect(200).body
}

/// The same, once the job that makes partitions has run, as it does right after a start.
async fn metrics_of_a_run(server: &Server) -> String {
    let asked = Instant::now();
    loop {
        let metrics = metrics(server).await;
        if metrics.contains("# TYPE sitekeeper_partition_horizon_timestamp_seconds") {
            return metrics;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "the job has not run:\n{metrics}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The value of the series that begins with `series`, labels and all.
fn value(metrics: &str, series: &str) -> f64 {
    let line = metrics
        .lines()
        .find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
    let line = line.unwrap_or_else(|| panic!("no {series} in\n{metrics}"));
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

/// Every series without its value.
fn series(metrics: &str) -> BTreeSet<&str> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.filter_map(|line| line.rsplit_once(' ').map(|(series, _)| series)).collect()
}

#[tokio::test]
async fn every_figure_says_what_it_means() {
    let server = Server::start().await;
    server.machine("check").check("", "").await;
    let metrics = metrics_of_a_run(&server).await;
    let named = |what: &str| -> BTreeSet<&str> {
        let lines = metrics.lines().filter_map(|line| line.strip_prefix(what));
        lines.filter_map(|line| line.split(' ').next()).collect()
    };
    let (helped, typed) = (named("# HELP "), named("# TYPE "));
    let unexplained: Vec<_> = typed.difference(&helped).collect();
    assert!(unexplained.is_empty(), "without a word: {unexplained:?}");
    for expected in [
        "sitekeeper_events_queue_bytes",
        "sitekeeper_gate_snapshot_age_seconds",
        "sitekeeper_partition_horizon_timestamp_seconds",
        "sitekeeper_postgres_connections",
        "sitekeeper_build_info",
        "process_resident_memory_bytes",
        "process_open_fds",
    ] {
        assert!(typed.contains(expected), "{expected} in {typed:?}");
    }
}

#[tokio::test]
async fn events_decisions_and_requests_are_counted() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    server.knows(&site).await;
    let machine = server.machine("check,events:write");
    let event = json!({ "id": "1", "code": "ok", "sitekey": site.sitekey });
    let ahead = json!({ "code": "ok", "time": "2100-01-01T00:00:00Z" });
    machine.report(&json!([event, event, ahead, { "time": 1 }, 5])).await;
    machine.check("", "https://elsewhere.example/").await;
    let metrics = metrics_of_a_run(&server).await;
    for (series, expected) in [
        (r#"sitekeeper_events_total{outcome="accepted"}"#, 1.0),
        (r#"sitekeeper_events_total{outcome="duplicate"}"#, 1.0),
        (r#"sitekeeper_events_total{outcome="rejected"}"#, 3.0),
        (r#"sitekeeper_events_rejected_total{reason="future"}"#, 1.0),
        (r#"sitekeeper_events_rejected_total{reason="code"}"#, 1.0),
        (r#"sitekeeper_gate_decisions_total{code="no_sitekey"}"#, 1.0),
        (r#"sitekeeper_http_requests_total{route="/v1/events",status="2xx"}"#, 1.0),
        (r#"sitekeeper_http_request_seconds_count{route="/v1/events"}"#, 1.0),
        ("sitekeeper_events_commit_seconds_count", 1.0),
        ("sitekeeper_events_commit_events_sum", 2.0),
        ("sitekeeper_events_queue_events", 0.0),
        ("sitekeeper_gate_snapshot_sites", 1.0),
        ("sitekeeper_gate_snapshot_sitekeys", 1.0),
    ] {
        assert!((value(&metrics, series) - expected).abs() < 1e-9, "{series} in\n{metrics}");
    }
    let horizon = value(&metrics, "sitekeeper_partition_horizon_timestamp_seconds");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_secs_f64();
    assert!(horizon - now > 86_400.0, "partitions are made more than a day ahead");
}

#[tokio::test]
async fn nothing_that_is_sent_adds_a_series() {
    let server = Server::start().await;
    let machine = server.machine("check,events:write");
    let console = server.console().await;
    let round = async |round: u32| {
        for at in 0..20 {
            let made_up = format!("x{round}-{at}");
            let event = json!({
                "code": made_up, "source": made_up, "sitekey": made_up,
                "referer": format!("https://{made_up}.example/"), "client": made_up,
            });
            machine
                .report(&json!([event, { "code": 1 }, { made_up.clone(): 1 }, [], made_up]))
                .await;
            machine.check(&made_up, &format!("https://{made_up}.example/")).await;
            console.get(&format!("/{made_up}/{made_up}?{made_up}")).await;
            console.get(&format!("/errors/{made_up}")).await;
            console.get(&format!("/sites/{round}{at}")).await;
            machine.get(&format!("/v1/{made_up}"), &[]).await;
        }
    };
    round(1).await;
    let before = metrics(&server).await;
    round(2).await;
    let after = metrics(&server).await;
    let more: Vec<_> =
        series(&after).difference(&series(&before)).map(ToString::to_string).collect();
    assert!(more.is_empty(), "{more:?}");
    assert!(!after.contains("x1-") && !after.contains("x2-"), "{after}");
    let started = Instant::now();
    metrics(&server).await;
    assert!(started.elapsed() < Duration::from_millis(250), "{:?}", started.elapsed());
}

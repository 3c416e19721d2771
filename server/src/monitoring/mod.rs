//! `/metrics`: our own figures, in Prometheus' text format. Names and labels are part of what
//! operators build alerts on (deploy/prometheus): rename none. Every label has a bounded number of
//! values: routes, classes and codes of ours, never what somebody sent.

pub(crate) mod requests;
mod words;

use app::context::AppState;
use metrics::gauge;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use std::time::Duration;

/// The bounds of durations, in seconds: from a check at the gate to a page that is far too slow.
const SECONDS: [f64; 11] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// The bounds of the number of events in a transaction.
const EVENTS: [f64; 8] = [1.0, 10.0, 100.0, 500.0, 1_000.0, 5_000.0, 10_000.0, 50_000.0];
/// How often what was recorded is summed up; it takes memory until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// What `/metrics` is answered from.
#[derive(Clone)]
pub(crate) struct Monitoring {
    prometheus: PrometheusHandle,
    process: Collector,
}

impl Monitoring {
    /// Takes over what the program records from now on.
    pub(crate) fn install() -> Result<Self, BuildError> {
        let events = Matcher::Full("sitekeeper_events_commit_events".to_owned());
        let prometheus = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
            .set_buckets_for_metric(events, &EVENTS)?
            .install_recorder()?;
        words::describe();
        let process = Collector::default();
        process.describe();
        gauge!("sitekeeper_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Self { prometheus, process })
    }

    /// Sums up what was recorded, for as long as it is polled.
    pub(crate) async fn keep_up(self) {
        let mut rounds = tokio::time::interval(UPKEEP);
        loop {
            rounds.tick().await;
            self.prometheus.run_upkeep();
        }
    }

    /// The figures as of now. Asks neither the database nor anything else that may take long.
    #[expect(clippy::cast_precision_loss, reason = "bytes, counts and seconds fit a double")]
    pub(crate) fn render(&self, state: &AppState) -> String {
        let (waiting, room) = state.events.queued();
        gauge!("sitekeeper_events_queue_bytes").set(waiting as f64);
        gauge!("sitekeeper_events_queue_limit_bytes").set(room as f64);
        gauge!("sitekeeper_events_queue_events").set(state.events.waiting() as f64);

        let (keys, since) = state.events.backlog();
        let age = since.map_or(0.0, |since| state.clock.now().duration_since(since).as_secs_f64());
        gauge!("sitekeeper_journal_keys").set(keys as f64);
        gauge!("sitekeeper_journal_age_seconds").set(age.max(0.0));

        let idle = state.pool.num_idle();
        let open = usize::try_from(state.pool.size()).unwrap_or(usize::MAX);
        gauge!("sitekeeper_postgres_connections", "state" => "idle").set(idle as f64);
        gauge!("sitekeeper_postgres_connections", "state" => "used")
            .set(open.saturating_sub(idle) as f64);

        let gate = state.gate.size();
        let age = state.clock.now().duration_since(gate.loaded_at).as_secs_f64();
        gauge!("sitekeeper_gate_snapshot_age_seconds").set(age.max(0.0));
        gauge!("sitekeeper_gate_snapshot_sites").set(gate.sites as f64);
        gauge!("sitekeeper_gate_snapshot_sitekeys").set(gate.sitekeys as f64);

        gauge!("sitekeeper_live_listeners").set(state.live.listening() as f64);

        self.process.collect();
        self.prometheus.render()
    }
}

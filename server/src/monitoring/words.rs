//! What each figure means, for whoever reads `/metrics`.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(super) fn describe() {
    describe_journal();
    describe_incidents();
    describe_counter!(
        "sitekeeper_events_total",
        "Events that verifiers sent, by outcome: accepted (counted), duplicate (counted before), rejected."
    );
    describe_counter!(
        "sitekeeper_events_rejected_total",
        "Events that were not counted, by what was wrong: a field, future (a clock more than five minutes ahead), or form."
    );
    describe_counter!(
        "sitekeeper_events_refused_batches_total",
        "Requests that were told to come back since too much waited (429)."
    );
    describe_counter!(
        "sitekeeper_bodies_refused_total",
        "Requests that were told to come back since too many bytes were on their way in (429)."
    );
    describe_gauge!("sitekeeper_events_queue_events", "Events that wait for their commit.");
    describe_gauge!(
        "sitekeeper_events_queue_bytes",
        Unit::Bytes,
        "Memory of the events that wait."
    );
    describe_gauge!(
        "sitekeeper_events_queue_limit_bytes",
        Unit::Bytes,
        "The most memory that events may wait in; beyond it senders are told to come back."
    );
    describe_histogram!(
        "sitekeeper_events_commit_seconds",
        Unit::Seconds,
        "How long a transaction of events took until it was durable, with the tries that failed."
    );
    describe_histogram!("sitekeeper_events_commit_events", "How many events a transaction held.");
    describe_counter!(
        "sitekeeper_events_commit_failures_total",
        "Tries to commit events that failed; each is tried again for some seconds."
    );
    describe_counter!(
        "sitekeeper_gate_decisions_total",
        "Answers of /v1/check, by code: ok, or why the request was denied."
    );
    describe_gauge!(
        "sitekeeper_gate_snapshot_age_seconds",
        Unit::Seconds,
        "Since when the gate has not read everything again. Single changes reach it at once; it reads everything after a lost connection."
    );
    describe_gauge!("sitekeeper_gate_snapshot_sites", "Sites that the gate knows.");
    describe_gauge!("sitekeeper_gate_snapshot_sitekeys", "Sitekeys that the gate knows.");
    describe_gauge!(
        "sitekeeper_partition_horizon_timestamp_seconds",
        Unit::Seconds,
        "Until when every table has a partition. More are made hourly, two days ahead."
    );
    describe_gauge!(
        "sitekeeper_partition_last_success_timestamp_seconds",
        Unit::Seconds,
        "When the hourly job that makes and drops partitions last went well."
    );
    describe_counter!(
        "sitekeeper_partition_runs_total",
        "Runs of the job that makes and drops partitions, by outcome: success or failure."
    );
    describe_gauge!(
        "sitekeeper_postgres_connections",
        "Connections to PostgreSQL, by state: used or idle."
    );
    describe_counter!(
        "sitekeeper_http_requests_total",
        "Requests that were answered, by route and class of status (2xx)."
    );
    describe_histogram!(
        "sitekeeper_http_request_seconds",
        Unit::Seconds,
        "How long a request took until its answer began, by route."
    );
    describe_gauge!("sitekeeper_live_listeners", "Live views of samples that are open.");
    describe_gauge!("sitekeeper_build_info", "The version that runs; always 1.");
}

fn describe_journal() {
    describe_gauge!(
        "sitekeeper_journal_keys",
        "Counts that were answered and wait to be added to the rollups; beyond a million, events wait."
    );
    describe_gauge!(
        "sitekeeper_journal_age_seconds",
        Unit::Seconds,
        "For how long the oldest of them has waited: a few seconds, if all is well."
    );
    describe_histogram!(
        "sitekeeper_journal_posting_seconds",
        Unit::Seconds,
        "How long it took to add what waited to the rollups."
    );
    describe_histogram!(
        "sitekeeper_journal_posting_keys",
        "How many different counts were added at once."
    );
    describe_counter!(
        "sitekeeper_journal_posting_failures_total",
        "Tries to add to the rollups that failed; each is tried again."
    );
}

fn describe_incidents() {
    describe_histogram!(
        "sitekeeper_incidents_round_seconds",
        Unit::Seconds,
        "How long a look for incidents took. Only the process that looks records it."
    );
    describe_gauge!(
        "sitekeeper_incidents_series",
        "Series of a site and a code that the last look judged."
    );
    describe_gauge!("sitekeeper_incidents_open", "Incidents that go on.");
    describe_counter!(
        "sitekeeper_alerts_deliveries_total",
        "Tries to deliver an alert, tests apart, by channel (webhook, slack, email) and outcome: delivered, failed (tried again), given_up."
    );
}

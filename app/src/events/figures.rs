//! What the writer says of itself in the metrics. Labels are bounded: none is made of what a sender
//! or a visitor wrote.

use super::model::{Receipt, Reject};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many events wait for their commit.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting(Arc<AtomicUsize>);

/// Events that wait for as long as this is kept.
#[derive(Debug)]
pub(super) struct Waits {
    waiting: Waiting,
    events: usize,
}

impl Waiting {
    pub(super) fn add(&self, events: usize) -> Waits {
        self.0.fetch_add(events, Ordering::Relaxed);
        Waits { waiting: self.clone(), events }
    }

    pub(super) fn events(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.waiting.0.fetch_sub(self.events, Ordering::Relaxed);
    }
}

/// A transaction was committed after `took`, tries that failed among it.
#[expect(clippy::cast_precision_loss, reason = "a batch is far from 2⁵² events")]
pub(super) fn committed(took: Duration, events: usize, receipts: &[Receipt]) {
    metrics::histogram!("sitekeeper_events_commit_seconds").record(took);
    metrics::histogram!("sitekeeper_events_commit_events").record(events as f64);
    let count = |outcome: &'static str, of: fn(&Receipt) -> u64| {
        let sum = receipts.iter().map(of).sum();
        metrics::counter!("sitekeeper_events_total", "outcome" => outcome).increment(sum);
    };
    count("accepted", |receipt| receipt.accepted);
    count("duplicate", |receipt| receipt.duplicate);
}

/// A try to commit failed.
pub(super) fn commit_failed() {
    metrics::counter!("sitekeeper_events_commit_failures_total").increment(1);
}

/// What was entered in the journal was added to the rollups: so many different keys.
#[expect(clippy::cast_precision_loss, reason = "keys are far from 2⁵²")]
pub(super) fn posted(took: Duration, keys: usize) {
    if keys > 0 {
        metrics::histogram!("sitekeeper_journal_posting_seconds").record(took);
        metrics::histogram!("sitekeeper_journal_posting_keys").record(keys as f64);
    }
}

/// A try to add to the rollups failed.
pub(super) fn posting_failed() {
    metrics::counter!("sitekeeper_journal_posting_failures_total").increment(1);
}

/// A batch found no room in the queue.
pub(super) fn busy() {
    metrics::counter!("sitekeeper_events_refused_batches_total").increment(1);
}

/// The fields that a [`Reject::reason`] can begin with: what is wrong with an event.
pub const REASONS: [&str; 10] = [
    "code",
    "time",
    "count",
    "id",
    "source",
    "client",
    "trace",
    "sitekey",
    "referer",
    "user_agent",
];

/// Events of a request that are not counted.
pub fn rejected(rejects: &[Reject]) {
    for reject in rejects {
        let reason = reason_class(&reject.reason);
        metrics::counter!("sitekeeper_events_rejected_total", "reason" => reason).increment(1);
    }
    metrics::counter!("sitekeeper_events_total", "outcome" => "rejected")
        .increment(rejects.len() as u64);
}

/// One of [`REASONS`], `future` for a clock that runs ahead, or `form` for what is no event at all.
fn reason_class(reason: &str) -> &'static str {
    let field = reason.split(':').next().unwrap_or_default();
    match REASONS.into_iter().find(|known| *known == field) {
        Some("time") if reason.contains("in the future") => "future",
        Some(known) => known,
        None => "form",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_wait_until_their_job_is_dropped() {
        let waiting = Waiting::default();
        let (one, other) = (waiting.add(3), waiting.add(4));
        assert_eq!(waiting.events(), 7);
        drop(one);
        assert_eq!(waiting.events(), 4);
        drop(other);
        assert_eq!(waiting.events(), 0);
    }

    #[test]
    fn reasons_fall_into_a_bounded_number_of_classes() {
        assert_eq!(reason_class("code: is missing; send \"ok\""), "code");
        let ahead = "time: 2026-11-23T14:31:00Z is more than 5 minutes in the future; check";
        assert_eq!(reason_class(ahead), "future");
        assert_eq!(reason_class("time: \"soon\" is not a time"), "time");
        assert_eq!(reason_class("user_agent: is a number"), "user_agent");
        assert_eq!(reason_class("is an array; send an object"), "form");
        assert_eq!(reason_class("made up: by a sender"), "form");
        assert_eq!(reason_class(""), "form");
    }
}

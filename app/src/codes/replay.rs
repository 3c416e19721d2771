//! Responses that were verified more than once: replay, or a customer's backend that retries.

use crate::stats::model::Sample;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Repeats within so short a time look like a backend that tries again.
const RETRY_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// More repeats than this are more than a retry.
const RETRIES: i64 = 3;

/// Repeated verifications of one trace, or of one client where no trace was reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The trace number.
    pub trace: Option<String>,
    /// The clients that sent it, shortened by their verifier.
    pub clients: Vec<String>,
    /// How many of the samples.
    pub count: i64,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
    /// What it looks like.
    pub looks: Looks,
}

/// What repeated verifications look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Looks {
    /// A few from one client at once.
    Retry,
    /// Many from one client, or over some time.
    Burst,
    /// The same trace from several clients.
    Shared,
}

impl Looks {
    /// A sentence (ours).
    pub const fn reading(self) -> &'static str {
        match self {
            Self::Retry => {
                "A retry: few, at once, from one client. Ask the customer to verify a response once."
            }
            Self::Burst => {
                "A burst from one client: a script, or a backend that verifies in a loop."
            }
            Self::Shared => {
                "One response from several clients: replay. Treat what they submitted as forged."
            }
        }
    }

    /// Two words for a tag.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Burst => "burst",
            Self::Shared => "replay",
        }
    }
}

/// The samples by trace, and by client where they name no trace, the largest groups first; and how
/// many samples stand alone. Samples that name neither say nothing about who repeats.
pub fn replays(samples: &[Sample]) -> (Vec<Replay>, i64) {
    let mut groups: BTreeMap<(Option<&str>, Option<&str>), Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        let (trace, client) = (sample.trace.as_deref(), sample.client.as_deref());
        if trace.is_some() || client.is_some() {
            let key = if trace.is_some() { (trace, None) } else { (None, client) };
            groups.entry(key).or_default().push(sample);
        }
    }
    let all = groups.into_iter().filter_map(|((trace, _), samples)| group(trace, &samples));
    let (mut replays, single): (Vec<Replay>, Vec<Replay>) = all.partition(|group| group.count > 1);
    replays.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| b.last.cmp(&a.last)));
    (replays, i64::try_from(single.len()).unwrap_or(i64::MAX))
}

fn group(trace: Option<&str>, samples: &[&Sample]) -> Option<Replay> {
    let first = samples.iter().map(|sample| sample.time).min()?;
    let last = samples.iter().map(|sample| sample.time).max()?;
    let clients: BTreeSet<&str> =
        samples.iter().filter_map(|sample| sample.client.as_deref()).collect();
    let count = i64::try_from(samples.len()).unwrap_or(i64::MAX);
    let looks = if clients.len() > 1 {
        Looks::Shared
    } else if count <= RETRIES && last.duration_since(first) <= RETRY_WITHIN {
        Looks::Retry
    } else {
        Looks::Burst
    };
    Some(Replay {
        trace: trace.map(str::to_owned),
        clients: clients.into_iter().map(str::to_owned).collect(),
        count,
        first,
        last,
        looks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(second: i64, trace: Option<&str>, client: Option<&str>) -> Sample {
        Sample {
            time: Timestamp::from_second(second).unwrap(),
            site: 1,
            code: "payload_used".to_owned(),
            source: "edge-1".to_owned(),
            sitekey: None,
            host: String::new(),
            referer: None,
            client: client.map(str::to_owned),
            trace: trace.map(str::to_owned),
            user_agent: None,
        }
    }

    #[test]
    fn repeats_are_told_apart_by_who_sends_them() {
        let samples = [
            sample(0, Some("t1"), Some("a")),
            sample(5, Some("t1"), Some("a")),
            sample(0, Some("t2"), Some("a")),
            sample(1, Some("t2"), Some("b")),
            sample(2, Some("t2"), Some("b")),
            sample(0, None, Some("c")),
            sample(600, None, Some("c")),
            sample(0, None, None),
            sample(0, Some("t3"), Some("d")),
        ];
        let (groups, single) = replays(&samples);
        assert_eq!(single, 1);
        let found: Vec<_> =
            groups.into_iter().map(|replay| (replay.trace, replay.count, replay.looks)).collect();
        assert_eq!(found[0], (Some("t2".to_owned()), 3, Looks::Shared));
        assert!(found.contains(&(Some("t1".to_owned()), 2, Looks::Retry)));
        assert!(found.contains(&(None, 2, Looks::Burst)));
        assert_eq!(found.len(), 3);
    }
}

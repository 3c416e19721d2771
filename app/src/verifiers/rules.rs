//! Whether a verifier still reports.

use crate::events::model::REPLAY;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A verifier that was not heard of for so long is silent. Verifiers send at least every minute while
/// there is traffic, and a console that cries over every lull is not looked at.
pub const SILENT_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Whether a source reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It was heard of within [`SILENT_AFTER`].
    Reporting,
    /// It was not.
    Silent,
    /// A replayed log, which is complete.
    Replay,
}

impl Standing {
    /// One word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reporting => "Reporting",
            Self::Silent => "Silent",
            Self::Replay => "Replay",
        }
    }

    /// The class of its badge.
    pub const fn badge(self) -> &'static str {
        match self {
            Self::Reporting => "badge ok",
            Self::Silent => "badge warn",
            Self::Replay => "badge",
        }
    }
}

/// How the source of this name stands at `now`.
pub fn standing(source: &str, last_seen: Timestamp, now: Timestamp) -> Standing {
    if source.starts_with(REPLAY) {
        Standing::Replay
    } else if now.duration_since(last_seen) < SILENT_AFTER {
        Standing::Reporting
    } else {
        Standing::Silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_falls_silent_and_a_replay_never_does() {
        let now: Timestamp = "2026-11-23T14:31:00Z".parse().unwrap();
        let long_ago = now - SILENT_AFTER;
        assert_eq!(standing("edge-1", now, now), Standing::Reporting);
        assert_eq!(standing("edge-1", long_ago, now), Standing::Silent);
        assert_eq!(standing("replay:access.log", long_ago, now), Standing::Replay);
        // A verifier's own clock does not count, but ours may step back.
        assert_eq!(standing("edge-1", now + SILENT_AFTER, now), Standing::Reporting);
    }
}

//! Whether a verifier still reports, and whether its clock is right.

use crate::events::model::{MAX_AHEAD, REPLAY};
use crate::stats::rhythm::{LEAST_PATIENCE, Rhythm};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// After so long a silence, a source has left: it is shown, but no news.
pub const GONE_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Whether a source reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It was heard of within [`LEAST_PATIENCE`].
    Reporting,
    /// It was not, which is usual for it at this time of the week.
    Quiet,
    /// It was not, which is unusual.
    Silent,
    /// It has been silent for [`GONE_AFTER`].
    Gone,
    /// A replayed log, which is complete.
    Replay,
}

impl Standing {
    /// One word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reporting => "Reporting",
            Self::Quiet => "Quiet",
            Self::Silent => "Silent",
            Self::Gone => "Gone",
            Self::Replay => "Replay",
        }
    }

    /// The class of its badge.
    pub const fn badge(self) -> &'static str {
        match self {
            Self::Reporting => "badge ok",
            Self::Silent => "badge warn",
            Self::Quiet | Self::Gone | Self::Replay => "badge",
        }
    }
}

/// How the source of this name stands at `now`, given when it is usually heard of.
pub fn standing(source: &str, last_seen: Timestamp, rhythm: &Rhythm, now: Timestamp) -> Standing {
    if source.starts_with(REPLAY) {
        Standing::Replay
    } else if is_recent(last_seen, now) {
        Standing::Reporting
    } else if now.duration_since(last_seen) >= GONE_AFTER {
        Standing::Gone
    } else if rhythm.silent_since(last_seen, now).is_some() {
        Standing::Silent
    } else {
        Standing::Quiet
    }
}

/// Whether a source was heard of so lately that its rhythm need not be known.
pub fn is_recent(last_seen: Timestamp, now: Timestamp) -> bool {
    now.duration_since(last_seen) < LEAST_PATIENCE
}

/// A clock that runs less far ahead is right: a message takes its time, and so does a batch.
const RIGHT_WITHIN: SignedDuration = SignedDuration::from_secs(2);
/// Events that are older when they arrive have waited, or their clock is behind.
const FRESH_WITHIN: SignedDuration = SignedDuration::from_mins(2);
/// So many batches say something.
const ENOUGH: usize = 3;

/// What the events of a source tell of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Skew {
    /// Too little was heard of it.
    Unknown,
    /// Its newest events are about as old as their way to us takes.
    Right,
    /// Its newest events lie ahead of our clock: its clock runs ahead by at least so many seconds.
    Ahead(i64),
    /// Its newest events are so many seconds old when they arrive: they wait to be sent, or its clock
    /// is behind. Which of the two, nobody can tell from here.
    Late(i64),
}

/// What the leads of a source's latest batches say, in milliseconds: see the column `leads` of
/// `sources`. The median: a single event with a wrong time says nothing of the clock.
pub fn skew(leads_ms: &[i32]) -> Skew {
    if leads_ms.len() < ENOUGH {
        return Skew::Unknown;
    }
    let mut leads = leads_ms.to_vec();
    leads.sort_unstable();
    let lead = SignedDuration::from_millis(leads[leads.len() / 2].into());
    if lead > RIGHT_WITHIN {
        Skew::Ahead(lead.as_secs())
    } else if lead < -FRESH_WITHIN {
        Skew::Late(-lead.as_secs())
    } else {
        Skew::Right
    }
}

impl Skew {
    /// What it is and what it means, in a few words each; nothing where all is well.
    pub fn in_words(self) -> Option<(String, String)> {
        let limit = MAX_AHEAD.as_mins();
        let beyond = |seconds| SignedDuration::from_secs(seconds) > MAX_AHEAD;
        match self {
            Self::Unknown | Self::Right => None,
            Self::Ahead(seconds) if beyond(seconds) => {
                Some((format!("{} ahead", span(seconds)), "its events are rejected".to_owned()))
            }
            Self::Ahead(seconds) => Some((
                format!("{} ahead", span(seconds)),
                format!("at {limit}\u{a0}min its events are rejected"),
            )),
            Self::Late(seconds) => Some((
                format!("Events {} old on arrival", span(seconds)),
                "sent late, or its clock is behind".to_owned(),
            )),
        }
    }

    /// The class of its badge: a clock so far ahead will soon cost events.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Ahead(seconds) if seconds * 2 >= MAX_AHEAD.as_secs() => "badge bad",
            Self::Ahead(_) => "badge warn",
            Self::Unknown | Self::Right | Self::Late(_) => "badge",
        }
    }
}

/// `42 s`, `4 min 40 s`, `3 h 5 min`, `2 days`.
pub fn span(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let parts = |large: i64, of: &str, small: i64, unit: &str| {
        let rest = if small == 0 { String::new() } else { format!(" {small}\u{a0}{unit}") };
        format!("{large}\u{a0}{of}{rest}")
    };
    match seconds {
        ..60 => format!("{seconds}\u{a0}s"),
        60..3_600 => parts(minutes, "min", seconds % 60, "s"),
        3_600..172_800 => parts(hours, "h", minutes % 60, "min"),
        _ => format!("{days}\u{a0}days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::constant(1_781_526_896, 0);

    #[test]
    fn a_verifier_falls_silent_and_a_replay_never_does() {
        let new = Rhythm::default();
        let ago = |minutes| NOW - SignedDuration::from_mins(minutes);
        let of = |source, last_seen| standing(source, last_seen, &new, NOW);
        assert_eq!(of("edge-1", NOW), Standing::Reporting);
        assert_eq!(of("edge-1", ago(9)), Standing::Reporting);
        assert_eq!(of("edge-1", ago(59)), Standing::Quiet, "it is new: who knows what is usual");
        assert_eq!(of("edge-1", ago(60)), Standing::Silent);
        assert_eq!(of("edge-1", NOW - GONE_AFTER), Standing::Gone);
        assert_eq!(of("replay:access.log", ago(60)), Standing::Replay);
        // A verifier's own clock does not count, but ours may step back.
        assert_eq!(of("edge-1", NOW + LEAST_PATIENCE), Standing::Reporting);
    }

    #[test]
    fn a_clock_is_judged_by_most_batches_not_by_one() {
        assert_eq!(skew(&[42_000, 43_000]), Skew::Unknown);
        assert_eq!(skew(&[42_400, 41_000, 43_000]), Skew::Ahead(42));
        assert_eq!(skew(&[-20, -5, 240_000, -30, 0]), Skew::Right);
        assert_eq!(skew(&[-600_000, -590_000, -610_000]), Skew::Late(600));
        // Batches once a minute are no news.
        assert_eq!(skew(&[-60_000, -59_000, -61_000]), Skew::Right);
    }

    #[test]
    fn the_words_say_what_will_happen() {
        let words = |skew: Skew| {
            let (what, why) = skew.in_words().unwrap_or_default();
            format!("{what}: {why}").replace('\u{a0}', " ")
        };
        assert_eq!(words(Skew::Ahead(42)), "42 s ahead: at 5 min its events are rejected");
        assert_eq!(words(Skew::Ahead(720)), "12 min ahead: its events are rejected");
        assert!(words(Skew::Ahead(280)).starts_with("4 min 40 s ahead"));
        assert!(words(Skew::Late(11_100)).starts_with("Events 3 h 5 min old on arrival"));
        assert_eq!(Skew::Right.in_words(), None);
        assert_eq!(
            (Skew::Ahead(42).badge(), Skew::Ahead(150).badge()),
            ("badge warn", "badge bad")
        );
        assert_eq!(span(3_600), "1\u{a0}h");
        assert_eq!(span(200_000), "2\u{a0}days");
    }

    proptest! {
        #[test]
        fn one_wild_batch_among_many_does_not_move_a_right_clock(
            mut leads in prop::collection::vec(-1_000_i32..1_000, 4..15),
            wild in any::<i32>(),
            place in any::<prop::sample::Index>(),
        ) {
            let place = place.index(leads.len());
            leads[place] = wild;
            prop_assert_eq!(skew(&leads), Skew::Right);
        }

        #[test]
        fn a_clock_is_never_said_to_run_further_ahead_than_some_batch_proves(
            leads in prop::collection::vec(any::<i32>(), 0..16),
        ) {
            if let Skew::Ahead(seconds) = skew(&leads) {
                prop_assert!(leads.iter().any(|lead| i64::from(*lead) >= seconds * 1_000));
            }
        }
    }
}

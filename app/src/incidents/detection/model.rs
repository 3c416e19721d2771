//! What detection is told, and what it answers.

pub use crate::incidents::model::Sensitivity;

use super::Baseline;
use serde::{Deserialize, Serialize};

/// A minute, counted from the Unix epoch.
pub type Minute = i64;
/// An hour, counted from the Unix epoch.
pub type Hour = i64;

/// So many minutes are looked at, the judged one included.
pub const WINDOW: usize = 15;

/// What one closed hour brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourCount {
    /// Which hour.
    pub hour: Hour,
    /// Events of the series.
    pub count: u64,
    /// All outcomes of the same site, or of all sites where the series spans them.
    pub attempts: u64,
}

/// What one minute brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MinuteCount {
    /// Events of the series.
    pub count: u64,
    /// All outcomes of the same site, or of all sites where the series spans them.
    pub attempts: u64,
}

/// The class of a code: how much of it is worth somebody's attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody can end it with a click: a host, a state, a key.
    Fixable,
    /// A sign of misuse, once it is above the site's own baseline.
    Attack,
    /// Nobody acts on it: the client refreshes and tries again.
    Noise,
    /// Ours to mend.
    Platform,
}

/// How a series is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// The class of its code.
    pub kind: Kind,
    /// What the operator of the site asked for.
    pub sensitivity: Sensitivity,
}

/// One series in one minute.
#[derive(Clone, Debug)]
pub struct Watched<'a, K> {
    /// What the caller calls it.
    pub key: K,
    /// What is usual. While an incident is open, the caller may keep the one of its onset, so that a
    /// long incident does not become usual.
    pub baseline: &'a Baseline,
    /// The last minutes, oldest first; the last one is the judged minute.
    pub recent: [MinuteCount; WINDOW],
    /// How it is judged.
    pub policy: Policy,
    /// Whether an incident of it is open.
    pub open: bool,
}

/// What became of one series in one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nothing is open, and nothing unusual.
    Quiet,
    /// Nothing was open; now something is.
    Raised,
    /// Open, and still unusual or not long enough usual again.
    Going,
    /// Open until now, and usual again for long enough.
    Cleared,
}

/// A verdict, and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement<K> {
    /// The caller's name of the series.
    pub key: K,
    /// What became of it.
    pub verdict: Verdict,
    /// The minute in which it began, as far as the window shows; `None` where nothing is unusual.
    pub onset: Option<Minute>,
    /// Events since the onset, or in the whole window.
    pub observed: u64,
    /// What the same minutes usually bring.
    pub expected: f64,
    /// `observed / expected`.
    pub factor: f64,
    /// How unusual the last minutes are: the negative decimal logarithm of the chance.
    pub score: f64,
}

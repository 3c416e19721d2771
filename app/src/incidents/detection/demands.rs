//! What must be fulfilled before somebody is told: floors and thresholds by the class of a code and by
//! what the operator asked for.

use super::model::{Kind, Policy, Sensitivity};

/// The demands on a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Demands {
    /// So many events are expected in each minute, however rarely they came.
    pub(super) floor: f64,
    /// So many events more than expected.
    pub(super) excess: f64,
    /// So many times the expected.
    pub(super) factor: f64,
    /// The natural logarithm of the largest chance.
    pub(super) ln_chance: f64,
}

/// A new series must be so many times as loud.
const NEW: f64 = 3.0;

/// What a policy asks.
pub(super) fn demands(policy: Policy, new: bool) -> Demands {
    // At 10⁻⁶, ten series of a site, each watched for a month (43,200 minutes), cry by chance less than
    // once together.
    let (decades, louder) = match policy.sensitivity {
        Sensitivity::Low => (9.0, 3.0),
        Sensitivity::Normal => (6.0, 1.0),
        Sensitivity::High => (4.0, 0.5),
    };
    let (floor, excess, factor) = match policy.kind {
        Kind::Fixable => (0.05, 6.0, 2.0),
        Kind::Platform => (0.1, 10.0, 2.0),
        Kind::Attack => (0.2, 20.0, 3.0),
        Kind::Noise => (0.5, 50.0, 4.0),
    };
    let new = if new { NEW } else { 1.0 };
    Demands {
        floor: floor * new,
        excess: excess * louder * new,
        factor: 1.0 + (factor - 1.0) * f64::max(louder, 0.5) * new,
        ln_chance: -decades * std::f64::consts::LN_10,
    }
}

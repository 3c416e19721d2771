//! The wire formats and what they need, compiled from the console's own files without the rest of its crate: Leptos and
//! the SQL take ten minutes to compile with coverage, and no body reaches them.

#![allow(
    dead_code,
    unused_imports,
    reason = "the console uses more of these files than the targets"
)]

#[path = "../../../app/src/codes"]
pub mod codes {
    mod catalogue;
    mod model;
    mod rules;

    pub use catalogue::CATALOGUE;
    pub use model::{CatalogueEntry, Class, Code, Family, Fix, Twin, UnknownCode};
    pub use rules::{CodeRefusal, OK, normalise_code};
}

#[path = "../../../app/src/stats"]
pub mod stats {
    pub mod model;
}

#[path = "../../../app/src/letters.rs"]
pub mod letters;

#[path = "../../../app/src/events"]
pub mod events {
    pub mod model;
    pub mod rules;
    pub mod wire;
}

use events::model::{MAX_AHEAD, MAX_COUNT};
use events::rules::Defaults;
use events::wire::{Format, read};
use jiff::Timestamp;

/// Reads `body`, and fails if an event is neither counted nor rejected, or rejected twice.
pub fn hold(body: &[u8], format: &Format) {
    let defaults = Defaults { now: Timestamp::constant(1_781_524_800, 0), source: "token" };
    let Ok(found) = read(body, format, &defaults) else { return };
    let total = found.events.len() + found.rejected.len();
    assert!(total <= body.len(), "{total} events in {} bytes", body.len());
    assert!(found.rejected.is_sorted_by(|one, next| one.index < next.index), "told twice");
    assert!(found.rejected.iter().all(|reject| reject.index < total), "a place that is not there");
    for event in &found.events {
        assert!(event.time.duration_since(defaults.now) <= MAX_AHEAD);
        assert!((1..=MAX_COUNT).contains(&event.count));
        assert!(!event.code.is_empty());
    }
}

//! What is unusual, minute by minute: pure, so that the same code judges live series, files and
//! simulated months.
//!
//! [`Baseline`] learns from closed hours what a minute of the week usually brings; [`judge`] holds the
//! last [`WINDOW`] minutes of all series against their baselines at once. Nothing is remembered
//! between minutes: data that comes late is judged again by calling again.

mod baseline;
#[cfg(test)]
mod chance;
pub mod csv;
mod demands;
mod discovery;
mod expectation;
mod fit;
mod judge;
mod model;
mod robust;
mod stream;
mod tail;
mod window;

pub use baseline::Baseline;
pub use expectation::Expectation;
pub use judge::judge;
pub use model::{
    Hour, HourCount, Judgement, Kind, Minute, MinuteCount, Policy, Sensitivity, Verdict, WINDOW,
    Watched,
};
pub use stream::{Scored, Stream, bucket_of};

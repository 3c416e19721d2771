//! Events: the outcomes that verifiers report, one by one or already counted, and their way into
//! the statistics.
//!
//! A body is read ([`wire`]) and each event checked ([`rules`]). What passes is made ready in the
//! caller's own task ([`prepare`]), queued, and committed together with everything else that waits
//! ([`writer`]): one transaction looks for duplicates, adds up, and enters the counts in the journal; what
//! has too many keys for one goes in portions. Only then is the sender answered. What waits in the journal
//! is added to the rollups every few seconds, and whenever somebody is about to read them ([`posting`]).
//! [`retention`] says how long each
//! table keeps its rows; [`upkeep`] makes the tables' [`partitions`] ahead and drops those whose retention
//! has passed.

pub mod model;
pub mod retention;
pub mod rules;

#[cfg(not(target_arch = "wasm32"))]
pub mod access_log;
#[cfg(not(target_arch = "wasm32"))]
mod aggregate;
#[cfg(not(target_arch = "wasm32"))]
mod caps;
#[cfg(not(target_arch = "wasm32"))]
pub mod figures;
#[cfg(not(target_arch = "wasm32"))]
mod heard;
#[cfg(not(target_arch = "wasm32"))]
pub mod keeping;
#[cfg(not(target_arch = "wasm32"))]
pub mod partitions;
#[cfg(not(target_arch = "wasm32"))]
mod places;
#[cfg(not(target_arch = "wasm32"))]
mod portions;
#[cfg(not(target_arch = "wasm32"))]
pub mod posting;
#[cfg(not(target_arch = "wasm32"))]
pub mod prepare;
#[cfg(not(target_arch = "wasm32"))]
mod store;
#[cfg(not(target_arch = "wasm32"))]
mod transaction;
#[cfg(not(target_arch = "wasm32"))]
pub mod upkeep;
#[cfg(not(target_arch = "wasm32"))]
pub mod wire;
#[cfg(not(target_arch = "wasm32"))]
pub mod writer;

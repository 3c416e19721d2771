//! Incidents: what is unusual, since when, and what to do about it.

#[cfg(not(target_arch = "wasm32"))]
pub mod detection;

//! The demo: sample sites with two weeks of traffic that goes on, and a few incidents, loaded into an empty
//! console by one click and removed by another.
//!
//! [`samples`] says what the sites are and what happens to them, [`rules`] turns that into events,
//! and [`commands`] lets them in by the same doors as real ones.

pub mod api;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod live;
#[cfg(not(target_arch = "wasm32"))]
pub mod rules;
#[cfg(not(target_arch = "wasm32"))]
pub mod samples;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

//! Incidents: unusually many errors of a code, or silence, found by the minute; with what drives them,
//! which change brought them about, and the fix.
//!
//! The job in [`watch`] asks [`detection`] what is unusual, [`explain`] why, and [`keep`] writes it down
//! and tells; [`rules`] decides everything that can be decided without reading.

pub mod api;
pub mod model;
pub mod pages;
pub mod view;
pub mod words;

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod detection;
#[cfg(not(target_arch = "wasm32"))]
pub mod explain;
#[cfg(not(target_arch = "wasm32"))]
pub mod export;
#[cfg(not(target_arch = "wasm32"))]
pub mod keep;
#[cfg(not(target_arch = "wasm32"))]
pub mod report;
#[cfg(not(target_arch = "wasm32"))]
pub mod rules;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
mod telling;
#[cfg(not(target_arch = "wasm32"))]
mod thefts;
#[cfg(not(target_arch = "wasm32"))]
pub mod watch;

#[cfg(not(target_arch = "wasm32"))]
pub use telling::{Due, due};
#[cfg(not(target_arch = "wasm32"))]
pub use thefts::Thefts;

//! The storage: which tables hold events and counts, for how long, and whether the job that looks
//! after them does its work.

pub mod api;
pub mod model;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod report;

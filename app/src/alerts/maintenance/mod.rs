//! Maintenance windows: times in which incidents are recorded, but nobody is told.

pub mod api;
pub mod model;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

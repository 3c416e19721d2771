//! Bearer tokens of the machine API: named, scoped, stored as hashes.

pub mod api;
pub mod model;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod idempotency;
#[cfg(not(target_arch = "wasm32"))]
pub mod live;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

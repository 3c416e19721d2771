//! Sitekeys, which are public, and secrets, which are not.

pub mod model;
pub mod rules;

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod reveal;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

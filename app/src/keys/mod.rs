//! Sitekeys, which are public, and secrets, which are not.

pub mod api;
pub mod model;
pub mod pages;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod pairing;
#[cfg(not(target_arch = "wasm32"))]
pub mod reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod reveal;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

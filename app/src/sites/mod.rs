//! Sites: a name, a state, and how strictly the gate treats their traffic.

pub mod api;
pub mod model;
pub mod pages;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
pub mod traffic;

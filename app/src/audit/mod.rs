//! The trail: who did what, to which site, with the value before and after, and whether it can be
//! taken back. Every command writes its entry in its own transaction.

pub mod api;
pub mod model;
pub mod pages;
pub mod query;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod export;
#[cfg(not(target_arch = "wasm32"))]
pub mod reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
mod toll;
#[cfg(not(target_arch = "wasm32"))]
pub mod undo;

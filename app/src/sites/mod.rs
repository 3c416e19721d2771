//! Sites: a name, a state, and how strictly the gate treats their traffic.

pub mod api;
pub mod list;
pub mod list_api;
pub mod model;
pub mod pages;
pub mod rules;
pub mod selection;
pub mod state_api;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod bulk;
#[cfg(not(target_arch = "wasm32"))]
pub mod bulk_reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod declaration;
#[cfg(not(target_arch = "wasm32"))]
pub mod list_reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod recent;
#[cfg(not(target_arch = "wasm32"))]
pub mod silence;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
pub mod traffic;

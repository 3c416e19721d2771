//! Sitekeeper: everything a feature is. One noun, one folder; in each, the same rooms:
//! `model` (types), `rules` (pure decisions), `store` (SQL), `commands` (one transaction with its
//! audit row), `api` (server functions), `view` (pages and islands). Calls run one way:
//! view → api → commands → rules + store.
//!
//! The crate is compiled twice: for the server, and to WebAssembly for the islands in the browser.

pub mod alerts;
pub mod app;
pub mod audit;
pub mod auth;
pub mod codes;
pub mod demo;
pub mod domains;
pub mod error;
pub mod events;
pub mod gate;
pub mod incidents;
pub mod keys;
pub mod letters;
pub mod live;
pub mod search;
pub mod sites;
pub mod stats;
pub mod storage;
pub mod tokens;
pub mod ui;
pub mod verifiers;

#[cfg(not(target_arch = "wasm32"))]
pub mod context;
#[cfg(not(target_arch = "wasm32"))]
pub mod database;

// What makes an island of the few pages that have them: in the package of all other pages (`--cfg few`, see the
// Makefile) they are nothing, and neither is what only they need.
#[cfg(few)]
pub(crate) use leptos::component as rare_island;
#[cfg(not(few))]
pub(crate) use leptos::island as rare_island;

/// Called by the browser once the WebAssembly is loaded; each island then hydrates itself.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}

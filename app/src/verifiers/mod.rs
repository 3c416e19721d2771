//! Verifiers: the edge servers that report outcomes, each under the name of its source.

pub mod api;
pub mod pages;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod report;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

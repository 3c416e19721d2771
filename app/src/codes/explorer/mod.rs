//! The page `/errors`: what went wrong, told apart by code, site, host, sitekey or source, and looked
//! at closer step by step. Its address is the question.
//!
//! [`lines`] turns what was read into the lines of its table. The page and the files that are exported
//! show those, so that they cannot differ.

pub mod lines;
pub mod model;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod export;
#[cfg(not(target_arch = "wasm32"))]
pub mod report;

pub use model::{Report, Wanted, misread};

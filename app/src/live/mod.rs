//! The live tail: samples of raw events as they are stored, over server-sent events.
//!
//! The table of samples is the only source, so that all replicas show the same. One reader a process
//! asks it once a second, while anybody listens, and tells all listeners ([`feed`]); each listener
//! gets what matches its filter, so many rows a second, and the number of the others ([`tail`]).

pub mod api;
pub mod model;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod feed;
#[cfg(not(target_arch = "wasm32"))]
mod store;
#[cfg(not(target_arch = "wasm32"))]
pub mod tail;

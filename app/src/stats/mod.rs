//! Statistics: exact counts over any range, read from rollups by minute, hour and day.
//!
//! [`rules`] cuts a range into the coarsest buckets that cover it exactly; [`store`] reads them.
//! The cost of a read grows with the length of the range and the variety of what happened, never
//! with the number of events.

pub mod api;
pub mod course;
pub mod model;
pub mod pages;
pub mod rhythm;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod overview;
#[cfg(not(target_arch = "wasm32"))]
pub mod report;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

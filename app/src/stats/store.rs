//! Reading the statistics.
//!
//! A question is one statement: the runs of buckets that cover its range, each read from its own
//! table, put together and added up.

mod hosts;
mod lists;
mod query;
mod samples;

pub use hosts::top_hosts;
pub use lists::{codes, sites, sources, top_sites};
pub use query::{Question, rows, total};
pub use samples::samples;

//! Associated domains: the hostnames a site's sitekeys may be used on.
//!
//! An operator types something ([`rules::canonicalise`]), it is stored as a [`Pattern`], and the
//! gate looks hosts up in a [`DomainIndex`] of a site's patterns.

pub mod allowing;
pub mod api;
pub mod confusable;
pub mod host;
pub mod hosts_api;
pub mod index;
pub mod listing;
pub mod model;
pub mod nearest;
pub mod refusal;
pub mod rejected;
pub mod replay;
pub mod rules;
mod suffix;
pub mod view;
pub mod warnings;

pub use index::{DomainIndex, Match};
pub use model::{Canonical, DomainId, DomainScope, Note, Pattern};
pub use nearest::{Nearest, WhyNot};
pub use refusal::Refusal;
pub use suffix::{platform, registrable};
pub use warnings::{FirstSeen, Warning};

#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
mod judging;
#[cfg(not(target_arch = "wasm32"))]
pub mod reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod report;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

#[cfg(test)]
mod vectors;

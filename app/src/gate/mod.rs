//! The gate: whether a request with this sitekey and this referer is let through, and why.

pub mod api;
pub mod model;
pub mod referer;
pub mod rules;
pub mod view;

pub use model::{Decision, DenyCode, Explanation, SitePolicy, Verdict};
pub use referer::{Referer, Unusable, UnusableReason};
pub use rules::{Detail, KeyStanding, decide};

#[cfg(not(target_arch = "wasm32"))]
pub mod live;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

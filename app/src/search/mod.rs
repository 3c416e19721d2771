//! Search over everything an operator can name: sites, hosts, sitekeys, codes, pages. A page of its
//! own, and a palette over every page: `⌘K`, `Ctrl K` or `/`.

pub mod api;
pub mod model;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

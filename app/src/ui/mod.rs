//! What the pages share: the frame, messages, forms, tables, charts, and how numbers, times and keys
//! are written.

pub mod chart;
pub mod confirm;
pub mod csv;
pub mod escape;
pub mod flash;
pub mod form;
pub mod frame;
pub mod key;
pub mod load;
pub mod message;
pub mod number;
pub mod query;
pub mod range;
pub mod settings;
pub mod share;
pub mod spark;
pub mod stale;
pub mod table;
pub mod time;

#[cfg(not(target_arch = "wasm32"))]
mod response;
#[cfg(target_arch = "wasm32")]
#[path = "response_in_browser.rs"]
mod response;

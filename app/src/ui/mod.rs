//! What the pages share: the frame, messages, forms, tables, charts, and how numbers, times and keys
//! are written.

pub mod confirm;
pub mod flash;
pub mod form;
pub mod frame;
pub mod key;
pub mod load;
pub mod message;
pub mod number;
pub mod table;
pub mod time;

#[cfg(not(target_arch = "wasm32"))]
mod response;
#[cfg(target_arch = "wasm32")]
#[path = "response_in_browser.rs"]
mod response;

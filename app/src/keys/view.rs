//! Pages of sitekeys and secrets.

mod change;
mod list;

pub use change::{RevokePage, RotatePage};
pub use list::KeysTab;

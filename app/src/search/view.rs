//! The search page, and the palette over every page.

mod page;
mod palette;
mod shortcuts;

pub use page::SearchPage;
pub use palette::Palette;

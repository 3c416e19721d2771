//! The overview, a site's statistics, and the figures they share.

pub mod figures;
pub mod hosts;
mod overview;
mod sample;
mod setup;
mod site;
mod todo;

pub use overview::OverviewPage;
pub use sample::{origin, origin_heads};
pub use site::SiteStats;

//! The overview, a site's statistics, and the figures they share.

pub mod figures;
pub mod hosts;
mod overview;
mod setup;
mod site;
mod todo;

pub use overview::OverviewPage;
pub use site::SiteStats;

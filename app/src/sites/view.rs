//! The pages of sites.

mod bulk;
pub mod frame;
mod integration;
mod list;
mod new;
mod overview;
mod settings;
mod state;
mod tombstone;

pub use crate::domains::view::{DomainsTab, RemoveDomainPage};
pub use bulk::BulkPage;
pub use frame::{SiteFrame, StateBadge, Tab};
pub use integration::IntegrationTab;
pub use list::SitesPage;
pub use new::NewSitePage;
pub use overview::{ActivityTab, OverviewTab};
pub use settings::SettingsTab;
pub use state::ChangeStatePage;

//! Pages of associated domains.

pub mod allow;
mod change;
mod effects;
mod field;
mod inbox;
mod list;
pub mod rejected;
mod remove;
mod warning;

pub use allow::AllowHostPage;
pub use change::ChangeDomainPage;
pub use field::{DomainsField, Typed};
pub use inbox::InboxPage;
pub use list::DomainsTab;
pub use remove::RemoveDomainPage;
pub use warning::WarningTags;

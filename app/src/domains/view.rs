//! Pages of associated domains.

pub mod allow;
mod field;
mod list;
pub mod rejected;
mod remove;

pub use allow::AllowHostPage;
pub use field::{DomainsField, Typed};
pub use list::DomainsTab;
pub use remove::RemoveDomainPage;

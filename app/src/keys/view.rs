//! Pages of sitekeys and secrets.

mod about;
mod confirm;
mod grace;
mod issue;
mod list;
mod revoke;
mod rotate;
mod rotation;
mod which;

pub use grace::GracePage;
pub use issue::{IssuePage, LabelPage};
pub use list::KeysTab;
pub use revoke::RevokePage;
pub use rotate::{RotatePage, TakeBackPage};
pub use rotation::RotationPage;
pub use which::WhichKeyPage;

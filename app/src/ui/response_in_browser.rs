//! Pages are rendered on the server only; in the browser there is no answer to change.

/// Does nothing.
pub(super) fn set_status(_status: u16) {}

/// Does nothing.
pub(super) fn redirect(_path: &str) {}

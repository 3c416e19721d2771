//! Sites as a file says they are to be: read ([`file`], [`table`]), compared with what is there
//! ([`plan`]), told ([`diff`]), and made so in one transaction ([`apply`]).
//!
//! The file names a site by its number, as an export does, or by its name. What it leaves out of a site
//! stays as it is; a list of domains is the whole list.

pub mod apply;
pub mod diff;
pub mod file;
pub mod model;
pub mod plan;
pub mod table;

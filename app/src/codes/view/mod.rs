//! The pages about error codes: all of them, and one with its fix.

mod code;
mod fix;
mod samples;
mod sites;

pub use code::CodePage;
pub use fix::Successors;
pub use samples::Samples;

use super::model::Class;

/// The class of a code with a capital.
pub(super) const fn class_label(class: Class) -> &'static str {
    match class {
        Class::Operator => "Operator",
        Class::Integrator => "Integrator",
        Class::Client => "Client",
        Class::Platform => "Platform",
        Class::Attack => "Attack",
    }
}

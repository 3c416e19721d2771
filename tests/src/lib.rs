//! What the integration tests, the load generator and the benchmark share: a real PostgreSQL, the real program, and
//! clients that talk to it as an operator's browser, a verifier and a shell do. Nothing here is a stand-in.
#![expect(clippy::missing_panics_doc, reason = "here a failure is a failed test")]

mod answer;
mod console;
mod database;
pub mod load;
mod machine;
pub mod seed;
mod server;

pub use answer::Answer;
pub use console::Console;
pub use database::{Database, posted};
pub use machine::Machine;
pub use server::{CreatedSite, Output, Server, binary};

//! The error codes of the service: what each one says, what the source document
//! recommends, and, in our own words, what usually causes it and what the console
//! can do about it.
//!
//! `catalogue.csv` is the source document (6 web and 21 server codes), `notes.csv`
//! is our reading of it; both are kept as they came. [`CATALOGUE`] repeats them as
//! Rust so that nothing is parsed at run time, in the browser or on the server, and
//! a test compares the two word for word.
//!
//! An event carries [`OK`] or a code. A code outside the catalogue is kept, counted
//! and shown as *unrecognised*: see [`normalise_code`].

pub mod api;
mod catalogue;
pub mod explorer;
pub mod likely;
mod model;
pub mod pages;
pub mod replay;
mod rules;
pub mod view;
mod words;

#[cfg(not(target_arch = "wasm32"))]
pub mod likely_reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod report;
#[cfg(not(target_arch = "wasm32"))]
pub mod todo;

pub use catalogue::CATALOGUE;
pub use model::{CatalogueEntry, Class, Code, Family, Fix, Twin, UnknownCode};
pub use rules::{
    CodeRefusal, MAX_CODE_LENGTH, NO_OPERATOR_ACTION, OK, entry, hue, is_unrecognised,
    normalise_code,
};
pub use words::OUR_READING;

//! The load generator: keep-alive HTTP/1.1 connections, each sending its next request when the last was answered.
//!
//! It shares two cores with the server and PostgreSQL, so it is made to cost little: one thread, requests that are
//! bytes from the start with a serial number written over a few of them, responses read no further than needed. A
//! general tool (oha, wrk) would have to be installed, and those that can vary a body spend more on it than the server
//! does on the answer.

mod connection;
mod drive;
mod request;

pub use drive::{Load, Report};
pub use request::{Request, SERIAL};

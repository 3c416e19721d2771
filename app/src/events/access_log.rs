//! Access logs in the *combined* format that Apache httpd and nginx write:
//!
//! ```text
//! host ident user [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5120 "referer" "user agent"
//! ```
//!
//! A log is bytes, not text: hosts, referers and user agents come from strangers. So
//! nothing here asks for UTF-8, no input panics, time grows with the length of the log
//! and memory with nothing. What cannot be read is reported with its line number and a
//! reason; it never ends the run.
//!
//! [`decompress`] opens plain and gzipped logs alike, [`LogReader`] walks the lines,
//! [`parse_line`] reads one. The format is described in the documentation of Apache's
//! `mod_log_config` and nginx's `ngx_http_log_module`.

mod compression;
mod escape;
mod line;
mod reader;
mod time;

pub use compression::{Decompressed, decompress};
pub use line::{Column, Malformed, Request, parse_line};
pub use reader::{Line, LogReader, MAX_LINE, ReadError, Unreadable};

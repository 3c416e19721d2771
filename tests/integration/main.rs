//! The real program on a real PostgreSQL, by noun.

mod assets;
mod auth;
mod source;

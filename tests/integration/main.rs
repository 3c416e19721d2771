//! The real program on a real PostgreSQL, by noun.

mod assets;
mod auth;
mod cli;
mod domains;
mod events;
mod gate;
mod replay;
mod sites;
mod source;
mod stats;

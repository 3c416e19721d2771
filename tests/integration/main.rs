//! The real program on a real PostgreSQL, by noun.

mod alerts;
mod apply;
mod assets;
mod audit;
mod auth;
mod cli;
mod detect;
mod domains;
mod errors;
mod events;
mod gate;
mod hostile;
mod incidents;
mod keypair;
mod keys;
mod live;
mod logs;
mod metrics;
mod rejected;
mod replay;
mod retention;
mod sites;
mod source;
mod stats;
mod storage;
mod verifiers;

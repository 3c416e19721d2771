//! Who is told of incidents: rules with a webhook, a Slack-compatible one or e-mail at their end, an outbox
//! that says the present state of an incident once, the job that sends what is due, and the times in which
//! nobody is told.

pub mod api;
pub mod form;
pub mod maintenance;
pub mod model;
pub mod pages;
pub mod rules;
pub mod view;

#[cfg(not(target_arch = "wasm32"))]
pub mod address;
#[cfg(not(target_arch = "wasm32"))]
mod client;
#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
#[cfg(not(target_arch = "wasm32"))]
pub mod deliver;
#[cfg(not(target_arch = "wasm32"))]
mod destination;
#[cfg(not(target_arch = "wasm32"))]
pub mod mail;
#[cfg(not(target_arch = "wasm32"))]
mod message;
#[cfg(not(target_arch = "wasm32"))]
mod reads;
#[cfg(not(target_arch = "wasm32"))]
mod signature;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;

//! Events, statistics and alerts on a real PostgreSQL: what was accepted is counted exactly once, whatever
//! happens on the way, and read back exactly; an incident is told once, as it stands.
//!
//! `SITEKEEPER_TEST_DATABASE_URL` names a server on which databases may be made; `make test` starts
//! one.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod alerts;
mod bounds;
mod exactness;
mod following;
mod harness;
mod journal;
mod reading;
mod retention;

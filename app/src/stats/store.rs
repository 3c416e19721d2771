//! Reading the statistics.
//!
//! A question is one statement: the runs of buckets that cover its range, each read from its own
//! table, put together and added up. It is planned for its very range each time (not persistent): a
//! plan that fits any range walks indexes through what this one has nothing to do with.

mod day;
mod hosts;
mod lists;
mod parts;
mod query;
mod quiet;
mod ranking;
mod samples;

pub use day::{SiteDay, SiteHour, day_of_sites, days_of_all_sites, hosts_of_code, last_day};
pub use hosts::{first_seen, hosts_by_minute, site_hosts, top_hosts, without_host};
pub use lists::{
    codes, codes_of_sites, extent, first_hour, last_heard_of, sites, sites_of_code, sites_per_code,
    sources, top_sites,
};
pub use query::{MAX_ROWS, Question, rows, rows_of, total};
pub use quiet::{LastHeard, hours_of_sites, last_heard, last_minutes};
pub use ranking::answer;
pub(crate) use samples::sample;
pub use samples::samples;

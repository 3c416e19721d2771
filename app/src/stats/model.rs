//! What is asked of the statistics, and what they answer.

mod answer;
mod question;
mod time;

pub use answer::{
    Answer, CodeTrend, Counted, HostCount, Key, Outcome, Row, Sample, SiteCount, SiteHostCount,
    SourceSeen,
};
pub use question::{Bucket, Comparison, Filter, GroupBy};
pub use time::{Grain, Range, Step};

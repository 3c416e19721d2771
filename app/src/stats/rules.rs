//! Which rollups answer a question.

use super::model::{Filter, Grain, GroupBy, Range, Step};
use crate::error::Refusal;
use crate::events::model::Retention;
use crate::events::retention::{Bounds, HOST_HOUR_DAYS, HOUR_DAYS, MINUTE_DAYS};
use crate::events::rules::Floors;
use jiff::Timestamp;

/// From when on the rollups with a retention hold everything. Each is the start of a UTC day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The rollups by minute.
    pub minute: Timestamp,
    /// The rollups by hour, hosts excepted.
    pub hour: Timestamp,
    /// The rollup of hosts by hour.
    pub host_hour: Timestamp,
}

impl Held {
    /// What is held at `now` under a retention that was always the same.
    pub fn new(retention: &Retention, now: Timestamp) -> Self {
        retention.floors(now).into()
    }

    /// What every installation holds at `now`, however short it was told to keep its counts. Enough
    /// for questions about the last days; older ends of a range are widened to whole days.
    pub fn at_least(now: Timestamp) -> Self {
        // A day less, for a retention that was lengthened yesterday from the shortest.
        let least = |bounds: Bounds| bounds.least - 1;
        let shortest = Retention {
            minute_days: least(MINUTE_DAYS),
            hour_days: least(HOUR_DAYS),
            host_hour_days: least(HOST_HOUR_DAYS),
            ..Retention::default()
        };
        Self::new(&shortest, now)
    }

    /// The finest buckets a family still holds of the time from `instant` on.
    pub fn finest(&self, family: Family, instant: Timestamp) -> Grain {
        let (minute, hour) = match family {
            Family::Stats | Family::Totals | Family::Sites => (Some(self.minute), self.hour),
            Family::Hosts => (None, self.host_hour),
        };
        if minute.is_some_and(|minute| instant >= minute) {
            Grain::Minute
        } else if instant >= hour {
            Grain::Hour
        } else {
            Grain::Day
        }
    }
}

impl From<Floors> for Held {
    fn from(Floors { minute, hour, host_hour, sample: _ }: Floors) -> Self {
        Self { minute, hour, host_hour }
    }
}

/// The rollups with the same columns, one table for each size of bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// By site, code, sitekey and source.
    Stats,
    /// All sites together, by code and source.
    Totals,
    /// By site and code; by minute, [`Family::Stats`] stands in.
    Sites,
    /// By site, code and host, not by minute.
    Hosts,
}

impl Family {
    /// The smallest rollups that can answer.
    ///
    /// # Errors
    ///
    /// Hosts are counted by site and code only; a question for more is refused.
    pub fn for_question(filter: &Filter, group_by: Option<GroupBy>) -> Result<Self, Refusal> {
        let asks = |group| group_by == Some(group);
        let by_sitekey = filter.sitekey.is_some() || asks(GroupBy::Sitekey);
        let by_source = filter.source.is_some() || asks(GroupBy::Source);
        if filter.host.is_some() || asks(GroupBy::Host) {
            let other = match (by_sitekey, by_source) {
                (false, false) => return Ok(Self::Hosts),
                (true, _) => "sitekey",
                (false, true) => "source",
            };
            return Err(Refusal::new(
                "not_counted",
                other,
                format!(
                    "Hosts are counted by site and code, not by {other}: leave out host or {other}."
                ),
            ));
        }
        Ok(if by_sitekey || filter.site.is_some() {
            Self::Stats
        } else if !asks(GroupBy::Site) {
            Self::Totals
        } else if by_source {
            Self::Stats
        } else {
            Self::Sites
        })
    }
}

/// A run of buckets of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Their size.
    pub grain: Grain,
    /// From the first one's start to the last one's end.
    pub range: Range,
}

/// How a range is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is covered: the range asked for, widened to whole buckets of the finest rollup that
    /// still holds each end.
    pub range: Range,
    /// The runs of buckets, oldest first, without gaps or overlaps.
    pub segments: Vec<Segment>,
}

/// Covers `range` with the coarsest buckets, none coarser than `coarsest`.
pub fn plan(range: Range, family: Family, coarsest: Grain, held: &Held) -> Plan {
    let last = range.to.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(range.from);
    let range = Range {
        from: held.finest(family, range.from).floor(range.from),
        to: held.finest(family, last).ceil(range.to),
    };
    let grains: Vec<Grain> =
        Grain::ALL.into_iter().rev().filter(|grain| *grain <= coarsest).collect();
    let mut segments = Vec::new();
    cover(range, &grains, &mut segments);
    Plan { range, segments }
}

/// Covers `range` with buckets of the first of `grains`, and what sticks out with the others.
fn cover(range: Range, grains: &[Grain], segments: &mut Vec<Segment>) {
    let Some((grain, finer)) = grains.split_first() else { return };
    let (from, to) = (grain.ceil(range.from), grain.floor(range.to));
    let Some(whole) = Range::new(from, to) else { return cover(range, finer, segments) };
    if let Some(before) = Range::new(range.from, from) {
        cover(before, finer, segments);
    }
    segments.push(Segment { grain: *grain, range: whole });
    if let Some(after) = Range::new(to, range.to) {
        cover(after, finer, segments);
    }
}

/// The most bars of a chart.
pub const MAX_BARS: i64 = 120;

/// The steps a chart can have, shortest first.
const STEPS: [Step; 11] = [
    Step { grain: Grain::Minute, multiple: 1 },
    Step { grain: Grain::Minute, multiple: 5 },
    Step { grain: Grain::Minute, multiple: 15 },
    Step { grain: Grain::Hour, multiple: 1 },
    Step { grain: Grain::Hour, multiple: 3 },
    Step { grain: Grain::Hour, multiple: 6 },
    Step { grain: Grain::Day, multiple: 1 },
    Step { grain: Grain::Day, multiple: 7 },
    Step { grain: Grain::Day, multiple: 28 },
    Step { grain: Grain::Day, multiple: 91 },
    Step { grain: Grain::Day, multiple: 182 },
];

/// The shortest steps that show a range of all events in at most [`MAX_BARS`] bars and are still
/// held for all of it.
pub fn step_for(range: Range, held: &Held) -> Step {
    let finest = held.finest(Family::Stats, range.from);
    let fits =
        |step: &Step| step.grain >= finest && range.length().as_secs() <= MAX_BARS * step.seconds();
    STEPS.into_iter().find(fits).unwrap_or(STEPS[STEPS.len() - 1])
}

/// The step of a series that was asked for by `grain`: a coarser one if the rollups no longer hold
/// that for the whole range.
pub fn held_step(grain: Grain, range: Range, family: Family, held: &Held) -> Step {
    Step::single(grain.max(held.finest(family, range.from)))
}

/// The starts of a range's steps, oldest first.
pub fn steps(range: Range, step: Step) -> Vec<Timestamp> {
    let next = |start: &Timestamp| start.checked_add(step.duration()).ok();
    std::iter::successors(Some(step.floor(range.from)), next)
        .take_while(|start| *start < range.to)
        .collect()
}

/// The range widened to whole steps.
#[must_use]
pub fn align(range: Range, step: Step) -> Range {
    let floor = step.floor(range.to);
    let to = if floor == range.to {
        floor
    } else {
        floor.checked_add(step.duration()).unwrap_or(Timestamp::MAX)
    };
    Range { from: step.floor(range.from), to }
}

#[cfg(test)]
mod tests;

//! Which rollups answer a question.

use super::model::{Comparison, Filter, Grain, GroupBy, Range, Step};
use crate::error::Refusal;
use crate::events::model::{MAX_AHEAD, Retention};
use crate::events::retention::{Bounds, HOST_HOUR_DAYS, HOUR_DAYS, MINUTE_DAYS};
use crate::events::rules::Floors;
use jiff::{SignedDuration, Timestamp};

/// From when on the rollups with a retention hold everything, each the start of a UTC day, and up to
/// when anything can have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The rollups by minute.
    pub minute: Timestamp,
    /// The rollups by hour, hosts excepted.
    pub hour: Timestamp,
    /// The rollups of hosts by hour.
    pub host_hour: Timestamp,
    /// The present instant: the buckets that it lies in hold nothing after it.
    pub now: Timestamp,
}

impl Held {
    /// What is held at `now` under a retention that was always the same.
    pub fn new(retention: &Retention, now: Timestamp) -> Self {
        Self::of(retention.floors(now), now)
    }

    /// What is held at `now` above these floors.
    pub const fn of(Floors { minute, hour, host_hour, sample: _ }: Floors, now: Timestamp) -> Self {
        Self { minute, hour, host_hour, now }
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
            Family::Stats | Family::Totals | Family::Sitekeys => (Some(self.minute), self.hour),
            Family::Hosts | Family::CodeHosts => (None, self.host_hour),
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

/// The rollups with the same columns, one table for each size of bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// By site, code, sitekey and source.
    Stats,
    /// All sites together, by code and source.
    Totals,
    /// By site, sitekey and code; by minute, [`Family::Stats`] stands in.
    Sitekeys,
    /// By site, code and host, not by minute.
    Hosts,
    /// By code and host over all sites, not by minute.
    CodeHosts,
}

/// The longest range of which all sites' minutes are read unasked. A longer one begins at a whole hour: a
/// minute of all sites may have as many rows as it had events.
const MINUTES_OF_ALL_SITES: SignedDuration = SignedDuration::from_hours(48);

impl Family {
    /// The smallest rollups that can answer.
    ///
    /// # Errors
    ///
    /// Hosts are counted by site and code only; a question for more is refused. No question tells apart
    /// by more than two things, or by one thing twice.
    pub fn for_question(filter: &Filter, group_by: &[GroupBy]) -> Result<Self, Refusal> {
        match group_by {
            [] | [_] => {}
            [one, other] if one != other => {}
            [one, _] => {
                let said = format!("{0} stands twice: name two different things.", one.name());
                return Err(Refusal::new("grouped_twice", "group_by", said));
            }
            _ => {
                let said = "Counts are told apart by at most two things: name one or two.";
                return Err(Refusal::new("grouped_too_finely", "group_by", said));
            }
        }
        let asks = |group| group_by.contains(&group);
        let of_keys = filter.sitekey.is_some() || filter.keys_of.is_some();
        let by_sitekey = of_keys || asks(GroupBy::Sitekey);
        let by_source = filter.source.is_some() || asks(GroupBy::Source);
        if filter.host.is_some() || asks(GroupBy::Host) {
            let other = match (by_sitekey, by_source) {
                (false, false) if filter.host.is_some() || filter.site.is_some() => {
                    return Ok(Self::Hosts);
                }
                (false, false) => return Ok(Self::CodeHosts),
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
        let of_one_site = filter.site.is_some() || of_keys;
        Ok(match (of_one_site, by_sitekey || asks(GroupBy::Site), by_source) {
            (true, ..) | (_, true, true) => Self::Stats,
            (false, true, false) => Self::Sitekeys,
            (false, false, _) => Self::Totals,
        })
    }

    /// The sizes of its buckets, coarsest first.
    const fn grains(self) -> &'static [Grain] {
        match self {
            Self::Stats | Self::Totals => &[Grain::Day, Grain::Hour, Grain::Minute],
            Self::Sitekeys => &[Grain::Week, Grain::Day, Grain::Hour, Grain::Minute],
            Self::Hosts => &[Grain::Day, Grain::Hour],
            Self::CodeHosts => &[Grain::Week, Grain::Day, Grain::Hour],
        }
    }
}

/// A run of buckets of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Their size.
    pub grain: Grain,
    /// From the first one's start to the last one's end.
    pub range: Range,
    /// Whether they are taken away from what coarser ones hold too much.
    pub less: bool,
}

/// How a range is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is covered: the range asked for, widened to whole buckets of the finest rollup that
    /// still holds each end.
    pub range: Range,
    /// The runs of buckets, in the order of their time. Added up, less those that are taken away, they
    /// cover every instant of the range once, and beyond it only what is yet to come.
    pub segments: Vec<Segment>,
}

/// Covers `range` with the coarsest buckets, none coarser than `coarsest`. Of a coarse bucket at an end,
/// the part outside may be taken away where that is the smaller part; of hosts never, since one that has a row among those of
/// an hour may be counted together with others among those of the day.
pub fn plan(range: Range, family: Family, coarsest: Grain, held: &Held) -> Plan {
    let may_take = !matches!(family, Family::Hosts | Family::CodeHosts);
    make_plan(range, family, coarsest, held, may_take)
}

/// The same without taking anything away, for what cannot be: when something was first and last seen.
pub fn plan_of_sums(range: Range, family: Family, held: &Held) -> Plan {
    make_plan(range, family, Grain::Week, held, false)
}

fn make_plan(range: Range, family: Family, coarsest: Grain, held: &Held, may_take: bool) -> Plan {
    let least = finest_read(family, range);
    let finest = |instant| held.finest(family, instant).max(least);
    let last = range.to.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(range.from);
    let range =
        Range { from: finest(range.from).floor(range.from), to: finest(last).ceil(range.to) };
    let grains = family.grains();
    let from_coarsest = grains.iter().position(|grain| *grain <= coarsest).unwrap_or(grains.len());
    let mut segments = Vec::new();
    let cover = Cover { now: held.now, may_take, less: false };
    // Up to now, what the clocks of senders put a little later counts as well.
    let ahead = Grain::Minute.ceil(held.now.saturating_add(MAX_AHEAD).unwrap_or(held.now));
    let to = if range.to >= held.now { range.to.max(ahead) } else { range.to };
    cover.push(Range { to, ..range }, &grains[from_coarsest..], &mut segments);
    Plan { range, segments }
}

/// The finest buckets that a range begins and ends with, whatever is held.
fn finest_read(family: Family, range: Range) -> Grain {
    let few = range.length() <= MINUTES_OF_ALL_SITES;
    if family == Family::Sitekeys && !few { Grain::Hour } else { Grain::Minute }
}

/// How a range is covered.
#[derive(Clone, Copy)]
struct Cover {
    now: Timestamp,
    may_take: bool,
    /// Whether what is covered is taken away.
    less: bool,
}

impl Cover {
    /// Covers `range` with buckets of the first of `grains`, and what sticks out with the others.
    fn push(self, range: Range, grains: &[Grain], segments: &mut Vec<Segment>) {
        let Some((grain, finer)) = grains.split_first() else { return };
        // Nothing has happened after now: the bucket it lies in is as good as over.
        let end = if range.to >= self.now { grain.ceil(range.to) } else { range.to };
        let outer = (grain.floor(range.from), grain.ceil(end));
        let (from, to) = (grain.ceil(range.from), grain.floor(end));
        let (mut before, mut after) = (Range::new(range.from, from), Range::new(to, end));
        let (mut before_less, mut after_less) =
            (Range::new(outer.0, range.from), Range::new(end, outer.1));
        let length = |part: Option<Range>| part.map_or(SignedDuration::ZERO, |part| part.length());
        let whole = if from > to {
            // All of it lies within one bucket.
            (before, after) = (None, None);
            let outside = length(before_less) + length(after_less);
            if self.may_take && outside < range.length() {
                Range::new(outer.0, outer.1)
            } else {
                None
            }
        } else {
            before_less =
                before_less.filter(|less| self.may_take && less.length() < length(before));
            after_less = after_less.filter(|less| self.may_take && less.length() < length(after));
            let start = before_less.map_or(from, |less| less.from);
            let end = after_less.map_or(to, |less| less.to);
            Range::new(start, end)
        };
        let Some(whole) = whole else { return self.push(range, finer, segments) };
        let part = |less: Option<Range>, more: Option<Range>, segments: &mut Vec<Segment>| {
            if let Some(range) = less {
                Self { less: !self.less, ..self }.push(range, finer, segments);
            } else if let Some(range) = more {
                self.push(range, finer, segments);
            }
        };
        part(before_less, before, segments);
        segments.push(Segment { grain: *grain, range: whole, less: self.less });
        part(after_less, after, segments);
    }
}

/// The most bars of a chart: a day has quarters of an hour, and a month has days.
pub const MAX_BARS: i64 = 100;

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
    step_of(Family::Stats, range, held)
}

/// The same of a family's rollups.
pub fn step_of(family: Family, range: Range, held: &Held) -> Step {
    let finest = held.finest(family, range.from).max(finest_read(family, range));
    let fits =
        |step: &Step| step.grain >= finest && range.length().as_secs() <= MAX_BARS * step.seconds();
    STEPS.into_iter().find(fits).unwrap_or(STEPS[STEPS.len() - 1])
}

/// The step of a series that was asked for by `grain`: a coarser one if the rollups no longer hold
/// that for the whole range.
pub fn held_step(grain: Grain, range: Range, family: Family, held: &Held) -> Step {
    Step::single(grain.max(held.finest(family, range.from)))
}

/// What `range`, told apart by `step`, is compared with: as long a time, whole steps before it. Where it is less than a step
/// longer than some whole days or weeks, it is as many before, so that each hour stands beside the same hour of the day; the
/// two then have the end of one and the beginning of the other in common.
pub fn before(range: Range, step: Option<Step>, comparison: Comparison) -> Range {
    let step = step.map_or(1, Step::seconds);
    let length = range.length().as_secs().max(1);
    let (unit, slack) = match comparison {
        Comparison::Previous => (step.max(Grain::Day.seconds()), step),
        Comparison::Week => (step.max(Grain::Week.seconds()), step.max(Grain::Day.seconds())),
    };
    let (whole, over) = (length.div_euclid(unit), length.rem_euclid(unit));
    let up_to = |unit: i64| (length + unit - 1).div_euclid(unit) * unit;
    let back = match comparison {
        _ if whole > 0 && over < slack => whole * unit,
        Comparison::Previous => up_to(step),
        Comparison::Week => up_to(unit),
    };
    let back = SignedDuration::from_secs(back);
    let moved = |instant: Timestamp| instant.checked_sub(back).unwrap_or(Timestamp::MIN);
    Range::new(moved(range.from), moved(range.to)).unwrap_or(range)
}

/// A range beside the time that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// What is asked for, cut to what can be compared.
    pub range: Range,
    /// What it is compared with, just as long.
    pub before: Range,
    /// How both are told apart by time, if they are.
    pub step: Option<Step>,
}

/// What `range`, told apart by `step`, is set beside, both of whole buckets that are held of both times. A bucket longer
/// than a minute must be over: a running hour beside a whole one would look like a fall; and so would what is still to come.
/// Nothing if no bucket of the range is over.
pub fn set_beside(
    range: Range,
    step: Option<Step>,
    comparison: Comparison,
    family: Family,
    held: &Held,
) -> Option<Beside> {
    let (mut grain, mut step) = (Grain::Minute, step);
    loop {
        let end = match grain {
            Grain::Minute => grain.ceil(held.now),
            _ => grain.floor(held.now),
        };
        let range = Range::new(grain.floor(range.from), grain.ceil(range.to).min(end))?;
        let before = before(range, step, comparison);
        let finest = held.finest(family, before.from).max(finest_read(family, range));
        if finest <= grain {
            return Some(Beside { range, before, step });
        }
        grain = finest;
        step = step.map(|step| step.max_of(Step::single(grain)));
    }
}

/// A range as all pages count it: a long one by whole hours. By the minute, how many sites had a code would be read from a
/// row for each event.
#[must_use]
pub fn by_whole_hours(range: Range) -> Range {
    if range.length() <= MINUTES_OF_ALL_SITES {
        return range;
    }
    Range { from: Grain::Hour.floor(range.from), to: Grain::Hour.ceil(range.to) }
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

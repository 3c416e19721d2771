use super::*;
use jiff::SignedDuration;
use proptest::prelude::*;

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn held() -> Held {
    Held::new(&Retention::default(), at("2026-06-15T12:34:56Z"))
}

fn range(from: &str, to: &str) -> Range {
    Range::new(at(from), at(to)).unwrap()
}

#[test]
fn days_in_the_middle_hours_and_minutes_at_the_ends() {
    let asked = range("2026-06-10T22:58:00Z", "2026-06-13T01:02:00Z");
    let plan = plan(asked, Family::Stats, Grain::Day, &held());
    assert_eq!(plan.range, asked);
    let expected = [
        (Grain::Minute, "2026-06-10T22:58:00Z", "2026-06-10T23:00:00Z"),
        (Grain::Hour, "2026-06-10T23:00:00Z", "2026-06-11T00:00:00Z"),
        (Grain::Day, "2026-06-11T00:00:00Z", "2026-06-13T00:00:00Z"),
        (Grain::Hour, "2026-06-13T00:00:00Z", "2026-06-13T01:00:00Z"),
        (Grain::Minute, "2026-06-13T01:00:00Z", "2026-06-13T01:02:00Z"),
    ]
    .map(|(grain, from, to)| Segment { grain, range: range(from, to), less: false });
    assert_eq!(plan.segments, expected);
}

#[test]
fn ends_are_widened_to_what_is_held() {
    let asked = range("2015-05-17T10:05:03Z", "2026-01-01T10:05:03Z");
    let covered = plan(asked, Family::Stats, Grain::Day, &held()).range;
    assert_eq!(covered, range("2015-05-17T00:00:00Z", "2026-01-01T11:00:00Z"));
    let asked = range("2026-06-15T10:05:03Z", "2026-06-15T10:05:04Z");
    let covered = plan(asked, Family::Stats, Grain::Day, &held()).range;
    assert_eq!(covered, range("2026-06-15T10:05:00Z", "2026-06-15T10:06:00Z"));
    let covered = plan(asked, Family::Hosts, Grain::Day, &held()).range;
    assert_eq!(covered, range("2026-06-15T10:00:00Z", "2026-06-15T11:00:00Z"));
}

#[test]
fn charts_have_the_shortest_steps_that_fit_and_are_held() {
    let ending =
        |hours| Range::ending(at("2026-06-15T12:00:00Z"), SignedDuration::from_hours(hours));
    let minutes = |hours| step_for(ending(hours), &held()).seconds() / 60;
    let found = [1, 2, 3, 10, 24, 96, 24 * 7, 24 * 30, 24 * 90, 24 * 365, 24 * 3_650].map(minutes);
    let day = 24 * 60;
    assert_eq!(found, [1, 5, 5, 15, 15, 60, 180, day, day, 7 * day, 91 * day]);
    let old = range("2025-06-10T10:00:00Z", "2025-06-10T11:00:00Z");
    assert_eq!(step_for(old, &held()), Step::single(Grain::Hour));
    let older = range("2015-05-17T10:00:00Z", "2015-05-17T11:00:00Z");
    assert_eq!(step_for(older, &held()), Step::single(Grain::Day));
}

#[test]
fn weeks_begin_on_mondays() {
    let week = Step { grain: Grain::Day, multiple: 7 };
    assert_eq!(week.floor(at("2026-06-14T23:59:59Z")), at("2026-06-08T00:00:00Z"));
    assert_eq!(week.floor(at("2026-06-15T00:00:00Z")), at("2026-06-15T00:00:00Z"));
}

#[test]
fn the_smaller_part_of_a_coarse_bucket_is_read() {
    let asked = range("2026-05-25T20:00:00Z", "2026-06-14T02:00:00Z");
    let plan = plan(asked, Family::Sitekeys, Grain::Week, &held());
    assert_eq!(plan.range, asked);
    // Three weeks from a Monday on, less its day but for four hours, and less the last day but for two.
    let expected = [
        (Grain::Day, "2026-05-25T00:00:00Z", "2026-05-26T00:00:00Z", true),
        (Grain::Hour, "2026-05-25T20:00:00Z", "2026-05-26T00:00:00Z", false),
        (Grain::Week, "2026-05-25T00:00:00Z", "2026-06-15T00:00:00Z", false),
        (Grain::Hour, "2026-06-14T00:00:00Z", "2026-06-14T02:00:00Z", false),
        (Grain::Day, "2026-06-14T00:00:00Z", "2026-06-15T00:00:00Z", true),
    ]
    .map(|(grain, from, to, less)| Segment { grain, range: range(from, to), less });
    assert_eq!(plan.segments, expected);
    let sums = plan_of_sums(asked, Family::Hosts, &held());
    assert!(sums.segments.iter().all(|segment| !segment.less));
}

#[test]
fn the_bucket_that_runs_is_read_whole() {
    let asked = range("2026-06-08T00:00:00Z", "2026-06-15T12:34:56Z");
    let plan = plan(asked, Family::Totals, Grain::Day, &held());
    assert_eq!(plan.range.to, at("2026-06-15T12:35:00Z"));
    let whole = range("2026-06-08T00:00:00Z", "2026-06-16T00:00:00Z");
    assert_eq!(plan.segments, [Segment { grain: Grain::Day, range: whole, less: false }]);
}

#[test]
fn a_long_range_of_all_sites_begins_at_a_whole_hour() {
    let covered = |from, family| {
        plan(range(from, "2026-06-15T12:34:56Z"), family, Grain::Week, &held()).range.from
    };
    let long = "2026-06-13T10:20:00Z";
    assert_eq!(covered(long, Family::Sitekeys), at("2026-06-13T10:00:00Z"));
    assert_eq!(covered(long, Family::Stats), at(long));
    let short = "2026-06-14T10:20:00Z";
    assert_eq!(covered(short, Family::Sitekeys), at(short));
}

#[test]
fn a_comparison_is_as_long_and_whole_steps_before_the_range() {
    let day = range("2026-06-14T10:20:00Z", "2026-06-15T10:20:00Z");
    let before = |range, step, with| before(range, step, with);
    let hours = Some(Step { grain: Grain::Hour, multiple: 3 });
    let bars = range("2026-06-08T09:00:00Z", "2026-06-15T10:20:00Z");
    // Each hour stands beside the same hour of the day, though the two have a part of a bar in common.
    for with in Comparison::ALL {
        assert_eq!(
            before(bars, hours, with),
            range("2026-06-01T09:00:00Z", "2026-06-08T10:20:00Z")
        );
    }
    let ragged = range("2026-06-08T10:20:00Z", "2026-06-15T10:21:00Z");
    assert_eq!(
        before(ragged, None, Comparison::Week),
        range("2026-06-01T10:20:00Z", "2026-06-08T10:21:00Z")
    );
    let months = Some(Step { grain: Grain::Day, multiple: 28 });
    let years = range("2024-06-03T00:00:00Z", "2026-06-15T00:00:00Z");
    let back = years.from.duration_since(before(years, months, Comparison::Week).from);
    assert_eq!(back.as_hours() % (28 * 24), 0);
    assert_eq!(
        before(day, None, Comparison::Previous),
        range("2026-06-13T10:20:00Z", "2026-06-14T10:20:00Z")
    );
    assert_eq!(
        before(day, None, Comparison::Week),
        range("2026-06-07T10:20:00Z", "2026-06-08T10:20:00Z")
    );
    let nine_days = range("2026-06-06T00:00:00Z", "2026-06-15T00:00:00Z");
    assert_eq!(
        before(nine_days, None, Comparison::Week),
        range("2026-05-23T00:00:00Z", "2026-06-01T00:00:00Z")
    );
    // By the hour, whole hours back.
    let ninety_minutes = range("2026-06-15T09:00:00Z", "2026-06-15T10:30:00Z");
    assert_eq!(
        before(ninety_minutes, Some(Step::single(Grain::Hour)), Comparison::Previous),
        range("2026-06-15T07:00:00Z", "2026-06-15T08:30:00Z")
    );
}

#[test]
fn hours_that_run_are_not_set_beside_whole_ones() {
    let day = range("2026-06-14T12:34:56Z", "2026-06-15T12:34:56Z");
    let beside = |asked, family, held: &Held| {
        let found = set_beside(asked, None, Comparison::Previous, family, held)?;
        Some((found.range, found.before))
    };
    let minutes = range("2026-06-14T12:34:00Z", "2026-06-15T12:35:00Z");
    let before_them = range("2026-06-13T12:33:00Z", "2026-06-14T12:34:00Z");
    assert_eq!(beside(day, Family::Stats, &held()), Some((minutes, before_them)));
    let hours = range("2026-06-14T12:00:00Z", "2026-06-15T12:00:00Z");
    let before_them = range("2026-06-13T12:00:00Z", "2026-06-14T12:00:00Z");
    assert_eq!(beside(day, Family::Hosts, &held()), Some((hours, before_them)));
    // An hour that is over counts whole, wherever in it the range ends.
    let half_past = range("2026-06-14T10:30:00Z", "2026-06-14T11:30:00Z");
    let whole = range("2026-06-14T10:00:00Z", "2026-06-14T12:00:00Z");
    let found = beside(half_past, Family::Hosts, &held());
    assert_eq!(found.map(|(range, _)| range), Some(whole));
    // What began within the hour has nothing to be set beside; nor has what is to come.
    let running = range("2026-06-15T12:10:00Z", "2026-06-15T12:34:56Z");
    assert_eq!(beside(running, Family::Hosts, &held()), None);
    let today = range("2026-06-15T00:00:00Z", "2026-06-16T00:00:00Z");
    let so_far = range("2026-06-15T00:00:00Z", "2026-06-15T12:35:00Z");
    let found = beside(today, Family::Stats, &held());
    assert_eq!(found.map(|(range, _)| range), Some(so_far));
}

#[test]
fn what_is_set_beside_each_other_is_held_alike() {
    // Widened to hours, the time before begins where only days are held.
    let floor = at("2026-05-16T00:00:00Z");
    let held = Held { host_hour: floor, ..held() };
    let asked = range("2026-05-16T10:30:00Z", "2026-05-16T20:30:00Z");
    let hours = Some(Step::single(Grain::Hour));
    let found = set_beside(asked, hours, Comparison::Previous, Family::Hosts, &held).unwrap();
    assert_eq!(found.range, range("2026-05-16T00:00:00Z", "2026-05-17T00:00:00Z"));
    assert_eq!(found.before, range("2026-05-15T00:00:00Z", "2026-05-16T00:00:00Z"));
    assert_eq!(found.step, Some(Step::single(Grain::Day)), "no hours are told apart any more");
}

#[test]
fn the_smallest_rollups_that_can_answer_are_read() {
    use GroupBy::{Code, Host, Site, Sitekey, Source};
    let family = Family::for_question;
    let all = Filter::default();
    assert_eq!(family(&all, &[]), Ok(Family::Totals));
    assert_eq!(family(&all, &[Source]), Ok(Family::Totals));
    assert_eq!(family(&all, &[Code, Source]), Ok(Family::Totals));
    assert_eq!(family(&all, &[Code, Site]), Ok(Family::Sitekeys));
    assert_eq!(family(&all, &[Site, Sitekey]), Ok(Family::Sitekeys));
    assert_eq!(family(&all, &[Code, Host]), Ok(Family::CodeHosts));
    assert_eq!(family(&all, &[Host, Site]), Ok(Family::CodeHosts));
    assert_eq!(family(&all, &[Site, Source]), Ok(Family::Stats));
    assert_eq!(family(&Filter::code("ok"), &[Site]), Ok(Family::Sitekeys));
    assert_eq!(family(&Filter::site(1), &[Code]), Ok(Family::Stats));
    assert_eq!(family(&Filter::site(1), &[Host]), Ok(Family::Hosts));
    let of_source = Filter { source: Some("edge-1".into()), ..Filter::default() };
    assert_eq!(family(&of_source, &[Site]), Ok(Family::Stats));
    assert_eq!(family(&of_source, &[Code]), Ok(Family::Totals));
    let of_host = Filter { host: Some("a.example".into()), ..Filter::default() };
    assert_eq!(family(&of_host, &[Site]), Ok(Family::Hosts));
    for (filter, group_by, field) in [
        (&of_source, vec![Host], "source"),
        (&of_host, vec![Sitekey], "sitekey"),
        (&all, vec![Host, Sitekey], "sitekey"),
        (&all, vec![Code, Code], "group_by"),
        (&all, vec![Code, Site, Source], "group_by"),
    ] {
        assert_eq!(family(filter, &group_by).unwrap_err().field, field, "{group_by:?}");
    }
}

fn instants() -> impl Strategy<Value = Timestamp> {
    let now = at("2026-06-15T12:34:56Z").as_millisecond();
    let held_long = 450 * 86_400_000_i64;
    prop_oneof![
        now - 4 * 3_600_000..now,
        now - 40 * 86_400_000..now,
        now - held_long..now,
        now - 10 * held_long..now,
    ]
    .prop_map(|milliseconds| Timestamp::from_millisecond(milliseconds).unwrap())
}

fn ranges() -> impl Strategy<Value = Range> {
    (instants(), instants()).prop_filter_map("empty", |(a, b)| Range::new(a.min(b), a.max(b)))
}

/// The coarsest buckets that tell the steps apart.
fn coarsest_of(step: Option<Step>) -> Grain {
    step.map_or(Grain::Week, |step| step.grain)
}

fn families() -> impl Strategy<Value = Family> {
    prop::sample::select(vec![
        Family::Stats,
        Family::Totals,
        Family::Sitekeys,
        Family::Hosts,
        Family::CodeHosts,
    ])
}

proptest! {
    #[test]
    fn segments_cover_the_range_once_with_whole_buckets_that_are_held(
        asked in ranges(),
        family in families(),
        coarsest in prop::sample::select(Grain::ALL.to_vec()),
        sums_only in any::<bool>(),
    ) {
        let held = held();
        // A series asks for no finer buckets than are held of its whole range.
        let coarsest = if sums_only { Grain::Week } else { held_step(coarsest, asked, family, &held).grain };
        let plan = if sums_only {
            plan_of_sums(asked, family, &held)
        } else {
            plan(asked, family, coarsest, &held)
        };
        prop_assert!(plan.range.from <= asked.from && plan.range.to >= asked.to);
        for Segment { grain, range, less } in &plan.segments {
            prop_assert!(range.from < range.to);
            prop_assert_eq!(grain.floor(range.from), range.from);
            prop_assert_eq!(grain.floor(range.to), range.to);
            prop_assert!(*grain <= coarsest);
            prop_assert!(*grain >= held.finest(family, range.from));
            prop_assert!(!(sums_only && *less));
        }
        // How often the time from each instant at which anything begins or ends is counted.
        let ends = plan.segments.iter().flat_map(|segment| [segment.range.from, segment.range.to]);
        let counted = |instant: Timestamp| -> i32 {
            let holds = plan.segments.iter().filter(|segment| {
                segment.range.from <= instant && instant < segment.range.to
            });
            holds.map(|segment| if segment.less { -1 } else { 1 }).sum()
        };
        for instant in ends.chain([plan.range.from, plan.range.to]).filter(|at| *at < held.now) {
            let within = plan.range.from <= instant && instant < plan.range.to;
            prop_assert_eq!(counted(instant), i32::from(within), "{} in {:?}", instant, plan);
        }
        prop_assert_eq!(counted(plan.range.from - SignedDuration::from_secs(1)), 0);
    }

    #[test]
    fn what_is_set_beside_each_other_is_as_long_and_read_as_it_is(
        asked in ranges(),
        family in families(),
        comparison in prop::sample::select(Comparison::ALL.to_vec()),
        step in prop::option::of(prop::sample::select(STEPS.to_vec())),
    ) {
        let held = held();
        let step = step.map(|step| step.max_of(held_step(step.grain, asked, family, &held)));
        let Some(Beside { range, before, step }) = set_beside(asked, step, comparison, family, &held) else {
            prop_assert!(asked.to > held.now - Grain::Day.duration());
            return Ok(());
        };
        prop_assert_eq!(range.length(), before.length());
        let back = range.from.duration_since(before.from).as_secs();
        let seconds = step.map_or(60, Step::seconds);
        prop_assert_eq!(back % seconds, 0, "steps stand beside steps");
        // At most the last step, or day, has begun before the range does.
        let common = before.to.duration_since(range.from).as_secs();
        let most = if comparison == Comparison::Week { seconds.max(86_400) } else { seconds };
        prop_assert!(common < most);
        prop_assert!(range.to <= Grain::Minute.ceil(held.now));
        for range in [range, before] {
            prop_assert_eq!(plan(range, family, coarsest_of(step), &held).range, range);
            if let Some(step) = step {
                prop_assert!(step.grain >= held.finest(family, range.from));
            }
        }
    }

    #[test]
    fn few_buckets_are_read_however_long_the_range(asked in ranges(), family in families()) {
        let plan = plan(asked, family, Grain::Week, &held());
        // A run of the coarsest, and at either end less than half a bucket of each finer size.
        prop_assert!(plan.segments.len() <= 7);
        let buckets = |grain: Grain| -> i64 {
            let runs = plan.segments.iter().filter(|segment| segment.grain == grain);
            runs.map(|segment| segment.range.length().as_secs() / grain.seconds()).sum()
        };
        prop_assert!(buckets(Grain::Minute) <= 2 * 59);
        prop_assert!(buckets(Grain::Hour) <= 2 * 23 || plan.range.length() < Grain::Day.duration() * 2);
        if family == Family::Sitekeys {
            prop_assert!(buckets(Grain::Day) <= 2 * 6);
        }
        if asked.length() > SignedDuration::from_hours(24 * 30) && asked.to >= held().now {
            prop_assert!(buckets(Grain::Minute) <= 30 && buckets(Grain::Hour) <= 23);
        }
    }

    #[test]
    fn widening_goes_no_further_than_one_bucket(asked in ranges(), family in families()) {
        let plan = plan(asked, family, Grain::Day, &held());
        prop_assert!(asked.from.duration_since(plan.range.from) < Grain::Day.duration());
        prop_assert!(plan.range.to.duration_since(asked.to) < Grain::Day.duration());
    }

    #[test]
    fn steps_are_few_and_hold_the_range(asked in ranges()) {
        let step = step_for(asked, &held());
        let starts = steps(asked, step);
        let aligned = align(asked, step);
        prop_assert_eq!(starts[0], aligned.from);
        prop_assert_eq!(starts[starts.len() - 1] + step.duration(), aligned.to);
        prop_assert!(starts.is_sorted());
        // Two ragged ends add one bar.
        prop_assert!(starts.len() <= 2 + usize::try_from(MAX_BARS).unwrap());
    }

    #[test]
    fn floor_and_ceil_enclose(instant in instants()) {
        for grain in Grain::ALL {
            let (floor, ceil) = (grain.floor(instant), grain.ceil(instant));
            prop_assert!(floor <= instant && instant <= ceil);
            prop_assert!(ceil.duration_since(floor) <= grain.duration());
            let monday = if grain == Grain::Week { 4 * 86_400 } else { 0 };
            prop_assert_eq!((floor.as_second() - monday) % grain.seconds(), 0);
        }
    }
}

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
    .map(|(grain, from, to)| Segment { grain, range: range(from, to) });
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
    assert_eq!(found, [1, 1, 5, 5, 15, 60, 180, 360, day, 7 * day, 91 * day]);
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
fn the_smallest_rollups_that_can_answer_are_read() {
    let family = |filter: &Filter, group_by| Family::for_question(filter, group_by);
    let all = Filter::default();
    assert_eq!(family(&all, None), Ok(Family::Totals));
    assert_eq!(family(&all, Some(GroupBy::Source)), Ok(Family::Totals));
    assert_eq!(family(&Filter::code("ok"), Some(GroupBy::Site)), Ok(Family::Sites));
    assert_eq!(family(&Filter::site(1), Some(GroupBy::Code)), Ok(Family::Stats));
    assert_eq!(family(&Filter::site(1), Some(GroupBy::Host)), Ok(Family::Hosts));
    let of_source = Filter { source: Some("edge-1".into()), ..Filter::default() };
    assert_eq!(family(&of_source, Some(GroupBy::Site)), Ok(Family::Stats));
    let refusal = family(&of_source, Some(GroupBy::Host)).unwrap_err();
    assert_eq!(refusal.field, "source");
    let of_host = Filter { host: Some("a.example".into()), ..Filter::default() };
    assert_eq!(family(&of_host, Some(GroupBy::Sitekey)).unwrap_err().field, "sitekey");
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

fn families() -> impl Strategy<Value = Family> {
    prop::sample::select(vec![Family::Stats, Family::Totals, Family::Sites, Family::Hosts])
}

proptest! {
    #[test]
    fn segments_cover_the_range_once_with_whole_buckets_that_are_held(
        asked in ranges(),
        family in families(),
        coarsest in prop::sample::select(Grain::ALL.to_vec()),
    ) {
        let held = held();
        // A series asks for no finer buckets than are held of its whole range.
        let coarsest = held_step(coarsest, asked, family, &held).grain;
        let plan = plan(asked, family, coarsest, &held);
        prop_assert!(plan.range.from <= asked.from && plan.range.to >= asked.to);
        let mut covered = plan.range.from;
        for segment in &plan.segments {
            prop_assert_eq!(segment.range.from, covered);
            prop_assert!(segment.range.from < segment.range.to);
            prop_assert_eq!(segment.grain.floor(segment.range.from), segment.range.from);
            prop_assert_eq!(segment.grain.floor(segment.range.to), segment.range.to);
            prop_assert!(segment.grain <= coarsest);
            prop_assert!(segment.grain >= held.finest(family, segment.range.from));
            covered = segment.range.to;
        }
        prop_assert_eq!(covered, plan.range.to);
    }

    #[test]
    fn buckets_are_as_coarse_as_can_be(asked in ranges()) {
        let plan = plan(asked, Family::Stats, Grain::Day, &held());
        prop_assert!(plan.segments.len() <= 5);
        for segment in &plan.segments {
            let next = match segment.grain {
                Grain::Minute => Grain::Hour,
                Grain::Hour => Grain::Day,
                Grain::Day => continue,
            };
            // No whole coarser bucket fits into a segment.
            prop_assert!(next.ceil(segment.range.from) >= segment.range.to
                || next.ceil(segment.range.from) >= next.floor(segment.range.to));
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
            prop_assert_eq!(floor.as_second() % grain.seconds(), 0);
        }
    }
}

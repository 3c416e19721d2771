use super::super::model::{Hour, HourCount, Kind, MinuteCount, Policy, Sensitivity};
use super::super::{Baseline, chance};
use super::*;
use fastrand::Rng;
use proptest::prelude::*;

const NOW: Hour = 500_000;
const MINUTE: Minute = NOW * 60 + 20;
const FOUR_WEEKS: i64 = 672;
const RISE: Policy = Policy { kind: Kind::Fixable, sensitivity: Sensitivity::Normal };

/// A baseline of `count` events among `attempts` each hour.
fn flat(count: u64, attempts: u64, known: i64) -> Baseline {
    let hours: Vec<HourCount> =
        (NOW - known..NOW).map(|hour| HourCount { hour, count, attempts }).collect();
    Baseline::of_hours(&hours, NOW - known, NOW)
}

/// A window of `before`, and then the given minutes.
fn window(before: (u64, u64), last: &[(u64, u64)]) -> [MinuteCount; WINDOW] {
    let minute = |(count, attempts)| MinuteCount { count, attempts };
    let mut recent = [minute(before); WINDOW];
    for (recent, last) in recent.iter_mut().rev().zip(last.iter().rev()) {
        *recent = minute(*last);
    }
    recent
}

fn judged(
    baseline: &Baseline,
    recent: [MinuteCount; WINDOW],
    policy: Policy,
    open: bool,
) -> Judgement<u8> {
    judge(MINUTE, &[Watched { key: 0, baseline, recent, policy, open }]).remove(0)
}

#[test]
fn a_removed_domain_is_found_in_its_second_minute() {
    let baseline = flat(6, 6_000, FOUR_WEEKS);
    let one = judged(&baseline, window((0, 100), &[(41, 100)]), RISE, false);
    assert_eq!(one.verdict, Verdict::Quiet);
    let two = judged(&baseline, window((0, 100), &[(41, 100), (38, 100)]), RISE, false);
    assert_eq!(two.verdict, Verdict::Raised);
    assert_eq!((two.onset, two.observed), (Some(MINUTE - 1), 79));
    assert!(two.factor > 100.0 && two.score > 20.0, "{two:?}");
}

#[test]
fn a_batch_that_was_sent_at_once_is_no_incident() {
    let baseline = flat(6, 6_000, FOUR_WEEKS);
    for last in [&[(500, 600)][..], &[(500, 600), (0, 100)], &[(500, 600), (1, 100), (0, 100)]] {
        assert_eq!(judged(&baseline, window((0, 100), last), RISE, false).verdict, Verdict::Quiet);
    }
}

#[test]
fn a_surge_of_attempts_at_the_usual_rate_is_none() {
    let baseline = flat(600, 60_000, FOUR_WEEKS);
    let surge = [(100, 10_000), (105, 10_000), (98, 10_100)];
    assert_eq!(judged(&baseline, window((10, 1_000), &surge), RISE, false).verdict, Verdict::Quiet);
    let spike = [(100, 1_090), (105, 1_095), (98, 1_088)];
    assert_eq!(
        judged(&baseline, window((10, 1_000), &spike), RISE, false).verdict,
        Verdict::Raised
    );
}

#[test]
fn noise_must_be_louder_than_what_can_be_fixed() {
    let baseline = flat(120, 60_000, FOUR_WEEKS);
    let recent = window((2, 1_000), &[(12, 1_000), (14, 1_000), (13, 1_000)]);
    let of = |kind| judged(&baseline, recent, Policy { kind, ..RISE }, false).verdict;
    assert_eq!(of(Kind::Fixable), Verdict::Raised);
    assert_eq!(of(Kind::Noise), Verdict::Quiet);
}

#[test]
fn a_new_series_is_asked_for_more() {
    let recent = window((1, 100), &[(8, 100), (9, 100), (8, 100)]);
    assert_eq!(judged(&flat(60, 6_000, FOUR_WEEKS), recent, RISE, false).verdict, Verdict::Raised);
    assert_eq!(judged(&flat(60, 6_000, 12), recent, RISE, false).verdict, Verdict::Quiet);
    let loud = window((1, 100), &[(400, 500), (380, 500), (420, 500)]);
    assert_eq!(judged(&flat(60, 6_000, 12), loud, RISE, false).verdict, Verdict::Raised);
}

#[test]
fn an_open_incident_is_over_after_ten_usual_minutes() {
    let baseline = flat(60, 6_000, FOUR_WEEKS);
    let after = |usual: usize| {
        let mut last = vec![(60, 150); WINDOW - usual];
        last.extend(vec![(1, 100); usual]);
        judged(&baseline, window((60, 150), &last), RISE, true).verdict
    };
    assert_eq!(after(0), Verdict::Going);
    assert_eq!(after(8), Verdict::Going);
    assert_eq!(after(10), Verdict::Cleared);
}

#[test]
fn thousands_of_usual_series_stay_quiet_for_hours() {
    let mut rng = Rng::with_seed(11);
    // Dispersion as of real counts, hour by hour and minute by minute.
    let baselines: Vec<(f64, f64, Baseline)> = (0..60)
        .map(|_| {
            let (mean, spread) = (0.01 * 10_f64.powf(4.0 * rng.f64()), 0.2 * rng.f64());
            let hours: Vec<HourCount> = (NOW - FOUR_WEEKS..NOW)
                .map(|hour| HourCount {
                    hour,
                    count: chance::count(&mut rng, 60.0 * mean, spread),
                    attempts: 0,
                })
                .collect();
            (mean, spread, Baseline::of_hours(&hours, NOW - FOUR_WEEKS, NOW))
        })
        .collect();
    let mut raised = 0;
    for (mean, spread, baseline) in &baselines {
        let hour = chance::count(&mut rng, 1e6, *spread);
        #[expect(clippy::cast_precision_loss, reason = "a test")]
        let mean = mean * hour as f64 / 1e6;
        let mut recent = [MinuteCount::default(); WINDOW];
        for _ in 0..500 {
            recent.rotate_left(1);
            recent[WINDOW - 1].count = chance::count(&mut rng, mean, 0.05);
            let verdict = judged(baseline, recent, RISE, false).verdict;
            raised += usize::from(verdict == Verdict::Raised);
        }
    }
    assert_eq!(raised, 0);
}

proptest! {
    #[test]
    fn any_window_can_be_judged(
        counts in prop::array::uniform15((any::<u64>(), any::<u64>())),
        usual in (0_u64..10_000, any::<u64>()), known in 0_i64..672, open: bool, minute: i64,
    ) {
        let baseline = flat(usual.0, usual.1, known);
        let recent = counts.map(|(count, attempts)| MinuteCount { count: count >> 8, attempts });
        let judgement =
            judge(minute >> 8, &[Watched { key: (), baseline: &baseline, recent, policy: RISE, open }]).remove(0);
        prop_assert!(judgement.score.is_finite() && judgement.score >= 0.0);
        prop_assert!(judgement.factor >= 0.0 && judgement.expected.is_finite());
        let opened = matches!(judgement.verdict, Verdict::Going | Verdict::Cleared);
        prop_assert_eq!(opened, open);
        prop_assert_eq!(
            judgement.onset.is_some(),
            matches!(judgement.verdict, Verdict::Raised | Verdict::Going)
        );
    }

    #[test]
    fn more_of_the_same_is_never_less_unusual(
        last in prop::array::uniform3(0_u64..1_000), more in prop::array::uniform3(0_u64..1_000), usual in 0_u64..2_000,
    ) {
        let baseline = flat(usual, 10_000, FOUR_WEEKS);
        let of = |last: [u64; 3]| {
            let last = last.map(|count| (count, 2_000));
            judged(&baseline, window((usual / 60, 2_000), &last), RISE, false).score
        };
        let after = [last[0] + more[0], last[1] + more[1], last[2] + more[2]];
        prop_assert!(of(after) >= of(last) - 1e-9);
    }

    #[test]
    fn the_order_of_series_does_not_matter(seed: u64, loud in prop::collection::vec(0_u64..60, 2..30)) {
        let baseline = flat(60, 6_000, FOUR_WEEKS);
        let mut series: Vec<Watched<'_, usize>> = loud
            .iter()
            .enumerate()
            .map(|(key, count)| Watched {
                key,
                baseline: &baseline,
                recent: window((1, 100), &[(*count, 100), (*count, 100)]),
                policy: RISE,
                open: key % 3 == 0,
            })
            .collect();
        let mut before = judge(MINUTE, &series);
        Rng::with_seed(seed).shuffle(&mut series);
        let mut after = judge(MINUTE, &series);
        before.sort_by_key(|judgement| judgement.key);
        after.sort_by_key(|judgement| judgement.key);
        prop_assert_eq!(before, after);
    }
}

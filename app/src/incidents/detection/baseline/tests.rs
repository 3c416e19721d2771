use super::super::chance;
use super::*;
use fastrand::Rng;
use proptest::prelude::*;

const NOW: Hour = 500_000;
const FOUR_WEEKS: i64 = 4 * 168;

/// Four weeks of hours before `NOW`.
fn hours(count: impl Fn(Hour) -> u64) -> Vec<HourCount> {
    (NOW - FOUR_WEEKS..NOW)
        .map(|hour| HourCount { hour, count: count(hour), attempts: 1_000 })
        .collect()
}

fn learned(hours: &[HourCount]) -> Baseline {
    Baseline::of_hours(hours, NOW - FOUR_WEEKS, NOW)
}

/// The middle of an hour.
fn middle(hour: Hour) -> Minute {
    hour * 60 + 30
}

#[test]
fn nights_and_weekends_are_learned() {
    let office = |hour: Hour| {
        let (day, of_day) = (hour / 24 % 7, hour % 24);
        if day < 5 && (8..18).contains(&of_day) { 6_000 } else { 60 }
    };
    let baseline = learned(&hours(office));
    for hour in NOW..NOW + 168 {
        let expected = baseline.expect(middle(hour));
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let usual = office(hour) as f64 / 60.0;
        assert!((0.5..2.0).contains(&(expected.mean / usual)), "{hour}: {expected:?} {usual}");
    }
    let steep = baseline.expect((NOW / 24 + 7) * 24 * 60 + 8 * 60);
    assert!(steep.dispersion > 2.0 * baseline.expect((NOW / 24 + 7) * 24 * 60 + 750).dispersion);
}

#[test]
fn a_past_incident_is_not_usual() {
    let quiet = learned(&hours(|_| 120));
    let after =
        learned(&hours(|hour| if (NOW - 500..NOW - 490).contains(&hour) { 50_000 } else { 120 }));
    let (one, two) = (quiet.expect(middle(NOW + 4)), after.expect(middle(NOW + 4)));
    assert!((two.mean / one.mean - 1.0).abs() < 0.3, "{one:?} {two:?}");
    assert!(two.dispersion < 0.2, "{two:?}");
}

#[test]
fn scatter_is_told_from_chance() {
    let mut rng = Rng::with_seed(7);
    for (spread, allowed) in [(0.0, 0.0..0.02), (0.05, 0.03..0.09), (0.3, 0.18..0.6)] {
        let counts: Vec<u64> =
            (0..FOUR_WEEKS).map(|_| chance::count(&mut rng, 3_000.0, spread)).collect();
        let baseline =
            learned(&hours(|hour| counts[usize::try_from(hour - NOW + FOUR_WEEKS).unwrap()]));
        assert!(allowed.contains(&f64::from(baseline.spread)), "{spread}: {}", baseline.spread);
    }
}

#[test]
fn the_level_follows_growth() {
    // A third more every day.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test")]
    let growing = |hour: Hour| {
        let days = f64::from(i32::try_from(hour - NOW + FOUR_WEEKS).unwrap()) / 24.0;
        (1_000.0 * 1.05_f64.powf(days)) as u64
    };
    let expected = learned(&hours(growing)).expect(middle(NOW));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let true_mean = growing(NOW) as f64 / 60.0;
    assert!((expected.mean / true_mean - 1.0).abs() < 0.15, "{} {true_mean}", expected.mean);
}

#[test]
fn little_history_is_said_to_be_little() {
    let all = hours(|_| 600);
    let of = |known: i64| Baseline::of_hours(&all, NOW - known, NOW);
    assert!(of(0).is_new() && of(23).is_new());
    assert!(!of(24).is_new());
    let doubts: Vec<f64> =
        [0, 12, 48, 672].map(|known| of(known).expect(middle(NOW)).dispersion).to_vec();
    assert!(doubts.is_sorted_by(|one, two| one >= two), "{doubts:?}");
    let young = of(48).expect(middle(NOW));
    assert!((young.mean - 10.0).abs() < 1.0, "{young:?}");
}

#[test]
fn the_rate_is_that_of_usual_hours() {
    let baseline = learned(&hours(|hour| if hour == NOW - 400 { 900 } else { 10 }));
    let rate = baseline.expect(middle(NOW)).rate.unwrap();
    assert!((rate - 0.01).abs() < 0.001, "{rate}");
    assert_eq!(Baseline::of_hours(&[], NOW - 48, NOW).expect(middle(NOW)).rate, None);
}

proptest! {
    #[test]
    fn any_hours_make_a_baseline(
        hours in prop::collection::vec((any::<i64>(), any::<u64>(), any::<u64>()), 0..50),
        near in prop::collection::vec((0_i64..700, any::<u64>(), any::<u64>()), 0..50),
        since: i64, now: i64, minute: i64,
    ) {
        let hours: Vec<HourCount> = hours
            .into_iter()
            .chain(near.into_iter().map(|(back, count, attempts)| (now.saturating_sub(back), count, attempts)))
            .map(|(hour, count, attempts)| HourCount { hour, count, attempts })
            .collect();
        for since in [since, now.saturating_sub(672), now.saturating_sub(40), now] {
            let expected = Baseline::of_hours(&hours, since, now).expect(minute);
            prop_assert!(expected.mean.is_finite() && expected.mean >= 0.0);
            prop_assert!(expected.dispersion.is_finite() && expected.dispersion > 0.0);
            let (low, high) = expected.band();
            prop_assert!(low <= high);
        }
    }

    #[test]
    fn the_order_of_hours_does_not_matter(
        mut counts in prop::collection::vec(0_u64..5_000, 672), seed: u64,
    ) {
        let ordered = hours(|hour| counts[usize::try_from(hour - NOW + FOUR_WEEKS).unwrap()]);
        let mut shuffled = ordered.clone();
        Rng::with_seed(seed).shuffle(&mut shuffled);
        prop_assert_eq!(learned(&ordered).expect(middle(NOW)), learned(&shuffled).expect(middle(NOW)));
        counts.clear();
    }
}

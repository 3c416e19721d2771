use super::super::chance;
use super::*;
use fastrand::Rng;
use proptest::prelude::*;

const FIVE_MINUTES: i64 = 300;
/// Buckets of a day.
const DAY: i64 = 288;

/// Days of counts with nights, by chance.
fn days(seed: u64, days: i64, mean: f64) -> Vec<(i64, f64)> {
    let mut rng = Rng::with_seed(seed);
    (0..days * DAY)
        .map(|bucket| {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let season = 1.0 + 0.8 * (std::f64::consts::TAU * bucket as f64 / DAY as f64).sin();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let count = chance::count(&mut rng, mean * season, 0.05) as f64;
            (1_700_000_000 / FIVE_MINUTES * FIVE_MINUTES + bucket * FIVE_MINUTES, count)
        })
        .collect()
}

fn scored(values: &[(i64, f64)]) -> Vec<Scored> {
    let seconds: Vec<i64> = values.iter().map(|(second, _)| *second).collect();
    let mut stream = Stream::new(bucket_of(&seconds));
    values.iter().map(|(second, value)| stream.score(*second, *value)).collect()
}

fn alarms(scored: &[Scored]) -> usize {
    scored.iter().filter(|scored| scored.alarm).count()
}

#[test]
fn the_bucket_is_what_most_rows_lie_apart() {
    assert_eq!(bucket_of(&[0, 300, 600, 900, 5_000, 5_300]), 300);
    assert_eq!(bucket_of(&[0, 0, 60, 30, 90]), 60);
    assert_eq!(bucket_of(&[7]), 60);
    assert_eq!(bucket_of(&[i64::MIN, i64::MAX]), i64::MAX);
}

#[test]
fn a_spike_alarms_once_and_nights_do_not() {
    let mut values = days(3, 21, 40.0);
    let usual = alarms(&scored(&values));
    assert!(usual <= 3, "{usual} false alarms in three weeks");
    let at = usize::try_from(18 * DAY + 70).unwrap();
    for (index, (_, value)) in values[at..at + 12].iter_mut().enumerate() {
        *value += if index < 6 { 600.0 } else { 500.0 };
    }
    let scored = scored(&values);
    assert!(scored[at].alarm, "{:?}", scored[at]);
    assert!(alarms(&scored[at..at + 12]) <= 2, "what goes on does not begin again");
}

#[test]
fn a_fall_to_nothing_alarms() {
    let mut values = days(4, 21, 400.0);
    let at = usize::try_from(18 * DAY + 70).unwrap();
    for (_, value) in &mut values[at..at + 12] {
        *value = 0.0;
    }
    assert!(alarms(&scored(&values)[at..at + 3]) >= 1);
}

#[test]
fn other_buckets_and_other_numbers_are_judged_too() {
    // Fractions around a negative middle, by the day.
    let mut rng = Rng::with_seed(5);
    let mut values: Vec<(i64, f64)> =
        (0..200).map(|day| (day * 86_400, -10.0 + rng.f64())).collect();
    values[150].1 = 40.0;
    let scored = scored(&values);
    let most = scored.iter().map(|scored| scored.score).fold(0.0, f64::max);
    assert!(scored[150].alarm && (scored[150].score - most).abs() < 1e-12, "{:?}", scored[150]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_values_are_scored(
        values in prop::collection::vec((any::<i64>(), -1e300_f64..1e300), 1..200), bucket: i64,
    ) {
        let mut stream = Stream::new(bucket);
        for (second, value) in values {
            let scored = stream.score(second, value);
            prop_assert!((0.0..=1.0).contains(&scored.score), "{scored:?}");
        }
    }

    #[test]
    fn what_comes_later_changes_nothing(seed: u64, cut in 1_500_usize..2_000) {
        let values = days(seed, 7, 20.0);
        let all = scored(&values);
        let before = scored(&values[..cut]);
        prop_assert_eq!(&all[..cut], before.as_slice());
    }

    #[test]
    fn a_larger_spike_is_never_less_surprising(seed: u64, less in 0_u32..400, more in 0_u32..400) {
        let mut values = days(seed, 5, 20.0);
        let last = values.len() - 1;
        let usual = values[last].1 + 60.0;
        values[last].1 = usual + f64::from(less);
        let one = scored(&values)[last].score;
        values[last].1 += f64::from(more);
        prop_assert!(scored(&values)[last].score >= one - 1e-9);
    }

    #[test]
    fn the_unit_of_what_is_measured_does_not_matter(seed: u64, power in -6_i32..9) {
        let mut values = days(seed, 5, 200.0);
        for (_, value) in &mut values {
            *value += 0.5;
        }
        let one = scored(&values);
        let scale = 2.0_f64.powi(power);
        for (_, value) in &mut values {
            *value *= scale;
        }
        // As long as there still are fractions.
        prop_assume!(values[0].1.fract() != 0.0);
        for (one, two) in one.iter().zip(scored(&values)) {
            prop_assert!((one.score - two.score).abs() < 1e-6, "{one:?} {two:?}");
        }
    }
}

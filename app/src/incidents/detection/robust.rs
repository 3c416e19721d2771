//! Middles and spreads that a few wild values do not move.

/// What the median absolute deviation of a normal variable is to its standard deviation.
pub(super) const MAD: f64 = 1.4826;
/// Values are believed as far as so many deviations from the median.
const BELIEVED: f64 = 3.0;

/// The value at `share` (0..=1) of the order; 0 of nothing. Reorders `values`.
pub(super) fn quantile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index within the slice"
    )]
    let rank = ((values.len() - 1) as f64 * share.clamp(0.0, 1.0)).round() as usize;
    *values.select_nth_unstable_by(rank, f64::total_cmp).1
}

/// The median; of an even number of values, the mean of the two in the middle.
pub(super) fn median(values: &mut [f64]) -> f64 {
    let (half, odd) = (values.len() / 2, values.len() % 2 == 1);
    if values.is_empty() {
        return 0.0;
    }
    let (below, upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let upper = *upper;
    if odd {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(lower, upper)
}

/// The middle of counts: their mean after wild ones are pulled to the edge of what the median and its
/// deviation make believable. The median alone would say that a code which comes in one hour of three
/// never comes.
pub(super) fn centre(values: &mut [f64], scratch: &mut Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = median(values);
    scratch.clear();
    scratch.extend(values.iter().map(|value| (value - middle).abs()));
    // Counts scatter by chance at least, however alike the few seen ones are.
    let deviation = (MAD * median(scratch)).max(middle.max(1.0).sqrt());
    let (low, high) = (middle - BELIEVED * deviation, middle + BELIEVED * deviation);
    let sum: f64 = values.iter().map(|value| value.clamp(low, high)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a handful of values")]
    let count = values.len() as f64;
    sum / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn medians_and_quantiles() {
        assert!((median(&mut [3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(&mut [4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-12);
        assert!(median(&mut []).abs() < 1e-12);
        assert!((quantile(&mut [5.0, 1.0, 2.0, 3.0, 4.0], 0.9) - 5.0).abs() < 1e-12);
    }

    #[test]
    fn one_wild_week_of_four_hardly_moves_the_centre() {
        let centre = centre(&mut [100.0, 104.0, 96.0, 9_000.0], &mut Vec::new());
        assert!((100.0..120.0).contains(&centre), "{centre}");
    }

    #[test]
    fn what_comes_now_and_then_is_not_taken_for_never() {
        let centre = centre(&mut [0.0, 0.0, 1.0, 0.0, 2.0, 0.0], &mut Vec::new());
        assert!((centre - 0.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_centre_lies_within_the_values(
            mut values in prop::collection::vec(0.0_f64..1e9, 1..40),
        ) {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(0.0, f64::max);
            let centre = centre(&mut values, &mut Vec::new());
            prop_assert!(centre >= low - 1e-6 && centre <= high + 1e-6);
        }
    }
}

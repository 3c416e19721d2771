//! The bound on false discoveries: with thousands of series, something improbable happens somewhere
//! every minute.

/// Of the incidents raised in a minute, so many may be false; and in a minute in which nothing is
/// wrong, this is the chance of raising any.
const FALSE_SHARE: f64 = 1e-3;

/// The natural logarithm below which chances count as discoveries among `series` of them, by Benjamini
/// and Hochberg (1995): what belongs together rises together, which is the dependence it allows.
/// `ln_chances` are those that could count; the others of the series are taken for certain.
pub(super) fn threshold(ln_chances: &mut [f64], series: usize) -> f64 {
    ln_chances.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let line = |rank: usize| (FALSE_SHARE * rank as f64 / series.max(1) as f64).ln();
    ln_chances
        .iter()
        .enumerate()
        .rev()
        .find(|(index, chance)| **chance <= line(index + 1))
        .map_or_else(|| line(1), |(index, _)| line(index + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_of_many_must_be_rarer_than_one_alone() {
        assert!((threshold(&mut [], 1).exp() - 1e-3).abs() < 1e-12);
        assert!((threshold(&mut [-5.0], 1_000).exp() - 1e-6).abs() < 1e-15);
    }

    #[test]
    fn many_at_once_bear_each_other_out() {
        let mut fifty = vec![1e-5_f64.ln(); 50];
        assert!(threshold(&mut fifty, 1_000) > 1e-5_f64.ln());
        let mut one = vec![1e-5_f64.ln()];
        assert!(threshold(&mut one, 1_000) < 1e-5_f64.ln());
    }

    proptest! {
        #[test]
        fn what_became_rarer_still_counts(
            chances in prop::collection::vec(-40.0_f64..0.0, 1..60), more in 0.0_f64..20.0, extra in 0_usize..500,
        ) {
            let series = chances.len() + extra;
            let before = threshold(&mut chances.clone(), series);
            let mut rarer = chances.clone();
            rarer[0] -= more;
            let after = threshold(&mut rarer.clone(), series);
            prop_assert!(after >= before - 1e-12);
            if chances[0] <= before { prop_assert!(rarer[0] <= after); }
        }
    }
}

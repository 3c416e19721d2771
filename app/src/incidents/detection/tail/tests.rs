use super::*;
use proptest::prelude::*;

/// The tail, term by term.
fn summed(count: u32, mean: f64, dispersion: f64) -> f64 {
    let shape = 1.0 / dispersion;
    let x = mean / (mean + shape);
    let mut term = (shape * (shape / (mean + shape)).ln()).exp();
    let mut below = 0.0;
    for k in 0..count {
        below += term;
        term *= (f64::from(k) + shape) / f64::from(k + 1) * x;
    }
    if below < 0.5 {
        return 1.0 - below;
    }
    let mut above = 0.0;
    for k in count..count + 100_000 {
        above += term;
        term *= (f64::from(k) + shape) / f64::from(k + 1) * x;
    }
    above
}

#[test]
fn the_tail_is_the_sum_of_its_terms() {
    for (count, mean, dispersion) in [
        (1, 0.05, 0.5),
        (8, 0.15, 1.0),
        (12, 3.0, 0.1),
        (40, 10.0, 0.3),
        (3, 10.0, 0.3),
        (500, 400.0, 0.01),
        (90, 2.0, 2.0),
        (2_000, 1_000.0, 0.05),
    ] {
        let exact = summed(count, mean, dispersion);
        let upper = ln_upper(f64::from(count), mean, dispersion).exp();
        assert!((upper / exact - 1.0).abs() < 1e-8, "{count} {mean} {dispersion}: {upper} {exact}");
        let lower = ln_lower(f64::from(count - 1), mean, dispersion).exp();
        assert!((lower - (1.0 - exact)).abs() < 1e-9, "{count} {mean} {dispersion}");
    }
}

#[test]
fn silence_has_the_chance_that_the_formula_gives_it() {
    // (r / (r + mean))^r
    let expected = 20.0 * (20.0_f64 / 520.0).ln();
    assert!((ln_lower(0.0, 500.0, 0.05) - expected).abs() < 1e-9);
}

#[test]
fn far_tails_are_told_apart() {
    let far = ln_upper(100_000.0, 10.0, 0.05);
    let farther = ln_upper(200_000.0, 10.0, 0.05);
    assert!(farther < far && far < -700.0, "{far} {farther}");
}

proptest! {
    #[test]
    fn a_larger_count_is_never_likelier(
        count in 0.0_f64..1e7, more in 0.0_f64..1e7, mean in 1e-6_f64..1e8, dispersion in 1e-5_f64..5.0,
    ) {
        let one = ln_upper(count, mean, dispersion);
        let two = ln_upper(count + more, mean, dispersion);
        prop_assert!(one.is_finite() && one <= 0.0);
        prop_assert!(two <= one + 1e-6 * one.abs().max(1.0), "{one} {two}");
        let one = ln_lower(count, mean, dispersion);
        let two = ln_lower(count + more, mean, dispersion);
        prop_assert!(one.is_finite() && one <= 0.0);
        prop_assert!(two >= one - 1e-6 * one.abs().max(1.0), "{one} {two}");
    }

    #[test]
    fn any_number_gives_a_chance(count: f64, mean: f64, dispersion: f64) {
        for ln in [ln_upper(count, mean, dispersion), ln_lower(count, mean, dispersion)] {
            prop_assert!(!ln.is_nan() && ln <= 0.0, "{ln}");
        }
    }
}

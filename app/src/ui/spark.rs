//! The sparkline: a course at a glance, beside the numbers that say it.

use leptos::prelude::*;
use std::fmt::Write as _;

/// The most bars that can be told apart in the width of a sparkline.
const MOST_BARS: usize = 32;
/// The height of the drawing, in its own units.
const HEIGHT: i64 = 24;
/// What a full bar stands for at least, so that a lone event does not look like a storm.
const LEAST_FULL: i64 = 4;

/// The course of `counts`, oldest first, in the hue of `code`. Decorative: say the numbers beside it.
#[component]
pub fn Spark(
    /// The counts, one a step.
    counts: Vec<i64>,
    /// The code whose hue it wears; grey when there is none.
    #[prop(optional, into)]
    code: Option<String>,
) -> impl IntoView {
    let bars = fold(&counts);
    let width = 4 * bars.len().max(1);
    let (class, path) = if bars.iter().all(|count| *count == 0) {
        ("s-base".to_owned(), format!("M0 23.5h{width}"))
    } else {
        (super::chart::series_class(code.as_deref().and_then(crate::codes::hue)), path(&bars))
    };
    view! {
        <svg class="spark" viewBox=format!("0 0 {width} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true">
            <path class=class d=path/>
        </svg>
    }
}

/// The counts in at most [`MOST_BARS`] groups of equal size; the last group may be smaller.
fn fold(counts: &[i64]) -> Vec<i64> {
    let size = counts.len().div_ceil(MOST_BARS).max(1);
    counts.chunks(size).map(|group| group.iter().sum()).collect()
}

/// A line for each count, 3 wide once it is stroked, from the bottom up; at least one unit high where it is not 0. From
/// the top of each, the next one begins 4 to the right.
fn path(bars: &[i64]) -> String {
    let full = bars.iter().copied().max().unwrap_or(0).max(LEAST_FULL);
    let mut path = String::new();
    let mut drawn: Option<(usize, i64)> = None;
    for (at, count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (i128::from(*count) * i128::from(HEIGHT) / i128::from(full)).max(1);
        // Writing to a String cannot fail.
        let _ = match drawn {
            None => write!(path, "M{}.5 {HEIGHT}v-{height}", 4 * at + 1),
            Some((before, top)) => write!(path, "m{} {top}v-{height}", 4 * (at - before)),
        };
        drawn = Some((at, i64::try_from(height).unwrap_or(HEIGHT)));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_lone_event_is_a_low_bar() {
        assert_eq!(path(&[0, 1, 0]), "M5.5 24v-6");
        assert_eq!(path(&[1_000_000, 1, 0, 500_000]), "M1.5 24v-24m4 24v-1m8 1v-12");
    }

    proptest! {
        #[test]
        fn folding_keeps_the_sum(counts in prop::collection::vec(0_i64..1_000_000, 0..400)) {
            let bars = fold(&counts);
            prop_assert!(bars.len() <= MOST_BARS);
            prop_assert_eq!(bars.iter().sum::<i64>(), counts.iter().sum::<i64>());
        }

        #[test]
        fn no_bar_is_higher_than_the_drawing(count in prop::collection::vec(0_i64..=i64::MAX, 1..32)) {
            for bar in path(&count).split("v-").skip(1) {
                let height: i64 = bar.split('m').next().unwrap().parse().unwrap();
                prop_assert!((1..=HEIGHT).contains(&height));
            }
        }
    }
}

//! A number with a bar that shows its share of the largest.

use super::chart::series_class;
use super::number::grouped;
use leptos::prelude::*;

/// The width of the whole bar.
const WIDTH: i64 = 64;

/// `part` with a bar of its share in `whole`.
#[component]
pub fn Share(
    /// The number.
    part: i64,
    /// What a full bar stands for.
    whole: i64,
    /// The hue of the bar.
    hue: u8,
    /// The number as it is written; grouped digits without.
    #[prop(optional, into)]
    shown: Option<String>,
) -> impl IntoView {
    let width = width(part, whole);
    view! {
        <span class="with-share">
            <svg class="share" viewBox="0 0 64 6" aria-hidden="true">
                <rect class=series_class(Some(hue)) width=width></rect>
            </svg>
            <span>{shown.unwrap_or_else(|| grouped(part))}</span>
        </span>
    }
}

/// How wide the bar is: nothing for nothing, and never too thin to see.
fn width(part: i64, whole: i64) -> i64 {
    if part <= 0 || whole <= 0 {
        return 0;
    }
    let share = i128::from(part.min(whole)) * i128::from(WIDTH) / i128::from(whole);
    i64::try_from(share).unwrap_or(WIDTH).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_visible_and_within_the_bar() {
        assert_eq!(width(0, 10), 0);
        assert_eq!(width(5, 10), 32);
        assert_eq!(width(1, 1_000_000), 1);
        assert_eq!(width(20, 10), WIDTH);
        assert_eq!(width(i64::MAX, i64::MAX), WIDTH);
    }
}

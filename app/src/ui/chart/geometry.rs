//! Where bars and grid lines stand: x in per cent of the width or in units that fill it, y in pixels from the top.

use std::fmt::Write as _;

/// The height of the drawing.
pub(super) const HEIGHT: u16 = 228;
/// The y of the top grid line, where a full bar ends.
pub(super) const TOP: f64 = 24.0;
/// The y of the base line.
pub(super) const BASE: f64 = 200.0;
/// How many intervals the grid lines make.
const INTERVALS: i64 = 4;
/// What is left free between two parts of a bar.
const GAP: f64 = 1.0;
/// The least height at which a part of a bar can be seen.
const VISIBLE: f64 = 1.0;

/// The y axis: grid lines at multiples of `step`, up to four of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    /// The difference between two grid lines.
    pub step: i64,
}

impl Scale {
    /// The scale with the least room above `largest`: a step of 1, 2, 2.5 or 5 times a power of ten,
    /// whole.
    pub(super) fn for_largest(largest: i64) -> Self {
        let wanted = largest.max(1).div_euclid(INTERVALS) + i64::from(largest % INTERVALS != 0);
        let mut power = 1_i64;
        loop {
            let steps = [Some(power), power.checked_mul(2), quarter(power), power.checked_mul(5)];
            if let Some(step) = steps.into_iter().flatten().find(|step| *step >= wanted) {
                return Self { step };
            }
            match power.checked_mul(10) {
                Some(next) => power = next,
                None => return Self { step: wanted },
            }
        }
    }

    /// What the top grid line stands for.
    pub(super) fn top(self) -> i64 {
        self.step.saturating_mul(INTERVALS)
    }

    /// The grid lines from the base line up: `(value, y)`.
    pub(super) fn lines(self) -> impl Iterator<Item = (i64, f64)> {
        (0..=INTERVALS).map(move |at| {
            let value = self.step.saturating_mul(at);
            (value, BASE - self.height(value))
        })
    }

    /// Where a line at `value` stands.
    pub(super) fn y(self, value: i64) -> f64 {
        round(BASE - self.height(value))
    }

    /// How high a bar of `count` is.
    #[expect(clippy::cast_precision_loss, reason = "a pixel is far coarser than the loss")]
    fn height(self, count: i64) -> f64 {
        count as f64 / self.top() as f64 * (BASE - TOP)
    }
}

/// 2.5 times a power of ten, where that is whole.
fn quarter(power: i64) -> Option<i64> {
    (power >= 10).then(|| (power / 10).checked_mul(25)).flatten()
}

/// One part of a bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// Which series it shows, counted as the counts were given.
    pub series: usize,
    /// Its upper edge.
    pub y: f64,
    /// Its height.
    pub height: f64,
}

/// The parts of one bar, stacked from the base line in the order given; zeros make none. Parts that
/// would be too thin to see are drawn a pixel high, so that nothing that happened is invisible.
pub(super) fn stack(counts: &[i64], scale: Scale) -> Vec<Part> {
    let mut base = BASE;
    let mut parts = Vec::new();
    for (series, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let gap = if parts.is_empty() { 0.0 } else { GAP };
        let height = scale.height(*count).max(VISIBLE + gap);
        let y = base - height;
        parts.push(Part { series, y: round(y), height: round(height - gap) });
        base = y;
    }
    parts
}

/// The units that a column is wide, so that all of them are a thousand or so: the drawing is about as many pixels wide,
/// and what is stretched to its width keeps its shape. A multiple of ten.
pub(super) fn units(count: usize) -> usize {
    (100 / count.max(1)).max(1) * 10
}

/// Draws the parts of the column number `at`, each into the path of its series: bars of whole pixels and units, a pixel
/// between them, a tenth of the column free on both sides.
#[expect(clippy::cast_possible_truncation, reason = "a drawing has some hundred pixels")]
pub(super) fn draw(paths: &mut [String], at: usize, units: usize, parts: &[Part]) {
    let (x, width) = (at * units + units / 10, units * 8 / 10);
    let mut floor = BASE as i32 + 1;
    for part in parts {
        // What lies near a half may be rounded either way.
        let [top, end] = [part.y, part.y + part.height].map(|y| y.round() as i32);
        let end = end.min(floor - 1);
        let top = top.min(end - 1);
        floor = top;
        if let Some(path) = paths.get_mut(part.series) {
            // Writing to a String cannot fail.
            let _ = write!(path, "M{x} {top}h{width}v{}h-{width}z", end - top);
        }
    }
}

/// A column of the plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Column {
    /// The left edge of its share of the width.
    pub x: f64,
    /// Its share of the width.
    pub width: f64,
}

/// The column number `at` of `count`.
#[expect(clippy::cast_precision_loss, reason = "a chart has some hundred columns")]
pub(super) fn column(at: usize, count: usize) -> Column {
    let width = 100.0 / count.max(1) as f64;
    Column { x: round(at as f64 * width), width: round(width) }
}

/// To a hundredth, which no screen shows finer and which keeps the page small.
pub(super) fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grid_lines_stand_at_round_numbers() {
        for (largest, step) in
            [(0, 1), (4, 1), (5, 2), (9, 5), (94, 25), (480, 200), (17_034, 5_000)]
        {
            assert_eq!(Scale::for_largest(largest), Scale { step }, "{largest}");
        }
        let lines: Vec<_> = Scale { step: 25 }.lines().collect();
        assert_eq!(lines, [(0, 200.0), (25, 156.0), (50, 112.0), (75, 68.0), (100, 24.0)]);
    }

    #[test]
    fn parts_leave_a_pixel_between_them() {
        let parts = stack(&[50, 0, 25], Scale { step: 25 });
        assert_eq!(parts[0], Part { series: 0, y: 112.0, height: 88.0 });
        assert_eq!(parts[1], Part { series: 2, y: 68.0, height: 43.0 });
        assert_eq!(parts.len(), 2);
    }

    proptest! {
        #[test]
        fn the_scale_holds_the_largest_and_wastes_little(largest in 1_i64..=i64::MAX) {
            let scale = Scale::for_largest(largest);
            prop_assert!(scale.top() >= largest);
            prop_assert!(largest < 40 || scale.top() / 3 <= largest);
        }

        #[test]
        fn parts_rise_without_touching(counts in prop::collection::vec(0_i64..1_000_000, 0..9)) {
            let scale = Scale::for_largest(counts.iter().sum());
            let parts = stack(&counts, scale);
            prop_assert_eq!(parts.len(), counts.iter().filter(|count| **count > 0).count());
            let mut floor = BASE;
            for (at, part) in parts.iter().enumerate() {
                let gap = if at == 0 { 0.0 } else { GAP };
                prop_assert!(part.y + part.height <= floor - gap + 0.02, "{:?}", parts);
                prop_assert!(part.height >= VISIBLE - 0.01 && part.y > 0.0);
                floor = part.y;
            }
        }

        #[test]
        fn drawn_parts_keep_apart(counts in prop::collection::vec(1_i64..1_000_000, 1..9)) {
            let parts = stack(&counts, Scale::for_largest(counts.iter().sum()));
            let mut paths = vec![String::new(); counts.len()];
            draw(&mut paths, 2, 10, &parts);
            let mut floor = i64::MAX;
            for path in paths {
                let numbers: Vec<i64> = path
                    .split(|of: char| !of.is_ascii_digit())
                    .filter_map(|number| number.parse().ok())
                    .collect();
                let (top, height) = (numbers[1], numbers[3]);
                prop_assert!(numbers[0] == 21 && numbers[2] == 8 && height >= 1, "{}", path);
                prop_assert!(top + height < floor, "{}", path);
                floor = top;
            }
        }

        #[test]
        fn columns_fill_the_width_side_by_side(count in 1_usize..400) {
            for at in 0..count {
                let column = column(at, count);
                prop_assert!(column.width > 0.0 && column.x + column.width <= 100.02);
            }
        }
    }
}

//! The scoring of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015; `nab/sweeper.py` 1.1): a window
//! around each labelled anomaly, in which the earliest detection counts, the more the earlier; and
//! each detection outside a window costs, the more the further it is from one.

/// The share of a file that detectors may learn from unscored, and up to how many rows that holds.
const PROBATION: f64 = 0.15;
const PROBATION_ROWS: f64 = 5_000.0;

/// What detections are worth.
#[derive(Clone, Copy)]
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) false_alarm: f64,
    pub(crate) missed: f64,
}

/// The profiles that NAB publishes.
pub(crate) const PROFILES: [Profile; 3] = [
    Profile { name: "standard", false_alarm: 0.11, missed: 1.0 },
    Profile { name: "reward_low_FP_rate", false_alarm: 0.22, missed: 1.0 },
    Profile { name: "reward_low_FN_rate", false_alarm: 0.11, missed: 2.0 },
];

/// A file that was judged.
pub(crate) struct Judged {
    pub(crate) name: String,
    /// Of each row.
    pub(crate) scores: Vec<f64>,
    /// First and last row of each labelled window, in order.
    pub(crate) windows: Vec<(usize, usize)>,
}

/// A row's worth if it is detected, and the window it lies in.
struct Point {
    score: f64,
    worth: f64,
    window: Option<usize>,
}

/// The best that one threshold for all files reaches.
pub(crate) struct Best {
    /// 100 is perfect, 0 is a detector that never speaks.
    pub(crate) normalised: f64,
    pub(crate) threshold: f64,
    pub(crate) windows: usize,
    pub(crate) found: usize,
    pub(crate) false_alarms: usize,
}

/// Scores files with the threshold that suits them best, as NAB does for every detector.
pub(crate) fn best(files: &[Judged], profile: Profile) -> Best {
    let mut points = Vec::new();
    let mut windows = 0;
    for file in files {
        points.extend(points_of(file, windows, profile));
        windows += file.windows.len();
    }
    points.sort_by(|one, two| two.score.total_cmp(&one.score));
    #[expect(clippy::cast_precision_loss, reason = "a few windows")]
    let count = windows as f64;
    let null = -profile.missed * count;
    let mut reached = vec![None::<f64>; windows];
    let (mut total, mut false_alarms) = (null, 0);
    let mut best =
        Best { normalised: 0.0, threshold: f64::INFINITY, windows, found: 0, false_alarms };
    let mut most = null;
    for (index, point) in points.iter().enumerate() {
        match point.window {
            None => {
                total += point.worth;
                false_alarms += 1;
            }
            Some(window) => {
                let before = reached[window].unwrap_or(-profile.missed);
                let after = before.max(point.worth);
                reached[window] = Some(after);
                total += after - before;
            }
        }
        let last = points.get(index + 1).is_none_or(|next| next.score < point.score);
        if last && total > most {
            most = total;
            let found = reached.iter().flatten().count();
            let normalised = 100.0 * (total - null) / (count - null);
            best = Best { normalised, threshold: point.score, windows, found, false_alarms };
        }
    }
    best
}

/// The rows of a file after its probation.
fn points_of(file: &Judged, first_window: usize, profile: Profile) -> Vec<Point> {
    let rows = file.scores.len();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some thousands of rows"
    )]
    let probation = (PROBATION * rows as f64).floor().min(PROBATION * PROBATION_ROWS) as usize;
    let most = sigmoid(-1.0);
    let mut before: Option<(usize, usize)> = None;
    let mut upcoming = file.windows.iter().copied().enumerate().peekable();
    let mut points = Vec::with_capacity(rows);
    for (row, score) in file.scores.iter().copied().enumerate() {
        while upcoming.peek().is_some_and(|(_, (_, last))| *last < row) {
            before = upcoming.next().map(|(_, window)| window);
        }
        let inside = upcoming.peek().filter(|(_, (first, _))| *first <= row);
        let point = match (inside, before) {
            (Some((window, (first, last))), _) => {
                let position = -share(last - row + 1, last - first + 1);
                let worth = sigmoid(position) / most;
                Point { score, worth, window: Some(first_window + window) }
            }
            (None, Some((first, last))) => {
                let position = share(row - last, last - first);
                let worth = profile.false_alarm * sigmoid(position);
                Point { score, worth, window: None }
            }
            (None, None) => Point { score, worth: -profile.false_alarm, window: None },
        };
        if row >= probation {
            points.push(point);
        }
    }
    points
}

fn share(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands of rows")]
    let (part, whole) = (part as f64, whole as f64);
    part / whole.max(1.0)
}

/// 1 at the start of a window, 0 at its end, −1 far behind it.
fn sigmoid(position: f64) -> f64 {
    if position > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * position).exp()) - 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(detected: &[usize]) -> Judged {
        let mut scores = vec![0.0; 1_000];
        for row in detected {
            scores[*row] = 1.0;
        }
        Judged { name: String::new(), scores, windows: vec![(400, 499), (800, 899)] }
    }

    fn standard(detected: &[usize]) -> f64 {
        best(&[file(detected)], PROFILES[0]).normalised
    }

    #[test]
    fn a_perfect_detector_has_a_hundred_and_a_silent_one_nothing() {
        assert!((standard(&[400, 800]) - 100.0).abs() < 1e-9);
        assert!(standard(&[]).abs() < 1e-9);
    }

    #[test]
    fn early_is_better_and_only_the_earliest_counts() {
        assert!(standard(&[410, 800]) > standard(&[450, 800]));
        assert!((standard(&[410, 450, 800]) - standard(&[410, 800])).abs() < 1e-9);
    }

    #[test]
    fn a_false_alarm_costs_what_the_profile_says_and_more_far_away() {
        // Before any window: the whole price, of the four points between nothing and perfect.
        assert!((standard(&[300, 400, 800]) - (100.0 - 100.0 * 0.11 / 4.0)).abs() < 1e-9);
        assert!(standard(&[400, 510, 800]) > standard(&[400, 600, 800]));
        let low = best(&[file(&[300, 400, 800])], PROFILES[1]).normalised;
        assert!((low - (100.0 - 100.0 * 0.22 / 4.0)).abs() < 1e-9);
    }

    #[test]
    fn what_is_learned_from_is_not_scored() {
        assert!((standard(&[10, 149, 400, 800]) - 100.0).abs() < 1e-9);
        assert!(standard(&[150, 400, 800]) < 100.0);
    }
}

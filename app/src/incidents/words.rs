//! Incidents in words.

use super::model::Dimension;
use super::pages::Recovery;
use crate::domains::rejected::in_words;
use crate::ui::key::shorten;
use crate::ui::number::{counted, grouped, percent};

/// How much more there is than usual: `×41`. Nothing where less than one is usual: a multiple of that
/// would read as a count.
pub fn factor(count: i64, expected: f64) -> Option<String> {
    if expected < 1.0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let factor = count as f64 / expected;
    if factor < 9.95 {
        return Some(format!("×{factor:.1}"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most the count")]
    let whole = factor.round() as i64;
    Some(format!("×{}", grouped(whole)))
}

/// How many events there are beside what is usual: `812 events, where none is usual`, `410 events, of
/// which about 10 are usual`.
pub fn extent(count: i64, expected: f64) -> String {
    let events = counted(count, "event", "events");
    if expected < 0.5 {
        format!("{events}, where none is usual")
    } else if expected < 1.5 {
        format!("{events}, of which about 1 is usual")
    } else {
        format!("{events}, of which about {expected:.0} are usual")
    }
}

/// A value with what it is: `host www.shop.example`, `no referer`.
pub fn named(dimension: Dimension, value: &str) -> String {
    match (dimension, value) {
        (Dimension::Host, host) => match in_words(host) {
            Some(words) => words.to_owned(),
            None => format!("host {host}"),
        },
        (Dimension::Sitekey, "") => "no sitekey".to_owned(),
        (Dimension::Sitekey, key) => format!("sitekey {}", shorten(key)),
        (Dimension::Client | Dimension::UserAgent, "") => format!("no {}", dimension.label()),
        (dimension, value) => format!("{} {value}", dimension.label()),
    }
}

/// How far it has recovered, as in `Now at 12 % of its peak, 3 minutes after the fix.`; nothing of
/// one that is over and was not fixed by a change.
pub fn recovered(recovery: &Recovery, open: bool) -> Option<String> {
    let Recovery { latest, peak, after_fix, usual_after } = *recovery;
    let share = percent(latest, peak);
    let minutes = |minutes| counted(minutes, "minute", "minutes");
    match (after_fix, usual_after) {
        (Some(_), Some(0)) if !open => {
            Some("As usual again within a minute of the fix.".to_owned())
        }
        (Some(_), Some(after)) if !open => {
            Some(format!("As usual again {} after the fix.", minutes(after)))
        }
        (Some(0), _) => {
            Some(format!("Now at {share} of its peak, less than a minute after the fix."))
        }
        (Some(after), _) => {
            Some(format!("Now at {share} of its peak, {} after the fix.", minutes(after)))
        }
        (None, _) if open => Some(format!("Now at {share} of its peak.")),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_needs_something_usual() {
        assert_eq!(factor(410, 10.0).as_deref(), Some("×41"));
        assert_eq!(factor(15, 10.0).as_deref(), Some("×1.5"));
        assert_eq!(factor(1_200, 1.0).as_deref(), Some("×1,200"));
        assert_eq!((factor(1_200, 0.2), factor(5, 0.0)), (None, None));
    }

    #[test]
    fn where_nothing_is_usual_words_say_so() {
        assert_eq!(extent(812, 0.2), "812\u{a0}events, where none is usual");
        assert_eq!(extent(812, 0.9), "812\u{a0}events, of which about 1 is usual");
        assert_eq!(extent(410, 10.4), "410\u{a0}events, of which about 10 are usual");
    }

    #[test]
    fn recovery_is_a_share_of_the_peak_and_a_time() {
        let of =
            |after_fix, usual_after| Recovery { latest: 12, peak: 100, after_fix, usual_after };
        let told = |recovery, open| recovered(&recovery, open).unwrap_or_default();
        let share = percent(12, 100);
        assert_eq!(
            told(of(Some(3), None), true),
            format!("Now at {share} of its peak, 3\u{a0}minutes after the fix.")
        );
        assert_eq!(
            told(of(Some(12), Some(1)), false),
            "As usual again 1\u{a0}minute after the fix."
        );
        assert_eq!(told(of(None, None), true), format!("Now at {share} of its peak."));
        assert_eq!(recovered(&of(None, None), false), None);
    }

    #[test]
    fn a_value_says_what_it_is_of() {
        assert_eq!(named(Dimension::Host, "a.example"), "host a.example");
        assert_eq!(named(Dimension::Host, ""), "no referer");
        assert_eq!(named(Dimension::Source, "edge-1"), "source edge-1");
        assert_eq!(named(Dimension::UserAgent, ""), "no user agent");
    }
}

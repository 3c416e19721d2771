//! Incidents in words.

use super::model::Dimension;
use crate::domains::rejected::in_words;
use crate::ui::key::shorten;
use crate::ui::number::grouped;

/// How much more there is than usual: `×41`. Where less than one is usual, it is the count.
pub fn factor(count: i64, expected: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let factor = count as f64 / expected.max(1.0);
    if factor < 9.95 && expected >= 1.0 {
        format!("×{factor:.1}")
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "at most the count")]
        let whole = factor.round() as i64;
        format!("×{}", grouped(whole))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_needs_something_usual() {
        assert_eq!(factor(410, 10.0), "×41");
        assert_eq!(factor(15, 10.0), "×1.5");
        assert_eq!(factor(1_200, 0.2), "×1,200");
        assert_eq!(factor(5, 0.0), "×5");
    }

    #[test]
    fn a_value_says_what_it_is_of() {
        assert_eq!(named(Dimension::Host, "a.example"), "host a.example");
        assert_eq!(named(Dimension::Host, ""), "no referer");
        assert_eq!(named(Dimension::Source, "edge-1"), "source edge-1");
        assert_eq!(named(Dimension::UserAgent, ""), "no user agent");
    }
}

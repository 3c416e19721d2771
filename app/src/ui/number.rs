//! How numbers are written.

/// Digits in groups of three: `12,402`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// At most about six characters, for key figures: `198,400`, `1.24 M`, `18.3 bn`.
pub fn compact(number: i64) -> String {
    let (scale, unit) = match number.unsigned_abs() {
        0..1_000_000 => return grouped(number),
        1_000_000..1_000_000_000 => (1_000_000, "M"),
        _ => (1_000_000_000, "bn"),
    };
    let hundredths = number / (scale / 100);
    let (whole, rest) = (hundredths / 100, hundredths.unsigned_abs() % 100);
    match whole.unsigned_abs() {
        0..10 => format!("{whole}.{rest:02}\u{a0}{unit}"),
        10..100 => format!("{whole}.{}\u{a0}{unit}", rest / 10),
        _ => format!("{}\u{a0}{unit}", grouped(whole)),
    }
}

/// The share of `part` in `whole`: `2.1 %`; a dash when there is no whole. A part that is not
/// nothing is never written as 0, and one that is not everything never as 100.
pub fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".to_owned();
    }
    let tenths = (i128::from(part) * 1000 + i128::from(whole) / 2) / i128::from(whole);
    match tenths {
        0 if part > 0 => "<0.1\u{a0}%".to_owned(),
        1000.. if part < whole => ">99.9\u{a0}%".to_owned(),
        tenths if tenths % 10 == 0 => format!("{}\u{a0}%", tenths / 10),
        tenths => format!("{}.{}\u{a0}%", tenths / 10, tenths % 10),
    }
}

/// A number with its noun: `1 host`, `3,120 hosts`.
pub fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{}\u{a0}{}", grouped(number), if number == 1 { one } else { many })
}

/// What `count` within `hours` comes to a day, rounded; `<1` for less than one.
pub fn a_day(count: i64, hours: i64) -> String {
    let hours = hours.max(1);
    match (count, (count * 24 + hours / 2) / hours) {
        (1.., 0) => "<1".to_owned(),
        (_, average) => grouped(average),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_grouped_and_shortened() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(-12_402), "−12,402");
        assert_eq!(compact(999_999), "999,999");
        assert_eq!(compact(1_240_000), "1.24\u{a0}M");
        assert_eq!(compact(18_340_000_000), "18.3\u{a0}bn");
        assert_eq!(a_day(3, 7 * 24), "<1");
        assert_eq!(a_day(0, 7 * 24), "0");
        assert_eq!(a_day(700, 7 * 24), "100");
        assert_eq!(counted(1, "host", "hosts"), "1\u{a0}host");
    }

    #[test]
    fn a_percentage_never_hides_what_there_is() {
        assert_eq!(percent(21, 1000), "2.1\u{a0}%");
        assert_eq!(percent(1, 1_000_000), "<0.1\u{a0}%");
        assert_eq!(percent(999_999, 1_000_000), ">99.9\u{a0}%");
        assert_eq!(percent(5, 5), "100\u{a0}%");
        assert_eq!(percent(0, 0), "–");
    }

    proptest! {
        #[test]
        fn a_grouped_number_reads_back(number in any::<i64>()) {
            let read: String = grouped(number).replace(',', "").replace('−', "-");
            prop_assert_eq!(read.parse::<i64>(), Ok(number));
        }
    }
}

//! The bracketed time of a log line.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::Offset;

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Why a time could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeFault {
    /// It is not written as `17/May/2015:10:05:03 +0000`.
    Shape,
    /// It is, but there is no such date, time or offset.
    Value,
}

/// The instant and what follows it, from text that starts with
/// `17/May/2015:10:05:03 +0000`. A fraction after the seconds is allowed and dropped; a
/// leap second is taken for the second before it.
pub(super) fn parse(text: &[u8]) -> Result<(Timestamp, &[u8]), TimeFault> {
    use TimeFault::{Shape, Value};

    let ([d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':', clock @ ..], rest) =
        text.split_first_chunk::<20>().ok_or(Shape)?
    else {
        return Err(Shape);
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2] = clock else {
        return Err(Shape);
    };
    let rest = match rest.split_first() {
        Some((b'.', fraction)) => {
            &fraction[fraction.iter().take_while(|byte| byte.is_ascii_digit()).count()..]
        }
        _ => rest,
    };
    let ([b' ', sign, zone @ ..], rest) = rest.split_first_chunk::<6>().ok_or(Shape)? else {
        return Err(Shape);
    };
    let [z1, z2, z3, z4] = zone;

    let month = MONTHS
        .iter()
        .zip(1_i8..)
        .find(|(name, _)| name.eq_ignore_ascii_case(&[*m1, *m2, *m3]))
        .map(|(_, month)| month)
        .ok_or(Value)?;
    let year = i16::from(two(*y1, *y2)?) * 100 + i16::from(two(*y3, *y4)?);
    let date = civil::Date::new(year, month, two(*d1, *d2)?).map_err(|_| Value)?;
    let second = match two(*s1, *s2)? {
        60 => 59,
        second => second,
    };
    let time = civil::Time::new(two(*h1, *h2)?, two(*n1, *n2)?, second, 0).map_err(|_| Value)?;

    let (hours, minutes) = (two(*z1, *z2)?, two(*z3, *z4)?);
    if minutes > 59 {
        return Err(Value);
    }
    let east = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    let offset = match sign {
        b'+' => Offset::from_seconds(east),
        b'-' => Offset::from_seconds(-east),
        _ => return Err(Shape),
    };
    let instant = offset
        .and_then(|offset| offset.to_timestamp(civil::DateTime::from_parts(date, time)))
        .map_err(|_| Value)?;
    Ok((instant, rest))
}

/// The value of two decimal digits, 0 to 99.
fn two(tens: u8, ones: u8) -> Result<i8, TimeFault> {
    if !(tens.is_ascii_digit() && ones.is_ascii_digit()) {
        return Err(TimeFault::Shape);
    }
    i8::try_from((tens - b'0') * 10 + (ones - b'0')).map_err(|_| TimeFault::Shape)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(text: &str) -> Result<String, TimeFault> {
        let (instant, rest) = parse(text.as_bytes())?;
        assert_eq!(rest, b"]");
        Ok(instant.to_string())
    }

    #[test]
    fn times_of_any_offset_are_instants() {
        for (text, expected) in [
            ("17/May/2015:10:05:03 +0000]", "2015-05-17T10:05:03Z"),
            ("17/May/2015:10:05:03 +0545]", "2015-05-17T04:20:03Z"),
            ("01/Jan/2000:00:00:00 -1200]", "2000-01-01T12:00:00Z"),
            ("29/feb/2024:23:59:60 +0000]", "2024-02-29T23:59:59Z"),
            ("17/May/2015:10:05:03.123456 +0000]", "2015-05-17T10:05:03Z"),
        ] {
            assert_eq!(instant(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn impossible_times_are_told_from_misshapen_ones() {
        for text in [
            "30/Feb/2015:10:05:03 +0000]",
            "17/Mai/2015:10:05:03 +0000]",
            "17/May/2015:24:05:03 +0000]",
            "17/May/2015:10:05:61 +0000]",
            "17/May/2015:10:05:03 +2700]",
            "17/May/2015:10:05:03 +0060]",
        ] {
            assert_eq!(instant(text), Err(TimeFault::Value), "{text}");
        }
        for text in [
            "",
            "17/May/2015",
            "2015-05-17T10:05:03Z]",
            "7/May/2015:10:05:03 +0000]",
            "17/May/2015:10:05:03 UTC]",
            "17/May/2015:10:05:03 *0000]",
            "1x/May/2015:10:05:03 +0000]",
        ] {
            assert_eq!(instant(text), Err(TimeFault::Shape), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_of_the_log_era_comes_back(
            second in 0_i64..4_102_444_800,
            offset in -1439_i32..=1439,
        ) {
            let instant = Timestamp::from_second(second).unwrap();
            let zone = jiff::tz::TimeZone::fixed(Offset::from_seconds(offset * 60).unwrap());
            let text = instant.to_zoned(zone).strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
            prop_assert_eq!(parse(text.as_bytes()), Ok((instant, &b""[..])));
        }

        #[test]
        fn bytes_never_panic(text: Vec<u8>) {
            let _ = parse(&text);
        }
    }
}

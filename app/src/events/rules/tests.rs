use super::*;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(text))
}

fn raw() -> RawEvent<'static> {
    RawEvent { code: text("ok"), ..RawEvent::default() }
}

fn refused_or_not(raw: RawEvent<'_>) -> Result<Event<'_>, Refused<'_>> {
    check(raw, &Defaults { now: now(), source: "token" })
}

fn checked(raw: RawEvent<'_>) -> Result<Event<'_>, Reason> {
    refused_or_not(raw).map_err(|refused| refused.reason)
}

fn reason(raw: RawEvent<'_>) -> String {
    checked(raw).unwrap_err().into_owned()
}

#[test]
fn only_a_code_is_required() {
    let event = checked(raw()).unwrap();
    assert_eq!((event.time, event.count, &*event.source), (now(), 1, "token"));
    assert_eq!((event.id, event.sitekey, event.referer), (None, None, None));
    assert_eq!(
        reason(RawEvent::default()),
        "code: is missing; send \"ok\" or an error code such as \"referer_denied\""
    );
}

#[test]
fn times_are_rfc_3339_or_unix_milliseconds() {
    let time = |value| checked(RawEvent { time: value, ..raw() }).map(|event| event.time);
    let expected: Timestamp = "2026-06-15T10:00:00.25Z".parse().unwrap();
    for value in [
        text("2026-06-15T12:00:00.25+02:00"),
        text("1781517600250"),
        Value::Integer(1_781_517_600_250),
        Value::Fraction(1_781_517_600_250.0),
    ] {
        assert_eq!(time(value), Ok(expected));
    }
    for value in
        [text("yesterday"), text("2026-06-15"), Value::Integer(i128::MAX), Value::Other("an array")]
    {
        let reason = time(value).unwrap_err();
        assert!(reason.starts_with("time: ") && reason.contains("RFC 3339"), "{reason}");
    }
}

#[test]
fn clocks_may_run_five_minutes_ahead_and_seconds_are_told_from_milliseconds() {
    let time = |time: &'static str| checked(RawEvent { time: text(time), ..raw() });
    assert!(time("2026-06-15T12:05:00Z").is_ok());
    let refused = time("2026-06-15T12:05:00.001Z").unwrap_err();
    assert!(refused.contains("more than 5 minutes in the future"), "{refused}");
    let refused = checked(RawEvent { time: Value::Integer(1_781_517_600), ..raw() }).unwrap_err();
    assert!(refused.contains("milliseconds, not seconds"), "{refused}");
}

#[test]
fn whoever_sends_what_lies_too_far_ahead_is_told_of() {
    let ahead = |raw| refused_or_not(raw).unwrap_err().ahead;
    let late = RawEvent { time: text("2026-06-15T12:12:00Z"), ..raw() };
    let time: Timestamp = "2026-06-15T12:12:00Z".parse().unwrap();
    assert_eq!(ahead(late.clone()), Some(("token".into(), time)));
    let named = RawEvent { source: text("edge-1"), ..late.clone() };
    assert_eq!(ahead(named), Some(("edge-1".into(), time)));
    assert_eq!(ahead(RawEvent { source: text("replay:log"), ..late }), None);
    assert_eq!(ahead(RawEvent { time: text("soon"), ..raw() }), None);
}

#[test]
fn a_source_has_a_name_that_can_be_seen() {
    for name in ["edge\u{202e}1", "edge-1\u{200b}", "\u{feff}edge", "a\0b", "\u{2066}x", "a\nb"] {
        let reason = reason(RawEvent { source: text(name), ..raw() });
        assert!(reason.starts_with("source: has a control or invisible"), "{name:?}: {reason}");
    }
    assert!(checked(RawEvent { source: text("Bäckerei 東京 🥐"), ..raw() }).is_ok());
}

#[test]
fn counts_are_whole_and_bounded() {
    let count = |value| checked(RawEvent { count: value, ..raw() }).map(|event| event.count);
    assert_eq!(count(Value::Integer(1_000_000_000)), Ok(MAX_COUNT));
    for value in [
        Value::Integer(0),
        Value::Integer(-1),
        Value::Integer(1_000_000_001),
        Value::Fraction(1.5),
        text("2"),
    ] {
        let reason = count(value).unwrap_err();
        assert!(reason.starts_with("count: is ") && reason.contains("1 to 1000000000"), "{reason}");
    }
}

#[test]
fn what_the_verifier_makes_up_is_bounded_in_characters() {
    let long = |length| Value::Text("é".repeat(length).into());
    assert!(
        checked(RawEvent {
            id: long(64),
            client: long(64),
            trace: long(128),
            source: long(120),
            ..raw()
        })
        .is_ok()
    );
    let cases = [
        (RawEvent { id: long(65), ..raw() }, "id: has 65 characters; send at most 64"),
        (RawEvent { client: long(65), ..raw() }, "client: has 65 characters; send at most 64"),
        (RawEvent { trace: long(129), ..raw() }, "trace: has 129 characters; send at most 128"),
        (RawEvent { source: long(121), ..raw() }, "source: has 121 characters; send at most 120"),
        (RawEvent { id: Value::Integer(5), ..raw() }, "id: is a number; send a string"),
        (
            RawEvent { sitekey: Value::Other("an object"), ..raw() },
            "sitekey: is an object; send a string",
        ),
    ];
    for (raw, expected) in cases {
        assert_eq!(reason(raw), expected);
    }
    assert!(reason(RawEvent { id: text(""), ..raw() }).starts_with("id: is empty"));
    assert!(
        reason(RawEvent { source: text("replay:x"), ..raw() }).starts_with("source: begins with")
    );
    assert!(
        reason(RawEvent { source: text("a\u{1b}[2J"), ..raw() }).contains("control or invisible")
    );
    assert!(reason(RawEvent { code: text("a b"), ..raw() }).starts_with("code: "));
}

#[test]
fn what_a_visitor_makes_up_never_costs_an_outcome() {
    let long = || Value::Text("x\0".repeat(500_000).into());
    let event = checked(RawEvent { sitekey: long(), referer: long(), user_agent: long(), ..raw() });
    assert!(event.is_ok());
}

#[test]
fn floors_are_starts_of_days() {
    let floors = Retention::default().floors(now());
    assert_eq!(floors.minute, "2026-05-16T00:00:00Z".parse().unwrap());
    assert_eq!(floors.hour, "2025-05-11T00:00:00Z".parse().unwrap());
    assert_eq!(floors.sample, "2026-06-08T00:00:00Z".parse().unwrap());
}

fn values() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        Just(Value::Absent),
        any::<String>().prop_map(|text| Value::Text(text.into())),
        any::<i128>().prop_map(Value::Integer),
        any::<i64>().prop_map(|number| Value::Integer(number.into())),
        any::<f64>().prop_map(Value::Fraction),
        Just(Value::Other("an array")),
    ]
}

proptest! {
    #[test]
    fn anything_is_either_counted_within_bounds_or_refused_by_name(
        fields in proptest::array::uniform9(values()),
        code in "[a-z_]{1,20}",
    ) {
        let [id, time, sitekey, referer, count, source, client, trace, user_agent] = fields;
        let code = Value::Text(code.into());
        let raw = RawEvent {
            id, time, sitekey, code, referer, count, source, client, trace, user_agent,
        };
        match checked(raw) {
            Ok(event) => {
                prop_assert!((1..=MAX_COUNT).contains(&event.count));
                prop_assert!(event.time >= EARLIEST);
                prop_assert!(event.time.duration_since(now()) <= MAX_AHEAD);
                prop_assert!(event.id.is_none_or(|id| (1..=MAX_ID).contains(&id.chars().count())));
                prop_assert!(!event.source.is_empty() && !event.source.starts_with(REPLAY));
            }
            Err(reason) => {
                let field = reason.split(':').next().unwrap_or_default();
                prop_assert!([
                    "id", "time", "sitekey", "code", "referer", "count", "source", "client",
                    "trace", "user_agent",
                ].contains(&field), "{}", reason);
                prop_assert!(reason.contains("; "), "{}", reason);
            }
        }
    }
}

//! What holds of every format: whatever the body, the reader stands, and of a body that was written
//! with so many events, each is either counted or rejected, once, in its order.

use super::*;
use proptest::prelude::*;

fn defaults() -> Defaults<'static> {
    Defaults { now: "2026-06-15T12:00:00Z".parse().unwrap(), source: "token" }
}

fn formats() -> [Format; 7] {
    let mut headers = http::HeaderMap::new();
    for (name, value) in
        [("ce-specversion", "1.0"), ("ce-id", "a"), ("ce-source", "s"), ("ce-type", "t")]
    {
        headers.insert(name, http::HeaderValue::from_static(value));
    }
    let binary = Format::of_events(&headers).unwrap();
    assert!(matches!(binary, Format::CloudEventData(_)));
    [
        Format::Json,
        Format::Ndjson,
        Format::CloudEvent,
        Format::CloudEventBatch,
        binary,
        Format::OtlpJson,
        Format::OtlpProtobuf,
    ]
}

/// One event in JSON: some can be counted and some cannot.
fn event() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "\"(ok|referer_denied|a b||edge|replay:x|\\\\u0000|é)\"",
        "(null|true|7|-1|1\\.5|1e400|\\[\\]|\\{\"a\":\\[1\\]\\}|1767290645678)",
    ];
    let field = ("(code|id|time|count|source|sitekey|referer|client|trace|user_agent|x)", value);
    let object = prop::collection::vec(field, 0..5).prop_map(|fields| {
        let fields = fields.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        let code = "\"code\":\"ok\"".to_owned();
        format!("{{{}}}", std::iter::once(code).chain(fields).collect::<Vec<_>>().join(","))
    });
    prop_oneof![9 => object, 1 => "(7|null|\"a\"|\\[\\]|true)"]
}

/// The same events in each format that carries several.
fn bodies(events: &[String]) -> Vec<(Format, String)> {
    let wrapped = events.iter().map(|event| {
        format!(r#"{{"specversion":"1.0","id":"a","source":"s","type":"t","data":{event}}}"#)
    });
    vec![
        (Format::Json, format!("[{}]", events.join(","))),
        (Format::Ndjson, events.join("\n")),
        (Format::CloudEventBatch, format!("[{}]", wrapped.collect::<Vec<_>>().join(","))),
    ]
}

/// A number that JSON's reader refuses breaks a whole document, though only its own line of NDJSON.
fn is_readable(events: &[String]) -> bool {
    !events.iter().any(|event| event.contains("1e400"))
}

proptest! {
    #[test]
    fn each_event_is_counted_or_rejected_once(events in prop::collection::vec(event(), 0..12)) {
        for (format, body) in bodies(&events) {
            if format != Format::Ndjson && !is_readable(&events) {
                continue;
            }
            let found = read(body.as_bytes(), &format, &defaults());
            let found = found.unwrap_or_else(|error| panic!("{format:?}: {error}: {body}"));
            prop_assert_eq!(found.events.len() + found.rejected.len(), events.len());
            prop_assert!(found.rejected.is_sorted_by(|a, b| a.index < b.index));
            prop_assert!(found.rejected.iter().all(|reject| reject.index < events.len()));
        }
    }

    #[test]
    fn a_body_that_was_tampered_with_breaks_nothing(
        events in prop::collection::vec(event(), 0..5),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        end in any::<prop::sample::Index>(),
    ) {
        for (_, body) in bodies(&events) {
            let mut body = body.into_bytes();
            if body.is_empty() {
                continue;
            }
            for (place, byte) in &changes {
                let place = place.index(body.len());
                body[place] = *byte;
            }
            for format in formats() {
                for body in [&body[..], &body[..end.index(body.len())]] {
                    if let Ok(found) = read(body, &format, &defaults()) {
                        prop_assert!(found.events.len() + found.rejected.len() <= body.len());
                    }
                }
            }
        }
    }

    #[test]
    fn no_bytes_break_any_reader(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in formats() {
            let _ = read(&body, &format, &defaults());
        }
    }
}

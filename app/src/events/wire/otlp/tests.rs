pub(crate) mod messages;

use crate::events::model::MAX_EVENTS;
use crate::events::rules::Defaults;
use crate::events::wire::{Body, BodyError, Format, read};
use messages::{Any, AnyValue, ArrayValue, KeyValue, KeyValueList, LogRecord, attribute, request};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

fn defaults() -> Defaults<'static> {
    Defaults { now: "2026-06-15T12:00:00Z".parse().unwrap(), source: "token" }
}

fn protobuf(body: &[u8]) -> Result<Body<'_>, BodyError> {
    read(body, &Format::OtlpProtobuf, &defaults())
}

fn json(body: &[u8]) -> Result<Body<'_>, BodyError> {
    read(body, &Format::OtlpJson, &defaults())
}

/// What the request's records come to, which both encodings must agree on.
fn both(request: &messages::Request) -> (Vec<String>, Vec<String>) {
    let told = |found: Body<'_>| {
        let events = found.events.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>();
        let rejected =
            found.rejected.iter().map(|reject| format!("{}: {}", reject.index, reject.reason));
        (events, rejected.collect::<Vec<_>>())
    };
    let text = request.json().to_string();
    let read = told(protobuf(&request.encode_to_vec()).unwrap());
    assert_eq!(read, told(json(text.as_bytes()).unwrap()), "{text}");
    read
}

/// The one event of a request of one record.
fn event(resource: Vec<KeyValue>, record: LogRecord) -> String {
    let (mut events, rejected) = both(&request(resource, vec![record]));
    assert_eq!(rejected, Vec::<String>::new());
    events.pop().unwrap()
}

fn record(attributes: Vec<KeyValue>) -> LogRecord {
    LogRecord { attributes, ..LogRecord::default() }
}

fn map(entries: Vec<KeyValue>) -> AnyValue {
    Any::Map(KeyValueList { values: entries }).into()
}

const NOON: u64 = 1_781_524_800_000_000_000;

#[test]
fn attributes_are_the_fields_of_an_event() {
    let request = request(
        vec![attribute("service.name", "edge")],
        vec![LogRecord {
            time_unix_nano: NOON - 1_000_000_000,
            observed_time_unix_nano: NOON,
            severity_number: 9,
            severity_text: "INFO".into(),
            body: Some(Any::from("verified").into()),
            flags: 1,
            trace_id: vec![7; 16],
            event_name: "captcha.verification".into(),
            attributes: vec![
                attribute("captcha.id", "a-1"),
                attribute("captcha.code", "referer_denied"),
                attribute("captcha.sitekey", "site_x"),
                attribute("captcha.referer", "https://a.example/"),
                attribute("captcha.count", 3),
                attribute("captcha.client", "c"),
                attribute("captcha.trace", "t"),
                attribute("captcha.user_agent", "Mozilla/5.0"),
                attribute("http.route", "/verify"),
            ],
        }],
    );
    both(&request);
    let bytes = request.encode_to_vec();
    let found = protobuf(&bytes).unwrap();
    let event = &found.events[0];
    assert_eq!(event.id.as_deref(), Some("a-1"));
    assert_eq!((&*event.code, &*event.source, event.count), ("referer_denied", "edge", 3));
    assert_eq!(event.sitekey.as_deref(), Some("site_x"));
    assert_eq!(event.referer.as_deref(), Some(&b"https://a.example/"[..]));
    assert_eq!((event.client.as_deref(), event.trace.as_deref()), (Some("c"), Some("t")));
    assert_eq!(event.user_agent.as_deref(), Some("Mozilla/5.0"));
    assert_eq!(event.time, "2026-06-15T11:59:59Z".parse().unwrap());
}

#[test]
fn semantic_conventions_are_asked_second_and_a_map_for_a_body_third() {
    let headers = |values: &[&str]| {
        let values = values.iter().map(|value| Any::from(*value).into()).collect();
        attribute("http.request.header.referer", Any::Array(ArrayValue { values }))
    };
    let conventions = vec![
        headers(&["https://a.example/"]),
        attribute("client.address", "203.0.113.7"),
        attribute("user_agent.original", "curl"),
        attribute("log.record.uid", "u"),
    ];
    let body = || {
        map(vec![
            attribute("code", "ok"),
            attribute("client", "from the body"),
            attribute("captcha.trace", "t"),
            attribute("other", 1),
        ])
    };
    let told = event(vec![], LogRecord { body: Some(body()), ..record(conventions.clone()) });
    for part in [
        "id: Some(\"u\")",
        "code: \"ok\"",
        "client: Some(\"203.0.113.7\")",
        "trace: Some(\"t\")",
        "user_agent: Some(\"curl\")",
        "source: \"token\"",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let own = vec![attribute("captcha.code", "payload_used"), attribute("captcha.client", "own")];
    let told =
        event(vec![], LogRecord { body: Some(body()), ..record([own, conventions].concat()) });
    assert!(told.contains("payload_used") && told.contains("client: Some(\"own\")"), "{told}");
    // Two referers are no referer.
    let two = vec![attribute("captcha.code", "ok"), headers(&["https://a.example/", "b"])];
    let (_, rejected) = both(&request(vec![], vec![record(two)]));
    assert_eq!(rejected, ["0: referer: is an array; send a string"]);
}

#[test]
fn the_source_is_the_service_and_its_instance_unless_that_is_made_up() {
    let code = || record(vec![attribute("captcha.code", "ok")]);
    let source = |service: Option<&str>, instance: Option<&str>| {
        let resource = [("service.name", service), ("service.instance.id", instance)];
        let resource = resource.iter().filter_map(|(key, value)| Some(attribute(key, (*value)?)));
        let told = event(resource.collect(), code());
        let (_, rest) = told.split_once("source: \"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let uuid = "627cc493-f310-47de-96bd-71410b7dec09";
    for (service, instance, expected) in [
        (Some("edge"), Some("edge-1"), "edge/edge-1"),
        (Some("edge"), None, "edge"),
        (Some("edge"), Some(""), "edge"),
        (Some("edge"), Some(uuid), "edge"),
        (None, Some("edge-1"), "edge-1"),
        (None, Some(uuid), "token"),
        (None, None, "token"),
        (Some("unknown_service:python"), None, "token"),
    ] {
        assert_eq!(source(service, instance), expected, "{service:?} {instance:?}");
    }
    let own = record(vec![attribute("captcha.code", "ok"), attribute("captcha.source", "mine")]);
    assert!(event(vec![attribute("service.name", "edge")], own).contains("source: \"mine\""));
}

#[test]
fn the_time_is_the_records_else_when_it_was_seen_else_now() {
    let code = vec![attribute("captcha.code", "ok")];
    for (time, observed, expected) in [
        (NOON - 60_000_000_000, NOON - 1_000_000_000, "2026-06-15T11:59:00Z"),
        (0, NOON - 1_000_000_000, "2026-06-15T11:59:59Z"),
        (0, 0, "2026-06-15T12:00:00Z"),
    ] {
        let record = LogRecord {
            time_unix_nano: time,
            observed_time_unix_nano: observed,
            ..record(code.clone())
        };
        let told = event(vec![], record);
        assert!(told.contains(&format!("time: {expected}")), "{told}");
    }
}

#[test]
fn each_record_is_taken_by_itself_and_counted_by_its_place() {
    let good = record(vec![attribute("captcha.code", "ok")]);
    let records = vec![
        good.clone(),
        LogRecord::default(),
        record(vec![attribute("captcha.code", 7)]),
        record(vec![attribute("captcha.code", Any::Bool(true))]),
        record(vec![attribute("captcha.code", "ok"), attribute("captcha.count", "3")]),
        record(vec![attribute("captcha.code", "ok"), attribute("captcha.count", Any::Double(2.5))]),
        LogRecord { time_unix_nano: u64::MAX, ..good.clone() },
        good,
    ];
    let (events, rejected) = both(&request(vec![], records));
    assert_eq!((events.len(), rejected.len()), (2, 6), "{rejected:?}");
    assert!(rejected[0].starts_with("1: code: is missing"), "{rejected:?}");
    let (events, rejected) = both(&messages::Request::default());
    assert_eq!((events.len(), rejected.len()), (0, 0), "an empty request is none");
}

#[test]
fn what_a_visitor_sent_may_be_bytes() {
    let bytes = |key: &str| attribute(key, Any::Bytes(b"https://a\xff.example/".to_vec()));
    let body = request(
        vec![],
        vec![
            record(vec![
                attribute("captcha.code", "ok"),
                bytes("captcha.referer"),
                bytes("captcha.sitekey"),
            ]),
            record(vec![attribute("captcha.code", "ok"), bytes("captcha.client")]),
            record(vec![attribute("captcha.code", Any::Bytes(b"ok".to_vec()))]),
        ],
    );
    let body = body.encode_to_vec();
    let found = protobuf(&body).unwrap();
    assert_eq!(found.events.len(), 2);
    assert_eq!(found.events[0].referer.as_deref(), Some(&b"https://a\xff.example/"[..]));
    assert_eq!(found.events[0].sitekey.as_deref(), Some("https://a\u{fffd}.example/"));
    assert!(found.rejected[0].reason.starts_with("client: is bytes that are not UTF-8"));
}

#[test]
fn too_many_records_are_refused_wherever_they_stand() {
    let bytes = |records: usize| {
        let logs = request(vec![], vec![LogRecord::default(); records / 2]).resource_logs;
        messages::Request { resource_logs: [logs.clone(), logs].concat() }
    };
    let most = bytes(MAX_EVENTS);
    assert_eq!(protobuf(&most.encode_to_vec()).unwrap().rejected.len(), MAX_EVENTS);
    let over = bytes(MAX_EVENTS + 2);
    assert_eq!(protobuf(&over.encode_to_vec()).unwrap_err(), BodyError::TooMany);
    let records = vec!["{}"; MAX_EVENTS + 1].join(",");
    let text = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}"#);
    assert_eq!(json(text.as_bytes()).unwrap_err(), BodyError::TooMany);
}

#[test]
fn json_takes_numbers_as_strings_nulls_and_unknown_names() {
    let body = json!({ "resourceLogs": [{
        "resource": null,
        "scopeLogs": [{ "logRecords": [{
            "timeUnixNano": NOON,
            "observedTimeUnixNano": null,
            "severityNumber": 9,
            "whatever": { "a": [1, { "b": null }] },
            "attributes": [
                { "key": "captcha.code", "value": { "stringValue": "ok" } },
                { "key": "captcha.count", "value": { "intValue": 5 } },
                { "key": "captcha.client", "value": null },
                { "key": "x", "value": { "arrayValue": { "values": [{ "arrayValue": {} }] } } },
            ],
        }] }, null],
    }], "extra": 1 });
    let text = body.to_string();
    let found = json(text.as_bytes()).unwrap();
    assert_eq!((found.events.len(), found.events[0].count), (1, 5));
    for wrong in [
        "",
        "[]",
        "7",
        "{",
        r#"{"resourceLogs":{}}"#,
        r#"{"resourceLogs":[7]}"#,
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"noon"}]}]}]}"#,
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":-5}]}]}]}"#,
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[{"key":7}]}]}]}]}"#,
    ] {
        assert!(matches!(json(wrong.as_bytes()), Err(BodyError::Malformed(_))), "{wrong}");
    }
}

#[test]
fn deep_nesting_is_harmless() {
    let deep = format!("{}{}", r#"{"arrayValue":{"values":["#.repeat(50_000), "]}}".repeat(50_000));
    let text = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{deep},"attributes":[{{"key":"captcha.code","value":{deep}}}]}}]}}]}}]}}"#
    );
    let found = json(text.as_bytes()).unwrap();
    assert_eq!(found.rejected[0].reason, "code: is an array; send a string");
    // An array of an array of an array, in protobuf.
    let value = (0..2_000).fold(Vec::new(), |inner, _| field(5, &field(1, &inner)));
    let mut record = record(vec![attribute("captcha.code", "ok")]).encode_to_vec();
    record.extend(field(5, &value));
    let body = field(1, &field(2, &field(2, &record)));
    assert_eq!(protobuf(&body).unwrap().events.len(), 1);
}

/// A field that holds these bytes.
fn field(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut bytes = vec![(number << 3) | 2];
    prost::encode_length_delimiter(inner.len(), &mut bytes).unwrap();
    bytes.extend_from_slice(inner);
    bytes
}

fn any_value() -> impl Strategy<Value = Any> {
    let scalar = prop_oneof![
        "(ok|referer_denied|a b|)".prop_map(Any::String),
        any::<bool>().prop_map(Any::Bool),
        any::<i64>().prop_map(Any::Int),
        // Few digits: those of others, JSON does not carry to the last bit.
        any::<i32>().prop_map(|eighths| Any::Double(f64::from(eighths) / 8.0)),
    ];
    scalar.prop_recursive(2, 6, 3, |inner| {
        let values = prop::collection::vec(inner.prop_map(AnyValue::from), 0..3);
        let pairs = values.clone().prop_map(|values| {
            let pair = |value| KeyValue { key: "code".into(), value: Some(value) };
            Any::Map(KeyValueList { values: values.into_iter().map(pair).collect() })
        });
        prop_oneof![values.prop_map(|values| Any::Array(ArrayValue { values })), pairs]
    })
}

fn log_record() -> impl Strategy<Value = LogRecord> {
    let key = "(captcha\\.(code|count|id|source|time|referer|x)|client\\.address|y)";
    let attributes = prop::collection::vec((key, any_value()), 0..6);
    let time = prop_oneof![Just(0), Just(NOON), any::<u64>()];
    (time, attributes, prop::option::of(any_value())).prop_map(|(time, attributes, body)| {
        LogRecord {
            time_unix_nano: time,
            attributes: attributes.into_iter().map(|(key, value)| attribute(&key, value)).collect(),
            body: body.map(AnyValue::from),
            ..LogRecord::default()
        }
    })
}

proptest! {
    #[test]
    fn both_encodings_say_the_same(records in prop::collection::vec(log_record(), 0..8)) {
        let count = records.len();
        let (events, rejected) = both(&request(vec![attribute("service.name", "edge")], records));
        prop_assert_eq!(events.len() + rejected.len(), count);
    }

    #[test]
    fn a_request_that_was_tampered_with_breaks_nothing(
        records in prop::collection::vec(log_record(), 1..4),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        end in any::<prop::sample::Index>(),
    ) {
        let whole = request(vec![attribute("service.name", "edge")], records);
        let mut bytes = whole.encode_to_vec();
        let _ = protobuf(&bytes[..end.index(bytes.len())]);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = protobuf(&bytes);
        let mut text = whole.json().to_string().into_bytes();
        let _ = json(&text[..end.index(text.len())]);
        let place = place % text.len();
        text[place] = byte;
        let _ = json(&text);
    }

    #[test]
    fn no_body_breaks_the_reader(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = json(&body);
        if let Ok(found) = protobuf(&body) {
            prop_assert!(found.events.len() + found.rejected.len() <= body.len());
        }
    }
}

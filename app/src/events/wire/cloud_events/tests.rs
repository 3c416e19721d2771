use crate::events::rules::Defaults;
use crate::events::wire::{Body, Format, read};
use http::{HeaderMap, HeaderValue};

fn defaults() -> Defaults<'static> {
    Defaults { now: "2026-06-15T12:00:00Z".parse().unwrap(), source: "token" }
}

fn one(body: &str) -> Body<'_> {
    read(body.as_bytes(), &Format::CloudEvent, &defaults()).unwrap()
}

fn reason(body: &str) -> String {
    let found = one(body);
    assert_eq!(found.events.len(), 0, "{body}");
    found.rejected[0].reason.to_string()
}

#[test]
fn the_envelope_gives_id_source_and_time_and_data_the_rest() {
    let found = one(r#"{"data":{"code":"referer_denied","referer":"https://a.example/","count":3},
            "specversion":"1.0","id":"A234","source":"/edge-1","type":"captcha.verification",
            "time":"2026-06-15T11:00:00Z","datacontenttype":"application/json","traceparent":"00-x"}"#);
    let event = &found.events[0];
    assert_eq!(event.id.as_deref(), Some("A234"));
    assert_eq!((&*event.source, &*event.code, event.count), ("/edge-1", "referer_denied", 3));
    assert_eq!(event.time, "2026-06-15T11:00:00Z".parse().unwrap());
    assert_eq!(event.referer.as_deref(), Some(&b"https://a.example/"[..]));
}

#[test]
fn what_the_data_says_itself_is_taken_before_the_envelope() {
    let found = one(
        r#"{"specversion":"1.0","id":"gateway","source":"/gateway","type":"t","time":"2026-06-15T11:00:00Z",
            "data":{"code":"ok","id":"mine","source":"edge-1","time":"2026-06-15T10:00:00Z"}}"#,
    );
    let event = &found.events[0];
    assert_eq!((event.id.as_deref(), &*event.source), (Some("mine"), "edge-1"));
    assert_eq!(event.time, "2026-06-15T10:00:00Z".parse().unwrap());
}

#[test]
fn an_envelope_that_is_not_whole_is_rejected_by_name() {
    for (body, said) in [
        (r#"{"id":"a","source":"s","type":"t","data":{"code":"ok"}}"#, "specversion: is missing"),
        (
            r#"{"specversion":"0.3","id":"a","source":"s","type":"t","data":{"code":"ok"}}"#,
            "specversion: is \"0.3\"; send \"1.0\"",
        ),
        (r#"{"specversion":"1.0","source":"s","type":"t","data":{"code":"ok"}}"#, "id: is missing"),
        (r#"{"specversion":"1.0","id":"","source":"s","type":"t"}"#, "id: is empty"),
        (r#"{"specversion":"1.0","id":7,"source":"s","type":"t"}"#, "id: is a number"),
        (r#"{"specversion":"1.0","id":"a","type":"t","data":{"code":"ok"}}"#, "source: is missing"),
        (r#"{"specversion":"1.0","id":"a","source":"s","data":{"code":"ok"}}"#, "type: is missing"),
        (r#"{"specversion":"1.0","id":"a","source":"s","type":"t"}"#, "code: is missing"),
        (
            r#"{"specversion":"1.0","id":"a","source":"s","type":"t","data":"{\"code\":\"ok\"}"}"#,
            "data: is a string; send an object",
        ),
        (
            r#"{"specversion":"1.0","id":"a","source":"s","type":"t","data_base64":"e30="}"#,
            "data_base64: is not read",
        ),
        (r#"{"code":"ok"}"#, "specversion: is missing"),
    ] {
        let reason = reason(body);
        assert!(reason.starts_with(said), "{body}: {reason}");
    }
}

#[test]
fn a_batch_is_an_array_and_each_of_its_events_is_taken_by_itself() {
    let good = r#"{"specversion":"1.0","id":"a","source":"s","type":"t","data":{"code":"ok"}}"#;
    let body = format!("[{good},7,{good},{{}},[]]");
    let found = read(body.as_bytes(), &Format::CloudEventBatch, &defaults()).unwrap();
    assert_eq!(found.events.len(), 2);
    let places: Vec<_> = found.rejected.iter().map(|reject| reject.index).collect();
    assert_eq!(places, [1, 3, 4]);
    assert_eq!(found.rejected[0].reason, "event: is a number; send an object");
    let empty = read(b"[]", &Format::CloudEventBatch, &defaults()).unwrap();
    assert_eq!(empty.events.len() + empty.rejected.len(), 0);
    assert!(read(good.as_bytes(), &Format::CloudEventBatch, &defaults()).is_err());
    assert!(read(body.as_bytes(), &Format::CloudEvent, &defaults()).is_err());
}

#[test]
fn in_binary_mode_the_headers_are_the_envelope() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-type", "captcha.verification"),
        ("ce-source", "/edge%201"),
        ("ce-id", "\"a\\\"b\""),
        ("ce-time", "2026-06-15T11:00:00Z"),
        ("content-type", "application/json"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let format = Format::of_events(&headers).unwrap();
    let found = read(br#"{"code":"ok"}"#, &format, &defaults()).unwrap();
    assert_eq!(found.events[0].id.as_deref(), Some("a\"b"));
    assert_eq!(found.events[0].source, "/edge 1");
    assert_eq!(found.events[0].time, "2026-06-15T11:00:00Z".parse().unwrap());
    for wrong in [&b"[]"[..], b"7", b"", b"{}{}", br#"[{"code":"ok"}]"#] {
        assert!(read(wrong, &format, &defaults()).is_err(), "{}", String::from_utf8_lossy(wrong));
    }
    headers.remove("ce-id");
    let format = Format::of_events(&headers).unwrap();
    let found = read(br#"{"code":"ok"}"#, &format, &defaults()).unwrap();
    assert!(found.rejected[0].reason.starts_with("id: is missing"));
}

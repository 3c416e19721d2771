use super::*;
use jiff::Timestamp;
use proptest::prelude::*;
use std::borrow::Cow;

fn defaults() -> Defaults<'static> {
    Defaults { now: "2026-06-15T12:00:00Z".parse().unwrap(), source: "token" }
}

fn json(body: &[u8]) -> Result<Body<'_>, BodyError> {
    read(body, &Format::Json, &defaults())
}

fn ndjson(body: &[u8]) -> Body<'_> {
    read(body, &Format::Ndjson, &defaults()).unwrap()
}

fn codes<'a>(body: &'a Body<'_>) -> Vec<&'a str> {
    body.events.iter().map(|event| &*event.code).collect()
}

#[test]
fn an_object_an_array_and_lines_are_read_alike() {
    let object = json(br#" {"code":"ok","x":{"y":[1,{}]},"time":1781517600000} "#).unwrap();
    assert_eq!(codes(&object), ["ok"]);
    assert_eq!(object.events[0].time, Timestamp::from_second(1_781_517_600).unwrap());
    let array = json(b"\xef\xbb\xbf[{\"code\":\"ok\"},{\"code\":\"payload_used\"}]").unwrap();
    assert_eq!(codes(&array), ["ok", "payload_used"]);
    let lines = ndjson(b"{\"code\":\"ok\"}\r\n\n  \n{\"code\":\"payload_used\"}");
    assert_eq!(codes(&lines), ["ok", "payload_used"]);
    assert_eq!(json(b"[]").unwrap().events.len(), 0);
    assert_eq!(ndjson(b"").events.len(), 0);
}

#[test]
fn strings_without_escapes_are_borrowed() {
    let body = br#"{"code":"ok","sitekey":"abc","referer":"https:\/\/a.example"}"#;
    let found = json(body).unwrap();
    let event = &found.events[0];
    assert!(matches!(event.sitekey, Some(Cow::Borrowed("abc"))));
    assert_eq!(event.referer.as_deref(), Some(&b"https://a.example"[..]));
}

#[test]
fn each_bad_event_is_rejected_by_itself() {
    let found =
        json(br#"[{"code":"ok"},7,{"code":""},null,[[]],{"code":"ok","count":0},{"code":"ok"}]"#)
            .unwrap();
    assert_eq!(found.events.len(), 2);
    let rejected: Vec<_> =
        found.rejected.iter().map(|reject| (reject.index, &*reject.reason)).collect();
    assert_eq!(rejected[0], (1, "event: is a number; send an object"));
    assert!(rejected[1].0 == 2 && rejected[1].1.starts_with("code: is empty; "));
    assert_eq!(rejected[2], (3, "event: is null; send an object"));
    assert_eq!(rejected[3], (4, "event: is an array; send an object"));
    assert_eq!(rejected[4].0, 5);
}

#[test]
fn a_line_that_is_not_json_is_rejected_by_itself() {
    let found =
        ndjson(b"{\"code\":\"ok\"}\n\n{\"code\n{\"code\":\"ok\"}x\n\xff\n{\"code\":\"ok\"}\n");
    assert_eq!(found.events.len(), 2);
    assert_eq!(found.rejected.iter().map(|reject| reject.index).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(found.rejected[0].reason.starts_with("line: is not JSON"));
}

#[test]
fn a_body_that_is_not_json_is_refused_as_a_whole() {
    for body in [
        &b""[..],
        b" \n",
        b"{\"code\":\"ok\"",
        b"[{\"code\":\"ok\"}",
        b"{}{}",
        b"[1,]",
        b"\"ok\"",
        b"5",
        b"{\"code\":\"\xff\"}",
    ] {
        let Err(BodyError::Malformed(reason)) = json(body) else { panic!("{body:?} was taken") };
        assert!(!reason.is_empty());
    }
    let Err(BodyError::Malformed(reason)) = json(b"{\"code\":\"ok\"}\n{\"code\":\"ok\"}") else {
        panic!("two objects were taken for one")
    };
    assert!(reason.contains("application/x-ndjson"));
}

#[test]
fn too_many_events_are_refused_in_every_format() {
    let one = "{\"code\":\"ok\"}";
    let exactly = vec![one; MAX_EVENTS];
    assert_eq!(
        json(format!("[{}]", exactly.join(",")).as_bytes()).unwrap().events.len(),
        MAX_EVENTS
    );
    assert_eq!(ndjson(exactly.join("\n").as_bytes()).events.len(), MAX_EVENTS);
    let over = vec![one; MAX_EVENTS + 1];
    let array = format!("[{}]", over.join(","));
    assert_eq!(json(array.as_bytes()).unwrap_err(), BodyError::TooMany);
    let lines = over.join("\n");
    let refused = read(lines.as_bytes(), &Format::Ndjson, &defaults()).unwrap_err();
    assert_eq!(refused, BodyError::TooMany);
}

#[test]
fn deep_nesting_is_harmless() {
    let deep = "[".repeat(1_000_000);
    assert!(json(deep.as_bytes()).is_err());
    let inside =
        format!("{{\"code\":\"ok\",\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(json(inside.as_bytes()).unwrap().events.len(), 1);
    let keyed = format!("{{\"code\":{}1{}}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(json(keyed.as_bytes()).unwrap().rejected.len(), 1);
}

proptest! {
    #[test]
    fn no_body_breaks_the_reader(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = json(&body);
        let found = ndjson(&body);
        prop_assert!(found.events.len() + found.rejected.len() <= body.len());
    }

    #[test]
    fn every_line_is_either_counted_or_rejected_once(
        lines in prop::collection::vec("(\\{\"code\":\"(ok|a b)\"\\}|[a-z\\[\\]{}\",: ]{1,20})", 0..30),
    ) {
        let body = lines.join("\n");
        let found = ndjson(body.as_bytes());
        let filled = lines.iter().filter(|line| !line.trim().is_empty()).count();
        prop_assert_eq!(found.events.len() + found.rejected.len(), filled);
        prop_assert!(found.rejected.iter().map(|reject| reject.index).is_sorted_by(|a, b| a < b));
    }
}

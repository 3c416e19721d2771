#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use sitekeeper_fuzz::events::wire::Format;
use sitekeeper_fuzz::hold;

// In binary mode the first line, cut at its tabs, makes the headers.
fuzz_target!(|body: &[u8]| {
    hold(body, &Format::CloudEvent);
    hold(body, &Format::CloudEventBatch);
    let Some(end) = body.iter().position(|byte| *byte == b'\n') else { return };
    let names = ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time"];
    let mut headers = HeaderMap::new();
    for (name, value) in names.into_iter().zip(body[..end].split(|byte| *byte == b'\t')) {
        let Ok(value) = HeaderValue::from_bytes(value) else { return };
        headers.insert(HeaderName::from_static(name), value);
    }
    if let Ok(format) = Format::of_events(&headers) {
        hold(&body[end + 1..], &format);
    }
});

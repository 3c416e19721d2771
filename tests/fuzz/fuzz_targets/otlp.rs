#![no_main]

use libfuzzer_sys::fuzz_target;
use sitekeeper_fuzz::events::wire::Format;
use sitekeeper_fuzz::hold;

fuzz_target!(|body: &[u8]| {
    hold(body, &Format::OtlpProtobuf);
    hold(body, &Format::OtlpJson);
});

#![no_main]

use libfuzzer_sys::fuzz_target;
use sitekeeper_fuzz::events::wire::encoding::Encoding;

/// A bound small enough that the target is fast, and large enough to be reached.
const MOST: usize = 64 * 1024;

fuzz_target!(|body: &[u8]| {
    for encoding in [Encoding::Gzip, Encoding::Zstd] {
        if let Ok(plain) = encoding.decode(body, MOST) {
            assert!(plain.len() <= MOST);
        }
    }
});

//! One event a line. A line that is no JSON costs only itself.

use super::json::Line;
use super::{BodyError, Intake};
use memchr::memchr;

/// Reads lines; empty ones are skipped and not counted.
pub(super) fn read<'a>(mut rest: &'a [u8], intake: &mut Intake<'_, 'a>) -> Result<(), BodyError> {
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].trim_ascii();
        rest = rest.get(end + 1..).unwrap_or_default();
        if line.is_empty() {
            continue;
        }
        let item = match serde_json::from_slice::<Line<'a>>(line) {
            Ok(Line(item)) => item,
            Err(error) => {
                Err(format!("line: is not JSON ({error}); send one object a line").into())
            }
        };
        intake.take(item)?;
    }
    Ok(())
}

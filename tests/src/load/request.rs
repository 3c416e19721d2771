//! Requests as bytes.

use memchr::memmem;

/// Stands in a path or body for sixteen digits that differ in every request, and every place of one.
pub const SERIAL: &str = "################";

/// A request that can be sent again and again, with other serial numbers each time.
#[derive(Clone, Debug)]
pub struct Request {
    bytes: Vec<u8>,
    serials: Vec<usize>,
    /// The status of a right answer.
    pub(super) status: u16,
    /// What the body of a right answer contains.
    pub(super) wanted: Vec<u8>,
}

impl Request {
    /// A `GET` with headers, as in `("cookie", "sitekeeper=…")`.
    pub fn get(path: &str, headers: &[(&str, &str)]) -> Self {
        Self::new("GET", path, headers, "")
    }

    /// A `POST`; [`SERIAL`] may stand in the body.
    pub fn post(path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        Self::new("POST", path, headers, body)
    }

    /// Counts an answer as an error unless its body contains this.
    #[must_use]
    pub fn wanting(mut self, text: &str) -> Self {
        self.wanted = text.into();
        self
    }

    /// Counts an answer as an error unless it has this status; 200 if nothing is said.
    #[must_use]
    pub const fn answered(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    fn new(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: String =
            headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
        let bytes = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes();
        let serials = memmem::find_iter(&bytes, SERIAL).collect();
        Self { bytes, serials, status: 200, wanted: Vec::new() }
    }

    /// Makes `sent` the bytes to send, with the next serial numbers in them.
    pub(super) fn stamp(&self, serial: &mut u64, sent: &mut Vec<u8>) {
        sent.clone_from(&self.bytes);
        for &start in &self.serials {
            let mut rest = *serial;
            *serial += 1;
            for digit in sent[start..start + SERIAL.len()].iter_mut().rev() {
                *digit = b"0123456789"[usize::try_from(rest % 10).unwrap_or_default()];
                rest /= 10;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_count_through_the_places_and_the_requests() {
        let request = Request::post("/", &[], &format!("{SERIAL} {SERIAL}"));
        let (mut serial, mut sent) = (98, Vec::new());
        let mut stamped = || {
            request.stamp(&mut serial, &mut sent);
            String::from_utf8(sent.clone()).unwrap()
        };
        let first = stamped();
        assert!(first.ends_with("\r\ncontent-length: 33\r\n\r\n0000000000000098 0000000000000099"));
        let second = stamped();
        assert!(second.ends_with("0000000000000100 0000000000000101"));
    }
}

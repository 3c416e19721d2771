//! Quoted columns and their escapes.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The two parts of `text`, which starts just after an opening quote: the column, still
/// escaped, and what follows its closing quote. `None` if the quote is never closed.
///
/// Apache and nginx escape a quote inside a column. Some writers do not, so a quote only
/// closes the column where a column may end: before a space or the end of the line.
pub(super) fn split_quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + memchr2(b'"', b'\\', &text[from..])?;
        let next = text.get(at + 1);
        from = if text[at] == b'\\' {
            at + 2
        } else if matches!(next, None | Some(b' ' | b'\t')) {
            return Some((&text[..at], &text[at + 1..]));
        } else {
            at + 1
        };
        if from > text.len() {
            return None;
        }
    }
}

/// The bytes that were logged. Apache writes `\"`, `\\`, `\b`, `\n`, `\r`, `\t`, `\v`
/// and `\xhh`, nginx `\xHH` for all of them. A backslash before anything else stands for
/// itself.
pub(super) fn unescape(column: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\\', column) else {
        return Cow::Borrowed(column);
    };
    let mut bytes = Vec::with_capacity(column.len());
    bytes.extend_from_slice(&column[..first]);
    let mut rest = &column[first..];
    while let [byte, ..] = rest {
        let (byte, length) = escaped_byte(rest).unwrap_or((*byte, 1));
        bytes.push(byte);
        rest = &rest[length..];
    }
    Cow::Owned(bytes)
}

/// The byte that the escape at the start of `text` stands for, and the escape's length.
fn escaped_byte(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'x', high, low, ..] => Some((hex_digit(*high)? << 4 | hex_digit(*low)?, 4)),
        [b'\\', quoted @ (b'"' | b'\\'), ..] => Some((*quoted, 2)),
        [b'\\', b'b', ..] => Some((0x08, 2)),
        [b'\\', b'n', ..] => Some((b'\n', 2)),
        [b'\\', b'r', ..] => Some((b'\r', 2)),
        [b'\\', b't', ..] => Some((b'\t', 2)),
        [b'\\', b'v', ..] => Some((0x0b, 2)),
        _ => None,
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Escapes as Apache's `ap_escape_logitem` does.
    pub(in super::super) fn apache(bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for &byte in bytes {
            match byte {
                b'"' | b'\\' => text.extend([b'\\', byte]),
                0x08 => text.extend(b"\\b"),
                b'\n' => text.extend(b"\\n"),
                b'\r' => text.extend(b"\\r"),
                b'\t' => text.extend(b"\\t"),
                0x0b => text.extend(b"\\v"),
                b' '..=b'~' => text.push(byte),
                _ => text.extend(format!("\\x{byte:02x}").into_bytes()),
            }
        }
        text
    }

    /// Escapes as nginx's `ngx_http_log_escape` does.
    fn nginx(bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for &byte in bytes {
            match byte {
                b'"' | b'\\' => text.extend(format!("\\x{byte:02X}").into_bytes()),
                b' '..=b'~' => text.push(byte),
                _ => text.extend(format!("\\x{byte:02X}").into_bytes()),
            }
        }
        text
    }

    #[test]
    fn a_backslash_before_anything_else_stands_for_itself() {
        for column in [&br"\"[..], br"\q", br"\x", br"\x4", br"\xg0", br"C:\dir"] {
            assert_eq!(unescape(column), column);
        }
    }

    #[test]
    fn a_column_ends_at_a_quote_before_a_space_or_the_end() {
        let split = |text: &'static [u8]| split_quoted(text);
        assert_eq!(split(br#"a" "b""#), Some((&b"a"[..], &br#" "b""#[..])));
        assert_eq!(split(br#"a\"b""#), Some((&br#"a\"b"#[..], &b""[..])));
        assert_eq!(split(br#"a"b""#), Some((&br#"a"b"#[..], &b""[..])));
        assert_eq!(split(br#"""#), Some((&b""[..], &b""[..])));
        for unclosed in [&b""[..], b"a", br#"a\""#, br"a\", br#""b"#] {
            assert_eq!(split_quoted(unclosed), None);
        }
    }

    proptest! {
        #[test]
        fn escaped_columns_come_back_byte_for_byte(bytes: Vec<u8>) {
            for escaped in [apache(&bytes), nginx(&bytes)] {
                let quoted = [&escaped[..], b"\" \"more\""].concat();
                let (column, rest) = split_quoted(&quoted).unwrap();
                prop_assert_eq!(rest, b" \"more\"");
                let unescaped = unescape(column);
                prop_assert_eq!(unescaped.as_ref(), &bytes[..]);
            }
        }
    }
}

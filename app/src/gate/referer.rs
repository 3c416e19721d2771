//! Reading the host out of whatever a verifier received as the referer: an `Origin`, a full URL, a
//! bare host, bytes that are not UTF-8, or nothing.
//!
//! For http and https URLs the answer is that of the URL Standard (a property test holds it against
//! the `url` crate), less a trailing dot, and less the hosts that the DNS could not carry.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domains::host::{self, HostError, split_before};

/// How far a host is looked for, in bytes. Browsers cut a referer down to its origin at 4,096.
const MAX_SCANNED: usize = 2048;
/// The most characters kept of a referer that has no usable host.
const MAX_SHOWN: usize = 64;

/// What a referer says about where a request came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Referer {
    /// Nothing was sent: no header, an empty one, or the `-` that access logs write for it.
    Missing,
    /// Something was sent, but it names no host.
    Unusable(Unusable),
    /// A host.
    Host {
        /// Canonical: see [`host`].
        host: String,
        /// The port, that of the scheme when the URL names none; `None` for a bare host without.
        port: Option<u16>,
    },
}

/// A referer that names no host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unusable {
    /// What is wrong with it.
    pub why: UnusableReason,
    /// What to count it under in place of a host: what stands where the host should, or the scheme,
    /// in printable ASCII (other bytes as `\xe4`), at most 64 characters.
    pub shown: String,
}

/// Why a referer names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnusableReason {
    /// `null`: the browser hides the origin, as for sandboxed frames and local files.
    Opaque,
    /// A scheme other than http and https: `about:blank`, `data:`, `android-app://`, `file://`.
    NotWeb,
    /// A path, or nothing where the host should be.
    NoHost,
    /// The host is not UTF-8.
    NotUtf8,
    /// The host cannot be one.
    BadHost,
    /// The port cannot be one.
    BadPort,
    /// The host is too long, or does not end within the first 2,048 bytes.
    TooLong,
}

impl UnusableReason {
    /// A clause for the operator, without a capital or a full stop.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Opaque => "the browser hides where the request came from (origin null)",
            Self::NotWeb => "the referer is not the address of a web page",
            Self::NoHost => "the referer has no hostname in it",
            Self::NotUtf8 => "the referer's hostname is not valid UTF-8",
            Self::BadHost => "the referer's hostname is not a valid one",
            Self::BadPort => "the referer's port is not 0 to 65535",
            Self::TooLong => "the referer's hostname is too long",
        }
    }
}

impl Referer {
    /// The canonical host, if there is one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Host { host, .. } => Some(host),
            Self::Missing | Self::Unusable(_) => None,
        }
    }

    /// What to count the request under: the canonical host, or what was sent in its place. `None`
    /// when nothing was.
    #[must_use]
    pub fn counted_as(&self) -> Option<&str> {
        match self {
            Self::Host { host, .. } => Some(host),
            Self::Unusable(unusable) => Some(&unusable.shown),
            Self::Missing => None,
        }
    }
}

/// Reads a referer. Never fails, whatever the bytes.
#[must_use]
pub fn parse(bytes: &[u8]) -> Referer {
    parse_usual(bytes).unwrap_or_else(|| parse_any(bytes))
}

/// What the host of whatever was typed, a URL or a name, is counted under; itself if it has none.
#[must_use]
pub fn host_of(typed: &str) -> String {
    parse(typed.as_bytes()).host().unwrap_or(typed).to_owned()
}

/// The referers browsers send: `https://`, a plain host, perhaps a port, then a path or nothing.
/// `None` says only that [`parse_any`] must decide.
fn parse_usual(bytes: &[u8]) -> Option<Referer> {
    let (rest, default_port) = if let Some(rest) = bytes.strip_prefix(b"https://") {
        (rest, 443)
    } else {
        (bytes.strip_prefix(b"http://")?, 80)
    };
    let (name, rest) = split_before(rest, |byte| {
        !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    });
    let (digits, rest) = match rest.strip_prefix(b":") {
        Some(rest) => split_before(rest, |byte| !byte.is_ascii_digit()),
        None => (&[][..], rest),
    };
    if !matches!(rest.first(), None | Some(b'/' | b'?' | b'#')) {
        return None;
    }
    let port = parse_port(digits, Some(default_port)).ok()?;
    let host = host::canonical_plain(name)?;
    Some(Referer::Host { host, port })
}

fn parse_any(bytes: &[u8]) -> Referer {
    // As the URL Standard: control characters and spaces around it, tabs and newlines within it go.
    let bytes = trim(bytes);
    let cut = bytes.len() > MAX_SCANNED;
    let scanned = without_breaks(&bytes[..bytes.len().min(MAX_SCANNED)]);
    match &*scanned {
        b"" | b"-" => return Referer::Missing,
        b"null" => return unusable(UnusableReason::Opaque, b"null"),
        _ => {}
    }
    let (rest, default_port) = match after_scheme(&scanned) {
        Ok(found) => found,
        Err((why, shown)) => return unusable(why, shown),
    };
    let (authority, rest) = split_before(rest, |byte| matches!(byte, b'/' | b'\\' | b'?' | b'#'));
    if cut && rest.is_empty() {
        return unusable(UnusableReason::TooLong, authority);
    }
    let at = authority.iter().rposition(|byte| *byte == b'@');
    let authority = at.map_or(authority, |at| &authority[at + 1..]);
    let bracket = authority.iter().rposition(|byte| *byte == b']').unwrap_or_default();
    let (_, tail) = split_before(&authority[bracket..], |byte| byte == b':');
    let (name, digits) = (&authority[..authority.len() - tail.len()], tail.get(1..));
    if name.is_empty() {
        return unusable(UnusableReason::NoHost, authority);
    }
    match (host::canonical(name), parse_port(digits.unwrap_or_default(), default_port)) {
        (Ok(host), Ok(port)) => Referer::Host { host, port },
        (Ok(_), Err(why)) => unusable(why, authority),
        (Err(error), _) => unusable(reason(error), name),
    }
}

/// What follows the scheme and its slashes, and the port the scheme stands for.
type AfterScheme<'a> = Result<(&'a [u8], Option<u16>), (UnusableReason, &'a [u8])>;

fn after_scheme(text: &[u8]) -> AfterScheme<'_> {
    let is_slash = |byte| matches!(byte, b'/' | b'\\');
    let (scheme, rest) = split_before(text, |byte| {
        !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    });
    if let Some(rest) = rest.strip_prefix(b":")
        && scheme.first().is_some_and(u8::is_ascii_alphabetic)
    {
        let (_, authority) = split_before(rest, |byte| !is_slash(byte));
        if scheme.eq_ignore_ascii_case(b"https") {
            return Ok((authority, Some(443)));
        }
        if scheme.eq_ignore_ascii_case(b"http") {
            return Ok((authority, Some(80)));
        }
        // `localhost:3000` looks like a scheme, but is a bare host with its port.
        let (digits, after) = split_before(rest, |byte| !byte.is_ascii_digit());
        let is_port =
            !digits.is_empty() && matches!(after.first(), None | Some(b'/' | b'?' | b'#'));
        return if is_port {
            Ok((text, None))
        } else {
            Err((UnusableReason::NotWeb, &text[..=scheme.len()]))
        };
    }
    if let Some(authority) = text.strip_prefix(b"//") {
        return Ok((authority, None));
    }
    match text.first() {
        Some(b'/' | b'\\' | b'?' | b'#') => Err((UnusableReason::NoHost, &text[..1])),
        _ => Ok((text, None)),
    }
}

fn parse_port(digits: &[u8], default: Option<u16>) -> Result<Option<u16>, UnusableReason> {
    if digits.is_empty() {
        return Ok(default);
    }
    let add = |port: u16, digit: &u8| {
        let value = char::from(*digit).to_digit(10)?;
        port.checked_mul(10)?.checked_add(u16::try_from(value).ok()?)
    };
    digits.iter().try_fold(0, add).map(Some).ok_or(UnusableReason::BadPort)
}

fn reason(error: HostError) -> UnusableReason {
    match error {
        HostError::Empty => UnusableReason::NoHost,
        HostError::TooLong => UnusableReason::TooLong,
        HostError::NotUtf8 => UnusableReason::NotUtf8,
        HostError::EmptyLabel | HostError::Address | HostError::Invalid => UnusableReason::BadHost,
    }
}

fn unusable(why: UnusableReason, text: &[u8]) -> Referer {
    let escaped = text.iter().flat_map(|byte| std::ascii::escape_default(*byte));
    let shown = escaped.take(MAX_SHOWN).map(char::from).collect();
    Referer::Unusable(Unusable { why, shown })
}

fn trim(bytes: &[u8]) -> &[u8] {
    let kept = |byte: &u8| *byte > b' ';
    match (bytes.iter().position(kept), bytes.iter().rposition(kept)) {
        (Some(first), Some(last)) => &bytes[first..=last],
        _ => &[],
    }
}

fn without_breaks(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_break = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r');
    if !bytes.iter().any(is_break) {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(bytes.iter().copied().filter(|byte| !is_break(byte)).collect())
}

#[cfg(test)]
mod tests;

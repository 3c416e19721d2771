//! Finding host and port in whatever was typed or pasted: a hostname, a URL, an address.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use super::accepted;
use crate::domains::host;
use crate::domains::model::Note;
use crate::domains::refusal::Refusal;

/// The longest authority looked at, in bytes; a hostname has no more than 253.
const MAX_AUTHORITY: usize = 2048;

/// Host and port as typed, neither checked yet.
pub(super) struct Authority {
    /// The host; an IPv6 address in brackets.
    pub host: String,
    /// What stands after the colon, unless that is nothing.
    pub port: Option<String>,
    /// The port the scheme stands for, if a scheme was given.
    pub default_port: Option<u16>,
}

/// Takes off everything around host and port, noting what it was.
pub(super) fn find(
    input: &str,
    include_subdomains: bool,
    notes: &mut Vec<Note>,
) -> Result<Authority, Refusal> {
    let text = plain_dots(trim(input), notes);
    if text.is_empty() {
        return Err(Refusal::Empty);
    }
    refuse_list(&text, char::is_whitespace)?;
    let (default_port, rest) = take_scheme(&text, notes)?;
    let (authority, path) = split_path(rest);
    let authority = trim(authority);
    if !matches!(path, "" | "/") {
        notes.push(Note::Path);
    }
    if authority.is_empty() {
        return Err(Refusal::NoHost);
    }
    if authority.len() > MAX_AUTHORITY {
        return Err(Refusal::NameTooLong { length: authority.len() });
    }
    refuse_list(authority, |c| matches!(c, ',' | ';'))?;
    if authority.contains(char::is_whitespace) {
        let joined: String = authority.split_whitespace().collect();
        return Err(Refusal::Space { joined: accepted(&joined, include_subdomains) });
    }
    if let Some(control) = authority.chars().find(|c| c.is_control()) {
        let code_point = format!("U+{:04X}", u32::from(control));
        return Err(Refusal::ControlCharacter { code_point });
    }
    if let Some((_, host)) = authority.rsplit_once('@') {
        return Err(Refusal::Userinfo { host: accepted(host, include_subdomains) });
    }
    let (host, port) = split_port(authority)?;
    if host.contains('%') && !host.starts_with('[') {
        let decoded = host::percent_decode(authority.as_bytes());
        let decoded = str::from_utf8(&decoded).ok().filter(|text| !text.contains('%'));
        return Err(Refusal::PercentEncoded {
            decoded: decoded.and_then(|text| accepted(text, include_subdomains)),
        });
    }
    if host.is_empty() {
        return Err(Refusal::NoHost);
    }
    let port = (!port.is_empty()).then(|| port.to_owned());
    let is_name = host.contains('.') || host.eq_ignore_ascii_case("localhost");
    // `about:blank`, `mailto:…`: a colon, but no port after it.
    if !is_name && is_scheme(&host) && port.as_deref().is_some_and(|port| !is_number(port)) {
        return Err(Refusal::NotWeb { scheme: shorten(&host) });
    }
    Ok(Authority { host: host.into_owned(), port, default_port })
}

/// A port from 1 to 65535.
pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0 && is_number(text))
}

/// Reads an IPv6 address in brackets; `None` for anything without them.
pub(super) fn ipv6(typed: &str) -> Result<Option<String>, Refusal> {
    let Some(inside) = typed.strip_prefix('[') else {
        return Ok(None);
    };
    let inside = inside.strip_suffix(']').unwrap_or(inside);
    let address = inside.parse::<Ipv6Addr>().map_err(|_| {
        // A zone such as %eth0 names a network card of one machine.
        let zoneless = inside.split_once('%').map(|(address, _)| format!("[{address}]"));
        Refusal::InvalidAddress {
            text: shorten(typed),
            meant: zoneless.and_then(|address| accepted(&address, false)),
        }
    })?;
    Ok(Some(host::bracketed(address)))
}

/// The first characters of a text that may be long, for showing.
pub(super) fn shorten(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Spaces of every kind, and the invisible characters that copying brings along.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'))
}

fn plain_dots<'a>(text: &'a str, notes: &mut Vec<Note>) -> Cow<'a, str> {
    let full_width = ['。', '．', '｡'];
    if !text.contains(full_width) {
        return Cow::Borrowed(text);
    }
    notes.push(Note::FullWidthDots);
    Cow::Owned(text.replace(full_width, "."))
}

/// Refuses two or more pieces that each look like a host.
fn refuse_list(text: &str, separator: fn(char) -> bool) -> Result<(), Refusal> {
    let host_like = |piece: &str| piece.contains(['.', ':']) || piece == "localhost";
    let mut hosts = 0;
    let mut pieces = text.split(separator).filter(|piece| !piece.is_empty());
    let first = pieces.clone().next().unwrap_or_default();
    if pieces.all(|piece| {
        hosts += 1;
        host_like(piece)
    }) && hosts > 1
    {
        return Err(Refusal::Several { first: shorten(first) });
    }
    Ok(())
}

/// Takes off `https://` and its like, even with a slash too few; the port it stands for is kept.
fn take_scheme<'a>(
    text: &'a str,
    notes: &mut Vec<Note>,
) -> Result<(Option<u16>, &'a str), Refusal> {
    let slash = |c| matches!(c, '/' | '\\');
    if let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            "ftp" => Some(21),
            _ => None,
        };
        let slashes = rest.starts_with("//") || rest.starts_with("\\\\");
        if slashes && default_port.is_none() {
            return Err(Refusal::NotWeb { scheme: shorten(&scheme) });
        }
        if slashes || matches!(scheme.as_str(), "http" | "https") {
            notes.push(Note::Scheme { scheme });
            return Ok((default_port, rest.trim_start_matches(slash)));
        }
    }
    let relative = text.strip_prefix("//").or_else(|| text.strip_prefix("\\\\"));
    Ok((None, relative.unwrap_or(text)))
}

fn split_path(rest: &str) -> (&str, &str) {
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    rest.split_at(end)
}

/// Splits off what follows the colon; an IPv6 address without brackets gets them.
fn split_port(authority: &str) -> Result<(Cow<'_, str>, &str), Refusal> {
    if authority.starts_with('[') {
        let end = authority.find(']').map_or(authority.len(), |end| end + 1);
        let (host, rest) = authority.split_at(end);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((Cow::Borrowed(host), port)),
            None if rest.is_empty() => Ok((Cow::Borrowed(host), "")),
            None => Err(Refusal::InvalidAddress { text: shorten(authority), meant: None }),
        };
    }
    match authority.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Ok((Cow::Owned(format!("[{authority}]")), "")),
        Some((host, port)) => Ok((Cow::Borrowed(host), port)),
        None => Ok((Cow::Borrowed(authority), "")),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

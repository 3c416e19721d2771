//! One line of a combined log.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use memchr::{memchr_iter, memchr2};

use super::escape::{split_quoted, unescape};
use super::time::{self, TimeFault};

/// One logged request. All bytes are the client's, unescaped, in whatever encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The remote host: an IPv4 or IPv6 address, or a name.
    pub host: &'a [u8],
    /// When the request arrived, to the second.
    pub time: Timestamp,
    /// The request line, such as `GET / HTTP/1.1`; `-`, empty or noise if the client
    /// spoke no HTTP.
    pub request: Cow<'a, [u8]>,
    /// The HTTP status; `None` for `-`.
    pub status: Option<u16>,
    /// The Referer header; `None` if the request had none or an empty one.
    pub referer: Option<Cow<'a, [u8]>>,
    /// The User-Agent header; `None` if the request had none or an empty one, or the log
    /// has no such column.
    pub user_agent: Option<Cow<'a, [u8]>>,
}

/// A column of the format, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The remote host.
    Host,
    /// The time in brackets.
    Time,
    /// The quoted request line.
    Request,
    /// The status.
    Status,
    /// The size of the answer.
    Size,
    /// The quoted referer.
    Referer,
    /// The quoted user agent.
    UserAgent,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Time => "time",
            Self::Request => "request",
            Self::Status => "status",
            Self::Size => "size",
            Self::Referer => "referer",
            Self::UserAgent => "user agent",
        })
    }
}

/// Why a line is not in the combined format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Malformed {
    /// There is nothing but white space.
    #[error("the line is blank")]
    Blank,
    /// There is no such column.
    #[error("there is no {0} column")]
    Missing(Column),
    /// The time is written some other way.
    #[error("the time is not written as [17/May/2015:10:05:03 +0000]")]
    TimeShape,
    /// The time is written well but does not exist, such as 30 February.
    #[error("there is no such date, time or offset as the one given")]
    TimeValue,
    /// The column is not in double quotes.
    #[error("the {0} is not in double quotes")]
    Unquoted(Column),
    /// The column's closing quote is missing.
    #[error("the {0} has no closing quote")]
    Unclosed(Column),
    /// The status is neither three digits nor `-`.
    #[error("the status is neither three digits nor \"-\"")]
    Status,
    /// The size is neither a number nor `-`.
    #[error("the size is neither a number nor \"-\"")]
    Size,
    /// The line ends after the size: the *common* format.
    #[error("this is the common format, which has no referer: log in the combined format")]
    Common,
}

/// Reads one line, with or without its line ending.
///
/// Tolerated are a `vhost:port` or anything else before the host, a user name with
/// spaces, a missing user agent, further columns after it, `-` for status and size, and
/// white space around the line.
///
/// # Errors
///
/// [`Malformed`] names the first column that could not be read.
pub fn parse_line(line: &[u8]) -> Result<Request<'_>, Malformed> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Err(Malformed::Blank);
    }
    let (before, time, rest) = split_at_time(line)?;
    let host = host(before).ok_or(Malformed::Missing(Column::Host))?;
    let (request, rest) = quoted(rest, Column::Request)?;
    let (status, rest) = status(rest)?;
    let rest = skip_size(rest)?;
    if rest.is_empty() {
        return Err(Malformed::Common);
    }
    let (referer, rest) = quoted(rest, Column::Referer)?;
    let user_agent = match quoted(rest, Column::UserAgent) {
        Ok((user_agent, _)) => header(user_agent),
        Err(Malformed::Missing(_) | Malformed::Unquoted(_)) => None,
        Err(fault) => return Err(fault),
    };
    Ok(Request {
        host,
        time,
        request: unescape(request),
        status,
        referer: header(referer),
        user_agent,
    })
}

/// What stands before the time, the time, and what follows it. The user name before it
/// is the client's to choose and may hold brackets, so the first bracket that holds a
/// time counts.
fn split_at_time(line: &[u8]) -> Result<(&[u8], Timestamp, &[u8]), Malformed> {
    let mut fault = None;
    for at in memchr_iter(b'[', line) {
        if line[..at].last().is_some_and(|byte| !is_blank(*byte)) {
            continue;
        }
        match time::parse(&line[at + 1..]) {
            Ok((time, [b']', rest @ ..])) => return Ok((&line[..at], time, rest)),
            Ok(_) | Err(TimeFault::Shape) => fault.get_or_insert(Malformed::TimeShape),
            Err(TimeFault::Value) => fault.get_or_insert(Malformed::TimeValue),
        };
    }
    Err(fault.unwrap_or(Malformed::Missing(Column::Time)))
}

/// The host among the columns before the time, normally `host ident user`. With more of
/// them, either something precedes the host (a virtual host, a syslog prefix) or the
/// user name has spaces; the ident, which is `-` on every server of our days, tells.
fn host(before: &[u8]) -> Option<&[u8]> {
    let columns = || before.split(|byte| is_blank(*byte)).filter(|column| !column.is_empty());
    let first = columns().next()?;
    if columns().nth(3).is_none() {
        return Some(first);
    }
    if has_port(first) {
        return columns().nth(1);
    }
    columns()
        .zip(columns().skip(1))
        .find(|(_, ident)| *ident == b"-")
        .map_or(Some(first), |(host, _)| Some(host))
}

/// Whether the column is `name:port` or `[address]:port`, but no bare IPv6 address.
fn has_port(column: &[u8]) -> bool {
    let Some(colon) = column.iter().rposition(|byte| *byte == b':') else {
        return false;
    };
    let (name, port) = (&column[..colon], &column[colon + 1..]);
    let is_port = (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit);
    is_port && (name.ends_with(b"]") || !name.contains(&b':'))
}

/// A quoted column, still escaped, and what follows it.
fn quoted(text: &[u8], column: Column) -> Result<(&[u8], &[u8]), Malformed> {
    match text.trim_ascii_start() {
        [] => Err(Malformed::Missing(column)),
        [b'"', text @ ..] => split_quoted(text).ok_or(Malformed::Unclosed(column)),
        _ => Err(Malformed::Unquoted(column)),
    }
}

/// A column without quotes and what follows it.
fn plain(text: &[u8], column: Column) -> Result<(&[u8], &[u8]), Malformed> {
    let text = text.trim_ascii_start();
    if text.is_empty() {
        return Err(Malformed::Missing(column));
    }
    Ok(text.split_at(memchr2(b' ', b'\t', text).unwrap_or(text.len())))
}

fn status(text: &[u8]) -> Result<(Option<u16>, &[u8]), Malformed> {
    let (column, rest) = plain(text, Column::Status)?;
    let status = match column {
        b"-" => None,
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
            let [a, b, c] = [a, b, c].map(|digit| u16::from(digit - b'0'));
            Some(a * 100 + b * 10 + c)
        }
        _ => return Err(Malformed::Status),
    };
    Ok((status, rest))
}

fn skip_size(text: &[u8]) -> Result<&[u8], Malformed> {
    let (column, rest) = plain(text, Column::Size)?;
    if column == b"-" || column.iter().all(u8::is_ascii_digit) {
        Ok(rest)
    } else {
        Err(Malformed::Size)
    }
}

/// The header in an escaped column. Servers write `-` for a header that was not sent; an
/// empty one says no more.
fn header(column: &[u8]) -> Option<Cow<'_, [u8]>> {
    (!matches!(column, b"" | b"-")).then(|| unescape(column))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests;

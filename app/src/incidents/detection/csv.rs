//! Reads a file of `timestamp,value`, as monitoring tools and public benchmarks write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::io::{self, BufRead, Read as _};

/// Bytes. A timestamp and a number need fifty.
const MAX_LINE: u64 = 4_096;
/// Two years of ten-second buckets.
const MAX_ROWS: usize = 8_000_000;

/// Sums of squares of so large values are still numbers.
const LARGEST: f64 = 1e15;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// When, as it was written.
    pub timestamp: String,
    /// When, in seconds since the Unix epoch; a time without an offset is taken for UTC.
    pub second: i64,
    /// How much, as it was written.
    pub text: String,
    /// How much.
    pub value: f64,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The source broke off.
    #[error("line {line} cannot be read: {source}")]
    Read {
        /// Counted from 1.
        line: usize,
        /// What happened.
        source: io::Error,
    },
    /// No line at all.
    #[error("the file has no rows. Each row is a time and a number, as in 2026-06-15 14:02:00,41")]
    Empty,
    /// More than anybody looks at.
    #[error("the file has more than {MAX_ROWS} rows. Cut it into parts, or use larger buckets")]
    TooMany,
    /// A line that is none of a table.
    #[error(
        "line {line} has more than {MAX_LINE} bytes. Each row is a time and a number, as in 2026-06-15 14:02:00,41"
    )]
    TooLong {
        /// Counted from 1.
        line: usize,
    },
    /// Bytes that are no text.
    #[error("line {line} is not UTF-8. Save the file as UTF-8")]
    Encoding {
        /// Counted from 1.
        line: usize,
    },
    /// Too few or too many cells.
    #[error("line {line} has {found} columns, but {wanted} are needed. {hint}")]
    Columns {
        /// Counted from 1.
        line: usize,
        /// How many it has.
        found: usize,
        /// How many it should have.
        wanted: usize,
        /// What would be right.
        hint: &'static str,
    },
    /// A header without what is needed.
    #[error("line {line} has no column {missing}. The header is timestamp,value")]
    Header {
        /// Counted from 1.
        line: usize,
        /// The name of the column.
        missing: &'static str,
    },
    /// A time that is none.
    #[error(
        "line {line}, column {column} (timestamp): {found} is no time. Write it as in 2026-06-15 14:02:00 or 2026-06-15T14:02:00Z"
    )]
    Timestamp {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What stands there, shortened and quoted.
        found: String,
    },
    /// A number that is none.
    #[error(
        "line {line}, column {column} (value): {found} is no number from -1e15 to 1e15. Write it as in 41 or 0.5"
    )]
    Value {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What stands there, shortened and quoted.
        found: String,
    },
}

/// In which cells time and value stand, and how many there are.
#[derive(Clone, Copy)]
struct Layout {
    timestamp: usize,
    value: usize,
    columns: usize,
}

/// Reads all rows, in their order.
pub fn read(mut input: impl BufRead) -> Result<Vec<Row>, CsvError> {
    let mut rows = Vec::new();
    let mut layout = None;
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = input.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes);
        if read.map_err(|source| CsvError::Read { line, source })? == 0 {
            break;
        }
        if bytes.len() as u64 > MAX_LINE {
            return Err(CsvError::TooLong { line });
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| CsvError::Encoding { line })?;
        let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { text }.trim();
        if text.is_empty() {
            continue;
        }
        let cells: Vec<&str> = text.split(',').map(bare).collect();
        let known = if let Some(known) = layout {
            known
        } else {
            let (known, is_header) = layout_of(&cells, line)?;
            layout = Some(known);
            if is_header {
                continue;
            }
            known
        };
        if rows.len() == MAX_ROWS {
            return Err(CsvError::TooMany);
        }
        rows.push(row(&cells, known, line)?);
    }
    if rows.is_empty() { Err(CsvError::Empty) } else { Ok(rows) }
}

/// A cell without the spaces and quotes around it.
fn bare(cell: &str) -> &str {
    let cell = cell.trim();
    let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    inner.unwrap_or(cell).trim()
}

/// The layout that the first line tells, and whether it is a header.
fn layout_of(cells: &[&str], line: usize) -> Result<(Layout, bool), CsvError> {
    let find = |name: &str| cells.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let is_header = cells.iter().all(|cell| {
        cell.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && cell.parse::<f64>().is_err()
    });
    if !is_header {
        return Ok((Layout { timestamp: 0, value: 1, columns: 2 }, false));
    }
    let columns = cells.len();
    match (find("timestamp"), find("value")) {
        (Some(timestamp), Some(value)) => Ok((Layout { timestamp, value, columns }, true)),
        (None, _) => Err(CsvError::Header { line, missing: "timestamp" }),
        (_, None) => Err(CsvError::Header { line, missing: "value" }),
    }
}

fn row(cells: &[&str], layout: Layout, line: usize) -> Result<Row, CsvError> {
    if cells.len() != layout.columns {
        let hint = match cells {
            [only] if only.contains([';', '\t']) => {
                "Separate them by commas, as in 2026-06-15 14:02:00,41"
            }
            _ if layout.columns == 2 => {
                "Each row is a time and a number, as in 2026-06-15 14:02:00,41"
            }
            _ => "Each row has a cell for every column of the header",
        };
        let (found, wanted) = (cells.len(), layout.columns);
        return Err(CsvError::Columns { line, found, wanted, hint });
    }
    let (timestamp, text) = (cells[layout.timestamp], cells[layout.value]);
    let column = layout.timestamp + 1;
    let second = second(timestamp).ok_or_else(|| CsvError::Timestamp {
        line,
        column,
        found: quoted(timestamp),
    })?;
    let column = layout.value + 1;
    // Rust reads `inf` and `nan`, too, and so do spreadsheets write them.
    let value = text.parse().ok().filter(|value: &f64| value.abs() <= LARGEST);
    let value = value.ok_or_else(|| CsvError::Value { line, column, found: quoted(text) })?;
    Ok(Row { timestamp: timestamp.to_owned(), second, text: text.to_owned(), value })
}

fn second(text: &str) -> Option<i64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_second());
    }
    let civil: DateTime = text.parse().ok()?;
    Some(TimeZone::UTC.to_timestamp(civil).ok()?.as_second())
}

/// What somebody wrote, fit for a message: short, and without control characters.
fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

#[cfg(test)]
mod tests;

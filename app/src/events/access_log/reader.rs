//! Walking the lines of a log in bounded memory.

use std::io::{self, BufRead};

use memchr::memchr;

use super::line::{Malformed, Request, parse_line};

/// The longest line that is read, in bytes, unless the caller says otherwise. Servers
/// limit a request's headers to 8 KiB each; escaping may make four bytes of one.
pub const MAX_LINE: usize = 64 * 1024;

/// One line of a log and what it says.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the decompressed log, from 1; blank lines count.
    pub number: u64,
    /// Its bytes without the line ending; only the first ones if it was too long.
    pub text: &'a [u8],
    /// The request it logs, or why there is none.
    pub request: Result<Request<'a>, Unreadable>,
}

/// Why a line gives no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Unreadable {
    /// It is not in the combined format.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is longer than a line may be.
    #[error("the line is longer than {limit} bytes")]
    TooLong {
        /// The most bytes a line may have.
        limit: usize,
    },
    /// The log ends within it.
    #[error("the log ends in the middle of this line")]
    Truncated,
}

/// The log could not be read to its end: the disk failed, or a gzip file is cut or
/// damaged. Everything before was given out.
#[derive(Debug, thiserror::Error)]
#[error("the log could not be read beyond line {line} ({bytes} bytes of text): {source}")]
pub struct ReadError {
    /// The last line that was given out, 0 if there was none.
    pub line: u64,
    /// How much decompressed text was read.
    pub bytes: u64,
    /// What went wrong.
    pub source: io::Error,
}

/// Reads a log line by line. It lends each line out of one buffer, so it is no
/// [`Iterator`]: call [`LogReader::next_line`] until it gives `None`.
#[derive(Debug)]
pub struct LogReader<R> {
    reader: R,
    max_line: usize,
    text: Vec<u8>,
    line: u64,
    bytes: u64,
    ended: bool,
    failure: Option<io::Error>,
}

/// What ended a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Newline,
    EndOfLog,
    Failure,
}

impl<R: BufRead> LogReader<R> {
    /// Reads lines of at most `max_line` bytes, normally [`MAX_LINE`]; longer ones are
    /// reported and skipped without being held.
    pub const fn new(reader: R, max_line: usize) -> Self {
        Self { reader, max_line, text: Vec::new(), line: 0, bytes: 0, ended: false, failure: None }
    }

    /// The next line that is not blank; `None` after the last one.
    ///
    /// A last line without a newline counts if it can be read, else it is
    /// [`Unreadable::Truncated`]; a line within which reading failed always is.
    ///
    /// # Errors
    ///
    /// [`ReadError`], once, as the last answer.
    pub fn next_line(&mut self) -> Option<Result<Line<'_>, ReadError>> {
        let (length, stop) = loop {
            if self.ended {
                let (line, bytes) = (self.line, self.bytes);
                return self.failure.take().map(|source| Err(ReadError { line, bytes, source }));
            }
            let (length, stop) = self.fill_line();
            self.ended = stop != Stop::Newline;
            self.line += u64::from(length > 0 || stop == Stop::Newline);
            if length > self.max_line || !self.text.trim_ascii().is_empty() {
                break (length, stop);
            }
        };
        let text = self.text.strip_suffix(b"\r").unwrap_or(&self.text);
        let request = if length > self.max_line {
            Err(Unreadable::TooLong { limit: self.max_line })
        } else {
            match (parse_line(text), stop) {
                (_, Stop::Failure) | (Err(_), Stop::EndOfLog) => Err(Unreadable::Truncated),
                (parsed, _) => parsed.map_err(Unreadable::Malformed),
            }
        };
        Some(Ok(Line { number: self.line, text, request }))
    }

    /// Reads one line into `text`, as far as it fits, and returns its whole length.
    fn fill_line(&mut self) -> (usize, Stop) {
        self.text.clear();
        let mut length: usize = 0;
        loop {
            let available = match self.reader.fill_buf() {
                Ok([]) => return (length, Stop::EndOfLog),
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failure = Some(error);
                    return (length, Stop::Failure);
                }
            };
            let newline = memchr(b'\n', available);
            let piece = &available[..newline.unwrap_or(available.len())];
            let room = self.max_line - self.text.len();
            self.text.extend_from_slice(&piece[..piece.len().min(room)]);
            length = length.saturating_add(piece.len());
            let used = piece.len() + usize::from(newline.is_some());
            self.reader.consume(used);
            self.bytes += used as u64;
            if newline.is_some() {
                return (length, Stop::Newline);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::super::line::Column;
    use super::super::{Decompressed, decompress};
    use super::*;

    const GOOD: &str =
        r#"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "-""#;

    /// The numbers of all lines, with the reason of those without a request.
    type Outcomes = Vec<(u64, Result<(), Unreadable>)>;

    fn outcomes<R: BufRead>(reader: &mut LogReader<R>) -> (Outcomes, Option<ReadError>) {
        let mut lines = Vec::new();
        while let Some(next) = reader.next_line() {
            match next {
                Ok(line) => lines.push((line.number, line.request.map(drop))),
                Err(error) => {
                    assert!(reader.next_line().is_none());
                    return (lines, Some(error));
                }
            }
        }
        (lines, None)
    }

    fn read(log: &[u8], max_line: usize) -> Outcomes {
        // A small buffer, so that lines span several reads.
        let mut reader = LogReader::new(BufReader::with_capacity(7, log), max_line);
        let (lines, error) = outcomes(&mut reader);
        assert!(error.is_none());
        lines
    }

    #[test]
    fn lines_are_numbered_and_judged_one_by_one() {
        let log = format!("{GOOD}\r\n\n  \nnonsense\n{GOOD}");
        let missing = Unreadable::Malformed(Malformed::Missing(Column::Time));
        assert_eq!(read(log.as_bytes(), MAX_LINE), [(1, Ok(())), (4, Err(missing)), (5, Ok(()))]);
        assert_eq!(read(b"", MAX_LINE), []);
    }

    #[test]
    fn a_last_line_cut_anywhere_in_its_columns_is_truncated() {
        let columns = GOOD.len() - r#" "-""#.len();
        for cut in 1..columns {
            let log = format!("{GOOD}\n{}", &GOOD[..cut]);
            let truncated = (2, Err(Unreadable::Truncated));
            assert_eq!(read(log.as_bytes(), MAX_LINE), [(1, Ok(())), truncated], "{cut}");
        }
    }

    #[test]
    fn a_long_line_is_reported_and_not_held() {
        let limit = GOOD.len();
        let log = format!("{GOOD}\n{GOOD}x\n{GOOD}\n{}", " ".repeat(1_000_000));
        let mut reader = LogReader::new(log.as_bytes(), limit);
        let (lines, _) = outcomes(&mut reader);
        let too_long = Err(Unreadable::TooLong { limit });
        assert_eq!(lines, [(1, Ok(())), (2, too_long), (3, Ok(())), (4, too_long)]);
        assert!(reader.text.capacity() <= 2 * limit);
    }

    #[test]
    fn a_cut_gzip_log_gives_all_it_can_and_says_how_far_it_got() {
        let log = format!("{GOOD}\n").repeat(3);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(log.as_bytes()).unwrap();
        let mut stored = encoder.finish().unwrap();
        // Within the third line: past it come only the newline and the 8-byte trailer.
        stored.truncate(stored.len() - 8 - 10);
        let decompressed = decompress(&stored[..]).unwrap();
        assert!(matches!(decompressed, Decompressed::Gzip(_)));
        let (lines, error) = outcomes(&mut LogReader::new(decompressed, MAX_LINE));
        assert_eq!(lines[..2], [(1, Ok(())), (2, Ok(()))]);
        assert!(matches!(lines[2..], [] | [(3, Err(Unreadable::Truncated))]));
        let error = error.unwrap();
        assert_eq!(error.source.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(error.line, lines.len() as u64);
        assert!(error.bytes >= 2 * (GOOD.len() as u64 + 1));
        println!("{error}");
    }

    #[test]
    fn a_failing_disk_ends_the_log_after_what_was_read() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk on fire"))
            }
        }
        let log = format!("{GOOD}\n{GOOD}");
        let mut reader = LogReader::new(BufReader::new(log.as_bytes().chain(Broken)), MAX_LINE);
        let (lines, error) = outcomes(&mut reader);
        assert_eq!(lines, [(1, Ok(())), (2, Err(Unreadable::Truncated))]);
        assert_eq!(
            error.unwrap().to_string(),
            format!(
                "the log could not be read beyond line 2 ({} bytes of text): disk on fire",
                log.len()
            )
        );
    }

    proptest! {
        #[test]
        fn any_bytes_give_one_answer_a_line(log: Vec<u8>, max_line in 0_usize..40) {
            let lines = read(&log, max_line);
            let expected = log
                .split(|byte| *byte == b'\n')
                .zip(1..)
                .filter(|(text, _)| text.len() > max_line || !text.trim_ascii().is_empty())
                .map(|(_, number)| number);
            prop_assert!(lines.iter().map(|(number, _)| *number).eq(expected));
        }
    }
}

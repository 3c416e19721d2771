//! Telling gzipped logs from plain ones.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

/// The first two bytes of every gzip member (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How much decompressed text is held at a time.
const BUFFER: usize = 64 * 1024;

/// The input from its first byte on, the ones looked at included.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// A log as text, whatever it was stored as.
#[derive(Debug)]
pub enum Decompressed<R> {
    /// It was not compressed.
    Plain(Whole<R>),
    /// It was one or more gzip members (`cat a.gz b.gz` is a valid gzip file).
    Gzip(Box<BufReader<MultiGzDecoder<Whole<R>>>>),
}

/// Looks at the first two bytes and decompresses the rest if they are gzip's. A gzip
/// file that ends early or is damaged gives all the text before the damage, then an
/// error.
///
/// # Errors
///
/// When the first two bytes cannot be read.
pub fn decompress<R: BufRead>(mut reader: R) -> io::Result<Decompressed<R>> {
    let mut start = Vec::with_capacity(GZIP_MAGIC.len());
    reader.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
    let compressed = start == GZIP_MAGIC;
    let whole = Cursor::new(start).chain(reader);
    Ok(if compressed {
        let decoder = MultiGzDecoder::new(whole);
        Decompressed::Gzip(Box::new(BufReader::with_capacity(BUFFER, decoder)))
    } else {
        Decompressed::Plain(whole)
    })
}

impl<R: BufRead> Read for Decompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Gzip(reader) => reader.read(buffer),
        }
    }
}

impl<R: BufRead> BufRead for Decompressed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Plain(reader) => reader.fill_buf(),
            Self::Gzip(reader) => reader.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        match self {
            Self::Plain(reader) => reader.consume(amount),
            Self::Gzip(reader) => reader.consume(amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn text_of(stored: &[u8]) -> io::Result<Vec<u8>> {
        // One byte at a time, as the slowest pipe would give them.
        let mut text = Vec::new();
        decompress(BufReader::with_capacity(1, stored))?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn plain_text_passes_unchanged_however_short() {
        for text in [&b""[..], b"a", b"\x1f", b"\x1fa", b"plain\n"] {
            assert_eq!(text_of(text).unwrap(), text);
        }
    }

    #[test]
    fn all_gzip_members_are_read() {
        let stored = [gzip(b"first\n"), gzip(b""), gzip(b"second\n")].concat();
        assert_eq!(text_of(&stored).unwrap(), b"first\nsecond\n");
    }

    #[test]
    fn a_cut_gzip_file_is_an_error() {
        let stored = gzip(b"a line\n");
        let error = text_of(&stored[..stored.len() - 1]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}

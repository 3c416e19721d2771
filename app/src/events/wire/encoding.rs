//! Compressed bodies: gzip and zstd, bounded in what comes out of them and in what they cost.

use flate2::bufread::GzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use std::io::{self, BufRead, Read};
use zstd::stream::read::Decoder as ZstdDecoder;
use zstd::zstd_safe::get_frame_content_size;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// What [`Encoding::of`] knows, as in the header `Accept-Encoding`.
pub const ENCODINGS: &str = "gzip, zstd, identity";

/// The most memory a zstd frame may ask for: 2 to this power bytes, 8 MiB. RFC 9659 lets no sender
/// of `Content-Encoding: zstd` ask for more.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Why a body could not be decompressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More comes out of it than is taken.
    #[error("more than {0} bytes come out of the compressed body; send it in several requests")]
    TooLarge(usize),
    /// It is not what `Content-Encoding` says, or it ends early.
    #[error("the body cannot be decompressed ({0}); check Content-Encoding, and send it again")]
    Malformed(String),
}

impl Encoding {
    /// Of a request's body.
    ///
    /// # Errors
    ///
    /// The encoding, if it is another one, or if there are several, one within the other.
    pub fn of(headers: &HeaderMap) -> Result<Self, String> {
        let mut found = Self::Identity;
        for value in headers.get_all(CONTENT_ENCODING) {
            let value = value.to_str().unwrap_or("?");
            for name in value.split(',').map(str::trim) {
                let named = match name.to_ascii_lowercase().as_str() {
                    "" | "identity" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "zstd" => Self::Zstd,
                    _ => return Err(name.to_owned()),
                };
                if found != Self::Identity {
                    return Err(value.to_owned());
                }
                found = named;
            }
        }
        Ok(found)
    }

    /// What comes out of `body`, at most `most` bytes. Stops reading as soon as it is more.
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(self, body: &[u8], most: usize) -> Result<Vec<u8>, DecodeError> {
        match self {
            Self::Identity if body.len() > most => Err(DecodeError::TooLarge(most)),
            Self::Identity => Ok(body.to_vec()),
            Self::Gzip => gunzip(body, most),
            Self::Zstd => {
                // A frame that says how much it holds needs no look at the rest of it.
                if matches!(get_frame_content_size(body), Ok(Some(size)) if size > most as u64) {
                    return Err(DecodeError::TooLarge(most));
                }
                drain(zstd(body).map_err(malformed)?, body.len(), most)
            }
        }
    }
}

/// The most gzip members of a body. An empty one takes 20 bytes and a new decompressor: a full body of them would keep a
/// thread busy for seconds, for nothing.
const MOST_MEMBERS: usize = 1_000;

fn gunzip(body: &[u8], most: usize) -> Result<Vec<u8>, DecodeError> {
    let mut plain = reserved(body.len(), most);
    let mut rest = body;
    for _ in 0..MOST_MEMBERS {
        let mut decoder = GzDecoder::new(rest);
        read_on(&mut decoder, &mut plain, most)?;
        rest = decoder.into_inner();
        if rest.is_empty() {
            return Ok(plain);
        }
    }
    Err(DecodeError::Malformed(format!("more than {MOST_MEMBERS} gzip members")))
}

fn zstd<R: BufRead>(body: R) -> io::Result<ZstdDecoder<'static, R>> {
    let mut decoder = ZstdDecoder::with_buffer(body)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

fn drain(mut decoder: impl Read, compressed: usize, most: usize) -> Result<Vec<u8>, DecodeError> {
    let mut plain = reserved(compressed, most);
    read_on(&mut decoder, &mut plain, most)?;
    Ok(plain)
}

/// Room for what comes out of a body. Logs shrink to a fifth or less; nothing is reserved on the word of the sender
/// beyond that.
fn reserved(compressed: usize, most: usize) -> Vec<u8> {
    Vec::with_capacity(compressed.saturating_mul(6).min(most))
}

/// Adds what comes out of `decoder` to `plain`, until that has more than `most` bytes.
fn read_on(decoder: &mut impl Read, plain: &mut Vec<u8>, most: usize) -> Result<(), DecodeError> {
    let room = most.saturating_sub(plain.len()) as u64 + 1;
    decoder.take(room).read_to_end(plain).map_err(malformed)?;
    if plain.len() > most { Err(DecodeError::TooLarge(most)) } else { Ok(()) }
}

fn malformed(error: io::Error) -> DecodeError {
    DecodeError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;
    use proptest::prelude::*;
    use std::io::Write as _;

    const MOST: usize = 1024 * 1024;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    /// As programs write it that compress while they produce, and as those that have it whole.
    fn zstd_both(plain: &[u8]) -> [Vec<u8>; 2] {
        [zstd::encode_all(plain, 3).unwrap(), zstd::bulk::compress(plain, 3).unwrap()]
    }

    #[test]
    fn encodings_are_told_by_name_and_never_stacked() {
        let of = |values: &[&'static str]| {
            let values = values.iter().map(|value| HeaderValue::from_static(value));
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, value);
            }
            Encoding::of(&headers)
        };
        for (values, encoding) in [
            (&[][..], Encoding::Identity),
            (&["identity"], Encoding::Identity),
            (&[""], Encoding::Identity),
            (&["gzip"], Encoding::Gzip),
            (&["X-GZIP"], Encoding::Gzip),
            (&["identity, zstd"], Encoding::Zstd),
        ] {
            assert_eq!(of(values), Ok(encoding), "{values:?}");
        }
        for refused in [&["br"][..], &["deflate"], &["gzip, gzip"], &["gzip", "zstd"], &["zstd,br"]]
        {
            assert!(of(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn members_and_frames_one_after_the_other_are_one_body() {
        let joined = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(Encoding::Gzip.decode(&joined, MOST).unwrap(), b"one two");
        for (one, two) in zstd_both(b"one ").iter().zip(zstd_both(b"two")) {
            let joined = [one.as_slice(), &two].concat();
            assert_eq!(Encoding::Zstd.decode(&joined, MOST).unwrap(), b"one two");
        }
    }

    #[test]
    fn a_body_of_very_many_members_is_refused() {
        let empty = gzip(b"");
        assert!(Encoding::Gzip.decode(&empty.repeat(MOST_MEMBERS), MOST).is_ok());
        let refused = Encoding::Gzip.decode(&empty.repeat(MOST_MEMBERS + 1), MOST).unwrap_err();
        assert!(matches!(refused, DecodeError::Malformed(_)), "{refused}");
        let halves = [gzip(&vec![b'a'; MOST / 2 + 1]), gzip(&vec![b'a'; MOST / 2])].concat();
        assert_eq!(Encoding::Gzip.decode(&halves, MOST), Err(DecodeError::TooLarge(MOST)));
    }

    #[test]
    fn what_is_too_large_inside_is_refused() {
        let most = vec![b'a'; MOST];
        let over = vec![0; MOST + 1];
        assert_eq!(Encoding::Gzip.decode(&gzip(&most), MOST).unwrap(), most);
        assert_eq!(Encoding::Gzip.decode(&gzip(&over), MOST), Err(DecodeError::TooLarge(MOST)));
        for (most, over) in zstd_both(&most).iter().zip(zstd_both(&over)) {
            assert_eq!(Encoding::Zstd.decode(most, MOST).unwrap().len(), MOST);
            assert_eq!(Encoding::Zstd.decode(&over, MOST), Err(DecodeError::TooLarge(MOST)));
        }
    }

    #[test]
    fn a_zstd_frame_that_asks_for_much_memory_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(&[b'a'; 1000]).unwrap();
        let frame = encoder.finish().unwrap();
        let refused = Encoding::Zstd.decode(&frame, MOST).unwrap_err();
        assert!(matches!(refused, DecodeError::Malformed(_)), "{refused}");
    }

    #[test]
    fn what_is_cut_short_or_none_of_it_is_malformed() {
        let whole = gzip(&[b'x'; 5000]);
        let frames = zstd_both(&[b'x'; 5000]);
        for (encoding, whole) in
            [(Encoding::Gzip, &whole), (Encoding::Zstd, &frames[0]), (Encoding::Zstd, &frames[1])]
        {
            for end in 1..whole.len() {
                let cut = encoding.decode(&whole[..end], MOST);
                assert!(matches!(cut, Err(DecodeError::Malformed(_))), "{encoding:?} {end}");
            }
            let other = encoding.decode(br#"{"code":"ok"}"#, MOST);
            assert!(matches!(other, Err(DecodeError::Malformed(_))), "{encoding:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_compressed_comes_out_again(plain in prop::collection::vec(any::<u8>(), 0..4000)) {
            prop_assert_eq!(&Encoding::Gzip.decode(&gzip(&plain), MOST).unwrap(), &plain);
            for frame in zstd_both(&plain) {
                prop_assert_eq!(&Encoding::Zstd.decode(&frame, MOST).unwrap(), &plain);
            }
        }

        #[test]
        fn no_body_breaks_the_decoders(
            plain in prop::collection::vec(any::<u8>(), 0..300),
            place in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            for (encoding, mut body) in [
                (Encoding::Gzip, gzip(&plain)),
                (Encoding::Zstd, zstd::encode_all(plain.as_slice(), 3).unwrap()),
            ] {
                let _ = encoding.decode(&plain, MOST);
                let place = place.index(body.len());
                body[place] = byte;
                if let Ok(read) = encoding.decode(&body, MOST) {
                    prop_assert!(read.len() <= MOST);
                }
            }
        }
    }
}

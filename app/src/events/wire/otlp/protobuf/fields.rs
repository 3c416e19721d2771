//! Protobuf's wire format: a message is a row of numbered fields
//! (<https://protobuf.dev/programming-guides/encoding>).

use crate::events::wire::BodyError;

/// A field's value, as the wire knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire<'a> {
    /// A whole number or a boolean.
    Varint(u64),
    /// Eight bytes, as the little-endian number that they are.
    Fixed64(u64),
    /// A string, bytes, or a message.
    Bytes(&'a [u8]),
    /// Four bytes: nothing that we read.
    Fixed32,
}

/// The fields of a message, in their order. Ends after the first error.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Of this message.
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn field(&mut self) -> Result<(u32, Wire<'a>), &'static str> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).unwrap_or(u32::MAX);
        if number == 0 || number >= 1 << 29 {
            return Err("a field has no valid number");
        }
        let wire = match key & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.bytes(length)?)
            }
            5 => {
                self.array::<4>()?;
                Wire::Fixed32
            }
            _ => return Err("a field has a wire type that OTLP does not use"),
        };
        Ok((number, wire))
    }

    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut number = 0;
        for place in 0..10 {
            let (&byte, rest) = self.rest.split_first().ok_or(CUT_SHORT)?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                // The tenth byte holds the last bit.
                return if place == 9 && byte > 1 { Err(TOO_LONG) } else { Ok(number) };
            }
        }
        Err(TOO_LONG)
    }

    fn bytes(&mut self, length: u64) -> Result<&'a [u8], &'static str> {
        let length = usize::try_from(length).map_err(|_| CUT_SHORT)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(CUT_SHORT)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(CUT_SHORT)?;
        self.rest = rest;
        Ok(*bytes)
    }
}

const CUT_SHORT: &str = "a field goes on past the end of its message";
const TOO_LONG: &str = "a number has more than 64 bits";

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        Some(self.field().map_err(|reason| {
            self.rest = &[];
            BodyError::Malformed(format!("the body is not OTLP protobuf: {reason}"))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(message: &[u8]) -> Result<Vec<(u32, Wire<'_>)>, BodyError> {
        Fields::of(message).collect()
    }

    #[test]
    fn each_kind_of_field_is_read() {
        let message = [
            &[0x08, 0x96, 0x01][..],                                 // 1: 150
            &[0x11, 1, 0, 0, 0, 0, 0, 0, 0x80],                      // 2: eight bytes
            &[0x1a, 2, b'h', b'i'],                                  // 3: two bytes
            &[0x25, 1, 2, 3, 4],                                     // 4: four bytes
            &[0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], // 1: all bits
        ]
        .concat();
        assert_eq!(
            fields(&message).unwrap(),
            [
                (1, Wire::Varint(150)),
                (2, Wire::Fixed64(0x8000_0000_0000_0001)),
                (3, Wire::Bytes(b"hi")),
                (4, Wire::Fixed32),
                (1, Wire::Varint(u64::MAX)),
            ]
        );
        assert_eq!(fields(b"").unwrap(), []);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for wrong in [
            &[0x08][..],
            &[0x08, 0x80],
            &[0x11, 1, 2, 3],
            &[0x1a, 2, b'h'],
            &[0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0x25, 1, 2],
            &[0x0b],
            &[0x0c],
            &[0x0e],
            &[0x00, 0x01],
            &[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
        ] {
            assert!(fields(wrong).is_err(), "{wrong:x?}");
        }
    }
}

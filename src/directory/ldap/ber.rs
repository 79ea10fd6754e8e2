//! BER as LDAP uses it (RFC 4511, 5.1): definite lengths, one-byte tags.

/// Universal and context tags of LDAP messages.
pub(super) mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const OCTET_STRING: u8 = 0x04;
    pub const ENUMERATED: u8 = 0x0a;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;

    /// A primitive context-specific tag.
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// A constructed context-specific tag.
    pub const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// What is wrong with some bytes that should be BER, or with what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub &'static str);

/// The start of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub tag: u8,
    /// Bytes of tag and length.
    pub size: usize,
    /// Bytes of the content.
    pub content: usize,
}

impl Header {
    /// Reads tag and length; `None` where more bytes are needed.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let (Some(&tag), Some(&first)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
        if tag & 0x1f == 0x1f {
            return Err(Malformed("a tag of more than one byte"));
        }
        if first < 0x80 {
            return Ok(Some(Self { tag, size: 2, content: usize::from(first) }));
        }
        // Active Directory always writes four bytes of length, so leading zeros are common.
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 8 {
            return Err(Malformed("a length that is indefinite or too long"));
        }
        let Some(digits) = bytes.get(2..2 + count) else { return Ok(None) };
        let length = digits.iter().fold(0u64, |length, digit| length << 8 | u64::from(*digit));
        let content = usize::try_from(length).map_err(|_| Malformed("a length beyond all memory"))?;
        Ok(Some(Self { tag, size: 2 + count, content }))
    }
}

/// Reads elements one after the other, without copying.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element: its tag and content.
    pub fn element(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let short = Malformed("an element that ends too early");
        let header = Header::read(self.rest)?.ok_or(short)?;
        let (_, after) = self.rest.split_at_checked(header.size).ok_or(short)?;
        let (content, rest) = after.split_at_checked(header.content).ok_or(short)?;
        self.rest = rest;
        Ok((header.tag, content))
    }

    /// The content of the next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.element()? {
            (found, content) if found == tag => Ok(content),
            _ => Err(Malformed("an element of another kind than expected")),
        }
    }

    /// The next element as UTF-8 text.
    pub fn text(&mut self, tag: u8) -> Result<String, Malformed> {
        let bytes = self.expect(tag)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Malformed("text that is not UTF-8"))
    }

    /// The next element as a number from 0 to 2^31 - 1.
    pub fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let bytes = self.expect(tag)?;
        let number = bytes.iter().try_fold(0u32, |number, byte| {
            number.checked_mul(256).and_then(|number| number.checked_add(u32::from(*byte)))
        });
        match number {
            Some(number) if !bytes.is_empty() && number <= i32::MAX as u32 => Ok(number),
            _ => Err(Malformed("a number out of its range")),
        }
    }
}

/// An element whose content is these parts, one after the other. The buffer never grows, so that secrets leave
/// no copy behind.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(2 + size_of::<usize>() + length);
    bytes.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
            // At most eight digits.
            bytes.push(0x80 | digits.len() as u8);
            bytes.extend(digits);
        }
    }
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// A number that is not negative.
pub(super) fn number(tag: u8, number: u32) -> Vec<u8> {
    let digits: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
    // A set first bit would mean a negative number; nothing at all would be no number.
    let positive = digits.first().is_none_or(|digit| digit & 0x80 != 0);
    element(tag, &[if positive { &[0] } else { &[] }, &digits])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_read_in_every_form_of_ber() {
        for (bytes, expected) in [
            (&[0x30, 0x05][..], Ok(Some((2, 5)))),
            (&[0x30, 0x84, 0, 0, 1, 0], Ok(Some((6, 256)))),
            (&[0x30, 0x82, 1], Ok(None)),
            (&[0x30], Ok(None)),
            (&[0x30, 0x80], Err(())),
            (&[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1], Err(())),
            (&[0x3f, 0x05], Err(())),
        ] {
            let read = Header::read(bytes).map(|h| h.map(|h| (h.size, h.content))).map_err(|_| ());
            assert_eq!(read, expected, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(content in prop::collection::vec(any::<u8>(), 0..70_000), value in 0..=i32::MAX as u32) {
            let bytes = [element(tag::OCTET_STRING, &[&content]), number(tag::INTEGER, value)].concat();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.expect(tag::OCTET_STRING), Ok(&content[..]));
            prop_assert_eq!(reader.number(tag::INTEGER), Ok(value));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.element().is_ok() {}
        }
    }
}

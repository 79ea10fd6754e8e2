//! Files of text as UTF-8, whichever encoding they begin with: UTF-8, or UTF-16 by its byte order mark.

use std::{
    fmt,
    io::{self, Chain, Cursor, Read},
};

/// How many bytes of UTF-16 are taken at a time.
const CHUNK: u64 = 16 << 10;

/// Why bytes are no UTF-16. It is what an [`io::Error`] of the kind `InvalidData` wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Utf16Problem {
    /// A surrogate without its other half.
    LoneSurrogate,
    /// The file ends in the middle of a character.
    HalfCharacter,
}

impl Utf16Problem {
    /// The problem behind an error of a [`TextReader`], if it is one.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref()).copied()
    }
}

impl fmt::Display for Utf16Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoneSurrogate => "it has a surrogate without its other half",
            Self::HalfCharacter => "the file ends in the middle of a character",
        })
    }
}

impl std::error::Error for Utf16Problem {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// UTF-8, or whatever else has ASCII inside; handed on as it is.
    Bytes,
    LittleEndian,
    BigEndian,
}

/// Reads text without its byte order mark. UTF-16 comes out as UTF-8; all before a problem in it is handed out first.
pub(super) struct TextReader<R> {
    input: Chain<Cursor<Vec<u8>>, R>,
    encoding: Encoding,
    /// Whether it looks like UTF-16, but lacks the mark.
    pub lacks_mark: bool,
    /// UTF-8 that was not asked for yet, and how much of it was.
    decoded: Vec<u8>,
    taken: usize,
    /// The beginning of a character whose end was not read yet.
    rest: Vec<u8>,
    /// What came up behind `decoded`.
    problem: Option<Utf16Problem>,
}

impl<R: Read> TextReader<R> {
    /// Looks for a byte order mark. Fails where `input` does.
    pub fn new(mut input: R) -> io::Result<Self> {
        let mut start = Vec::new();
        (&mut input).take(3).read_to_end(&mut start)?;
        let (encoding, mark) = match start.as_slice() {
            [0xEF, 0xBB, 0xBF] => (Encoding::Bytes, 3),
            [0xFF, 0xFE, ..] => (Encoding::LittleEndian, 2),
            [0xFE, 0xFF, ..] => (Encoding::BigEndian, 2),
            _ => (Encoding::Bytes, 0),
        };
        let lacks_mark = mark == 0 && start.contains(&0);
        let input = Cursor::new(start.split_off(mark)).chain(input);
        let (decoded, rest) = (Vec::new(), Vec::new());
        Ok(Self { input, encoding, lacks_mark, decoded, taken: 0, rest, problem: None })
    }

    /// Decodes some more, until there is something to hand out.
    fn decode(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.taken = 0;
        while self.decoded.is_empty() && self.problem.is_none() {
            let mut bytes = std::mem::take(&mut self.rest);
            if (&mut self.input).take(CHUNK).read_to_end(&mut bytes)? == 0 {
                self.problem = (!bytes.is_empty()).then_some(Utf16Problem::HalfCharacter);
                return Ok(());
            }
            self.decode_units(&bytes);
        }
        Ok(())
    }

    fn decode_units(&mut self, bytes: &[u8]) {
        let (pairs, odd) = bytes.as_chunks::<2>();
        let unit = |pair: &[u8; 2]| match self.encoding {
            Encoding::BigEndian => u16::from_be_bytes(*pair),
            _ => u16::from_le_bytes(*pair),
        };
        let mut done = 0_usize;
        for decoded in char::decode_utf16(pairs.iter().map(unit)) {
            let Ok(character) = decoded else { break };
            self.decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            done = done.saturating_add(character.len_utf16());
        }
        let left = pairs.get(done..).unwrap_or_default();
        match left {
            [] => {}
            // Its other half may come with the next bytes.
            [last] if (0xD800..0xDC00).contains(&unit(last)) => self.rest.extend_from_slice(last),
            _ => self.problem = Some(Utf16Problem::LoneSurrogate),
        }
        self.rest.extend_from_slice(odd);
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.encoding == Encoding::Bytes {
            return self.input.read(buffer);
        }
        if self.taken >= self.decoded.len() {
            if self.problem.is_none() {
                self.decode()?;
            }
            if let Some(problem) = self.problem.filter(|_| self.decoded.is_empty() || self.taken > 0) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
        }
        let read = self.decoded.get(self.taken..).unwrap_or_default().read(buffer)?;
        self.taken = self.taken.saturating_add(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let units = format!("\u{FEFF}{text}");
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        units.encode_utf16().flat_map(bytes).collect()
    }

    /// All that is handed out, by small reads, and the problem at its end.
    fn read(bytes: &[u8], at_once: usize) -> (Vec<u8>, Option<Utf16Problem>) {
        let mut reader = TextReader::new(bytes).unwrap();
        let (mut all, mut buffer) = (Vec::new(), vec![0; at_once]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return (all, None),
                Ok(read) => all.extend_from_slice(&buffer[..read]),
                Err(error) => return (all, Some(Utf16Problem::of(&error).unwrap())),
            }
        }
    }

    #[test]
    fn text_before_a_problem_is_handed_out_first() {
        for (units, text, problem) in [
            (&[0x61, 0xD83D, 0x62][..], "a", Utf16Problem::LoneSurrogate),
            (&[0x61, 0xDD12], "a", Utf16Problem::LoneSurrogate),
            (&[0x61, 0xD83D], "a", Utf16Problem::HalfCharacter),
            (&[0xD83D], "", Utf16Problem::HalfCharacter),
        ] {
            let mut bytes = vec![0xFF, 0xFE];
            bytes.extend(units.iter().flat_map(|unit: &u16| unit.to_le_bytes()));
            assert_eq!(read(&bytes, 1), (text.as_bytes().to_vec(), Some(problem)), "{units:x?}");
        }
        assert_eq!(read(b"\xFE\xFF\0a\0", 8), (b"a".to_vec(), Some(Utf16Problem::HalfCharacter)));
    }

    #[test]
    fn utf_16_without_a_mark_is_noticed() {
        for (bytes, lacks) in [(&b"a\0b\0"[..], true), (b"abc", false), (b"\xFF\xFEa\0", false), (b"", false)]
        {
            assert_eq!(TextReader::new(bytes).unwrap().lacks_mark, lacks, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_the_same_in_every_encoding(text in "\\PC{0,40}|[a\u{1F512}]{0,9000}", at_once in 1..9000_usize) {
            let expected = (text.clone().into_bytes(), None);
            prop_assert_eq!(&read(&utf16(&text, true), at_once), &expected);
            prop_assert_eq!(&read(&utf16(&text, false), at_once), &expected);
            prop_assert_eq!(&read(format!("\u{FEFF}{text}").as_bytes(), at_once), &expected);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            read(&bytes, 7);
            read(&[b"\xFF\xFE", bytes.as_slice()].concat(), 7);
        }
    }
}

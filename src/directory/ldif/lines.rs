//! The lines of an LDIF file: encodings, line ends, folding, comments (RFC 2849, notes 2 and 6 to 10).

use std::{
    io::{self, BufRead, Chain, Cursor, Read},
    path::{Path, PathBuf},
};

use crate::error::{Error, ErrorId, Result};

/// A line as it is meant: continuation lines joined, line end and comments gone. Empty between records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LogicalLine {
    /// Its first line in the file, from 1.
    pub number: u64,
    /// The bytes; UTF-8 if the file is UTF-16 or keeps to the RFC.
    pub text: Vec<u8>,
    /// Whether nothing follows it, not even an empty line.
    pub last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// UTF-8, or whatever else has ASCII inside.
    Bytes,
    Utf16(Endian),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endian {
    Little,
    Big,
}

/// Reads logical lines; keeps no more than one, and the beginning of the next.
pub(super) struct Lines<R> {
    input: Chain<Cursor<Vec<u8>>, R>,
    path: PathBuf,
    limit: usize,
    encoding: Encoding,
    number: u64,
    /// The line after the one handed out last.
    next: Option<(u64, Vec<u8>)>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `input`, of `limit` bytes at most; `path` is for messages. Looks for a byte order mark.
    /// Fails with `LdifUnreadable`, and with `LdifSyntax` for what looks like UTF-16 without the mark.
    pub fn new(mut input: R, path: &Path, limit: usize) -> Result<Self> {
        let mut start = Vec::new();
        let read = (&mut input).take(3).read_to_end(&mut start);
        let (encoding, mark) = match start.as_slice() {
            [0xEF, 0xBB, 0xBF] => (Encoding::Bytes, 3),
            [0xFF, 0xFE, ..] => (Encoding::Utf16(Endian::Little), 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16(Endian::Big), 2),
            _ => (Encoding::Bytes, 0),
        };
        let ambiguous = mark == 0 && start.contains(&0);
        let input = Cursor::new(start.split_off(mark)).chain(input);
        let lines = Self { input, path: path.to_owned(), limit, encoding, number: 0, next: None };
        read.map_err(|e| lines.unreadable(&e))?;
        if ambiguous {
            return Err(lines.syntax(1, "it has NUL characters; UTF-16 needs a byte order mark"));
        }
        Ok(lines)
    }

    /// The next logical line, or `None` at the end.
    /// Fails with `LdifUnreadable`; `LdifSyntax` for a line beyond the limit, a continuation of nothing, and
    /// what is no UTF-16; `LdifTruncated` where the file ends in half a UTF-16 character.
    pub fn next_line(&mut self) -> Result<Option<LogicalLine>> {
        loop {
            let line = match self.next.take() {
                Some(line) => Some(line),
                None => self.read_line()?,
            };
            let Some((number, mut text)) = line else { return Ok(None) };
            if text.starts_with(b" ") {
                return Err(self.syntax(number, "it begins with a space, but there is no line to continue"));
            }
            let comment = text.starts_with(b"#");
            if text.is_empty() {
                self.next = self.read_line()?;
            } else {
                self.join_continuations(number, &mut text, comment)?;
            }
            if !comment {
                return Ok(Some(LogicalLine { number, text, last: self.next.is_none() }));
            }
        }
    }

    fn join_continuations(&mut self, number: u64, text: &mut Vec<u8>, comment: bool) -> Result<()> {
        while let Some((next, more)) = self.read_line()? {
            match more.strip_prefix(b" ") {
                Some(_) if comment => {}
                Some(more) if more.len() > self.limit.saturating_sub(text.len()) => {
                    return Err(self.too_long(number));
                }
                Some(more) => text.extend_from_slice(more),
                None => {
                    self.next = Some((next, more));
                    break;
                }
            }
        }
        Ok(())
    }

    /// One line of the file without its end; `None` at the end of the file.
    fn read_line(&mut self) -> Result<Option<(u64, Vec<u8>)>> {
        let mut text = Vec::new();
        self.number = self.number.saturating_add(1);
        match self.encoding {
            Encoding::Bytes => {
                let most = u64::try_from(self.limit).unwrap_or(u64::MAX).saturating_add(2);
                let read = (&mut self.input).take(most).read_until(b'\n', &mut text);
                read.map_err(|e| self.unreadable(&e))?;
            }
            Encoding::Utf16(endian) => self.read_utf16(endian, &mut text)?,
        }
        if text.is_empty() {
            return Ok(None);
        }
        if text.ends_with(b"\n") {
            text.pop();
        }
        if text.ends_with(b"\r") {
            text.pop();
        }
        if text.len() > self.limit { Err(self.too_long(self.number)) } else { Ok(Some((self.number, text))) }
    }

    /// A line of UTF-16, with its end, as UTF-8.
    fn read_utf16(&mut self, endian: Endian, text: &mut Vec<u8>) -> Result<()> {
        let mut high = None;
        // Room for the line end: a line of just the limit is none too many.
        while text.len() < self.limit.saturating_add(2) {
            let Some(unit) = self.read_unit(endian)? else { break };
            let units = [high.unwrap_or(unit), unit];
            let units = if high.is_some() { units.as_slice() } else { std::slice::from_ref(&unit) };
            match char::decode_utf16(units.iter().copied()).next() {
                Some(Ok(c)) => {
                    high = None;
                    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    if c == '\n' {
                        return Ok(());
                    }
                }
                Some(Err(_)) if high.is_none() && (0xD800..0xDC00).contains(&unit) => high = Some(unit),
                _ => return Err(self.syntax(self.number, "it has a surrogate without its other half")),
            }
        }
        if high.is_some() { Err(self.half_character()) } else { Ok(()) }
    }

    fn read_unit(&mut self, endian: Endian) -> Result<Option<u16>> {
        let mut bytes = [0; 2];
        if let Err(error) = self.input.read_exact(&mut bytes[..1]) {
            let end = error.kind() == io::ErrorKind::UnexpectedEof;
            return if end { Ok(None) } else { Err(self.unreadable(&error)) };
        }
        self.input.read_exact(&mut bytes[1..]).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.half_character(),
            _ => self.unreadable(&error),
        })?;
        Ok(Some(match endian {
            Endian::Little => u16::from_le_bytes(bytes),
            Endian::Big => u16::from_be_bytes(bytes),
        }))
    }

    fn half_character(&self) -> Error {
        self.error(ErrorId::LdifTruncated, self.number, "the file ends in the middle of a character")
    }

    fn too_long(&self, number: u64) -> Error {
        self.syntax(number, format!("it is longer than {} bytes", self.limit))
    }

    fn unreadable(&self, cause: &io::Error) -> Error {
        Error::io(ErrorId::LdifUnreadable, "Cannot read", &self.path, cause)
    }

    /// An `LdifSyntax` of that line.
    pub fn syntax(&self, number: u64, reason: impl std::fmt::Display) -> Error {
        self.error(ErrorId::LdifSyntax, number, reason)
    }

    /// An error of that line, naming the file.
    pub fn error(&self, id: ErrorId, number: u64, reason: impl std::fmt::Display) -> Error {
        let path = self.path.display();
        Error::new(id, format!("'{path}', line {number}: {reason}.")).target(path.to_string())
    }
}

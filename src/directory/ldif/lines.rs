//! The lines of an LDIF file: encodings, line ends, folding, comments (RFC 2849, notes 2 and 6 to 10).

use std::{
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use crate::{
    directory::text::{TextReader, Utf16Problem},
    error::{Error, ErrorId, Result},
};

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

/// Why text in another encoding is refused (RFC 2849, notes 6 and 10: such values are base64 of UTF-8).
const NOT_UTF8: &str = "it is not UTF-8; export as UTF-8, or as UTF-16 with a byte order mark ('ldifde -u')";

/// The number in the comment that `ldapsearch` ends its entries with.
fn told_entries(comment: &[u8]) -> Option<u64> {
    let number = comment.strip_prefix(b"# numEntries:")?;
    std::str::from_utf8(number).ok()?.trim().parse().ok()
}

/// Reads logical lines; keeps no more than one, and the beginning of the next.
pub(super) struct Lines<R> {
    input: BufReader<TextReader<R>>,
    path: PathBuf,
    limit: usize,
    number: u64,
    /// The line after the one handed out last.
    next: Option<(u64, Vec<u8>)>,
    /// What `# numEntries: N` said last, and where, until it is taken.
    told: Option<(u64, u64)>,
    /// How often `ldapsearch` began to write what it found: once, or for each page.
    searches: u64,
    /// The last line of the file, where it has no end.
    unended: Option<u64>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `input`, of `limit` bytes at most; `path` is for messages. Looks for a byte order mark.
    /// Fails with `LdifUnreadable`, and with `LdifSyntax` for what looks like UTF-16 without the mark.
    pub fn new(input: R, path: &Path, limit: usize) -> Result<Self> {
        let input = TextReader::new(input)
            .map_err(|e| Error::io(ErrorId::LdifUnreadable, "Cannot read", path, &e))?;
        let lacks_mark = input.lacks_mark;
        let input = BufReader::new(input);
        let lines = Self {
            input,
            path: path.to_owned(),
            limit,
            number: 0,
            next: None,
            told: None,
            searches: 0,
            unended: None,
        };
        if lacks_mark {
            return Err(lines.syntax(1, "it has NUL characters; UTF-16 needs a byte order mark"));
        }
        Ok(lines)
    }

    /// The next logical line, or `None` at the end.
    /// Fails with `LdifUnreadable`; `LdifSyntax` for a line beyond the limit, a continuation of nothing, and
    /// what is no UTF-8 or UTF-16; `LdifTruncated` where the file ends in half a UTF-16 character.
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
            if comment {
                self.searches = self.searches.saturating_add(u64::from(text == b"# extended LDIF"));
                self.told = told_entries(&text).map(|entries| (number, entries)).or(self.told);
            } else {
                let line = LogicalLine { number, text, last: self.next.is_none() };
                self.check_utf8(&line)?;
                return Ok(Some(line));
            }
        }
    }

    /// The last line that was read.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many searches of `ldapsearch` have begun so far.
    pub fn searches(&self) -> u64 {
        self.searches
    }

    /// The last line of the file, once it was read and has no end: what stands in it may be cut off.
    pub fn unended(&self) -> Option<u64> {
        self.unended
    }

    fn check_utf8(&self, line: &LogicalLine) -> Result<()> {
        match std::str::from_utf8(&line.text) {
            Ok(_) => Ok(()),
            Err(cut) if line.last && cut.error_len().is_none() => {
                Err(self.error(ErrorId::LdifTruncated, line.number, Utf16Problem::HalfCharacter))
            }
            Err(_) => Err(self.syntax(line.number, NOT_UTF8)),
        }
    }

    /// How many entries `ldapsearch` says that it has written, and the line that says so; told once.
    pub fn take_told(&mut self) -> Option<(u64, u64)> {
        self.told.take()
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
        let most = u64::try_from(self.limit).unwrap_or(u64::MAX).saturating_add(2);
        let read = (&mut self.input).take(most).read_until(b'\n', &mut text);
        read.map_err(|e| self.unreadable(&e))?;
        // Some programs of Windows end a file with Ctrl-Z.
        if text.is_empty() || text == b"\x1A" {
            return Ok(None);
        }
        if text.ends_with(b"\n") {
            text.pop();
        } else {
            self.unended = Some(self.number);
        }
        if text.ends_with(b"\r") {
            text.pop();
        }
        // RFC 2849: a line ends in LF or CR LF, and no value has a CR but in base64.
        if text.trim_ascii_end().contains(&b'\r') {
            return Err(
                self.syntax(self.number, "it ends in CR alone; save the file with line ends of LF or CR LF")
            );
        }
        if text.len() > self.limit { Err(self.too_long(self.number)) } else { Ok(Some((self.number, text))) }
    }

    fn too_long(&self, number: u64) -> Error {
        self.syntax(number, format!("it is longer than {} bytes", self.limit))
    }

    fn unreadable(&self, cause: &io::Error) -> Error {
        match Utf16Problem::of(cause) {
            Some(problem @ Utf16Problem::LoneSurrogate) => return self.syntax(self.number, problem),
            Some(problem @ Utf16Problem::HalfCharacter) => {
                return self.error(ErrorId::LdifTruncated, self.number, problem);
            }
            None => {}
        }
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

//! Whether a file keeps to the form of RFC 4180. The parser takes what it gets: after a quotation mark too many it
//! would take rows for a part of a value, and their recipients for gone.

use std::{
    fmt,
    io::{self, Read},
};

use crate::directory::text::Utf16Problem;

/// Why a file without a line end at its end is refused: one that was cut looks just like it.
pub(super) const NO_LINE_END: &str = "the last line has no line end, as in a file that was cut; end it with a line break \
                                      if the file is whole";

/// The most bytes that one row may have.
pub(super) const MAX_ROW: usize = 4 << 20;

/// What is wrong with the form of a file. It is what an [`io::Error`] of the kind `InvalidData` wraps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FormProblem {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there, as a phrase.
    pub reason: String,
}

impl fmt::Display for FormProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for FormProblem {}

impl FormProblem {
    fn error(line: u64, reason: impl fmt::Display) -> io::Error {
        let problem = Self { line, reason: reason.to_string() };
        io::Error::new(io::ErrorKind::InvalidData, problem)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Unquoted,
    /// Within quotation marks, which opened in this line.
    Quoted(u64),
    /// After a quotation mark within such: the closing one, or half of a doubled one.
    AfterQuote(u64),
}

/// Hands on what it reads, as long as quotation marks stand where RFC 4180 has them and rows have an end. Rows then
/// end in LF alone: the parser counts a CR LF to the line after it.
pub(super) struct QuoteCheck<R> {
    input: R,
    delimiter: u8,
    state: State,
    line: u64,
    row: usize,
    /// Whether the byte before was a CR that ended a row.
    after_cr: bool,
}

impl<R: Read> QuoteCheck<R> {
    /// Checks the rows of `input`, the first of which is in that line.
    pub fn new(input: R, delimiter: u8, line: u64) -> Self {
        Self { input, delimiter, state: State::FieldStart, line, row: 0, after_cr: false }
    }

    /// Checks a byte; what is handed on of it.
    fn check(&mut self, byte: u8) -> io::Result<Option<u8>> {
        if std::mem::take(&mut self.after_cr) && byte == b'\n' {
            return Ok(None);
        }
        let ends_field = byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        self.state = match (self.state, byte) {
            (State::FieldStart, b'"') => State::Quoted(self.line),
            (State::Quoted(since), b'"') => State::AfterQuote(since),
            (State::AfterQuote(since), b'"') => State::Quoted(since),
            (State::Quoted(since), _) => State::Quoted(since),
            (_, _) if ends_field => State::FieldStart,
            (State::Unquoted, b'"') => {
                let reason = "a quotation mark stands within a value that does not begin with one";
                return Err(FormProblem::error(self.line, reason));
            }
            (State::AfterQuote(_), _) => {
                let reason =
                    "text follows the quotation mark that ends a value; within a value it is doubled";
                return Err(FormProblem::error(self.line, reason));
            }
            _ => State::Unquoted,
        };
        let ends_row = self.state == State::FieldStart && byte != self.delimiter;
        self.row = if ends_row { 0 } else { self.row.saturating_add(1) };
        if self.row > MAX_ROW {
            return Err(FormProblem::error(self.line, format!("the row is longer than {MAX_ROW} bytes")));
        }
        self.after_cr = ends_row && byte == b'\r';
        self.line = self.line.saturating_add(u64::from(ends_row || byte == b'\n'));
        Ok(Some(if ends_row { b'\n' } else { byte }))
    }
}

impl<R: Read> Read for QuoteCheck<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut kept = 0_usize;
        while kept == 0 && !buffer.is_empty() {
            let read = self.input.read(buffer).map_err(|error| match Utf16Problem::of(&error) {
                Some(problem) => FormProblem::error(self.line, problem),
                None => error,
            })?;
            match (read, self.state) {
                (0, State::Quoted(line)) => {
                    let reason = "a value that begins with a quotation mark never ends";
                    return Err(FormProblem::error(line, reason));
                }
                (0, _) if self.row > 0 => return Err(FormProblem::error(self.line, NO_LINE_END)),
                (0, _) => return Ok(0),
                _ => {}
            }
            for at in 0..read {
                let checked = buffer.get(at).map_or(Ok(None), |byte| self.check(*byte))?;
                if let (Some(byte), Some(place)) = (checked, buffer.get_mut(kept)) {
                    *place = byte;
                    kept = kept.saturating_add(1);
                }
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads all; what came and the problem.
    fn read(text: &str, at_once: usize) -> Result<String, FormProblem> {
        let mut reader = QuoteCheck::new(text.as_bytes(), b';', 2);
        let (mut all, mut buffer) = (Vec::new(), vec![0; at_once]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(String::from_utf8(all).unwrap()),
                Ok(read) => all.extend_from_slice(&buffer[..read]),
                Err(error) => {
                    return Err(error.get_ref().unwrap().downcast_ref::<FormProblem>().unwrap().clone());
                }
            }
        }
    }

    #[test]
    fn quotation_marks_stand_where_rfc_4180_has_them() {
        let within = "a quotation mark stands within a value that does not begin with one";
        let after = "text follows the quotation mark that ends a value; within a value it is doubled";
        let endless = "a value that begins with a quotation mark never ends";
        for (text, problem) in [
            ("", None),
            ("a;b\nc;d\n", None),
            ("a;b\nc;d", Some((3, NO_LINE_END))),
            ("a;b\nc;", Some((3, NO_LINE_END))),
            ("a;b\n\"c\";\"\"", Some((3, NO_LINE_END))),
            ("\"a;b\";\"c\"\"d\"\n\"\";\"\"\"\"\n", None),
            ("\"a\nb\";c\n", None),
            ("a;5\" disk\n", Some((2, within))),
            ("a\nb; \"c\"\n", Some((3, within))),
            ("\"a\"b;c\n", Some((2, after))),
            ("\"a\" ;c\n", Some((2, after))),
            ("a\n\"b;c\nd;e\n", Some((3, endless))),
            ("a\n\"b;c\n\"d\";e\n", Some((4, after))),
        ] {
            for at_once in [1, 3, 100] {
                let expected = match problem {
                    None => Ok(text.to_owned()),
                    Some((line, reason)) => Err(FormProblem { line, reason: reason.into() }),
                };
                assert_eq!(read(text, at_once), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn rows_end_in_one_line_feed_and_values_stay_as_they_are() {
        for (text, handed_on) in [
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb\r", "a\nb\n"),
            ("a\r\n\r\nb\n", "a\n\nb\n"),
            ("\"a\r\nb\"\r\n\"\r\"\n", "\"a\r\nb\"\n\"\r\"\n"),
        ] {
            for at_once in [1, 2, 100] {
                assert_eq!(read(text, at_once).as_deref(), Ok(handed_on), "{text:?}");
            }
        }
        assert_eq!(read("a\r\n\"b\r\nc\"\r\nd\"\r\n", 1).unwrap_err().line, 5);
    }

    #[test]
    fn a_row_has_an_end() {
        let long = "x".repeat(MAX_ROW);
        assert!(read(&format!("{long}\n{long}\n"), 1 << 16).is_ok());
        let problem = read(&format!("a\n{long}x\n"), 1 << 16).unwrap_err();
        assert_eq!((problem.line, problem.reason.as_str()), (3, "the row is longer than 4194304 bytes"));
    }
}

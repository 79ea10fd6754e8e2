//! The records of an LDIF file (RFC 2849).

use std::{borrow::Cow, io::BufRead, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::lines::{Lines, LogicalLine};
use crate::{
    ber::{self, Header, Length, tag},
    directory::entry::{Entry, base_name},
    error::{Error, ErrorId, Result},
    model::{Attribute, Named},
};

/// The most bytes that one record (what is kept of it) or one line may have.
pub const MAX_RECORD: usize = 64 << 20;

/// What an attribute value costs besides its bytes, so that a record of countless tiny lines has a limit, too.
const VALUE_OVERHEAD: usize = 64;

/// An entry and where it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    /// The line of its `dn:`, from 1.
    pub line: u64,
    /// The entry, with the attributes that were wanted.
    pub entry: Entry,
}

/// Reads an LDIF file record by record, in constant memory.
pub struct Reader<R> {
    lines: Lines<R>,
    wanted: fn(&str) -> bool,
    limit: usize,
}

/// A line taken apart.
struct AttributeValue<'a> {
    name: &'a str,
    value: Vec<u8>,
}

impl<R: BufRead> Reader<R> {
    /// A reader of `input` that keeps the attributes whose names are `wanted`; `path` is for messages.
    /// Fails with `LdifUnreadable`, and with `LdifSyntax` for UTF-16 without a byte order mark.
    pub fn new(input: R, path: &Path, wanted: fn(&str) -> bool) -> Result<Self> {
        Self::with_limit(input, path, wanted, MAX_RECORD)
    }

    /// The same, with another limit than [`MAX_RECORD`].
    pub fn with_limit(input: R, path: &Path, wanted: fn(&str) -> bool, limit: usize) -> Result<Self> {
        Ok(Self { lines: Lines::new(input, path, limit)?, wanted, limit })
    }

    /// The next record, or `None` at the end.
    /// Fails with `LdifUnreadable`, or naming the line with `LdifSyntax`, `LdifTruncated` (the file ends in the
    /// middle of a record) or `LdifUnsupported`. After an error the rest of the file can't be trusted.
    pub fn next_record(&mut self) -> Result<Option<Record>> {
        let Some((line, dn)) = self.begin()? else { return Ok(None) };
        let mut record = Record { line, entry: Entry { dn, attributes: Vec::new() } };
        let (mut size, mut lines) = (record.entry.dn.len(), 0_usize);
        while let Some(line) = self.lines.next_line()? {
            if line.text.is_empty() {
                return Ok(Some(record));
            }
            let attribute = self.attribute_value(&line, true)?;
            lines = lines.saturating_add(1);
            if self.is_record_control(&line, &attribute, lines)? || !(self.wanted)(attribute.name) {
                continue;
            }
            size = size.saturating_add(line.text.len()).saturating_add(VALUE_OVERHEAD);
            if size > self.limit {
                let reason =
                    format!("the record from line {} on is larger than {} bytes", record.line, self.limit);
                return Err(self.lines.syntax(line.number, reason));
            }
            push(&mut record.entry, attribute.name, attribute.value);
        }
        // The end of the file stands in for the empty line after the last record.
        if lines == 0 { Err(self.truncated(line, "a record has only its dn")) } else { Ok(Some(record)) }
    }

    /// The `dn` of the next record and its line, past empty lines and the version.
    fn begin(&mut self) -> Result<Option<(u64, String)>> {
        while let Some(line) = self.lines.next_line()? {
            if line.text.is_empty() {
                continue;
            }
            if line.last && b"dn".starts_with(&line.text) {
                return Err(self.truncated(line.number, "a record has only the beginning of its dn"));
            }
            let AttributeValue { name, value } = self.attribute_value(&line, false)?;
            match name.to_ascii_lowercase().as_str() {
                "version" if value.trim_ascii() == b"1" => {}
                "version" => {
                    let reason = format!("LDIF version '{}' is unknown", shown(&value));
                    return Err(self.lines.error(ErrorId::LdifUnsupported, line.number, reason));
                }
                "dn" => {
                    let dn = String::from_utf8(value)
                        .map_err(|_| self.lines.syntax(line.number, "the dn is not UTF-8 text"))?;
                    if line.last {
                        return Err(self.truncated(line.number, "a record has only its dn"));
                    }
                    return Ok(Some((line.number, dn)));
                }
                "search" | "result" | "ref" => {
                    let reason = format!("'{name}' is no part of a record");
                    let advice = "Export with 'ldapsearch -LLL', which writes nothing but records.";
                    return Err(self.lines.syntax(line.number, reason).advice(advice));
                }
                _ => {
                    let reason = format!("a record begins with 'dn:', not with '{name}:'");
                    return Err(self.lines.syntax(line.number, reason));
                }
            }
        }
        Ok(None)
    }

    /// Whether the line says what to do with the record (RFC 2849: control, changetype); only an add is read.
    fn is_record_control(
        &self,
        line: &LogicalLine,
        attribute: &AttributeValue,
        position: usize,
    ) -> Result<bool> {
        let unsupported =
            |reason: String| Err(self.lines.error(ErrorId::LdifUnsupported, line.number, reason));
        let name = attribute.name;
        if name.eq_ignore_ascii_case("control") {
            return unsupported("records with controls are not read".to_owned());
        }
        if !name.eq_ignore_ascii_case("changetype") {
            return Ok(false);
        }
        if position != 1 {
            return Err(self.lines.syntax(line.number, "'changetype' must stand right after the dn"));
        }
        let change = shown(attribute.value.trim_ascii());
        match change.to_ascii_lowercase().as_str() {
            "add" => Ok(true),
            "delete" | "modify" | "modrdn" | "moddn" => {
                unsupported(format!("a change record of the type '{change}' is not read, only 'add' is"))
            }
            _ => Err(self.lines.syntax(line.number, format!("the changetype '{change}' is unknown"))),
        }
    }

    fn attribute_value<'a>(&self, line: &'a LogicalLine, in_record: bool) -> Result<AttributeValue<'a>> {
        if line.text == b"-" {
            let reason = "a line '-' belongs only to change records of the type 'modify'";
            return Err(self.lines.syntax(line.number, reason));
        }
        let Some(colon) = line.text.iter().position(|byte| *byte == b':') else {
            return Err(if line.last && in_record {
                self.truncated(line.number, "the last line has no ':'")
            } else {
                self.lines.syntax(line.number, format!("'{}' has no ':'", shown(&line.text)))
            });
        };
        let (name, rest) = line.text.split_at(colon);
        let name = attribute_name(name).ok_or_else(|| {
            self.lines.syntax(line.number, format!("'{}' is not the name of an attribute", shown(name)))
        })?;
        match rest.get(1..).unwrap_or_default() {
            [b'<', ..] => {
                let reason = format!("the value of '{name}' is a URL (':<'), which is not read");
                Err(self.lines.error(ErrorId::LdifUnsupported, line.number, reason))
            }
            [b':', text @ ..] => Ok(AttributeValue { name, value: self.base64(line, name, text)? }),
            text => {
                let fill = text.iter().take_while(|byte| **byte == b' ').count();
                Ok(AttributeValue { name, value: text.get(fill..).unwrap_or_default().to_vec() })
            }
        }
    }

    fn base64(&self, line: &LogicalLine, name: &str, text: &[u8]) -> Result<Vec<u8>> {
        let digits = if text.contains(&b' ') {
            Cow::Owned(text.iter().copied().filter(|byte| *byte != b' ').collect())
        } else {
            Cow::Borrowed(text)
        };
        let cut_short = line.last && !digits.len().is_multiple_of(4);
        let value = STANDARD.decode(digits.as_ref() as &[u8]).map_err(|e| {
            if cut_short {
                self.truncated(line.number, format!("the base64 of '{name}' is cut short"))
            } else {
                self.lines.syntax(line.number, format!("the value of '{name}' is not base64: {e}"))
            }
        })?;
        let certificate = Attribute::from_name(base_name(name)).is_some();
        if line.last && certificate && der_length(&value).is_some_and(|length| length > value.len()) {
            let advice = "Export the directory again, or, if the value is meant to be so, end the file with an \
                          empty line.";
            return Err(self
                .truncated(line.number, format!("the value of '{name}' is cut short"))
                .advice(advice));
        }
        Ok(value)
    }

    fn truncated(&self, number: u64, reason: impl std::fmt::Display) -> Error {
        self.lines.error(ErrorId::LdifTruncated, number, format!("the file ends too early: {reason}"))
    }
}

fn push(entry: &mut Entry, name: &str, value: Vec<u8>) {
    match entry.attributes.last_mut() {
        Some((last, values)) if last == name => values.push(value),
        _ => entry.attributes.push((name.to_owned(), vec![value])),
    }
}

/// How long a DER sequence says it is, header included.
fn der_length(der: &[u8]) -> Option<usize> {
    let header = Header::read(der, ber::ANY).ok()??;
    match (header.tag, header.size, header.content) {
        // What is shorter or longer is no certificate.
        (tag::SEQUENCE, 4 | 5, Length::Definite(length)) => length.checked_add(header.size),
        _ => None,
    }
}

/// An attribute description (RFC 4512, 2.5) with its options, if it is one. Underscores and `;range=0-*` are no
/// part of it, but some directories have them.
fn attribute_name(name: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(name).ok()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';' | '_' | '=' | '*');
    (name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(fits)).then_some(name)
}

/// The beginning of some bytes, for a message.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes)).into_owned()
}

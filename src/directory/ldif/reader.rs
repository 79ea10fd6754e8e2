//! The records of an LDIF file (RFC 2849).

use std::{borrow::Cow, io::BufRead, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::lines::{Lines, LogicalLine};
use crate::{
    ber::{self, Header, Length, tag},
    directory::entry::{Entry, base_name, is_single_valued},
    error::{Error, ErrorId, Result},
    model::{Attribute, Named, counted},
};

/// The most bytes that one record (what is kept of it) or one line may have.
pub const MAX_RECORD: usize = 64 << 20;

/// What an attribute value costs besides its bytes, so that a record of countless tiny lines has a limit, too.
const VALUE_OVERHEAD: usize = 64;

/// What a record does (RFC 2849: changetype).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeType {
    /// Shows an entry as it is: a content record, or a change record of the type `add`.
    Add,
    /// Changes attributes of an entry.
    Modify,
    /// Deletes an entry.
    Delete,
    /// Gives an entry another name (`modrdn`, `moddn`).
    Rename,
}

/// An entry and where it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    /// The line of its `dn:`, from 1.
    pub line: u64,
    /// Whether it shows the entry, or changes one.
    pub change: ChangeType,
    /// The entry, with the attributes that were wanted; of a `Modify` those that it touches.
    pub entry: Entry,
}

/// Reads an LDIF file record by record, in constant memory.
pub struct Reader<R> {
    lines: Lines<R>,
    wanted: fn(&str) -> bool,
    limit: usize,
    /// Records so far, and how many of them a `# numEntries` has confirmed.
    records: u64,
    confirmed: u64,
    /// Searches of `ldapsearch` that ended.
    results: u64,
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
        Ok(Self {
            lines: Lines::new(input, path, limit)?,
            wanted,
            limit,
            records: 0,
            confirmed: 0,
            results: 0,
        })
    }

    /// The next record, or `None` at the end.
    /// Fails with `LdifUnreadable`, or naming the line with `LdifSyntax`, `LdifTruncated` (the file ends in the
    /// middle of a record, or is said to hold other entries) or `LdifUnsupported`. After an error the rest of the file
    /// can't be trusted.
    pub fn next_record(&mut self) -> Result<Option<Record>> {
        let Some((line, dn)) = self.begin()? else { return Ok(None) };
        self.records = self.records.saturating_add(1);
        let entry = Entry::new(dn);
        let mut record = Record { line, change: ChangeType::Add, entry };
        let (mut size, mut lines) = (record.entry.dn.len(), 0_usize);
        let mut seen = Vec::new();
        while let Some(line) = self.lines.next_line()? {
            if line.text.is_empty() {
                return Ok(Some(record));
            }
            if record.change == ChangeType::Modify && line.text == b"-" {
                continue;
            }
            let mut attribute = self.attribute_value(&line, true)?;
            lines = lines.saturating_add(1);
            if let Some(change) = self.record_control(&line, &attribute, lines)? {
                record.change = change;
                continue;
            }
            self.check_once(&record, &line, attribute.name, &mut seen)?;
            let touched;
            if record.change == ChangeType::Modify && is_modification(attribute.name) {
                touched = String::from_utf8_lossy(&attribute.value).trim().to_owned();
                attribute = AttributeValue { name: &touched, value: Vec::new() };
            }
            if !(self.wanted)(attribute.name) {
                continue;
            }
            size = size.saturating_add(line.text.len()).saturating_add(VALUE_OVERHEAD);
            if size > self.limit {
                let reason =
                    format!("the record from line {} on is larger than {} bytes", record.line, self.limit);
                return Err(self.lines.syntax(line.number, reason));
            }
            push(&mut record.entry, attribute.name, &attribute.value);
        }
        // The end of the file stands in for the empty line after the last record.
        if lines == 0 {
            return Err(self.truncated(line, "a record has only its dn"));
        }
        self.check_end().map(|()| Some(record))
    }

    /// The `dn` of the next record and its line, past empty lines and the version.
    fn begin(&mut self) -> Result<Option<(u64, String)>> {
        loop {
            let line = self.lines.next_line()?;
            self.check_count()?;
            let Some(line) = line else { return self.check_end().map(|()| None) };
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
                "search" | "result" | "ref" => self.skip_search_result(line)?,
                _ => {
                    let reason = format!("a record begins with 'dn:', not with '{name}:'");
                    return Err(self.lines.syntax(line.number, reason));
                }
            }
        }
    }

    /// What `ldapsearch` writes between and behind its entries; a search that ended early is no whole directory.
    fn skip_search_result(&mut self, first: LogicalLine) -> Result<()> {
        let mut next = Some(first);
        while let Some(line) = next.filter(|line| !line.text.is_empty()) {
            let AttributeValue { name, value } = self.attribute_value(&line, false)?;
            if name.eq_ignore_ascii_case("result") && !value.starts_with(b"0 ") && value != b"0" {
                let reason = format!("the search that wrote the file ended with '{}'", shown(&value));
                let advice = "Export again, in pages ('ldapsearch -E pr=500/noprompt'), or with a higher limit at the \
                              server: a part of the directory is not taken for all of it.";
                let error = self.lines.error(ErrorId::LdifTruncated, line.number, reason);
                return Err(error.advice(advice));
            }
            self.results = self.results.saturating_add(u64::from(name.eq_ignore_ascii_case("result")));
            next = self.lines.next_line()?;
        }
        Ok(())
    }

    /// Fails with `LdifTruncated` where the last line has no end, or `ldapsearch` did not write how its search ended: who
    /// knows what followed.
    fn check_end(&self) -> Result<()> {
        let Some(line) = self.lines.unended() else {
            if self.lines.searches() <= self.results {
                return Ok(());
            }
            let reason = "the search that wrote it ('# extended LDIF') has no 'result:' at its end";
            return Err(self.truncated(self.lines.number(), reason));
        };
        let advice =
            "Export the directory again, or, if the file is whole, end its last line with a line break.";
        Err(self.truncated(line, "the last line has no line end").advice(advice))
    }

    /// Holds what `# numEntries` says against what was read: for each page, or for all.
    fn check_count(&mut self) -> Result<()> {
        let Some((line, told)) = self.lines.take_told() else { return Ok(()) };
        let read = self.records.saturating_sub(self.confirmed);
        if told != read && told != self.records {
            let entries = counted(told, "entry", "entries");
            let reason = format!("the search that wrote the file found {entries}, and the file holds {read}");
            let advice = "Export the directory again; the file was cut, or records were taken out or added.";
            return Err(self.lines.error(ErrorId::LdifTruncated, line, reason).advice(advice));
        }
        self.confirmed = self.records;
        Ok(())
    }

    /// Fails with `LdifSyntax` where something stands a second time that an entry has once: mostly, the empty line
    /// between two records is missing, and the one would get the certificates of the other.
    fn check_once(
        &self,
        record: &Record,
        line: &LogicalLine,
        name: &str,
        seen: &mut Vec<String>,
    ) -> Result<()> {
        if !name.eq_ignore_ascii_case("dn") && !is_single_valued(base_name(name)) {
            return Ok(());
        }
        let key = name.to_ascii_lowercase();
        if key == "dn" || seen.contains(&key) {
            let reason = format!("'{name}' stands a second time in the record of line {}", record.line);
            let advice = "Separate the records with an empty line, or export the directory again.";
            return Err(self.lines.syntax(line.number, reason).advice(advice));
        }
        if record.change == ChangeType::Add {
            seen.push(key);
        }
        Ok(())
    }

    /// What the line says to do with the record (RFC 2849: control, changetype), if it does.
    fn record_control(
        &self,
        line: &LogicalLine,
        attribute: &AttributeValue,
        position: usize,
    ) -> Result<Option<ChangeType>> {
        let unsupported =
            |reason: String| Err(self.lines.error(ErrorId::LdifUnsupported, line.number, reason));
        let name = attribute.name;
        if name.eq_ignore_ascii_case("control") {
            return unsupported("records with controls are not read".to_owned());
        }
        if !name.eq_ignore_ascii_case("changetype") {
            return Ok(None);
        }
        if position != 1 {
            return Err(self.lines.syntax(line.number, "'changetype' must stand right after the dn"));
        }
        let change = shown(attribute.value.trim_ascii());
        match change.to_ascii_lowercase().as_str() {
            "add" => Ok(Some(ChangeType::Add)),
            "modify" => Ok(Some(ChangeType::Modify)),
            "delete" => Ok(Some(ChangeType::Delete)),
            "modrdn" | "moddn" => Ok(Some(ChangeType::Rename)),
            _ => Err(self.lines.syntax(line.number, format!("the changetype '{change}' is unknown"))),
        }
    }

    /// An error of a record as a whole.
    pub(super) fn unsupported(&self, record: &Record, reason: impl std::fmt::Display) -> Error {
        self.lines.error(ErrorId::LdifUnsupported, record.line, reason)
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

/// Whether the line begins what a `Modify` does to one attribute (RFC 2849; RFC 4525 for `increment`).
fn is_modification(name: &str) -> bool {
    ["add", "delete", "replace", "increment"].iter().any(|one| name.eq_ignore_ascii_case(one))
}

fn push(entry: &mut Entry, name: &str, value: &[u8]) {
    if entry.attributes().next_back().is_none_or(|last| last.name() != name) {
        entry.add_attribute(name);
    }
    entry.add_value(value);
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
    String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes)).chars().take(40).collect()
}

//! A file of partners as a source.

use std::{
    collections::{HashMap, HashSet},
    io::{BufReader, Read},
    path::Path,
};

use csv::ByteRecord;

use super::{
    header::{Header, NOT_UTF8},
    quotes::{FormProblem, QuoteCheck},
    row::Row,
};
use crate::{
    directory::{
        Presence, Selection, Source, SourceItem,
        file::{Found, SourceFile, has_strangers, look_up, name_key},
        text::TextReader,
    },
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    model::{Recipient, RecipientKind, Timestamp, Value, counted},
};

const BUFFER: usize = 64 << 10;

/// The most addresses in a file; each costs some 30 bytes while it is read.
const MAX_ADDRESSES: usize = 1_000_000;

/// The most bytes of values that wait for more rows of their addresses.
const MAX_WAITING: usize = 64 << 20;

/// The recipients of a file of comma-separated values, known by their address in lower case. It is read from its
/// beginning each time, twice.
pub struct CsvSource {
    file: SourceFile,
    size_hint: Option<u64>,
}

/// How many rows an address has, by a hash of it.
type Rows = HashMap<[u8; 16], u32>;

impl CsvSource {
    /// Opens a file. Fails with `CsvUnreadable`.
    pub fn open(path: &Path) -> Result<Self> {
        let file = SourceFile::open(path, ErrorId::CsvUnreadable, ErrorId::CsvUnreadable)?;
        // Base64 has no '@', so that lines of PEM do not count.
        let size_hint = file.estimate(|sample| {
            sample.split(|byte| *byte == b'\n').filter(|line| line.contains(&b'@')).count()
        })?;
        Ok(Self { file, size_hint })
    }

    /// Hands every recipient, and every row that is none, to `sink`.
    /// Fails with `CsvUnreadable`, and with `CsvSyntax` before anything was handed over.
    fn read_all(
        &self,
        context: &Context,
        warn: bool,
        sink: &mut dyn FnMut(Found) -> Result<()>,
    ) -> Result<()> {
        let mut rows = Rows::new();
        let header = self.pass(context, &mut |row, line| {
            if let Ok(address) = row.address() {
                let count = rows.entry(name_key("address", &address)).or_default();
                *count = count.saturating_add(1);
            }
            if rows.len() > MAX_ADDRESSES {
                return Err(self.syntax(line, format!("there are more than {MAX_ADDRESSES} addresses")));
            }
            Ok(())
        })?;
        if warn && !header.unknown.is_empty() {
            let names = header.unknown.join(", ");
            let columns = counted(header.unknown.len(), "column is", "columns are");
            let message = format!("'{}': {columns} skipped: {names}.", self.file.path().display());
            context.log(LogLevel::Warning, message)?;
        }
        let folder = self.file.path().parent().unwrap_or(Path::new(""));
        let mut waiting = Waiting::default();
        self.pass(context, &mut |row, line| {
            let address = match row.address() {
                Ok(address) => address,
                Err(reason) => {
                    return sink(unusable(self.skipped("", &reason, line), None));
                }
            };
            let usable = row.check_width().and_then(|()| Ok((row.values(folder)?, row.external_address()?)));
            match usable {
                Ok((values, external)) => {
                    let recipient = waiting.add(&address, row.display_name().as_deref(), values);
                    also(&mut recipient.untrimmed, row.untrimmed_address());
                    also(&mut recipient.proxy_addresses, external.as_deref());
                }
                Err(reason) => {
                    waiting.spoil(&address);
                    let anchor = Some(address.to_lowercase());
                    sink(unusable(self.skipped(&address, &reason, line), anchor))?;
                }
            }
            if waiting.bytes > MAX_WAITING {
                let reason = "the rows of the same addresses stand too far apart; sort the file by address";
                return Err(self.syntax(line, reason));
            }
            let key = name_key("address", &address);
            let left = rows.get(&key).copied().unwrap_or(1).saturating_sub(1);
            rows.insert(key, left);
            if left > 0 {
                return Ok(());
            }
            let recipient = waiting.take(&address);
            recipient.map_or(Ok(()), |whole| sink(Found::Recipient(whole)))
        })
        .map(drop)
    }

    /// Hands all rows with something in them to `sink`, with their line.
    fn pass(&self, context: &Context, sink: &mut dyn FnMut(Row<'_>, u64) -> Result<()>) -> Result<Header> {
        self.file.read(context, |input| {
            let text = TextReader::new(input).map_err(|e| self.unreadable(&e))?;
            if text.lacks_mark {
                return Err(self.syntax(1, "it has NUL characters; UTF-16 needs a byte order mark"));
            }
            let mut text = BufReader::with_capacity(BUFFER, text);
            let header = Header::read(&mut text).map_err(|e| self.unreadable(&e))?;
            self.rows(&header, text, context, sink).map(|()| header)
        })
    }

    fn rows(
        &self,
        header: &Header,
        text: impl Read,
        context: &Context,
        sink: &mut dyn FnMut(Row<'_>, u64) -> Result<()>,
    ) -> Result<()> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(header.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(QuoteCheck::new(text, header.delimiter, header.next_line));
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|e| self.parse_error(e))? {
            context.check()?;
            let line = record.position().map_or(0, csv::Position::line);
            let line = header.next_line.saturating_add(line).saturating_sub(1);
            if record.iter().any(|field| std::str::from_utf8(field).is_err()) {
                return Err(self.syntax(line, NOT_UTF8));
            }
            let row = Row::new(header, &record);
            if !row.is_empty() {
                sink(row, line)?;
            }
        }
        Ok(())
    }

    fn skipped(&self, address: &str, reason: &str, line: u64) -> Error {
        let path = self.file.path().display();
        let (who, target) = match address {
            "" => ("A row".to_owned(), path.to_string()),
            address => (format!("A row of '{address}'"), address.to_lowercase()),
        };
        let message = format!("{who} was skipped: {reason} ('{path}', line {line}).");
        Error::new(ErrorId::RecipientInvalid, message).target(target)
    }

    fn parse_error(&self, error: csv::Error) -> Error {
        match error.into_kind() {
            csv::ErrorKind::Io(cause) => self.unreadable(&cause),
            other => self.syntax(1, format!("it can't be read as comma-separated values: {other:?}")),
        }
    }

    /// The error of a read: of the form, where that is the reason.
    fn unreadable(&self, cause: &std::io::Error) -> Error {
        match cause.get_ref().and_then(|inner| inner.downcast_ref::<FormProblem>()) {
            Some(problem) => self.syntax(problem.line, &problem.reason),
            None => Error::io(ErrorId::CsvUnreadable, "Cannot read", self.file.path(), cause),
        }
    }

    fn syntax(&self, line: u64, reason: impl std::fmt::Display) -> Error {
        let path = self.file.path().display().to_string();
        Error::new(ErrorId::CsvSyntax, format!("'{path}', line {line}: {reason}.")).target(path)
    }
}

impl Source for CsvSource {
    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.read_all(context, true, &mut |found| found.selected(selection).map_or(Ok(()), &mut *sink))
    }

    fn look_up(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>> {
        look_up(anchors, |sink| self.read_all(context, false, sink))
    }

    fn has_strangers(&mut self, is_known: &dyn Fn(&str) -> Result<bool>, context: &Context) -> Result<bool> {
        has_strangers(is_known, |sink| self.read_all(context, false, sink))
    }

    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    fn modified(&self) -> Result<Option<Timestamp>> {
        self.file.modified()
    }

    fn size_hint(&self) -> Option<u64> {
        self.size_hint
    }
}

/// Recipients of which not all rows were read yet.
#[derive(Default)]
struct Waiting {
    recipients: HashMap<String, Recipient>,
    /// Those of whom a row could not be used: the others don't tell all of their values.
    spoilt: HashSet<String>,
    /// Bytes of their values.
    bytes: usize,
}

impl Waiting {
    /// Adds what one row says; values that are there already once.
    fn add(&mut self, address: &str, display_name: Option<&str>, values: Vec<Value>) -> &mut Recipient {
        let anchor = address.to_lowercase();
        let recipient = self.recipients.entry(anchor).or_insert_with_key(|anchor| recipient(anchor, address));
        if recipient.display_name.is_none() {
            recipient.display_name = display_name.map(str::to_owned);
        }
        for value in values {
            if !recipient.values.contains(&value) {
                self.bytes = self.bytes.saturating_add(value.bytes.len());
                recipient.values.push(value);
            }
        }
        recipient
    }

    /// Notes that a row of the address could not be used.
    fn spoil(&mut self, address: &str) {
        self.spoilt.insert(address.to_lowercase());
    }

    /// The recipient, when all rows of the address were read; `None` where one of them could not be used.
    fn take(&mut self, address: &str) -> Option<Recipient> {
        let anchor = address.to_lowercase();
        let recipient = self.recipients.remove(&anchor);
        self.bytes = self.bytes.saturating_sub(recipient.as_ref().map_or(0, size));
        recipient.filter(|_| !self.spoilt.remove(&anchor))
    }
}

fn unusable(error: Error, anchor: Option<String>) -> Found {
    Found::Unusable { error, recipient: None, anchor }
}

/// Adds a text that is not there yet.
fn also(texts: &mut Vec<String>, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !texts.iter().any(|known| known == text)) {
        texts.push(text.to_owned());
    }
}

fn size(recipient: &Recipient) -> usize {
    recipient.values.iter().map(|value| value.bytes.len()).sum()
}

/// Somebody outside, known by an address alone.
fn recipient(anchor: &str, address: &str) -> Recipient {
    Recipient {
        mail: Some(address.to_owned()),
        proxy_addresses: vec![address.to_owned()],
        primary_smtp_address: Some(address.to_owned()),
        // The address stands for a place in a directory, too, in results and messages.
        ..Recipient::new(anchor, anchor, RecipientKind::Contact)
    }
}

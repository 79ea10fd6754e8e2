//! An LDIF file as a source.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::reader::{Reader, Record};
use crate::{
    directory::{
        Presence, Selection, Source, SourceItem,
        entry::{EntryReader, is_looked_at},
    },
    error::{Error, ErrorId, Result},
    event::Context,
    recipient::{Fingerprint, Recipient},
    timestamp::Timestamp,
};

const BUFFER: usize = 64 << 10;

/// How much of the file tells how long its records are.
const SAMPLE: u64 = 256 << 10;

/// The recipients of an LDIF file. It is read from its beginning each time; of what was read only a hash of
/// each recipient's DN and anchor is kept, to tell duplicates.
pub struct LdifSource {
    path: PathBuf,
    file: File,
    size_hint: Option<u64>,
}

impl LdifSource {
    /// Opens a file. Fails with `LdifUnreadable`.
    pub fn open(path: &Path) -> Result<Self> {
        let unreadable = |e| Error::io(ErrorId::LdifUnreadable, "Cannot read", path, &e);
        let file = File::open(path).map_err(unreadable)?;
        let size_hint = estimate_records(&file).map_err(unreadable)?;
        Ok(Self { path: path.to_owned(), file, size_hint })
    }

    /// Hands every recipient, duplicates told apart, to `sink`.
    fn read_all(&mut self, context: &Context, sink: &mut dyn FnMut(Found) -> Result<()>) -> Result<()> {
        let unreadable = |e| Error::io(ErrorId::LdifUnreadable, "Cannot read", &self.path, &e);
        let before = stamp(&self.file).map_err(unreadable)?;
        self.file.rewind().map_err(unreadable)?;
        let input = BufReader::with_capacity(BUFFER, Canceling { file: &self.file, context });
        // A cancel shows as a failed read; it is no fault of the file.
        let canceled = |e| context.check().err().unwrap_or(e);
        let mut reader = Reader::new(input, &self.path, is_looked_at).map_err(canceled)?;
        let (mut entries, mut seen) = (EntryReader::default(), HashSet::new());
        while let Some(record) = reader.next_record().map_err(canceled)? {
            context.check()?;
            let recipient = match entries.recipient(&record.entry) {
                Ok(None) => continue,
                Ok(Some(recipient)) => recipient,
                Err(error) => {
                    sink(Found { recipient: None, error: Some(self.located(error, &record)) })?;
                    continue;
                }
            };
            let error = duplicate(&recipient, &mut seen).map(|error| self.located(error, &record));
            sink(Found { recipient: Some(recipient), error })?;
        }
        if stamp(&self.file).map_err(unreadable)? != before {
            let message = format!("'{}' was changed while it was read.", self.path.display());
            let advice = "Run again when the program that writes the file has finished.";
            let target = self.path.display().to_string();
            return Err(Error::new(ErrorId::LdifTruncated, message).target(target).advice(advice));
        }
        Ok(())
    }

    /// The error of an object, with the place in the file.
    fn located(&self, mut error: Error, record: &Record) -> Error {
        let message = error.message.trim_end_matches('.');
        error.message = format!("{message} ('{}', line {}).", self.path.display(), record.line);
        error
    }
}

/// A recipient, or what is wrong with it, or both.
struct Found {
    recipient: Option<Recipient>,
    error: Option<Error>,
}

impl Source for LdifSource {
    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.read_all(context, &mut |found| {
            if !is_selected(&found, selection) {
                return Ok(());
            }
            match found {
                Found { error: Some(error), .. } => sink(SourceItem::Invalid(error)),
                Found { recipient: Some(recipient), error: None } => sink(SourceItem::Recipient(recipient)),
                Found { recipient: None, error: None } => Ok(()),
            }
        })
    }

    /// What a file doesn't show is `Absent`; a file has no tombstones.
    fn look_up(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>> {
        let wanted: HashSet<&str> = anchors.iter().map(String::as_str).collect();
        let mut found = HashMap::new();
        self.read_all(context, &mut |item| {
            if let Found { recipient: Some(recipient), error: None } = item
                && wanted.contains(recipient.anchor.as_str())
            {
                found.insert(recipient.anchor.clone(), recipient);
            }
            Ok(())
        })?;
        let presence = |anchor: &String| match found.get(anchor) {
            Some(recipient) => Presence::InScope(Box::new(recipient.clone())),
            None => Presence::Absent,
        };
        Ok(anchors.iter().map(presence).collect())
    }

    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    fn size_hint(&self) -> Option<u64> {
        self.size_hint
    }
}

/// Whether the selection wants it. What can't be understood is wanted where its DN was named.
fn is_selected(found: &Found, selection: &Selection) -> bool {
    let Selection::Identities(identities) = selection else { return true };
    identities.iter().any(|identity| match found {
        Found { recipient: Some(recipient), .. } => recipient.is_named(identity),
        Found { error: Some(error), .. } => {
            error.target.as_ref().is_some_and(|dn| dn.to_lowercase() == identity.to_lowercase())
        }
        Found { .. } => false,
    })
}

/// Notes the recipient; an error if there was one with its DN or anchor before.
fn duplicate(recipient: &Recipient, seen: &mut HashSet<[u8; 16]>) -> Option<Error> {
    let dn = seen.insert(key("dn", &recipient.distinguished_name));
    let anchor = seen.insert(key("anchor", &recipient.anchor));
    let same = match (dn, anchor) {
        (true, true) => return None,
        (false, _) => "distinguished name".to_owned(),
        (true, false) => format!("identity '{}'", recipient.anchor),
    };
    let dn = &recipient.distinguished_name;
    let reason = format!("The object '{dn}' was left out: an earlier one has the same {same}.");
    Some(Error::new(ErrorId::RecipientInvalid, reason).target(dn.clone()))
}

/// Half a SHA-256 is enough to tell names apart, and small enough to keep for each recipient.
fn key(kind: &str, text: &str) -> [u8; 16] {
    let Fingerprint(hash) = Fingerprint::of(format!("{kind}:{}", text.to_lowercase()).as_bytes());
    let mut key = [0; 16];
    key.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    key
}

/// What changes when somebody writes the file.
fn stamp(file: &File) -> io::Result<(u64, Option<SystemTime>)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// How many records the file has, by the length of its first ones; none for what is no plain file.
fn estimate_records(file: &File) -> io::Result<Option<u64>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let mut sample = Vec::new();
    file.take(SAMPLE).read_to_end(&mut sample)?;
    let begins = sample.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"dn:"));
    let records = u64::try_from(begins.count()).unwrap_or(0);
    let length = u64::try_from(sample.len()).unwrap_or(u64::MAX).max(1);
    Ok((records > 0).then(|| records.saturating_mul(metadata.len()) / length))
}

/// A file that can't be read any more once the task is canceled.
struct Canceling<'a> {
    file: &'a File,
    context: &'a Context,
}

impl Read for Canceling<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.context.check().map_err(io::Error::other)?;
        self.file.read(buffer)
    }
}

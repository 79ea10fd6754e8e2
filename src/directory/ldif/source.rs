//! An LDIF file as a source.

use std::{collections::HashSet, io::BufReader, path::Path};

use super::reader::{ChangeType, Reader, Record};
use crate::{
    directory::{
        Presence, Selection, Source, SourceItem,
        entry::{AnchorKind, EntryReader, is_looked_at},
        file::{Found, SourceFile, look_up, name_key},
    },
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Recipient, Timestamp},
};

const BUFFER: usize = 64 << 10;

/// The recipients of an LDIF file. It is read from its beginning each time; of what was read only a hash of
/// each recipient's DN and anchor is kept, to tell duplicates, and of each other object's DN.
pub struct LdifSource {
    file: SourceFile,
    size_hint: Option<u64>,
}

impl LdifSource {
    /// Opens a file. Fails with `LdifUnreadable`.
    pub fn open(path: &Path) -> Result<Self> {
        let file = SourceFile::open(path, ErrorId::LdifUnreadable, ErrorId::LdifTruncated)?;
        let size_hint = file.estimate(|sample| {
            sample.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"dn:")).count()
        })?;
        Ok(Self { file, size_hint })
    }

    /// Hands every recipient, duplicates told apart, to `sink`.
    fn read_all(&self, context: &Context, sink: &mut dyn FnMut(Found) -> Result<()>) -> Result<()> {
        self.file.read(context, |input| {
            let input = BufReader::with_capacity(BUFFER, input);
            let mut reader = Reader::new(input, self.file.path(), is_looked_at)?;
            let (mut entries, mut seen, mut others) =
                (EntryReader::default(), HashSet::new(), HashSet::new());
            while let Some(record) = reader.next_record()? {
                context.check()?;
                let dn = name_key("dn", &record.entry.dn);
                if record.change != ChangeType::Add {
                    if !others.contains(&dn) && is_of_importance(&record) {
                        return Err(reader.unsupported(&record, UNREAD_CHANGE).advice(CONTENT_ONLY));
                    }
                    continue;
                }
                match entries.recipient(&record.entry) {
                    Ok(None) => {
                        others.insert(dn);
                    }
                    Ok(Some(recipient)) => {
                        let error = duplicate(&recipient, &mut seen);
                        let error = error.or_else(|| record.entry.check_names().err());
                        let error = error.map(|error| self.located(error, &record));
                        sink(Found { recipient: Some(recipient), error, anchor: None })?;
                    }
                    Err(error) => {
                        let kind = entries.kind().unwrap_or_else(|| AnchorKind::of(&record.entry));
                        let anchor = kind.text(&record.entry).ok();
                        let error = Some(self.located(error, &record));
                        sink(Found { recipient: None, error, anchor })?;
                    }
                }
            }
            Ok(())
        })
    }

    /// The error of an object, with the place in the file.
    fn located(&self, mut error: Error, record: &Record) -> Error {
        let message = error.message.trim_end_matches('.');
        error.message = format!("{message} ('{}', line {}).", self.file.path().display(), record.line);
        error
    }
}

impl Source for LdifSource {
    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.read_all(context, &mut |found| found.selected(selection).map_or(Ok(()), &mut *sink))
    }

    fn look_up(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>> {
        look_up(anchors, |sink| self.read_all(context, sink))
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

/// Why a change record ends the read.
const UNREAD_CHANGE: &str = "it is a change record of an object that may be a recipient, and what the object is after \
                             it can't be told";

/// What to do about it: groups with many members are what `ldifde` writes change records for.
const CONTENT_ONLY: &str = "Export content records, of people only: 'ldifde -r \"(|(&(objectCategory=person)\
                            (objectClass=user))(objectClass=contact))\"', as docs/ldif.md shows.";

/// Whether a change record may change a recipient: only what touches no attribute that is read can't.
fn is_of_importance(record: &Record) -> bool {
    record.change != ChangeType::Modify || !record.entry.attributes.is_empty()
}

/// Notes the recipient; an error if there was one with its DN or anchor before.
fn duplicate(recipient: &Recipient, seen: &mut HashSet<[u8; 16]>) -> Option<Error> {
    let dn = seen.insert(name_key("dn", &recipient.distinguished_name));
    let anchor = seen.insert(name_key("anchor", &recipient.anchor));
    let same = match (dn, anchor) {
        (true, true) => return None,
        (false, _) => "distinguished name".to_owned(),
        (true, false) => format!("identity '{}'", recipient.anchor),
    };
    let dn = &recipient.distinguished_name;
    let reason = format!("The object '{dn}' was skipped: an earlier one has the same {same}.");
    Some(Error::new(ErrorId::RecipientInvalid, reason).target(dn.clone()))
}

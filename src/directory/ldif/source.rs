//! An LDIF file as a source.

use std::{collections::HashSet, io::BufReader, path::Path};

use uuid::Uuid;

use super::reader::{ChangeType, Reader, Record};
use crate::{
    directory::{
        ChangeForm, Presence, Selection, Source, SourceItem,
        entry::{AnchorKind, EntryReader, is_looked_at},
        file::{Found, SourceFile, Stamp, has_strangers, look_up, name_key},
    },
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Recipient, Timestamp},
};

const BUFFER: usize = 64 << 10;

/// The recipients of an LDIF file. It is read from its beginning each time, first for the names that stand twice in it:
/// which of two objects with one name is right, nobody can tell, whatever their order. Of what was read only hashes of
/// names are kept.
pub struct LdifSource {
    file: SourceFile,
    size_hint: Option<u64>,
    repeated: Option<(Stamp, Repeated)>,
    /// What its recipients are known by, once one was read.
    kind: Option<AnchorKind>,
}

/// The names, by their hashes, that more than one object has.
type Repeated = HashSet<[u8; 16]>;

/// An object that is a recipient, or may be one.
struct Object<'a> {
    record: &'a Record,
    recipient: Result<Recipient>,
    anchor: Option<String>,
}

impl Object<'_> {
    /// Hashes of what it is known by: of its DN, and of its anchor.
    fn names(&self) -> impl Iterator<Item = [u8; 16]> {
        let anchor = self.anchor.as_deref().map(|anchor| name_key("anchor", anchor));
        [name_key("dn", &self.record.entry.dn)].into_iter().chain(anchor)
    }
}

impl LdifSource {
    /// Opens a file. Fails with `LdifUnreadable`.
    pub fn open(path: &Path) -> Result<Self> {
        let file = SourceFile::open(path, ErrorId::LdifUnreadable, ErrorId::LdifTruncated)?;
        let size_hint = file.estimate(|sample| {
            sample.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"dn:")).count()
        })?;
        Ok(Self { file, size_hint, repeated: None, kind: None })
    }

    /// Hands every recipient, duplicates told apart, to `sink`.
    fn read_all(&mut self, context: &Context, sink: &mut dyn FnMut(Found) -> Result<()>) -> Result<()> {
        let stamp = self.file.stamp()?;
        let known = self.repeated.take().filter(|(of, _)| *of == stamp);
        let repeated = known.map_or_else(|| self.find_repeated(context), |(_, repeated)| Ok(repeated))?;
        self.kind = self.objects(context, &mut |object| {
            let error = duplicate(&object, &repeated);
            let is_duplicate = error.is_some();
            let names = || object.record.entry.check_names().err();
            sink(match (error.or_else(names), object.recipient) {
                (None, Ok(recipient)) => Found::Recipient(recipient),
                (Some(error), recipient) => Found::Unusable {
                    error: self.located(error, object.record),
                    recipient: recipient.ok(),
                    // It may be the record of anybody who is not there otherwise.
                    anchor: object.anchor.filter(|_| !is_duplicate),
                },
                (None, Err(error)) => Found::Unusable {
                    error: self.located(error, object.record),
                    recipient: None,
                    anchor: object.anchor,
                },
            })
        })?;
        self.repeated = Some((stamp, repeated));
        Ok(())
    }

    /// The names that more than one object has.
    fn find_repeated(&self, context: &Context) -> Result<Repeated> {
        let (mut seen, mut repeated) = (HashSet::new(), Repeated::new());
        self.objects(context, &mut |object| {
            repeated.extend(object.names().filter(|name| !seen.insert(*name)));
            Ok(())
        })?;
        Ok(repeated)
    }

    /// Hands every object that is a recipient, or may be one, to `sink`; returns what they are known by, if there are any.
    fn objects(
        &self,
        context: &Context,
        sink: &mut dyn FnMut(Object<'_>) -> Result<()>,
    ) -> Result<Option<AnchorKind>> {
        self.file.read(context, |input| {
            let input = BufReader::with_capacity(BUFFER, input);
            let mut reader = Reader::new(input, self.file.path(), is_looked_at)?;
            let (mut entries, mut others) = (EntryReader::default(), HashSet::new());
            while let Some(record) = reader.next_record()? {
                context.check()?;
                let dn = name_key("dn", &record.entry.dn);
                if record.change != ChangeType::Add {
                    if !others.contains(&dn) && is_of_importance(&record) {
                        return Err(reader.unsupported(&record, UNREAD_CHANGE).advice(CONTENT_ONLY));
                    }
                    continue;
                }
                let Some(recipient) = entries.recipient(&record.entry).transpose() else {
                    others.insert(dn);
                    continue;
                };
                let kind = entries.kind().unwrap_or_else(|| AnchorKind::of(&record.entry));
                let anchor = kind.text(&record.entry).ok();
                sink(Object { record: &record, recipient, anchor })?;
            }
            Ok(entries.kind())
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

    fn has_strangers(&mut self, is_known: &dyn Fn(&str) -> Result<bool>, context: &Context) -> Result<bool> {
        // Half a UUID is none, and is told apart as it is read.
        let is_known = |anchor: &str| {
            if Uuid::try_parse(anchor).is_ok() { Ok(true) } else { is_known(anchor) }
        };
        has_strangers(&is_known, |sink| self.read_all(context, sink))
    }

    /// Only Active Directory has `objectGUID`; of other servers the file does not tell what rules they have.
    fn change_form(&mut self, context: &Context) -> Result<ChangeForm> {
        if self.kind.is_none() {
            self.read_all(context, &mut |_| Ok(()))?;
        }
        Ok(match self.kind {
            Some(AnchorKind::ObjectGuid) => ChangeForm::default(),
            _ => ChangeForm::standard(),
        })
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
    record.change != ChangeType::Modify || record.entry.attributes().next().is_some()
}

/// The error of an object that has a name which another one has, too.
fn duplicate(object: &Object<'_>, repeated: &Repeated) -> Option<Error> {
    let which = object.names().position(|name| repeated.contains(&name))?;
    let same = match (which, &object.anchor) {
        (1.., Some(anchor)) => format!("identity '{anchor}'"),
        _ => "distinguished name".to_owned(),
    };
    Some(object.record.entry.invalid(format!("another one of the file has the same {same}")))
}

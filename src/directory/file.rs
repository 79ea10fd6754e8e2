//! What sources that are files have in common.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Presence, Selection, SourceItem};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Fingerprint, Recipient, Timestamp, same_in_any_case},
    regular_file,
};

/// How much of a file tells how long its records are.
const SAMPLE: u64 = 256 << 10;

/// Length and date of a file.
pub(super) type Stamp = (u64, Option<SystemTime>);

/// A file that is read from its beginning, as often as its source is.
pub(super) struct SourceFile {
    path: PathBuf,
    file: File,
    unreadable: ErrorId,
    changed: ErrorId,
}

impl SourceFile {
    /// Opens it; a pipe or a device is no source. What can't be read fails with `unreadable`; what somebody writes meanwhile, with `changed`.
    pub fn open(path: &Path, unreadable: ErrorId, changed: ErrorId) -> Result<Self> {
        let file = regular_file::open(path).map_err(|e| Error::io(unreadable, "Cannot read", path, &e))?;
        Ok(Self { path: path.to_owned(), file, unreadable, changed })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands it to `work`, from its beginning. A file that changed meanwhile is an error: half of it is old.
    pub fn read<T>(&self, context: &Context, work: impl FnOnce(Canceling<'_>) -> Result<T>) -> Result<T> {
        let before = self.stamp()?;
        (&self.file).rewind().map_err(|e| self.error(&e))?;
        // A cancel shows as a failed read; it is no fault of the file.
        let done = work(Canceling { file: &self.file, context })
            .map_err(|error| context.check().err().unwrap_or(error))?;
        if self.stamp()? == before {
            return Ok(done);
        }
        let message = format!("'{}' was changed while it was read.", self.path.display());
        Err(Error::new(self.changed, message)
            .target(self.path.display().to_string())
            .advice("Run again when the program that writes the file has finished."))
    }

    /// How many records it has, judged by those at its beginning.
    /// `count` gets some of its bytes.
    pub fn estimate(&self, count: impl FnOnce(&[u8]) -> usize) -> Result<Option<u64>> {
        let metadata = self.file.metadata().map_err(|e| self.error(&e))?;
        let mut sample = Vec::new();
        (&self.file).take(SAMPLE).read_to_end(&mut sample).map_err(|e| self.error(&e))?;
        let records = u64::try_from(count(&sample)).unwrap_or(0);
        let length = u64::try_from(sample.len()).unwrap_or(u64::MAX).max(1);
        Ok((records > 0).then(|| records.saturating_mul(metadata.len()) / length))
    }

    /// When it was written last, where the file system keeps that.
    pub fn modified(&self) -> Result<Option<Timestamp>> {
        let metadata = self.file.metadata().map_err(|e| self.error(&e))?;
        Ok(metadata.modified().ok().map(timestamp))
    }

    /// What changes when somebody writes the file.
    pub fn stamp(&self) -> Result<Stamp> {
        let metadata = self.file.metadata().map_err(|e| self.error(&e))?;
        Ok((metadata.len(), metadata.modified().ok()))
    }

    fn error(&self, cause: &io::Error) -> Error {
        Error::io(self.unreadable, "Cannot read", &self.path, cause)
    }
}

/// To the second, also before 1970.
fn timestamp(time: SystemTime) -> Timestamp {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => Timestamp(seconds(after)),
        Err(before) => Timestamp(-seconds(before.duration())),
    }
}

/// A file that can't be read any more once the task is canceled.
pub(super) struct Canceling<'a> {
    file: &'a File,
    context: &'a Context,
}

impl Read for Canceling<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.context.check().map_err(io::Error::other)?;
        self.file.read(buffer)
    }
}

/// What a file holds of somebody.
pub(super) enum Found {
    /// Somebody, whole.
    Recipient(Recipient),
    /// What can't be used.
    Unusable {
        /// What is wrong with it.
        error: Error,
        /// Who it may be, by the names that it has.
        recipient: Option<Recipient>,
        /// Whose it is; none where it may be somebody else's.
        anchor: Option<String>,
    },
}

impl Found {
    /// What the source hands over of it, where `selection` wants it. What can't be understood is wanted where its
    /// name was given, and is then known by that.
    pub fn selected(self, selection: &Selection) -> Option<SourceItem> {
        let (error, recipient) = match self {
            Found::Recipient(one) => return selection.includes(&one).then_some(SourceItem::Recipient(one)),
            Found::Unusable { error, recipient, .. } => (error, recipient),
        };
        let error = match selection {
            Selection::All => error,
            // Nobody can say that what has no name to be read is meant by a part of one.
            Selection::Matching(_) => recipient.filter(|one| selection.includes(one)).map(|_| error)?,
            Selection::Identities(identities) => {
                let name = error.target.clone().unwrap_or_default();
                let is_meant = |identity: &&String| {
                    same_in_any_case(identity, &name)
                        || recipient.as_ref().is_some_and(|recipient| recipient.is_named(identity))
                };
                error.target(identities.iter().find(is_meant)?)
            }
        };
        Some(SourceItem::Invalid(error))
    }
}

/// Which of `anchors` a file shows; `read_all` hands over all that it holds. What it doesn't show is `Absent`: a
/// file has no tombstones. Where the file holds something and nobody can tell whose it is, it may be anybody's.
pub(super) fn look_up(
    anchors: &[String],
    read_all: impl FnOnce(&mut dyn FnMut(Found) -> Result<()>) -> Result<()>,
) -> Result<Vec<Presence>> {
    let wanted: HashSet<&str> = anchors.iter().map(String::as_str).collect();
    let mut found = HashMap::new();
    let mut of_others = Presence::Absent;
    read_all(&mut |item| {
        match item {
            Found::Recipient(recipient) if wanted.contains(recipient.anchor.as_str()) => {
                found.insert(recipient.anchor.clone(), Presence::InScope(Box::new(recipient)));
            }
            Found::Recipient(_) => {}
            Found::Unusable { anchor: Some(anchor), .. } => {
                found.insert(anchor, Presence::Unreadable);
            }
            Found::Unusable { anchor: None, .. } => of_others = Presence::Unreadable,
        }
        Ok(())
    })?;
    let presence = |anchor: &String| found.get(anchor).unwrap_or(&of_others).clone();
    Ok(anchors.iter().map(presence).collect())
}

/// Whether a file holds what can't be used and is nobody's whom `is_known` knows: a name that was cut is somebody's.
pub(super) fn has_strangers(
    is_known: &dyn Fn(&str) -> Result<bool>,
    read_all: impl FnOnce(&mut dyn FnMut(Found) -> Result<()>) -> Result<()>,
) -> Result<bool> {
    let mut has_strangers = false;
    read_all(&mut |item| {
        if let Found::Unusable { anchor, .. } = item {
            has_strangers |= anchor.map_or(Ok(true), |anchor| is_known(&anchor).map(|known| !known))?;
        }
        Ok(())
    })?;
    Ok(has_strangers)
}

/// What is kept of a name, in any case, to tell it from others: half a SHA-256 is enough, and small.
pub(super) fn name_key(kind: &str, name: &str) -> [u8; 16] {
    let Fingerprint(hash) = Fingerprint::of(format!("{kind}:{}", name.to_lowercase()).as_bytes());
    let mut key = [0; 16];
    key.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    key
}

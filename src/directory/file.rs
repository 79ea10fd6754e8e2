//! What sources that are files have in common.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Presence, Selection, SourceItem, regular};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Fingerprint, Recipient, Timestamp, same_in_any_case},
};

/// How much of a file tells how long its records are.
const SAMPLE: u64 = 256 << 10;

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
        let file = regular::open(path).map_err(|e| Error::io(unreadable, "Cannot read", path, &e))?;
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
    fn stamp(&self) -> Result<(u64, Option<SystemTime>)> {
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

/// A recipient, or what is wrong with it, or both.
#[derive(Default)]
pub(super) struct Found {
    pub recipient: Option<Recipient>,
    pub error: Option<Error>,
    /// Whose the error is, where there is no recipient and that can be told.
    pub anchor: Option<String>,
}

impl Found {
    /// What the source hands over of it, where `selection` wants it. What can't be understood is wanted where its
    /// name was given.
    pub fn selected(self, selection: &Selection) -> Option<SourceItem> {
        let wanted = match (selection, &self) {
            (Selection::All, _) => true,
            (Selection::Identities(_), Found { recipient: Some(recipient), .. }) => {
                selection.includes(recipient)
            }
            (Selection::Identities(identities), Found { error: Some(error), .. }) => {
                let name = error.target.as_deref().unwrap_or_default();
                identities.iter().any(|identity| same_in_any_case(identity, name))
            }
            (Selection::Identities(_), Found { recipient: None, error: None, .. }) => false,
        };
        let item = match self {
            Found { error: Some(error), .. } => Some(SourceItem::Invalid(error)),
            Found { recipient, error: None, .. } => recipient.map(SourceItem::Recipient),
        };
        item.filter(|_| wanted)
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
    read_all(&mut |Found { recipient, error, anchor }| {
        let anchor = recipient.as_ref().map(|recipient| recipient.anchor.clone()).or(anchor);
        match (anchor, recipient, error) {
            (Some(anchor), _, _) if !wanted.contains(anchor.as_str()) => {}
            (Some(anchor), Some(recipient), None) => {
                found.insert(anchor, Presence::InScope(Box::new(recipient)));
            }
            // Of two with the same identity the first counts.
            (Some(anchor), _, Some(_)) => {
                found.entry(anchor).or_insert(Presence::Unreadable);
            }
            (None, _, Some(_)) => of_others = Presence::Unreadable,
            _ => {}
        }
        Ok(())
    })?;
    let presence = |anchor: &String| found.get(anchor).unwrap_or(&of_others).clone();
    Ok(anchors.iter().map(presence).collect())
}

/// What is kept of a name, in any case, to tell it from others: half a SHA-256 is enough, and small.
pub(super) fn name_key(kind: &str, name: &str) -> [u8; 16] {
    let Fingerprint(hash) = Fingerprint::of(format!("{kind}:{}", name.to_lowercase()).as_bytes());
    let mut key = [0; 16];
    key.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    key
}

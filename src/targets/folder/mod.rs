//! The target `Folder`: one JSON file and the certificates per recipient, and an index.
//!
//! ```text
//! index.json                       who is published, written once at the end of a run
//! alice@contoso.test.json          the recipient and its values; what counts
//! alice@contoso.test.cer           the same certificates, for people and other programs
//! alice@contoso.test.2.p7b
//! ```

mod batch;
#[cfg(feature = "fault-injection")]
pub mod crash;
mod file;
mod index;
mod name;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use super::{Match, Target, TargetQuery, TargetRecipient, TargetWrite};
use crate::{
    directory::{Selection, SourceItem},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{PublishedRecipient, Timestamp},
};
use file::RecipientFile;

/// A folder in which recipients are published.
pub struct Folder {
    path: PathBuf,
    /// Keys by anchor, read when a thorough search does not find a recipient under its own name.
    anchors: Option<HashMap<String, String>>,
}

impl Folder {
    /// The folder at `path`; nothing is read or made yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), anchors: None }
    }

    fn not_writable(&self, cause: &std::io::Error) -> Error {
        Error::io(ErrorId::TargetNotWritable, "Cannot write to", &self.path, cause)
    }

    fn read_key(&self, key: &str) -> Result<Option<RecipientFile>> {
        RecipientFile::read(&file::json_path(&self.path, key))
    }

    /// The key of the file that an anchor is published in, whatever its name.
    fn key_of_anchor(&mut self, anchor: &str) -> Result<Option<String>> {
        let anchors = match self.anchors.take() {
            Some(anchors) => anchors,
            None => read_anchors(&self.path)?,
        };
        let key = anchors.get(anchor).cloned();
        self.anchors = Some(anchors);
        Ok(key)
    }

    fn find(&mut self, query: &TargetQuery<'_>) -> Result<Match> {
        let own = name::key(query);
        let linked = query.link.filter(|link| name::is_key(link)).unwrap_or(&own).to_owned();
        for key in if linked == own { vec![linked] } else { vec![linked, own.clone()] } {
            if let Some(file) = self.read_key(&key)?.filter(|file| batch::is_owner(query, &file.anchor)) {
                return Ok(Match::One(TargetRecipient { key, values: file.values()?, findings: Vec::new() }));
            }
        }
        if query.link.is_none()
            && query.thorough
            && let Some(key) = self.key_of_anchor(query.anchor)?
            && let Some(file) = self.read_key(&key)?
        {
            return Ok(Match::One(TargetRecipient { key, values: file.values()?, findings: Vec::new() }));
        }
        // Whoever else has its name by now: nothing of it is there, and its write finds out whether it can have it.
        Ok(Match::None)
    }
}

impl Target for Folder {
    fn name(&self) -> String {
        format!("the folder '{}'", self.path.display())
    }

    fn batch_size(&self) -> usize {
        200
    }

    fn check_writable(&mut self, _context: &Context) -> Result<()> {
        // The folder is made by the first write; until then its nearest ancestor has to take it.
        let there = self.path.ancestors().find(|path| path.exists()).unwrap_or(&self.path);
        // A file without a name vanishes with the process.
        tempfile::tempfile_in(there).map(drop).map_err(|e| self.not_writable(&e))
    }

    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        context.check()?;
        Ok(queries.iter().map(|query| self.find(query)).collect())
    }

    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        context.check()?;
        fs::create_dir_all(&self.path).map_err(|e| self.not_writable(&e))?;
        let results = batch::write(&self.path, writes)?;
        if let Some(anchors) = &mut self.anchors {
            let keys =
                writes.iter().zip(&results).filter_map(|(write, key)| Some((write, key.as_ref().ok()?)));
            anchors.extend(keys.map(|(write, key)| (write.query.anchor.to_owned(), key.clone())));
        }
        Ok(results)
    }

    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    fn read_all(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        let mut keys: Vec<String> = read_anchors(&self.path)?.into_values().collect();
        keys.sort_unstable();
        for key in keys {
            context.check()?;
            let item = match self
                .read_key(&key)
                .and_then(|file| file.map(|file| file.to_recipient(&key)).transpose())
            {
                Ok(None) => continue,
                Ok(Some(recipient)) if !selection.includes(&recipient) => continue,
                Ok(Some(recipient)) => SourceItem::Recipient(recipient),
                Err(error) => SourceItem::Invalid(error),
            };
            sink(item)?;
        }
        Ok(())
    }

    fn key(&self, query: &TargetQuery<'_>) -> Option<String> {
        Some(name::key(query))
    }

    fn finish(
        &mut self,
        next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
        context: &Context,
    ) -> Result<()> {
        fs::create_dir_all(&self.path).map_err(|e| self.not_writable(&e))?;
        file::remove_abandoned(&self.path);
        index::write(&self.path, next, context)
    }
}

fn read_anchors(folder: &Path) -> Result<HashMap<String, String>> {
    let mut anchors = HashMap::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(anchors);
        }
        Err(e) => return Err(Error::io(ErrorId::TargetUnreadable, "Cannot list", folder, &e)),
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(key) = name.strip_suffix(".json").filter(|key| *key != "index")
            && let Ok(Some(file)) = RecipientFile::read(&entry.path())
        {
            anchors.insert(file.anchor, key.to_owned());
        }
    }
    Ok(anchors)
}

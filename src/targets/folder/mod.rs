//! The target `Folder`: one JSON file and the certificates per recipient, and an index.
//!
//! ```text
//! index.json                       who is published, written once at the end of a run
//! alice@contoso.test.json          the recipient and its values; what counts
//! alice@contoso.test.cer           the same certificates, for people and other programs
//! alice@contoso.test (2).p7b
//! ```

mod batch;
mod companion;
#[cfg(feature = "fault-injection")]
pub mod crash;
mod durable;
mod entries;
mod file;
mod index;
mod leftover;
mod name;

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use super::{Match, Stranger, Target, TargetQuery, TargetRecipient, TargetWrite};
use crate::{
    directory::{Selection, SourceItem},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Fingerprint, PublishedRecipient, Timestamp},
};
use file::RecipientFile;
use leftover::Workplace;

/// A folder in which recipients are published.
pub struct Folder {
    place: Workplace,
    /// Keys by anchor, read when a thorough search does not find a recipient under its own name.
    anchors: Option<HashMap<String, String>>,
    /// The keys of the JSON files that were there when somebody first asked for one in this run.
    keys: Option<HashSet<String>>,
}

impl Folder {
    /// The folder at `path`; nothing is read or made yet.
    pub fn new(path: &Path) -> Self {
        Self { place: Workplace::new(path), anchors: None, keys: None }
    }

    fn not_writable(&self, cause: &std::io::Error) -> Error {
        Error::io(ErrorId::TargetNotWritable, "Cannot write to", &self.place.path, cause)
    }

    fn read_key(&self, key: &str) -> Result<Option<RecipientFile>> {
        RecipientFile::read(&file::json_path(&self.place.path, key))
    }

    /// The key of the file that an anchor is published in, whatever its name.
    fn key_of_anchor(&mut self, anchor: &str) -> Result<Option<String>> {
        let anchors = match self.anchors.take() {
            Some(anchors) => anchors,
            None => read_anchors(&self.place.path)?,
        };
        let key = anchors.get(anchor).cloned();
        self.anchors = Some(anchors);
        Ok(key)
    }

    fn recipient(&self, key: String, file: &RecipientFile) -> Result<TargetRecipient> {
        let values = file.values()?;
        let incomplete = companion::incomplete(&self.place.path, &key, &values)?;
        Ok(TargetRecipient { key, values, findings: Vec::new(), incomplete, damage: None })
    }

    fn find(&mut self, query: &TargetQuery<'_>) -> Result<Match> {
        let own = name::key(query);
        let linked = query.link.filter(|link| name::is_key(link)).unwrap_or(&own).to_owned();
        let mut damaged = None;
        for key in if linked == own { vec![linked] } else { vec![linked, own.clone()] } {
            match self.read_key(&key) {
                Ok(Some(file)) if batch::is_owner(query, &file.anchor) => {
                    return self.recipient(key, &file).map(Match::One);
                }
                Ok(_) => {}
                // Whose it is, the link says, where it can't say so itself any more.
                Err(error) if batch::is_linked_damage(query, &key, &error) => damaged = Some((key, error)),
                // Perhaps of another one that makes room; its write finds out.
                Err(error) if error.id == ErrorId::TargetDamaged && query.link.is_some() => {}
                Err(error) => return Err(error),
            }
        }
        if let Some((key, error)) = damaged {
            let damage = Some(error);
            return Ok(Match::One(TargetRecipient { damage, ..TargetRecipient::new(key, Vec::new()) }));
        }
        if query.link.is_none()
            && query.thorough
            && let Some(key) = self.key_of_anchor(query.anchor)?
            && let Some(file) = self.read_key(&key)?
        {
            return self.recipient(key, &file).map(Match::One);
        }
        // Whoever else has its name by now: nothing of it is there, and its write finds out whether it can have it.
        Ok(Match::None)
    }
}

impl Target for Folder {
    fn name(&self) -> String {
        format!("the folder '{}'", self.place.path.display())
    }

    fn batch_size(&self) -> usize {
        200
    }

    fn check_writable(&mut self, _context: &Context) -> Result<()> {
        durable::check_link(&self.place.path)?;
        // The folder is made by the first write; until then its nearest ancestor has to take it.
        let there = self.place.path.ancestors().find(|path| path.exists()).unwrap_or(&self.place.path);
        // A file without a name vanishes with the process.
        tempfile::tempfile_in(there).map(drop).map_err(|e| self.not_writable(&e))
    }

    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        context.check()?;
        Ok(queries.iter().map(|query| self.find(query)).collect())
    }

    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        context.check()?;
        durable::make_folder(&self.place.path)?;
        let results = batch::write(&self.place, writes)?;
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
        entries::each(&self.place.path, context, &mut |one| match one.recipient {
            Ok(recipient) if selection.includes(&recipient) => sink(SourceItem::Recipient(recipient)),
            Err(error) if entries::is_named(selection, one.key.as_deref()) => {
                let name = one.key.unwrap_or_default();
                sink(SourceItem::Invalid(error.target(name)))
            }
            _ => Ok(()),
        })
    }

    /// The certificates beside a JSON that somebody has removed.
    fn leaves_parts(&self) -> bool {
        true
    }

    fn key(&self, query: &TargetQuery<'_>) -> Option<String> {
        Some(name::key(query))
    }

    fn finish(
        &mut self,
        next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
        context: &Context,
    ) -> Result<()> {
        durable::make_folder(&self.place.path)?;
        index::write(&self.place, next, context)
    }

    fn begin(&mut self, owner: &str, _context: &Context) -> Result<()> {
        self.place.belongs_to(owner);
        companion::rename_early(&self.place);
        Ok(())
    }

    fn has(&mut self, key: &str) -> Result<Option<bool>> {
        let keys = match self.keys.take() {
            Some(keys) => keys,
            None => list_keys(&self.place.path)?.into_iter().collect(),
        };
        let has = keys.contains(key);
        self.keys = Some(keys);
        Ok(Some(has))
    }

    fn index(&self) -> Option<Fingerprint> {
        Some(index::hash(&self.place.path))
    }

    fn index_names_lost(&mut self) -> Result<bool> {
        // One that can't be read names nobody.
        for file in index::read(&self.place.path).unwrap_or_default().into_keys() {
            let key = file.strip_suffix(".json").filter(|key| name::is_key(key));
            if key.map_or(Ok(None), |key| self.has(key))? == Some(false) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_replicas(&self) -> bool {
        false
    }

    fn entries(&mut self, context: &Context, sink: &mut dyn FnMut(Stranger) -> Result<()>) -> Result<()> {
        entries::each(&self.place.path, context, sink)
    }
}

fn read_anchors(folder: &Path) -> Result<HashMap<String, String>> {
    let mut anchors = HashMap::new();
    for key in list_keys(folder)? {
        if let Ok(Some(file)) = RecipientFile::read(&file::json_path(folder, &key)) {
            anchors.insert(file.anchor, key);
        }
    }
    Ok(anchors)
}

/// The keys of the JSON files in a folder; none where there is no folder.
fn list_keys(folder: &Path) -> Result<Vec<String>> {
    let failed = |e: &std::io::Error| Error::io(ErrorId::TargetUnreadable, "Cannot list", folder, e);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(e) => return Err(failed(&e)),
    };
    let mut keys = Vec::new();
    for entry in entries {
        // Half a listing would be a loss that there is none of.
        let name = entry.map_err(|e| failed(&e))?.file_name();
        let key = name.to_string_lossy().strip_suffix(".json").map(str::to_owned);
        keys.extend(key.filter(|key| key != "index"));
    }
    Ok(keys)
}

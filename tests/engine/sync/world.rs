//! The two ends of a run in tests: a source in memory, and a folder that misbehaves as told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use smime_sync::{
    directory::{Presence, Selection, Since, Source, SourceItem, Told},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Exclusion, Fingerprint, Mark, Recipient, Timestamp},
    targets::{Match, Removal, Stranger, Target, TargetQuery, TargetWrite, folder::Folder},
};
use tokio_util::sync::CancellationToken;

use super::{
    harness::value,
    telling::{Past, Telling},
    through_folder::through_folder,
};

#[cfg(feature = "fault-injection")]
pub use smime_sync::targets::folder::crash;

/// Without the feature nothing dies within a write.
#[cfg(not(feature = "fault-injection"))]
pub mod crash {
    pub fn after(_changes: Option<usize>) {}
    pub fn is_dead() -> bool {
        false
    }
}

/// How the target misbehaves.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The process dies before the write of the batch with this number.
    DiesBeforeWrite(usize),
    /// The process dies after it.
    DiesAfterWrite(usize),
    /// The process dies within that write, after so many changes of files.
    DiesWithinWrite(usize, usize),
    /// Writes of this recipient are refused.
    Refuses(String),
    /// This recipient can't be read.
    Hides(String),
    /// The target leaves this recipient alone.
    Excludes(String, Exclusion),
    /// Something else is read back than was written.
    Alters,
    /// Before the write of the batch with this number a folder is copied, as a kill would leave it.
    Copies(usize, PathBuf, PathBuf),
    /// Before the write of the batch with this number somebody else changes the state by SQL.
    Executes(usize, PathBuf, String),
    /// Before the write of the batch with this number somebody removes the state with its companions.
    Removes(usize, PathBuf),
    /// After the first write this recipient can't be read back.
    HidesWritten(String),
    /// It has to be asked for each recipient, to know whether it is there.
    AsksEach,
    /// A replica may answer.
    Replicates,
    /// Reads may not know of the writes of the last hours.
    ShowsLate,
    /// The order of its values is nobody's doing.
    KeepsNoOrder,
    /// Nothing tells whose its recipients are.
    ShowsNoAnchors,
    /// The caller cancels after the batch with this number.
    CancelsAfter(usize),
}

pub struct FaultyTarget {
    pub folder: Folder,
    pub faults: Vec<Fault>,
    pub batch: usize,
    pub writes: usize,
    pub cancel: CancellationToken,
}

impl FaultyTarget {
    /// Lets the process die within the next write, where it is to die in that one.
    fn dies_within(&self) {
        for fault in &self.faults {
            if let Fault::DiesWithinWrite(number, changes) = fault
                && *number == self.writes
            {
                crash::after(Some(*changes));
            }
        }
    }
}

impl Target for FaultyTarget {
    fn name(&self) -> String {
        self.folder.name()
    }
    fn batch_size(&self) -> usize {
        self.batch
    }
    through_folder!();
    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        let mut matches = self.folder.read(queries, context)?;
        for (query, matched) in queries.iter().zip(&mut matches) {
            let hidden = Fault::HidesWritten(query.recipient.label.clone());
            if self.writes > 0 && self.faults.contains(&hidden) {
                *matched = Err(Error::new(ErrorId::TargetUnreadable, "Cannot read the file"));
            }
            if self.faults.contains(&Fault::Hides(query.recipient.label.clone())) {
                *matched = Err(Error::new(ErrorId::TargetUnreadable, "hidden"));
            }
            for fault in &self.faults {
                if let Fault::Excludes(label, why) = fault
                    && *label == query.recipient.label
                {
                    *matched = Ok(Match::Excluded(*why, None));
                }
            }
        }
        if self.faults.contains(&Fault::Alters) && self.writes > 0 {
            for matched in matches.iter_mut().flatten() {
                if let Match::One(found) = matched {
                    found.values.push(value("somebody else's"));
                }
            }
        }
        Ok(matches)
    }
    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        self.writes += 1;
        let dies = || Error::new(ErrorId::Internal, "the process died");
        if self.faults.contains(&Fault::DiesBeforeWrite(self.writes)) {
            return Err(dies());
        }
        for fault in &self.faults {
            match fault {
                Fault::Copies(at, from, to) if *at == self.writes => copy(from, to),
                Fault::Executes(at, state, sql) if *at == self.writes => {
                    rusqlite::Connection::open(state).unwrap().execute_batch(sql).unwrap();
                }
                Fault::Removes(at, state) if *at == self.writes => {
                    for suffix in ["", "-wal", "-shm"] {
                        fs::remove_file(format!("{}{suffix}", state.display())).unwrap();
                    }
                }
                _ => {}
            }
        }
        let is_refused = |write: &&TargetWrite<'_>| {
            self.faults.contains(&Fault::Refuses(write.query.recipient.label.clone()))
        };
        let taken: Vec<TargetWrite<'_>> = writes.iter().filter(|write| !is_refused(write)).cloned().collect();
        self.dies_within();
        let mut done = self.folder.write(&taken, context)?.into_iter();
        if crash::is_dead() {
            return Err(dies());
        }
        let refused = || Err(Error::new(ErrorId::TargetNotWritable, "refused"));
        let results: Vec<Result<String>> = writes
            .iter()
            .map(|write| if is_refused(&write) { refused() } else { done.next().unwrap() })
            .collect();
        if self.faults.contains(&Fault::DiesAfterWrite(self.writes)) {
            return Err(dies());
        }
        if self.faults.contains(&Fault::CancelsAfter(self.writes)) {
            self.cancel.cancel();
        }
        Ok(results)
    }
    fn key(&self, query: &TargetQuery<'_>) -> Option<String> {
        self.folder.key(query)
    }
    fn begin(&mut self, owner: &str, context: &Context) -> Result<()> {
        self.folder.begin(owner, context)
    }
    fn has(&mut self, key: &str) -> Result<Option<bool>> {
        if self.faults.contains(&Fault::AsksEach) { Ok(None) } else { self.folder.has(key) }
    }
    fn leaves_parts(&self) -> bool {
        self.folder.leaves_parts()
    }
    fn index(&self) -> Option<Fingerprint> {
        self.folder.index()
    }
    fn index_names_lost(&mut self) -> Result<bool> {
        self.folder.index_names_lost()
    }
    fn keeps_order(&self) -> bool {
        !self.faults.contains(&Fault::KeepsNoOrder)
    }
    fn has_replicas(&self) -> bool {
        self.faults.contains(&Fault::Replicates)
    }
    fn shows_late(&self) -> bool {
        self.faults.contains(&Fault::ShowsLate)
    }
    fn removal(&mut self) -> Removal {
        if self.shows_late() { Removal::Seen } else { Removal::Sure }
    }
    fn strangers(&mut self, context: &Context, sink: &mut dyn FnMut(Stranger) -> Result<()>) -> Result<()> {
        if !self.faults.contains(&Fault::ShowsNoAnchors) {
            return self.folder.strangers(context, sink);
        }
        self.folder.entries(context, &mut |stranger| sink(Stranger { anchor: None, ..stranger }))
    }
    fn entries(&mut self, context: &Context, sink: &mut dyn FnMut(Stranger) -> Result<()>) -> Result<()> {
        if self.faults.contains(&Fault::ShowsNoAnchors) { Ok(()) } else { self.folder.entries(context, sink) }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The source in memory.
#[derive(Clone, Default)]
pub struct Memory {
    pub recipients: Vec<Recipient>,
    pub presences: BTreeMap<String, Presence>,
    pub clock: Option<Timestamp>,
    /// When the file that it stands for was written.
    pub modified: Option<Timestamp>,
    pub fails_after: Option<usize>,
    /// Those who can't be read, by their anchors.
    pub unreadable: BTreeSet<String>,
    pub past: Past,
}

impl Source for Memory {
    fn read(
        &mut self,
        selection: &Selection,
        _context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        for (index, recipient) in self.recipients.iter().enumerate() {
            if self.fails_after == Some(index) {
                return Err(Error::new(ErrorId::DirectoryUnreachable, "the connection was lost"));
            }
            let wanted = selection.includes(recipient);
            if wanted && self.unreadable.contains(&recipient.anchor) {
                let error = Error::new(ErrorId::RecipientInvalid, "can't be read");
                sink(SourceItem::Invalid(error.target(recipient.distinguished_name.clone())))?;
            } else if wanted {
                let versions = self.past.telling == Telling::Versions;
                let version = versions.then(|| self.past.version(recipient));
                sink(SourceItem::Recipient(Recipient { version, ..recipient.clone() }))?;
            }
        }
        self.past.place = self.past.moves_to.take().unwrap_or_else(|| self.past.place.clone());
        Ok(())
    }
    fn look_up(&mut self, anchors: &[String], _context: &Context) -> Result<Vec<Presence>> {
        Ok(anchors
            .iter()
            .map(|anchor| match self.presences.get(anchor) {
                Some(presence) => presence.clone(),
                None if self.unreadable.contains(anchor) => Presence::Unreadable,
                None => {
                    let there = self.recipients.iter().find(|one| one.anchor == *anchor);
                    there.map_or(Presence::Absent, |one| Presence::InScope(Box::new(one.clone())))
                }
            })
            .collect())
    }
    fn mark(&mut self, _context: &Context) -> Result<Option<Mark>> {
        Ok(self.past.mark(&self.recipients))
    }
    fn changes(
        &mut self,
        mark: &Mark,
        enumerate: bool,
        _context: &Context,
        sink: &mut dyn FnMut(Told) -> Result<()>,
    ) -> Result<Since> {
        self.past.changes(&self.recipients, mark, enumerate, sink)
    }
    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(self.clock)
    }
    fn modified(&self) -> Result<Option<Timestamp>> {
        Ok(self.modified)
    }
}

//! Opening a state: to work on it, to read it, to look it through, and as a preview.

use std::{fs, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, backup::Backup};

use super::{
    State, aside, companion,
    failure::{self, sqlite, sqlite_read},
    history::INTERRUPTED,
    lock, schema,
    seal::{self, Sealed},
    whole,
};
use crate::{
    error::{Error, ErrorId, Result},
    model::Timestamp,
    places,
};

/// How long another program is waited for at a time, and how often.
const BUSY_WAIT: Duration = Duration::from_millis(250);
const BUSY_TRIES: u32 = 20;

impl State {
    /// Opens the state of a profile to work on it, and creates it where there is none. The caller holds the
    /// profile's [`lock::RunLock`]. A file that is not what the last run left there is looked through as a whole.
    ///
    /// Fails with `StateNewer`; `StateCorrupt`, after the file was moved aside under a name that is in the
    /// message; `StateNotReadable`, `StateNotWritable`, `StateBusy`, `DiskFull`: nothing is moved.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self> {
        Self::open_watched(path, now, &mut |_, _| Ok(()))
    }

    /// The same; `step` hears how many rows were looked through, and of how many, and may end it with its error.
    pub fn open_watched(path: &Path, now: Timestamp, step: &mut whole::Step<'_>) -> Result<Self> {
        create_private(path)?;
        Self::open_checked(path, step).map_err(|error| aside::settle(path, error, None, now))
    }

    fn open_checked(path: &Path, step: &mut whole::Step<'_>) -> Result<Self> {
        let sealed = seal::check(path)?;
        let state = Self::of(Connection::open(path).map_err(|e| sqlite(path, e))?, path);
        state.patiently(step, Self::needs_nobody_else)?;
        let sealed = state.judge_seal(sealed)?;
        schema::prepare(&state.connection(), path)?;
        state.check(sealed, step)?;
        // A run that ended itself leaves no such journal.
        let interrupted = schema::journal_mode(&state.connection(), path)? == "wal";
        state
            .patiently(step, |state| state.batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"))?;
        seal::take_away(path);
        state.writes.set(true);
        schema::migrate(&state)?;
        if interrupted {
            state.set_setting(INTERRUPTED, "")?;
        }
        state.judges_anew.set(state.setting(INTERRUPTED)?.is_some());
        Ok(state)
    }

    /// Fails with `StateCorrupt` where the file is the one that was sealed, and not what it was then.
    pub(super) fn judge_seal(&self, sealed: Sealed) -> Result<Sealed> {
        let Sealed::Broken(id) = sealed else { return Ok(sealed) };
        match self.setting(seal::SEALED) {
            Ok(Some(found)) if found != id => Ok(Sealed::No),
            // No answer, or none that can be understood, is what damage does.
            Err(error) if !matches!(error.id, ErrorId::StateCorrupt | ErrorId::Internal) => Err(error),
            _ => Err(self.damaged("its bytes are not those that the last run left")),
        }
    }

    /// Looks a state through as far as its seal leaves it open.
    fn check(&self, sealed: Sealed, step: &mut whole::Step<'_>) -> Result<()> {
        match sealed {
            Sealed::Whole => Ok(()),
            _ if schema::is_new(&self.connection(), &self.path)? => Ok(()),
            _ => self.check_whole(step),
        }
    }

    /// Asks for something that no other program has locked.
    fn needs_nobody_else(&self) -> Result<()> {
        self.number("PRAGMA schema_version", []).map(drop)
    }

    /// Does `work` as soon as other programs let it, within some seconds; `step` may end the wait.
    fn patiently(&self, step: &mut whole::Step<'_>, work: impl Fn(&Self) -> Result<()>) -> Result<()> {
        let timeout = |time| self.connection().busy_timeout(time).map_err(|e| self.failed(e));
        timeout(BUSY_WAIT)?;
        let mut tries = BUSY_TRIES;
        let done = loop {
            tries -= 1;
            match work(self) {
                Err(error) if error.id == ErrorId::StateBusy && tries > 0 => step(0, 0)?,
                done => break done,
            }
        };
        timeout(BUSY_WAIT * BUSY_TRIES)?;
        done
    }

    /// Opens the state to read it, or `None` where there is none yet, or only an empty file. Writes nothing
    /// beside it: where a crash left a journal that has to be played back first, a private copy is read.
    ///
    /// Fails with `StateNewer`, `StateCorrupt` (nothing is moved), `StateNotReadable`, `StateBusy`.
    pub fn open_to_read(path: &Path) -> Result<Option<Self>> {
        if !are_files(path, ErrorId::StateNotReadable)? {
            return Ok(None);
        }
        Self::open_readable(path).map_err(|error| failure::with_reason(path, error))
    }

    fn open_readable(path: &Path) -> Result<Option<Self>> {
        let journals: Vec<&str> =
            ["-wal", "-journal"].into_iter().filter(|suffix| companion(path, suffix).exists()).collect();
        let idle_with_journal = !journals.is_empty() && !lock::RunLock::may_be_held(path);
        let (readable, copy) = if idle_with_journal {
            let copy = tempfile::tempdir()
                .map_err(|e| Error::io(ErrorId::StateNotReadable, "Cannot copy", path, &e))?;
            let readable = copy.path().join("state.db");
            for suffix in journals.into_iter().chain([""]) {
                let from = companion(path, suffix);
                fs::copy(&from, companion(&readable, suffix))
                    .map_err(|e| Error::io(ErrorId::StateNotReadable, "Cannot copy", &from, &e))?;
            }
            (readable, Some(copy))
        } else {
            (path.to_owned(), None)
        };
        let flags = if copy.is_some() { OpenFlags::default() } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let connection = Connection::open_with_flags(&readable, flags).map_err(|e| sqlite_read(path, e))?;
        if schema::is_new(&connection, path)? {
            return Ok(None);
        }
        schema::check(&connection, path)?;
        let mut state = Self::of(connection, path);
        state._copy = copy;
        Ok(Some(state))
    }

    /// [`State::open_to_read`], after the whole state was looked through; `step` is that of [`State::open_watched`].
    /// Fails as that does, and with `StateCorrupt` where anything in it can't be right (nothing is moved).
    pub fn open_to_check(path: &Path, step: &mut whole::Step<'_>) -> Result<Option<Self>> {
        are_files(path, ErrorId::StateNotReadable)?;
        let sealed = seal::check(path)?;
        let Some(state) = Self::open_to_read(path)? else { return Ok(None) };
        state.judge_seal(sealed)?;
        state.check_whole(step).map_err(|error| failure::with_reason(path, error))?;
        Ok(Some(state))
    }

    /// A private temporary state that starts as a copy of the profile's, for a preview. It vanishes when it is
    /// dropped. `step` is that of [`State::open_watched`]. Fails like [`State::open_to_read`].
    pub fn open_preview_watched(path: &Path, step: &mut whole::Step<'_>) -> Result<Self> {
        are_files(path, ErrorId::StateNotReadable)?;
        let mut sealed = seal::check(path)?;
        let mut connection = Connection::open("").map_err(|e| sqlite(path, e))?;
        if let Some(original) = Self::open_to_read(path)? {
            sealed = original.judge_seal(sealed)?;
            let original = original.connection();
            let backup = Backup::new(&original, &mut connection).map_err(|e| sqlite_read(path, e))?;
            backup.run_to_completion(10_000, Duration::ZERO, None).map_err(|e| sqlite_read(path, e))?;
        }
        let state = Self::of(connection, path);
        state.check(sealed, step)?;
        schema::prepare(&state.connection(), path)?;
        state.batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
        schema::migrate(&state)?;
        Ok(state)
    }

    /// [`State::open_preview_watched`] that nobody watches.
    pub fn open_preview(path: &Path) -> Result<Self> {
        Self::open_preview_watched(path, &mut |_, _| Ok(()))
    }
}

/// Whether there is a state. Fails with `id` where something else is in its place, or in that of a journal.
fn are_files(path: &Path, id: ErrorId) -> Result<bool> {
    for suffix in ["-wal", "-journal", "-shm"] {
        places::is_file(&companion(path, suffix), id)?;
    }
    places::is_file(path, id)
}

/// Whether a run could work on the state at `path` as far as rights go. Nothing is written, or left there.
/// Fails with `StateNotWritable`, `PlaceNotWritable`, and as opening it does.
pub fn check_rights(path: &Path) -> Result<()> {
    let failed =
        |file: &Path, e: &std::io::Error| Error::io(ErrorId::StateNotWritable, "Cannot write", file, e);
    are_files(path, ErrorId::StateNotWritable)?;
    for suffix in ["", ".lock", ".holder"] {
        let file = companion(path, suffix);
        if places::is_file(&file, ErrorId::StateNotWritable)? {
            fs::OpenOptions::new().write(true).open(&file).map_err(|e| failed(&file, &e))?;
        }
    }
    // The run makes files in the folder, or the folder itself.
    let there = path.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    tempfile::tempfile_in(there).map(drop).map_err(|e| failed(there, &e))
}

/// SQLite would make the file with the process's umask; the state is its owner's alone.
fn create_private(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        places::make_private_folder(folder)?;
    }
    are_files(path, ErrorId::StateNotWritable)?;
    places::open_private_file(path)
        .map(drop)
        .map_err(|e| Error::io(ErrorId::StateNotWritable, "Cannot open the state", path, &e))
}

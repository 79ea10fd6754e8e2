//! What is kept between runs: one SQLite file a profile.
//!
//! While a run works the file is in WAL mode; it ends in rollback-journal mode, so that reading an idle state
//! neither needs a right to write nor leaves files beside it.

mod approval;
mod aside;
pub mod change;
mod failure;
mod guard;
pub(crate) mod history;
pub mod import;
pub mod lock;
pub mod published;
mod schema;
mod seal;
mod whole;

use std::{
    cell::{Cell, Ref, RefCell},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{
    Connection, OpenFlags, Transaction,
    backup::Backup,
    config::DbConfig,
    types::{FromSql, FromSqlError, FromSqlResult, ValueRef},
};

use uuid::Uuid;

use crate::{
    error::{Error, ErrorId, Result},
    model::{Named, Timestamp},
    places,
};
use failure::{corrupt, sqlite, sqlite_read};
use history::INTERRUPTED;
use seal::Sealed;

/// How long another program is waited for at a time, and how often.
const BUSY_WAIT: Duration = Duration::from_millis(250);
const BUSY_TRIES: u32 = 20;

/// The state of one profile, open.
pub struct State {
    /// Given up for an empty one where the file is kept aside.
    connection: RefCell<Connection>,
    path: PathBuf,
    /// Holds the copy that is read where the state itself must not be touched.
    _copy: Option<tempfile::TempDir>,
    /// Whether the file is worked on: not to read, not in a copy, and not any more where it was kept aside.
    writes: Cell<bool>,
    /// A setting that could not be understood, and its text.
    doubted: RefCell<Option<(String, String)>>,
    /// No evaluation counts until a full import has made them all again.
    judges_anew: Cell<bool>,
}

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
    fn judge_seal(&self, sealed: Sealed) -> Result<Sealed> {
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
            Sealed::Whole => self.quick_check(),
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

    fn of(connection: Connection, path: &Path) -> Self {
        Self {
            connection: RefCell::new(connection),
            path: path.to_owned(),
            _copy: None,
            writes: Cell::new(false),
            doubted: RefCell::new(None),
            judges_anew: Cell::new(false),
        }
    }

    fn connection(&self) -> Ref<'_, Connection> {
        self.connection.borrow()
    }

    /// Opens the state to read it, or `None` where there is none yet, or only an empty file. Writes nothing
    /// beside it: where a crash left a journal that has to be played back first, a private copy is read.
    ///
    /// Fails with `StateNewer`, `StateCorrupt` (nothing is moved), `StateNotReadable`, `StateBusy`.
    pub fn open_to_read(path: &Path) -> Result<Option<Self>> {
        Self::open_readable(path).map_err(|error| failure::with_reason(path, error))
    }

    fn open_readable(path: &Path) -> Result<Option<Self>> {
        if !path.try_exists().map_err(|e| Error::io(ErrorId::StateNotReadable, "Cannot read", path, &e))? {
            return Ok(None);
        }
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
        let sealed = seal::check(path)?;
        let Some(state) = Self::open_to_read(path)? else { return Ok(None) };
        state.judge_seal(sealed)?;
        state.check_whole(step).map_err(|error| failure::with_reason(path, error))?;
        Ok(Some(state))
    }

    /// A private temporary state that starts as a copy of the profile's, for a preview. It vanishes when it is
    /// dropped. `step` is that of [`State::open_watched`]. Fails like [`State::open_to_read`].
    pub fn open_preview_watched(path: &Path, step: &mut whole::Step<'_>) -> Result<Self> {
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

    /// Ends the work: the file goes back to rollback-journal mode, and is sealed. Where another program has it open,
    /// it stays as it is, and the next run does so.
    pub fn close(self) -> Result<()> {
        if !self.writes.get() {
            return Ok(());
        }
        let id = Uuid::new_v4().to_string();
        let done = self
            .set_setting(seal::SEALED, &id)
            .and_then(|()| self.batch("PRAGMA incremental_vacuum; PRAGMA journal_mode = DELETE;"));
        match done {
            Err(error) if error.id == ErrorId::StateBusy => {}
            Err(error) => return Err(self.settled(error, Timestamp::now())),
            Ok(()) if self.let_go().is_ok() => {
                // Without a seal the next run looks the file through.
                let _ = seal::put(&self.path, &id);
            }
            Ok(()) => {}
        }
        self.writes.set(false);
        Ok(())
    }

    /// What an error means once the work has ended with it: where the state is damaged in a second, independent look as
    /// well, its file is kept aside, and the error names where. Nothing can be kept in this state then.
    pub(crate) fn settled(&self, error: Error, now: Timestamp) -> Error {
        if !self.writes.get() || !failure::is_doubt(&error, &self.path) || self.let_go().is_err() {
            return error;
        }
        let error = aside::settle(&self.path, error, self.doubted.take(), now);
        match Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE) {
            Ok(connection) if error.id != ErrorId::StateCorrupt => drop(self.connection.replace(connection)),
            _ => self.writes.set(false),
        }
        error
    }

    /// Closes the file; an empty state takes its place. A journal stays as it is.
    fn let_go(&self) -> Result<()> {
        let busy = |_| Error::new(ErrorId::Internal, "The state is closed in the middle of its use.");
        let mut connection = self.connection.try_borrow_mut().map_err(busy)?;
        let empty = Connection::open_in_memory().map_err(|e| sqlite(&self.path, e))?;
        let open = std::mem::replace(&mut *connection, empty);
        open.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map(drop)
            .map_err(|e| sqlite(&self.path, e))
    }

    /// Runs `work` in one transaction, which is rolled back if it fails.
    pub fn transaction<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let connection = self.connection();
        let transaction = Transaction::new_unchecked(&connection, rusqlite::TransactionBehavior::Immediate)
            .map_err(|e| self.failed(e))?;
        let value = work(self)?;
        transaction.commit().map_err(|e| self.failed(e))?;
        Ok(value)
    }

    /// A setting of the state.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        use rusqlite::OptionalExtension;
        self.connection()
            .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(|e| self.failed(e))
    }

    /// A setting of the state that `read` understands. Fails with `StateCorrupt` where it does not.
    pub fn read_setting<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        let Some(text) = self.setting(name)? else { return Ok(None) };
        if let Some(value) = read(&text) {
            return Ok(Some(value));
        }
        let error = self.damaged(&format!("its setting '{name}' can't be read: '{text}'"));
        self.doubted.replace(Some((name.to_owned(), text)));
        Err(error)
    }

    /// Keeps a setting of the state.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        self.execute("INSERT OR REPLACE INTO setting(name, value) VALUES (?1, ?2)", (name, value)).map(drop)
    }

    /// Forgets a setting of the state.
    pub fn remove_setting(&self, name: &str) -> Result<()> {
        self.execute("DELETE FROM setting WHERE name = ?1", [name]).map(drop)
    }

    fn batch(&self, sql: &str) -> Result<()> {
        self.connection().execute_batch(sql).map_err(|e| self.failed(e))
    }

    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        statement.execute(parameters).map_err(|e| self.failed(e))
    }

    /// All rows of a query, each through `read`.
    fn query<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        let rows = statement.query_map(parameters, |row| read(row)).map_err(|e| self.failed(e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| self.failed(e))
    }

    /// The number that a query gives.
    fn number(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<i64> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        statement.query_row(parameters, |row| row.get(0)).map_err(|e| self.failed(e))
    }

    fn failed(&self, error: rusqlite::Error) -> Error {
        sqlite(&self.path, error)
    }

    /// JSON that this library wrote itself; unreadable means that the file was changed by somebody else.
    fn stored<T: serde::de::DeserializeOwned>(&self, json: &str) -> Result<T> {
        serde_json::from_str(json)
            .map_err(|e| self.damaged(&format!("it holds a record that can't be read: {e}")))
    }

    /// The one of that name, which this library wrote itself; `what` it is.
    fn known<T: Named>(&self, name: &str, what: &str) -> Result<T> {
        T::from_name(name).ok_or_else(|| self.damaged(&format!("it holds the unknown {what} '{name}'")))
    }

    /// The error `StateCorrupt`, which names the file; `why` says what is wrong with it.
    pub(crate) fn damaged(&self, why: &str) -> Error {
        corrupt(&self.path, why)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if self.writes.get() {
            // After an error this is best effort; a journal that stays is played back by the next run.
            let _ = self.connection().execute_batch("PRAGMA journal_mode = DELETE;");
        }
    }
}

/// JSON of something that always has a JSON form.
fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| Error::new(ErrorId::Internal, format!("A record has no JSON form: {e}")))
}

/// A time of a column; out of range where RFC 3339 has no text for it.
impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = value.as_i64()?;
        Self::from_seconds(seconds).ok_or(FromSqlError::OutOfRange(seconds))
    }
}

/// `NAME.db-wal` and the like.
fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// SQLite would make the file with the process's umask; the state is its owner's alone.
fn create_private(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        places::make_private_folder(folder)?;
    }
    places::open_private_file(path)
        .map(drop)
        .map_err(|e| Error::io(ErrorId::StateNotWritable, "Cannot open the state", path, &e))
}

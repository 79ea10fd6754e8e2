//! What is kept between runs: one SQLite file a profile.
//!
//! While a run works the file is in WAL mode; it ends in rollback-journal mode, so that reading an idle state
//! neither needs a right to write nor leaves files beside it.

pub mod change;
pub(crate) mod history;
pub mod import;
pub mod lock;
mod orphan;
pub mod published;
mod schema;

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, Transaction,
    backup::Backup,
    types::{FromSql, FromSqlError, FromSqlResult, ValueRef},
};

use crate::{
    error::{Error, ErrorId, Result},
    model::{Named, Timestamp},
    places,
};

/// The state of one profile, open.
pub struct State {
    connection: Connection,
    path: PathBuf,
    /// Holds the copy that is read where the state itself must not be touched.
    _copy: Option<tempfile::TempDir>,
    writes: bool,
}

impl State {
    /// Opens the state of a profile to work on it, and creates it where there is none. The caller holds the
    /// profile's [`lock::RunLock`].
    ///
    /// Fails with `StateNewer`; `StateCorrupt`, after the file was moved aside under a name that is in the
    /// message; `StateNotWritable`; `DiskFull`.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self> {
        create_private(path)?;
        match Self::open_checked(path) {
            Err(error) if error.id == ErrorId::StateCorrupt => Err(keep_aside(path, error, now)),
            other => other,
        }
    }

    fn open_checked(path: &Path) -> Result<Self> {
        let connection = Connection::open(path).map_err(|e| sqlite(path, e))?;
        schema::prepare(&connection, path)?;
        check_integrity(&connection, path)?;
        let state = Self { connection, path: path.to_owned(), _copy: None, writes: true };
        state.batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        schema::migrate(&state)?;
        Ok(state)
    }

    /// Opens the state to read it, or `None` where there is none yet, or only an empty file. Writes nothing
    /// beside it: where a crash left a journal that has to be played back first, a private copy is read.
    ///
    /// Fails with `StateNewer`, `StateCorrupt` (nothing is moved), `StateNotReadable`.
    pub fn open_to_read(path: &Path) -> Result<Option<Self>> {
        if !path.try_exists().map_err(|e| Error::io(ErrorId::StateNotReadable, "Cannot read", path, &e))? {
            return Ok(None);
        }
        let journal = companion(path, "-wal");
        let idle_with_journal = journal.exists() && lock::RunLock::holder(path).is_none();
        let (readable, copy) = if idle_with_journal {
            let copy = tempfile::tempdir()
                .map_err(|e| Error::io(ErrorId::StateNotReadable, "Cannot copy", path, &e))?;
            let readable = copy.path().join("state.db");
            for (from, to) in [(path.to_owned(), readable.clone()), (journal, companion(&readable, "-wal"))] {
                fs::copy(&from, to)
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
        Ok(Some(Self { connection, path: path.to_owned(), _copy: copy, writes: false }))
    }

    /// A private temporary state that starts as a copy of the profile's, for a preview. It vanishes when it is
    /// dropped. Fails like [`State::open_to_read`].
    pub fn open_preview(path: &Path) -> Result<Self> {
        let mut connection = Connection::open("").map_err(|e| sqlite(path, e))?;
        if let Some(original) = Self::open_to_read(path)? {
            check_integrity(&original.connection, path)?;
            let backup =
                Backup::new(&original.connection, &mut connection).map_err(|e| sqlite_read(path, e))?;
            backup
                .run_to_completion(10_000, std::time::Duration::ZERO, None)
                .map_err(|e| sqlite_read(path, e))?;
        }
        schema::prepare(&connection, path)?;
        let state = Self { connection, path: path.to_owned(), _copy: None, writes: false };
        state.batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
        schema::migrate(&state)?;
        Ok(state)
    }

    /// Ends the work: the file goes back to rollback-journal mode.
    pub fn close(self) -> Result<()> {
        if self.writes {
            self.batch("PRAGMA incremental_vacuum; PRAGMA journal_mode = DELETE;")?;
        }
        Ok(())
    }

    /// Runs `work` in one transaction, which is rolled back if it fails.
    pub fn transaction<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let transaction =
            Transaction::new_unchecked(&self.connection, rusqlite::TransactionBehavior::Immediate)
                .map_err(|e| self.failed(e))?;
        let value = work(self)?;
        transaction.commit().map_err(|e| self.failed(e))?;
        Ok(value)
    }

    /// A setting of the state.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        use rusqlite::OptionalExtension;
        self.connection
            .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(|e| self.failed(e))
    }

    /// A setting of the state that `read` understands. Fails with `StateCorrupt` where it does not.
    pub fn read_setting<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        let Some(text) = self.setting(name)? else { return Ok(None) };
        let unreadable = || self.damaged(&format!("its setting '{name}' can't be read: '{text}'"));
        read(&text).map(Some).ok_or_else(unreadable)
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
        self.connection.execute_batch(sql).map_err(|e| self.failed(e))
    }

    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        statement.execute(parameters).map_err(|e| self.failed(e))
    }

    /// All rows of a query, each through `read`.
    fn query<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        let rows = statement.query_map(parameters, |row| read(row)).map_err(|e| self.failed(e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| self.failed(e))
    }

    /// The number that a query gives.
    fn number(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
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
        if self.writes {
            // After an error this is best effort; a journal that stays is played back by the next run.
            let _ = self.connection.execute_batch("PRAGMA journal_mode = DELETE;");
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
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|e| Error::io(ErrorId::StateNotWritable, "Cannot open the state", path, &e))
}

fn check_integrity(connection: &Connection, path: &Path) -> Result<()> {
    let answer: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|e| sqlite(path, e))?;
    if answer == "ok" { Ok(()) } else { Err(corrupt(path, &answer)) }
}

fn corrupt(path: &Path, why: &str) -> Error {
    Error::new(ErrorId::StateCorrupt, format!("The state '{}' is damaged: {why}.", path.display()))
        .target(path.display().to_string())
        .advice(MOVE_ASIDE)
}

/// What to do about a damaged state that nobody moved.
const MOVE_ASIDE: &str =
    "Move the file aside and run again: the run builds a new one and adopts what is published.";

/// What to do about a damaged state that was moved.
const MOVED_ASIDE: &str = "Run again: the run builds a new one and adopts what is published.";

/// Moves a damaged state and its journal aside; never overwrites what was kept earlier.
fn keep_aside(path: &Path, error: Error, now: Timestamp) -> Error {
    let stamp = now.rfc3339().replace([':', '-'], "");
    let free = |n: u32| companion(path, &format!(".corrupt-{stamp}-{n}"));
    let Some(kept) = (1..1000).map(free).find(|name| !name.exists()) else { return error };
    if fs::rename(path, &kept).is_err() {
        return error;
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        // A journal belongs to its database; one that is not there needs no move.
        let _ = fs::rename(companion(path, suffix), companion(&kept, suffix));
    }
    let message = format!("{} It is kept as '{}'.", error.message, kept.display());
    Error { message, ..error }.advice(MOVED_ASIDE)
}

/// What an error of SQLite means for the state at `path`.
fn sqlite(path: &Path, error: rusqlite::Error) -> Error {
    if is_damage(&error) {
        return corrupt(path, &error.to_string());
    }
    let id = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => ErrorId::DiskFull,
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure,
        ) => ErrorId::StateNotWritable,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorId::RunInProgress,
        _ => ErrorId::Internal,
    };
    Error::new(id, format!("The state '{}': {error}.", path.display())).target(path.display().to_string())
}

/// Whether it tells of what somebody else wrote: pages, or values that are none of ours.
fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, SqliteFailure,
    };
    match error {
        FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) => true,
        // SQLite's JSON functions have no code of their own.
        SqliteFailure(_, Some(text)) if text == "malformed JSON" => true,
        _ => matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)),
    }
}

/// The same where the state is only read.
fn sqlite_read(path: &Path, error: rusqlite::Error) -> Error {
    let error = sqlite(path, error);
    if error.id == ErrorId::StateNotWritable {
        return Error {
            id: ErrorId::StateNotReadable,
            advice: ErrorId::StateNotReadable.advice().into(),
            ..error
        };
    }
    error
}

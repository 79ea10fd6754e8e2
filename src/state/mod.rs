//! What is kept between runs: one SQLite file a profile.
//!
//! While a run works the file is in WAL mode; it ends in rollback-journal mode, so that reading an idle state
//! neither needs a right to write nor leaves files beside it.

mod approval;
pub mod as_desired;
mod aside;
pub mod change;
pub mod evaluation;
mod failure;
pub mod guard;
pub(crate) mod history;
pub mod import;
pub(crate) mod linked;
pub mod lock;
mod open;
pub(crate) mod orphan;
pub mod published;
mod schema;
mod seal;
pub mod since;
pub mod unmet;
mod unseen;
mod value;
pub mod watermark;
mod whole;

pub use open::check_rights;

use std::{
    cell::{Cell, Ref, RefCell},
    path::{Path, PathBuf},
};

use rusqlite::{
    Connection, OpenFlags, Transaction,
    config::DbConfig,
    types::{FromSql, FromSqlError, FromSqlResult, ValueRef},
};

use uuid::Uuid;

use crate::{
    error::{Error, ErrorId, Result},
    model::{Named, Timestamp},
};
use failure::{corrupt, sqlite};

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
    /// The run that works on it took it for damaged.
    in_doubt: Cell<bool>,
    /// No evaluation counts until a full import has made them all again.
    judges_anew: Cell<bool>,
}

impl State {
    fn of(connection: Connection, path: &Path) -> Self {
        Self {
            connection: RefCell::new(connection),
            path: path.to_owned(),
            _copy: None,
            writes: Cell::new(false),
            doubted: RefCell::new(None),
            in_doubt: Cell::new(false),
            judges_anew: Cell::new(false),
        }
    }

    fn connection(&self) -> Ref<'_, Connection> {
        self.connection.borrow()
    }

    /// Ends the work: the file goes back to rollback-journal mode, and is sealed. Where another program has it open,
    /// it stays as it is, and the next run does so. What is closed already stays so.
    pub fn close(&self) -> Result<()> {
        if !self.writes.get() {
            return Ok(());
        }
        let id = Uuid::new_v4().to_string();
        let done = self
            .set_setting(seal::SEALED, &id)
            .and_then(|()| self.batch("PRAGMA incremental_vacuum; PRAGMA journal_mode = DELETE;"));
        match done {
            Err(error) if error.id == ErrorId::StateBusy => self.let_go()?,
            Err(error) => return Err(self.settled(error, Timestamp::now())),
            Ok(()) if self.let_go().is_ok() => {
                // Without a seal the next run looks the file through.
                let _ = seal::put(&self.path, &id);
            }
            Ok(()) => {}
        }
        if !self.in_doubt.get() {
            aside::forget_doubt(&self.path);
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
        let damaged = error.id == ErrorId::StateCorrupt;
        let error = aside::settle(&self.path, error, self.doubted.take(), now);
        self.in_doubt.set(self.in_doubt.get() || damaged);
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
        let connection = self.connection();
        let sql = "SELECT value FROM setting WHERE name = ?1";
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        statement.query_row([name], |row| row.get(0)).optional().map_err(|e| self.failed(e))
    }

    /// A setting of the state that `read` understands. Fails with `StateCorrupt` where it does not.
    pub fn read_setting<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        self.setting(name)?.map(|text| self.read_text(name, text, read)).transpose()
    }

    /// The same of a setting whose text is at hand.
    fn read_text<T>(&self, name: &str, text: String, read: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        read(&text).ok_or_else(|| {
            let error = self.damaged(&format!("its setting '{name}' can't be read: '{text}'"));
            self.doubted.replace(Some((name.to_owned(), text)));
            error
        })
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
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String> {
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

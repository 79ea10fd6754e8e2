//! The tables, and how older ones are brought forward.

use std::path::Path;

use rusqlite::Connection;

use super::{State, corrupt, sqlite};
use crate::error::{Error, ErrorId, Result};

/// `PRAGMA application_id` of our files: "SmSy".
const APPLICATION_ID: i64 = 0x536D_5379;

/// Each entry brings a state from the version of its place to the next one. Only ever append.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE setting (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE run (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        result  TEXT NOT NULL,
        started INTEGER NOT NULL,
        record  TEXT NOT NULL
    ) STRICT;

    -- What the policy made of a recipient's values, kept as long as `input` stays the same.
    CREATE TABLE evaluation (
        anchor             TEXT PRIMARY KEY,
        input              BLOB NOT NULL,
        recipient          TEXT NOT NULL,
        has_values         INTEGER NOT NULL,
        desired            TEXT NOT NULL,
        judged             TEXT NOT NULL,
        findings           TEXT NOT NULL,
        missing_issuers    TEXT NOT NULL,
        next_evaluation    INTEGER
    ) STRICT;

    -- Who was seen by which import; only the rows of the run in the setting `current_run` count.
    CREATE TABLE import (
        run_id        INTEGER NOT NULL,
        anchor        TEXT NOT NULL,
        address       TEXT,
        missing_since INTEGER,
        gone          TEXT,
        PRIMARY KEY (run_id, anchor)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX import_address ON import (run_id, address);

    CREATE TABLE value (
        fingerprint BLOB PRIMARY KEY,
        bytes       BLOB NOT NULL,
        released    INTEGER
    ) STRICT;

    CREATE TABLE link (
        anchor  TEXT PRIMARY KEY,
        target  TEXT NOT NULL UNIQUE
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE managed (
        anchor      TEXT NOT NULL,
        attribute   TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        certificate TEXT,
        PRIMARY KEY (anchor, attribute, fingerprint)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE change (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id    INTEGER NOT NULL,
        anchor    TEXT NOT NULL,
        recipient TEXT NOT NULL,
        kind      TEXT NOT NULL,
        state     TEXT NOT NULL,
        desired   BLOB NOT NULL,
        attempts  INTEGER NOT NULL,
        next_try  INTEGER,
        error     TEXT,
        time      INTEGER NOT NULL,
        record    TEXT NOT NULL
    ) STRICT;
    CREATE INDEX change_run ON change (run_id);
    CREATE INDEX change_state ON change (state, id);
    CREATE UNIQUE INDEX change_open ON change (anchor) WHERE state <> 'Exported';

    -- Removals that an admin approved, until a run lets them through.
    CREATE TABLE approval (
        anchor      TEXT NOT NULL,
        attribute   TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        run_id      INTEGER NOT NULL,
        PRIMARY KEY (anchor, attribute, fingerprint)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- Where values are put right in place: every value of the recipient, and which of them go.
    ALTER TABLE evaluation ADD COLUMN curation TEXT NOT NULL DEFAULT '[]';
",
];

/// Checks that the file is ours and not newer than this library; an empty one gets our mark.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<()> {
    if version(connection, path)? == 0 && is_empty(connection, path)? {
        return connection
            .execute_batch(&format!(
                "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {APPLICATION_ID};"
            ))
            .map_err(|e| sqlite(path, e));
    }
    check(connection, path)
}

/// Fails with `StateCorrupt` where the file is not ours, with `StateNewer` where a newer version wrote it.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<()> {
    if is_empty(connection, path)? {
        return Ok(());
    }
    if pragma(connection, path, "application_id")? != APPLICATION_ID {
        return Err(corrupt(path, "it is a database of another program"));
    }
    let (found, known) = (version(connection, path)?, MIGRATIONS.len());
    if usize::try_from(found).is_ok_and(|found| found <= known) {
        return Ok(());
    }
    let what = format!(
        "The state '{}' has version {found}, but this SmimeSync knows versions up to {known}.",
        path.display()
    );
    Err(Error::new(ErrorId::StateNewer, what).target(path.display().to_string()))
}

/// Brings the tables to the newest version, each step in a transaction of its own.
pub(super) fn migrate(state: &State) -> Result<()> {
    let found = usize::try_from(version(&state.connection, &state.path)?).unwrap_or(0);
    for (index, step) in MIGRATIONS.iter().enumerate().skip(found) {
        state.transaction(|state| state.batch(&format!("{step}; PRAGMA user_version = {};", index + 1)))?;
    }
    Ok(())
}

fn version(connection: &Connection, path: &Path) -> Result<i64> {
    pragma(connection, path, "user_version")
}

fn is_empty(connection: &Connection, path: &Path) -> Result<bool> {
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|e| sqlite(path, e))?;
    Ok(tables == 0)
}

fn pragma(connection: &Connection, path: &Path, name: &str) -> Result<i64> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).map_err(|e| sqlite(path, e))
}

//! The tables, and how older ones are brought forward.

use std::path::Path;

use rusqlite::{Connection, Row};

use super::{
    State,
    failure::{corrupt, sqlite},
};
use crate::error::{Error, ErrorId, Result};

/// `PRAGMA application_id` of our files: "SmSy".
const APPLICATION_ID: i64 = 0x536D_5379;

/// No version will be as high as this.
const HIGHEST_VERSION: usize = 10_000;

/// The triggers by which whoever a row of one of these tables is of is not known to be as desired any more.
macro_rules! forgets_as_desired {
    ($($table:literal),+) => {
        concat!($(
            "CREATE TRIGGER ", $table, "_inserted AFTER INSERT ON ", $table, "
                 BEGIN DELETE FROM as_desired WHERE anchor = new.anchor; END;
             CREATE TRIGGER ", $table, "_updated AFTER UPDATE ON ", $table, "
                 BEGIN DELETE FROM as_desired WHERE anchor IN (old.anchor, new.anchor); END;
             CREATE TRIGGER ", $table, "_deleted AFTER DELETE ON ", $table, "
                 BEGIN DELETE FROM as_desired WHERE anchor = old.anchor; END;
"
        ),+)
    };
}

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
    "
    -- When it was made; NULL where an earlier version made it.
    ALTER TABLE evaluation ADD COLUMN made INTEGER;
    -- The run that took it away: clocks go wrong, the numbers of runs only grow. NULL where an earlier version did.
    ALTER TABLE value ADD COLUMN released_by INTEGER;
    -- Removals that nobody approved, until their recipients have something there again; and how many recipients had
    -- something, of which less at an earlier time than at a later one is no use. 1: at the target, 2: in the directory.
    CREATE TABLE removal (
        anchor TEXT NOT NULL,
        place  INTEGER NOT NULL,
        time   INTEGER NOT NULL,
        PRIMARY KEY (anchor, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE population (
        place      INTEGER NOT NULL,
        time       INTEGER NOT NULL,
        recipients INTEGER NOT NULL,
        PRIMARY KEY (place, time)
    ) STRICT, WITHOUT ROWID;
    -- Whether a run carries out a request: Publish or Unpublish.
    ALTER TABLE run ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
    -- Where a Remove or a replacement counts for the guard over time once it is exported; 0: nowhere.
    ALTER TABLE change ADD COLUMN counts INTEGER NOT NULL DEFAULT 0;
    -- Whether the approved value comes, as in a replacement, or goes.
    ALTER TABLE approval ADD COLUMN comes INTEGER NOT NULL DEFAULT 0;
    -- A JSON list: the anchors that the target may still have for a recipient whose anchor in the source is another one
    -- by now.
    ALTER TABLE link ADD COLUMN former TEXT;
    -- Where a change in flight goes to, where we name the places.
    ALTER TABLE change ADD COLUMN place TEXT;

    -- Who was found published at the target by a run that did not know of it, and is wanted by nobody in the source.
    CREATE TABLE orphan (
        anchor TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
",
    "
    -- Who was looked for at the target and can't be written there, or has nothing of ours there; looked for again when
    -- `next_try` has come, or `asked`, a hash over what was looked for, is another one. No reason: it is there.
    CREATE TABLE unmet (
        anchor   TEXT PRIMARY KEY,
        asked    BLOB NOT NULL,
        reason   TEXT,
        tries    INTEGER NOT NULL,
        next_try INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    -- A hash over what it was judged by besides the recipient itself, and the run that put it here; NULL: not to be taken
    -- over unread.
    ALTER TABLE evaluation ADD COLUMN basis BLOB;
    ALTER TABLE evaluation ADD COLUMN put_by INTEGER;
    -- The run that read it, and the version of the object that it read; NULL: to be read again by the next run.
    ALTER TABLE import ADD COLUMN seen_by INTEGER;
    ALTER TABLE import ADD COLUMN version TEXT;
",
    concat!(
        "
    -- What every run asks of everybody, in an index: the texts, which are most of an evaluation, need not be read for it.
    ALTER TABLE evaluation ADD COLUMN has_desired INTEGER NOT NULL AS (desired <> '[]') VIRTUAL;
    ALTER TABLE evaluation ADD COLUMN misses_issuers INTEGER NOT NULL AS (missing_issuers <> '[]') VIRTUAL;
    CREATE INDEX evaluation_kept ON evaluation
        (anchor, has_values, has_desired, misses_issuers, next_evaluation, made, put_by, basis);

    -- Who was as desired when a run planned everybody, until anything else is kept of it.
    CREATE TABLE as_desired (
        anchor TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
",
        forgets_as_desired!("evaluation", "link", "managed", "change", "unmet")
    ),
];

/// Checks that the file is ours and not newer than this library; an empty one gets our mark.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<()> {
    if is_new(connection, path)? {
        return connection
            .execute_batch(&format!(
                "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {APPLICATION_ID};"
            ))
            .map_err(|e| sqlite(path, e));
    }
    check(connection, path)
}

/// Whether nothing was kept in the file yet: it is empty, or a crash ended the run that created it.
pub(super) fn is_new(connection: &Connection, path: &Path) -> Result<bool> {
    Ok(version(connection, path)? == 0 && is_empty(connection, path)?)
}

/// Fails with `StateCorrupt` where the file is not ours or its tables are not those of its version, with
/// `StateNewer` where a newer version wrote it.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<()> {
    if pragma(connection, path, "application_id")? != APPLICATION_ID {
        return Err(corrupt(path, "it is a database of another program"));
    }
    let (found, known) = (version(connection, path)?, MIGRATIONS.len());
    let steps = usize::try_from(found).ok().filter(|steps| *steps > 0);
    let steps = steps.ok_or_else(|| corrupt(path, &format!("its version is {found}")))?;
    if steps > HIGHEST_VERSION {
        return Err(corrupt(path, &format!("its version is {found}")));
    }
    if steps <= known {
        return check_tables(connection, path, steps);
    }
    let what = format!(
        "The state '{}' has version {found}, but this SmimeSync knows versions up to {known}.",
        path.display()
    );
    Err(Error::new(ErrorId::StateNewer, what).target(path.display().to_string()))
}

/// Fails with `StateCorrupt` where a table, column or index of version `steps` is not there, or one is that came later.
fn check_tables(connection: &Connection, path: &Path, steps: usize) -> Result<()> {
    let found = parts(connection, path)?;
    let own = parts_of(steps, path)?;
    let Some(part) = own.iter().find(|part| !found.contains(part)) else {
        let later = parts_of(MIGRATIONS.len(), path)?;
        let early = later.into_iter().find(|part| !own.contains(part) && found.contains(part));
        return early.map_or(Ok(()), |Part { kind, name, column }| {
            let what = column.map_or_else(
                || format!("the {kind} '{name}'"),
                |column| format!("the column '{column}' of '{name}'"),
            );
            Err(corrupt(path, &format!("its version is {steps}, but it has {what} of a later one")))
        });
    };
    let Part { kind, name, column } = part;
    let is_there = found.iter().any(|other| other.kind == *kind && other.name == *name);
    let why = match column {
        Some(column) if is_there => format!("its {kind} '{name}' has no column '{column}'"),
        _ => format!("it has no {kind} '{name}'"),
    };
    Err(corrupt(path, &why))
}

/// What a state of version `steps` has.
fn parts_of(steps: usize, path: &Path) -> Result<Vec<Part>> {
    let model = Connection::open_in_memory().map_err(|e| sqlite(path, e))?;
    let sql: String = MIGRATIONS.iter().take(steps).copied().collect::<Vec<_>>().join(";");
    model.execute_batch(&sql).map_err(|e| sqlite(path, e))?;
    parts(&model, path)
}

/// A column of a table, or an index.
#[derive(PartialEq, Eq)]
struct Part {
    kind: String,
    name: String,
    column: Option<String>,
}

/// In the order in which they were made: a table before its indexes.
fn parts(connection: &Connection, path: &Path) -> Result<Vec<Part>> {
    // The columns of a view that somebody else made may not be there to be listed.
    let sql = "SELECT s.type, s.name, c.name FROM sqlite_schema AS s
                   LEFT JOIN pragma_table_info(CASE s.type WHEN 'table' THEN s.name END) AS c
               ORDER BY s.rowid, c.cid";
    let mut statement = connection.prepare(sql).map_err(|e| sqlite(path, e))?;
    let part = |row: &Row<'_>| Ok(Part { kind: row.get(0)?, name: row.get(1)?, column: row.get(2)? });
    let parts = statement.query_map([], part).map_err(|e| sqlite(path, e))?;
    parts.collect::<rusqlite::Result<_>>().map_err(|e| sqlite(path, e))
}

/// Brings the tables to the newest version, each step in a transaction of its own.
pub(super) fn migrate(state: &State) -> Result<()> {
    let found = usize::try_from(version(&state.connection(), &state.path)?).unwrap_or(0);
    for (index, step) in MIGRATIONS.iter().enumerate().skip(found) {
        state.transaction(|state| state.batch(&format!("{step}; PRAGMA user_version = {};", index + 1)))?;
    }
    Ok(())
}

/// How changes are made: `wal` while a run works.
pub(super) fn journal_mode(connection: &Connection, path: &Path) -> Result<String> {
    connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(|e| sqlite(path, e))
}

/// The version of its tables, from 1.
pub(super) fn tables_of(connection: &Connection, path: &Path) -> Result<i64> {
    version(connection, path)
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

//! The whole state looked through: SQLite's own check, every row by our own readers, and what points at what.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, config::DbConfig, ffi, params_from_iter, types::Value};

use super::{
    State,
    change::ChangeFilter,
    evaluation::EvaluationText,
    failure::sqlite,
    history::{APPROVED_PLAN, ASKED_RUN, CURRENT_RUN, HELD_SOURCE, UNFINISHED_INDEX},
    import::Gone,
    published::read_managed,
    schema, seal, unmet, watermark,
};
use crate::{
    error::Result,
    model::{Attribute, Fingerprint, RunResult, Timestamp},
};

/// Hears how many rows were looked through, and of how many; its error ends the look.
pub type Step<'a> = dyn FnMut(u64, u64) -> Result<()> + 'a;

/// Rows between two steps.
const PAGE: usize = 500;

/// Highest number of a run or change that can be right; SQLite has no number after 2^63 - 1.
pub(super) const HIGHEST: i64 = 1 << 53;

/// The tables whose rows are counted.
const TABLES: [&str; 9] =
    ["setting", "run", "evaluation", "import", "value", "link", "managed", "change", "approval"];

/// Those that came later, each with the version that it came with.
const NEWER_TABLES: [(i64, &str); 5] =
    [(3, "removal"), (3, "population"), (3, "orphan"), (4, "unmet"), (6, "as_desired")];

/// Numbers of the first version, from the lowest to the highest that can be right; times are read as such.
const RANGES: [(&str, &str, i64, i64); 6] = [
    ("evaluation", "has_values", 0, 1),
    // One that is valid up to the last second there is is looked at again after it.
    ("evaluation", "next_evaluation", -62_135_596_800, 253_402_300_800),
    ("import", "run_id", 1, HIGHEST),
    ("change", "run_id", 1, HIGHEST),
    ("change", "id", 1, HIGHEST),
    ("approval", "run_id", 1, HIGHEST),
];

/// Those that came with version 3.
const NEWER_RANGES: [(&str, &str, i64, i64); 7] = [
    ("run", "asked", 0, 1),
    ("removal", "place", 1, 2),
    ("population", "place", 1, 2),
    ("value", "released_by", 1, HIGHEST),
    ("change", "counts", 0, 2),
    ("approval", "comes", 0, 1),
    ("population", "recipients", 0, HIGHEST),
];

/// What must have no row: what is wrong, with the row's name in the place of `{}`.
const DANGLING: [(&str, &str); 5] = [
    (
        "it has lost the value {}",
        "SELECT hex(fingerprint) FROM managed WHERE fingerprint NOT IN (SELECT fingerprint FROM value)",
    ),
    (
        "it has lost the evaluation of {}",
        "SELECT anchor FROM import WHERE anchor NOT IN (SELECT anchor FROM evaluation)",
    ),
    (
        "it has a link of {}, who is nobody it knows",
        "SELECT anchor FROM link WHERE anchor NOT IN (SELECT anchor FROM evaluation)",
    ),
    (
        "the sequence of its {}s can't be right",
        "SELECT name FROM sqlite_sequence WHERE name IN ('run', 'change')
             AND (typeof(seq) <> 'integer' OR seq NOT BETWEEN 0 AND 9007199254740992
                  OR seq < (SELECT coalesce(max(id), 0) FROM run WHERE name = 'run')
                  OR seq < (SELECT coalesce(max(id), 0) FROM change WHERE name = 'change'))",
    ),
    (
        "its import of the run {} was never in force",
        "SELECT i.run_id FROM import AS i JOIN run AS r ON r.id = i.run_id
             WHERE i.run_id > (SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'current_run')
               AND r.result IN ('Success', 'CompletedWithErrors', 'Held')",
    ),
];

/// A look at the state at `path` that shares nothing with an earlier one; `doubted` is a setting that could not be
/// understood, and its text.
/// Fails with `StateCorrupt` where something is wrong, and as reading a state does.
pub(super) fn second_look(path: &Path, doubted: Option<(String, String)>) -> Result<()> {
    let sealed = seal::check(path)?;
    // A journal that a crash left has to be played back first.
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|e| sqlite(path, e))?;
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(|e| sqlite(path, e))?;
    let state = State::of(connection, path);
    state.judge_seal(sealed)?;
    if schema::is_new(&state.connection(), path)? {
        return Ok(());
    }
    schema::check(&state.connection(), path)?;
    state.check_whole(&mut |_, _| Ok(()))?;
    let Some((name, text)) = doubted else { return Ok(()) };
    if state.setting(&name)?.as_ref() == Some(&text) {
        return Err(state.damaged(&format!("its setting '{name}' can't be read: '{text}'")));
    }
    Ok(())
}

impl State {
    fn ask_sqlite(&self, pragma: &str) -> Result<()> {
        let answer: String =
            self.connection().query_row(pragma, [], |row| row.get(0)).map_err(|e| self.failed(e))?;
        match answer.rsplit_once("error code=").and_then(|(_, code)| code.trim().parse().ok()) {
            _ if answer == "ok" => Ok(()),
            // A page that could not be read is told in the same way as one that is broken.
            Some(code) => Err(self.failed(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))),
            None => Err(self.damaged(answer.lines().last().unwrap_or(&answer))),
        }
    }

    /// Looks the whole state through.
    /// Fails with `StateCorrupt` where a page, an index, a record, a number or a text can't be right, or something is
    /// not there that something else needs; with what reading says; and with the error of `step`.
    pub fn check_whole(&self, step: &mut Step<'_>) -> Result<()> {
        let mut total = 0;
        // What an earlier version wrote is looked through before it is brought forward.
        let version = schema::tables_of(&self.connection(), &self.path)?;
        let newer = NEWER_TABLES.iter().filter(|(since, _)| *since <= version).map(|(_, table)| table);
        for table in TABLES.iter().chain(newer) {
            total += self.number(&format!("SELECT count(*) FROM {table}"), [])?.unsigned_abs();
        }
        step(0, total)?;
        self.ask_sqlite("PRAGMA integrity_check(1)")?;
        let mut count = Count { done: 0, total, step };
        self.check_history(&mut count)?;
        self.check_evaluations(&mut count)?;
        self.check_published(&mut count)?;
        if version >= 3 {
            self.check_newer(&mut count)?;
        }
        if version >= 4 {
            self.each_row(unmet::ALL, &mut count, unmet::read, |text| self.unmet_of(text).map(drop))?;
            self.check_ranges(&unmet::RANGES)?;
        }
        if version >= 5 {
            self.check_ranges(&watermark::RANGES)?;
            self.watermark()?;
            let mut no_rows = Count { done: 0, total: 0, step: &mut |_, _| Ok(()) };
            let basis = |row: &Row<'_>| row.get::<_, Option<[u8; 32]>>(0);
            self.each_row("SELECT basis FROM evaluation", &mut no_rows, basis, |_| Ok(()))?;
            let version = |row: &Row<'_>| row.get::<_, Option<String>>(0);
            self.each_row("SELECT version FROM import", &mut no_rows, version, |_| Ok(()))?;
        }
        for (why, sql) in DANGLING {
            let found = self.query(&format!("{sql} LIMIT 1"), [], |row| row.get::<_, Value>(0))?;
            if let Some(name) = found.into_iter().next() {
                return Err(self.damaged(&why.replace("{}", &text(name))));
            }
        }
        step(total, total)
    }

    fn check_history(&self, count: &mut Count<'_, '_>) -> Result<()> {
        self.each_row(
            "SELECT name, value FROM setting",
            count,
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            |_| Ok(()),
        )?;
        self.check_settings()?;
        self.read_setting("swept", Timestamp::parse)?;
        self.each_row(
            "SELECT id, result, record, started FROM run",
            count,
            |row| {
                row.get::<_, Timestamp>(3)?;
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            },
            |(id, result, record)| {
                let run: crate::model::Run = self.stored(&record)?;
                let result: RunResult = self.known(&result, "result of a run")?;
                if run.id == id && run.result == result && (1..=HIGHEST).contains(&id) {
                    return Ok(());
                }
                Err(self.damaged(&format!("it holds a record that can't be read: that of the run {id}")))
            },
        )?;
        let mut before = i64::MAX;
        loop {
            let page = self.changes(&ChangeFilter::default(), before, PAGE)?;
            let Some(last) = page.last() else { break };
            before = last.id;
            count.add(page.len())?;
        }
        let digests = self.query("SELECT desired FROM change", [], |row| row.get::<_, [u8; 32]>(0))?;
        drop(digests);
        self.check_ranges(&RANGES)
    }

    /// Fails with `StateCorrupt` where a setting names a run that never was, or an import that is not in force.
    pub(super) fn check_settings(&self) -> Result<()> {
        for name in [CURRENT_RUN, APPROVED_PLAN, ASKED_RUN, HELD_SOURCE, UNFINISHED_INDEX] {
            self.run_number(name)?;
        }
        let (current, baseline) = (self.current_run()?, self.baseline()?);
        match (current, baseline) {
            // A source without anybody is no import.
            (Some(current), Some(baseline)) if current < baseline.run_id && baseline.with_values > 0 => {
                Err(self.damaged(&format!(
                    "its setting '{CURRENT_RUN}' names the run {current}, but the run {} imported after it",
                    baseline.run_id
                )))
            }
            _ => Ok(()),
        }
    }

    fn check_evaluations(&self, count: &mut Count<'_, '_>) -> Result<()> {
        self.each_row(
            "SELECT fingerprint, bytes, released FROM value",
            count,
            |row| {
                row.get::<_, Option<Timestamp>>(2)?;
                Ok((Fingerprint(row.get(0)?), row.get::<_, Vec<u8>>(1)?))
            },
            |(fingerprint, bytes)| self.check_value(fingerprint, &bytes),
        )?;
        // The first version had none.
        let curation =
            if schema::tables_of(&self.connection(), &self.path)? >= 2 { "curation" } else { "'[]'" };
        self.each_row(
            &format!(
                "SELECT input, recipient, desired, judged, findings, missing_issuers, next_evaluation, {curation}, anchor
                     FROM evaluation"
            ),
            count,
            |row| Ok((EvaluationText::read(row, 0)?, row.get::<_, String>(8)?)),
            |(text, _)| {
                let evaluation = text.parse(self)?;
                evaluation.desired.iter().try_for_each(|one| self.check_is_kept(one.value))
            },
        )?;
        self.each_row(
            "SELECT gone, anchor, address, missing_since, run_id FROM import",
            count,
            |row| {
                row.get::<_, String>(1)?;
                row.get::<_, Option<String>>(2)?;
                row.get::<_, Option<Timestamp>>(3)?;
                row.get::<_, i64>(4)?;
                row.get::<_, Option<String>>(0)
            },
            |gone| self.gone(gone.as_deref()).map(|_: Option<Gone>| ()),
        )
    }

    fn check_published(&self, count: &mut Count<'_, '_>) -> Result<()> {
        self.each_row(
            "SELECT anchor, target FROM link",
            count,
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            |_| Ok(()),
        )?;
        self.each_row(
            "SELECT attribute, fingerprint, certificate, anchor FROM managed",
            count,
            |row| Ok((read_managed(row)?, row.get::<_, String>(3)?)),
            |(text, _)| self.published(text).map(drop),
        )?;
        self.each_row(
            "SELECT attribute, fingerprint, anchor, run_id FROM approval",
            count,
            |row| {
                row.get::<_, [u8; 32]>(1)?;
                row.get::<_, String>(2)?;
                row.get::<_, i64>(3)?;
                row.get::<_, String>(0)
            },
            |attribute| self.known::<Attribute>(&attribute, "attribute").map(drop),
        )
    }

    /// Fails with `StateCorrupt` where a number is none that any version writes.
    fn check_ranges(&self, ranges: &[(&str, &str, i64, i64)]) -> Result<()> {
        for (table, column, lowest, highest) in ranges {
            let sql = format!("SELECT {column} FROM {table} WHERE {column} NOT BETWEEN ?1 AND ?2 LIMIT 1");
            let found = self.query(&sql, [lowest, highest], |row| row.get::<_, i64>(0))?;
            if let Some(number) = found.first() {
                return Err(
                    self.damaged(&format!("its {table} has the {column} {number}, which is out of range"))
                );
            }
        }
        Ok(())
    }

    /// What came with version 3. Columns of rows that are counted already are no rows of their own.
    fn check_newer(&self, count: &mut Count<'_, '_>) -> Result<()> {
        self.check_ranges(&NEWER_RANGES)?;
        let mut no_rows = Count { done: 0, total: 0, step: &mut |_, _| Ok(()) };
        let made = |row: &Row<'_>| row.get::<_, Option<Timestamp>>(0);
        self.each_row("SELECT made FROM evaluation", &mut no_rows, made, |_| Ok(()))?;
        let former = |row: &Row<'_>| row.get::<_, Option<String>>(0);
        self.each_row("SELECT former FROM link", &mut no_rows, former, |text| self.former(text).map(drop))?;
        self.each_row("SELECT place FROM change", &mut no_rows, former, |_| Ok(()))?;
        self.each_row("SELECT anchor FROM orphan", count, |row| row.get::<_, String>(0), |_| Ok(()))?;
        let removal = |row: &Row<'_>| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Timestamp>(1)?, row.get::<_, i64>(2)?))
        };
        self.each_row("SELECT anchor, time, place FROM removal", count, removal, |_| Ok(()))?;
        let population =
            |row: &Row<'_>| Ok((row.get::<_, Timestamp>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        self.each_row("SELECT time, recipients, place FROM population", count, population, |_| Ok(()))
    }

    /// Hands every row of a query to `check`, as `read` reads it.
    fn each_row<T>(
        &self,
        sql: &str,
        count: &mut Count<'_, '_>,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        check: impl Fn(T) -> Result<()>,
    ) -> Result<()> {
        let connection = self.connection();
        let mut statement = connection.prepare(sql).map_err(|e| self.failed(e))?;
        let mut rows = statement.query(params_from_iter::<[Value; 0]>([])).map_err(|e| self.failed(e))?;
        let mut unheard = 0;
        while let Some(row) = rows.next().map_err(|e| self.failed(e))? {
            check(read(row).map_err(|e| self.failed(e))?)?;
            unheard += 1;
            if unheard == PAGE {
                count.add(unheard)?;
                unheard = 0;
            }
        }
        count.add(unheard)
    }
}

/// How far the look is.
struct Count<'a, 'b> {
    done: u64,
    total: u64,
    step: &'a mut Step<'b>,
}

impl Count<'_, '_> {
    fn add(&mut self, rows: usize) -> Result<()> {
        self.done += rows as u64;
        (self.step)(self.done.min(self.total), self.total)
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Integer(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

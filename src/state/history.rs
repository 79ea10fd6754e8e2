//! The history of runs.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::{State, json, lock::RunLock};
use crate::{
    error::{Error, ErrorId, Result},
    model::{ChangeState, Named, Run, RunResult, Timestamp},
};

/// The setting with the run whose import is in force.
pub(super) const CURRENT_RUN: &str = "current_run";

/// The setting with the run whose plan was approved and not let through yet.
pub(super) const APPROVED_PLAN: &str = "approved_plan";

/// The setting with a run that carries out a request, from its first write until it is done with them.
pub(crate) const ASKED_RUN: &str = "asked_run";

/// The setting with the last full run, where it was held for what its source showed.
pub(crate) const HELD_SOURCE: &str = "held_source";

/// The setting with what runs have learned of how the target wants to be asked; the target knows whose it is.
pub(crate) const LEARNED: &str = "learned";

/// The setting with a run that writes, until the target's index tells of all it wrote.
pub(crate) const UNFINISHED_INDEX: &str = "unfinished_index";

/// The setting that says that the process ended in the middle of a run. No seal vouches for what such a run leaves.
pub(super) const INTERRUPTED: &str = "interrupted";

/// Notes in a run that its process ended before it did.
fn interrupt(run: &mut Run) {
    run.result = RunResult::Stopped;
    run.error = Some("The process ended in the middle of the run.".into());
}

impl State {
    /// The profile whose state this is: the file's name.
    pub fn profile_name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Begins a run: gives it its number. A run that a crash ended is marked `Stopped` first.
    /// Fails with `StateCorrupt` also where a setting names a run that never was: it could become this one.
    pub fn begin_run(&self, run: &mut Run) -> Result<()> {
        self.transaction(|state| {
            state.check_settings()?;
            let rows = state.query("SELECT record FROM run WHERE result = 'Running'", [], |row| {
                row.get::<_, String>(0)
            })?;
            for text in rows {
                let mut crashed: Run = state.stored(&text)?;
                interrupt(&mut crashed);
                state.put_run(&crashed)?;
            }
            state.execute(
                "INSERT INTO run(result, started, record) VALUES (?1, ?2, '')",
                params![run.result.name(), run.started.0],
            )?;
            run.id = state.connection().last_insert_rowid();
            state.put_run(run)
        })
    }

    /// Who was written by runs that ended after `since`. When a killed one ended, nobody knows: before the next one began.
    pub fn written_since(&self, since: Timestamp) -> Result<BTreeSet<String>> {
        let sql = "SELECT DISTINCT anchor FROM change WHERE state = 'Exported' AND run_id >= (
                       SELECT min(id) FROM run WHERE coalesce(
                           CAST(strftime('%s', json_extract(record, '$.Ended')) AS INTEGER),
                           (SELECT min(later.started) FROM run AS later WHERE later.id > run.id),
                           ?1) >= ?1)";
        Ok(self.query(sql, [since.0], |row| row.get(0))?.into_iter().collect())
    }

    /// The run that a setting names. Fails with `StateCorrupt` where it is not one that was begun; its record
    /// may be forgotten.
    pub(crate) fn run_number(&self, setting: &str) -> Result<Option<i64>> {
        let canonical = |text: &str| text.parse().ok().filter(|number: &i64| number.to_string() == text);
        let number = self.read_setting(setting, canonical)?;
        number.into_iter().try_for_each(|number| self.check_run_number(setting, number))?;
        Ok(number)
    }

    /// Fails with `StateCorrupt` where there never was the run `number`, which a setting names.
    pub(super) fn check_run_number(&self, setting: &str, number: i64) -> Result<()> {
        let newest =
            self.number("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'run'", [])?;
        if (1..=newest).contains(&number) {
            return Ok(());
        }
        Err(self.damaged(&format!("its setting '{setting}' names the run {number}, which never was")))
    }

    /// Keeps that a run carries out a request.
    pub fn note_asked(&self, run_id: i64) -> Result<()> {
        self.execute("UPDATE run SET asked = 1 WHERE id = ?1", [run_id]).map(drop)
    }

    /// Whether a run carries out a request, as far as its record is still kept.
    pub fn is_asked(&self, run_id: i64) -> Result<bool> {
        Ok(self.number("SELECT coalesce(max(asked), 0) FROM run WHERE id = ?1", [run_id])? != 0)
    }

    /// Keeps what is known of a run by now.
    pub fn put_run(&self, run: &Run) -> Result<()> {
        let sql = "UPDATE run SET result = ?2, record = ?3 WHERE id = ?1";
        self.execute(sql, params![run.id, run.result.name(), json(run)?]).map(drop)
    }

    /// A run by its number. Fails with `PlanNotFound` where there is none.
    pub fn run(&self, id: i64) -> Result<Run> {
        self.find_run(id)?.ok_or_else(|| {
            let what = format!("Profile '{}' has no run {id}.", self.profile_name());
            Error::new(ErrorId::PlanNotFound, what).target(id.to_string())
        })
    }

    /// A run by its number, if there still is one.
    pub fn find_run(&self, id: i64) -> Result<Option<Run>> {
        let found: Option<String> = self
            .connection()
            .query_row("SELECT record FROM run WHERE id = ?1", [id], |row| row.get(0))
            .optional()
            .map_err(|e| self.failed(e))?;
        found.map(|text| self.stored(&text)).transpose()
    }

    /// Runs with numbers below `before`, the newest first, `limit` at most; of the given results, or all.
    pub fn runs(&self, results: &[RunResult], before: i64, limit: usize) -> Result<Vec<Run>> {
        let names = results.iter().map(|result| format!("'{}'", result.name())).collect::<Vec<_>>().join(",");
        let only = if names.is_empty() { String::new() } else { format!("AND result IN ({names})") };
        let sql = format!("SELECT record FROM run WHERE id < ?1 {only} ORDER BY id DESC LIMIT ?2");
        let rows = self.query(&sql, params![before, limit as i64], |row| row.get::<_, String>(0))?;
        rows.iter().map(|text| self.stored(text)).collect()
    }

    /// [`State::runs`] as they are: one that no process works on any more did not end itself, though its record says
    /// that it is running.
    pub fn runs_as_they_are(&self, results: &[RunResult], before: i64, limit: usize) -> Result<Vec<Run>> {
        let mut stored = results.to_vec();
        if results.contains(&RunResult::Stopped) {
            stored.push(RunResult::Running);
        }
        let mut before = before;
        let mut runs = Vec::new();
        loop {
            let page = self.runs(&stored, before, limit)?;
            let Some(last) = page.last() else { break };
            before = last.id;
            for mut run in page {
                if run.result == RunResult::Running && !RunLock::may_be_held(&self.path) {
                    // It may have ended in between.
                    run = self.run(run.id)?;
                    if run.result == RunResult::Running {
                        interrupt(&mut run);
                    }
                }
                if results.is_empty() || results.contains(&run.result) {
                    runs.push(run);
                }
            }
            if runs.len() >= limit {
                break;
            }
        }
        runs.truncate(limit);
        Ok(runs)
    }

    /// The newest run that is older than `before`, with all before it. Numbers of runs tell their order and clocks may
    /// go wrong, so a run that claims to be older than one that came earlier does not count, and neither does one that
    /// claims to be from after `now`.
    pub fn last_run_before(&self, before: Timestamp, now: Timestamp) -> Result<Option<i64>> {
        let sql = "SELECT max(id) FROM run WHERE started < ?1 AND id <
                       (SELECT coalesce(min(id), (SELECT max(id) FROM run)) FROM run WHERE started BETWEEN ?1 AND ?2)";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        statement.query_row([before.0, now.0], |row| row.get(0)).map_err(|e| self.failed(e))
    }

    /// Whether a run began at a time that is still to come.
    pub fn has_runs_after(&self, now: Timestamp) -> Result<bool> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM run WHERE started > ?1)", [now.0])? != 0)
    }

    /// Forgets the run `last` and those before it, with their exported changes; not those exported from `since` on.
    pub fn sweep_history(&self, last: i64, since: Timestamp, now: Timestamp) -> Result<()> {
        let newest_stays = "DELETE FROM run WHERE id <= ?1 AND id < (SELECT max(id) FROM run)";
        self.execute(newest_stays, [last])?;
        let sql = "DELETE FROM change WHERE state = ?1 AND run_id <= ?2 AND NOT time BETWEEN ?3 AND ?4";
        self.execute(sql, params![ChangeState::Exported.name(), last, since.0, now.0]).map(drop)
    }
}

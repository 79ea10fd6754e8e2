//! Imports: who was seen.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{
    State,
    history::{CURRENT_RUN, INTERRUPTED},
    json,
};
use crate::{
    error::Result,
    model::{Named, Timestamp},
};

/// Why a recipient that was seen earlier counts as gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString, VariantArray)]
pub enum Gone {
    /// The source shows a tombstone.
    Deleted,
    /// It exists outside the profile's scope.
    OutOfScope,
    /// It has been missing longer than the missing period.
    Missing,
    /// It is missing, and its address is another recipient's by now.
    AddressReassigned,
    /// It is a place at the target that somebody of the source had, and has another address by now.
    PlaceRenamed,
}

/// One recipient as one import saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The recipient's key in the source.
    pub anchor: String,
    /// Its primary address in lower case, if it has one.
    pub address: Option<String>,
    /// Since when imports no longer show it.
    pub missing_since: Option<Timestamp>,
    /// Why it counts as gone, if it does.
    pub gone: Option<Gone>,
    /// The run that read it; `None`: the next one has to.
    pub seen_by: Option<i64>,
    /// The version of the object that was read, where the source has any.
    pub version: Option<String>,
}

/// What the last guarded and completed import counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The run that imported so.
    pub run_id: i64,
    /// Its recipients that had certificate values.
    pub with_values: u64,
}

impl State {
    /// The run whose import is in force.
    pub fn current_run(&self) -> Result<Option<i64>> {
        self.run_number(CURRENT_RUN)
    }

    /// Pairs of anchors in the import of `run_id`: one that it no longer shows and for which something is published,
    /// and one that it shows, with the same primary address or, where neither has any, user principal name.
    pub fn successors(&self, run_id: i64) -> Result<Vec<(String, String)>> {
        let sql = "WITH absent AS MATERIALIZED (SELECT anchor, address FROM import WHERE run_id = ?1 AND missing_since IS NOT NULL
                       AND EXISTS (SELECT 1 FROM managed WHERE anchor = import.anchor)),
                   unaddressed AS (SELECT i.anchor, i.missing_since, lower(json_extract(e.recipient, '$.user_principal_name')) AS name
                       FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                       WHERE EXISTS (SELECT 1 FROM absent WHERE address IS NULL) AND i.run_id = ?1 AND i.address IS NULL)
                   SELECT absent.anchor, new.anchor FROM absent
                       JOIN import AS new ON new.run_id = ?1 AND new.address = absent.address AND new.missing_since IS NULL
                   UNION
                   SELECT absent.anchor, new.anchor FROM absent JOIN unaddressed AS old ON old.anchor = absent.anchor
                       JOIN unaddressed AS new ON new.name = old.name AND new.missing_since IS NULL
                   ORDER BY 1, 2";
        self.query(sql, [run_id], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Notes in the import of `run_id` why a recipient that it no longer shows counts as gone, unless it does already.
    pub fn set_gone(&self, run_id: i64, anchor: &str, gone: Gone) -> Result<()> {
        self.execute(
            "UPDATE import SET gone = coalesce(gone, ?3) WHERE run_id = ?1 AND anchor = ?2",
            rusqlite::params![run_id, anchor, gone.name()],
        )
        .map(drop)
    }

    /// Whether the recipient `anchor` counts as gone in the import of `run_id`.
    pub fn is_gone(&self, run_id: i64, anchor: &str) -> Result<bool> {
        let sql = "SELECT count(*) FROM import WHERE run_id = ?1 AND anchor = ?2 AND gone IS NOT NULL";
        Ok(self.number(sql, rusqlite::params![run_id, anchor])? > 0)
    }

    /// Notes that the import of `run_id` saw this recipient (or carried it over).
    /// `false` where the import has it already.
    pub fn add_import(&self, run_id: i64, row: &ImportRow) -> Result<bool> {
        let added = self.execute(
            "INSERT OR IGNORE INTO import(run_id, anchor, address, missing_since, gone, seen_by, version)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            rusqlite::params![
                run_id,
                row.anchor,
                row.address,
                row.missing_since.map(|t| t.0),
                row.gone.map(Gone::name),
                row.seen_by,
                row.version,
            ],
        )?;
        Ok(added == 1)
    }

    /// Takes a recipient out of the import of `run_id` again.
    pub fn remove_import(&self, run_id: i64, anchor: &str) -> Result<()> {
        self.execute(
            "DELETE FROM import WHERE run_id = ?1 AND anchor = ?2",
            rusqlite::params![run_id, anchor],
        )
        .map(drop)
    }

    /// How many recipients the import in force has.
    pub fn import_count(&self) -> Result<u64> {
        let current = self.current_run()?.unwrap_or(0);
        Ok(self.number("SELECT count(*) FROM import WHERE run_id = ?1", [current])?.unsigned_abs())
    }

    /// Recipients of the import in force that the import of `run_id` has not seen, after `after`, `limit` at most; with
    /// those for whom a run with identities published something, and then was canceled.
    pub fn unseen(&self, run_id: i64, after: &str, limit: usize) -> Result<Vec<ImportRow>> {
        let sql = "SELECT anchor, address, missing_since, gone FROM import AS old
                   WHERE run_id = ?4 AND anchor > ?2
                     AND NOT EXISTS (SELECT 1 FROM import WHERE run_id = ?1 AND anchor = old.anchor)
                   UNION ALL
                   SELECT l.anchor, lower(json_extract(e.recipient, '$.address')), NULL, NULL
                   FROM link AS l JOIN evaluation AS e ON e.anchor = l.anchor
                   WHERE l.anchor > ?2
                     AND NOT EXISTS (SELECT 1 FROM import WHERE run_id = ?1 AND anchor = l.anchor)
                     AND NOT EXISTS (SELECT 1 FROM import WHERE run_id = ?4 AND anchor = l.anchor)
                   ORDER BY 1 LIMIT ?3";
        let current = self.current_run()?.unwrap_or(0);
        self.import_rows(sql, rusqlite::params![run_id, after, limit as i64, current])
    }

    /// Recipients that the import of `run_id` no longer shows and whose published values stay until the missing period
    /// ends, after `after`, `limit` at most. What goes by approval only waits for that.
    pub fn kept_while_missing(&self, run_id: i64, after: &str, limit: usize) -> Result<Vec<ImportRow>> {
        let sql = "SELECT anchor, address, missing_since, gone FROM import AS absent
                   WHERE run_id = ?1 AND anchor > ?2 AND missing_since IS NOT NULL AND gone IS NULL
                     AND anchor NOT IN (SELECT anchor FROM orphan)
                     AND (EXISTS (SELECT 1 FROM managed WHERE anchor = absent.anchor)
                       OR EXISTS (SELECT 1 FROM change WHERE anchor = absent.anchor AND state = 'InFlight'))
                   ORDER BY anchor LIMIT ?3";
        self.import_rows(sql, rusqlite::params![run_id, after, limit as i64])
    }

    fn import_rows(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<ImportRow>> {
        let rows = self.query(sql, parameters, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<String>>(3)?))
        })?;
        let import = |(anchor, address, missing_since, gone): (_, _, _, Option<String>)| {
            let gone = self.gone(gone.as_deref())?;
            Ok(ImportRow { anchor, address, missing_since, gone, seen_by: None, version: None })
        };
        rows.into_iter().map(import).collect()
    }

    /// Why a recipient counts as gone, by the name that is stored.
    pub(super) fn gone(&self, name: Option<&str>) -> Result<Option<Gone>> {
        name.map(|name| self.known(name, "reason of a recipient to be gone")).transpose()
    }

    /// What the last guarded and completed import counted.
    pub fn baseline(&self) -> Result<Option<Baseline>> {
        let Some(text) = self.setting("baseline")? else { return Ok(None) };
        let baseline: Baseline = self.stored(&text)?;
        self.check_run_number("baseline", baseline.run_id)?;
        Ok(Some(baseline))
    }

    /// Keeps what the next run is compared with.
    pub fn set_baseline(&self, baseline: Baseline) -> Result<()> {
        self.set_setting("baseline", &json(&baseline)?)
    }

    /// Makes the import of `run_id`, a full one, the one in force: one short transaction.
    pub fn complete_import(&self, run_id: i64) -> Result<()> {
        self.transaction(|state| {
            state.set_setting(CURRENT_RUN, &run_id.to_string())?;
            state.remove_setting(INTERRUPTED)
        })?;
        self.judges_anew.set(false);
        Ok(())
    }

    /// Puts the recipients that a run with identities read into the import in force (or makes them it, if
    /// there is none yet).
    pub fn merge_import(&self, run_id: i64) -> Result<()> {
        self.transaction(|state| {
            let Some(current) = state.current_run()? else {
                return state.set_setting(CURRENT_RUN, &run_id.to_string());
            };
            state.execute(
                "DELETE FROM import WHERE run_id = ?1 AND anchor IN (SELECT anchor FROM import WHERE run_id = ?2)",
                [current, run_id],
            )?;
            // What was read by itself, perhaps of another server, is read again.
            state.execute("UPDATE import SET run_id = ?1, seen_by = NULL WHERE run_id = ?2", [current, run_id]).map(drop)
        })
    }

    /// Removes import rows that were superseded (or never came into force), and what only they needed:
    /// the state does not grow with the number of runs.
    pub fn sweep_imports(&self) -> Result<()> {
        let current = self.current_run()?.unwrap_or(0);
        // By ranges of the key: rows that are not equal would be looked for one by one.
        self.execute("DELETE FROM import WHERE run_id < ?1", [current])?;
        self.execute("DELETE FROM import WHERE run_id > ?1", [current])?;
        self.sweep_unmet()?;
        // Who is in no import and nowhere at the target has nothing left to be done.
        let unneeded = "SELECT anchor FROM evaluation EXCEPT SELECT anchor FROM import WHERE run_id = ?1
                        EXCEPT SELECT anchor FROM link";
        let unneeded: Vec<String> = self.query(unneeded, [current], |row| row.get(0))?;
        unneeded.iter().try_for_each(|anchor| {
            let open = "DELETE FROM change WHERE anchor = ?1 AND state <> 'Exported' AND state <> 'InFlight'";
            self.execute(open, [anchor])?;
            self.execute("DELETE FROM evaluation WHERE anchor = ?1", [anchor]).map(drop)
        })
    }
}

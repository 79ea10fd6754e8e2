//! Changes and their states.

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::{State, json};
use crate::{
    error::Result,
    model::{Change, ChangeKind, ChangeState, Finding, Fingerprint, Named, PublishedValue, Timestamp},
};

/// The change of a recipient that is not at the target yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChange {
    /// Its number within the state, which grows with time.
    pub id: i64,
    /// Never `Exported`: that is no longer open.
    pub state: ChangeState,
    /// What was desired when it was planned.
    pub desired: Fingerprint,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_try: Option<Timestamp>,
}

/// How a change turned out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its state from now on.
    pub state: ChangeState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_try: Option<Timestamp>,
    /// Why the target refused it.
    pub error: Option<String>,
}

impl Outcome {
    /// The change is at the target.
    pub fn exported(change: &Change) -> Self {
        Self { state: ChangeState::Exported, attempts: change.attempts + 1, next_try: None, error: None }
    }
}

/// Which changes are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// Only those of this run; none: of all.
    pub run_id: Option<i64>,
    /// Only those in one of these states; none: all.
    pub states: Vec<ChangeState>,
}

/// The part of a change that stays as it was planned.
#[derive(Serialize, Deserialize)]
struct Planned {
    display_name: Option<String>,
    before: Vec<PublishedValue>,
    after: Vec<PublishedValue>,
    reasons: Vec<String>,
    findings: Vec<Finding>,
    #[serde(default)]
    replacement: bool,
}

impl Planned {
    fn of(change: &Change) -> Self {
        Self {
            display_name: change.display_name.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            reasons: change.reasons.clone(),
            findings: change.findings.clone(),
            replacement: change.replacement,
        }
    }
}

const COLUMNS: &str = "id, run_id, anchor, recipient, kind, state, attempts, next_try, error, time, record";

/// Changes read at a time.
const PAGE: usize = 500;

impl State {
    /// The open change of a recipient; there is one at most.
    pub fn open_change(&self, anchor: &str) -> Result<Option<OpenChange>> {
        let sql = "SELECT id, state, desired, attempts, next_try FROM change WHERE anchor = ?1 AND state <> 'Exported'";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        let read = |row: &Row<'_>| {
            Ok(OpenChange {
                id: row.get(0)?,
                state: state_of(row, 1)?,
                desired: Fingerprint(row.get(2)?),
                attempts: row.get(3)?,
                next_try: row.get(4)?,
            })
        };
        statement.query_row([anchor], read).optional().map_err(|e| self.failed(e))
    }

    /// Whether a change of this recipient was interrupted and could not be read back yet.
    pub fn is_in_flight(&self, anchor: &str) -> Result<bool> {
        Ok(self.open_change(anchor)?.is_some_and(|open| open.state == ChangeState::InFlight))
    }

    /// Keeps a change, in the place of the recipient's open one if there is any. Returns its number.
    pub fn put_change(&self, change: &Change, desired: Fingerprint) -> Result<i64> {
        self.execute("DELETE FROM change WHERE anchor = ?1 AND state <> 'Exported'", [&change.anchor])?;
        self.execute(
            "INSERT INTO change(run_id, anchor, recipient, kind, state, desired, attempts, next_try, error, time, record)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                change.run_id,
                change.anchor,
                change.recipient,
                change.change.name(),
                change.state.name(),
                desired.0,
                change.attempts,
                change.next_try.map(|t| t.0),
                change.error,
                change.time.0,
                json(&Planned::of(change))?,
            ],
        )?;
        Ok(self.connection().last_insert_rowid())
    }

    /// Keeps the findings of a change, where exporting it brought new ones.
    pub fn set_findings(&self, change: &Change) -> Result<()> {
        let record = json(&Planned::of(change))?;
        self.execute("UPDATE change SET record = ?2 WHERE id = ?1", params![change.id, record]).map(drop)
    }

    /// Forgets the open change of a recipient: it has become moot.
    pub fn drop_open_change(&self, anchor: &str) -> Result<()> {
        self.execute("DELETE FROM change WHERE anchor = ?1 AND state <> 'Exported'", [anchor]).map(drop)
    }

    /// Moves a change to its outcome.
    pub fn set_outcome(&self, id: i64, outcome: &Outcome, now: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE change SET state = ?2, attempts = ?3, next_try = ?4, error = ?5, time = ?6 WHERE id = ?1",
            params![
                id,
                outcome.state.name(),
                outcome.attempts,
                outcome.next_try.map(|t| t.0),
                outcome.error,
                now.0
            ],
        )?;
        if outcome.state == ChangeState::Exported { self.note_removal(id, now) } else { Ok(()) }
    }

    /// Keeps where at the target a change is about to be written, as long as it is in flight.
    pub fn set_place(&self, id: i64, place: Option<&str>) -> Result<()> {
        self.execute("UPDATE change SET place = ?2 WHERE id = ?1", params![id, place]).map(drop)
    }

    /// Where at the target a change was about to be written.
    pub fn place(&self, id: i64) -> Result<Option<String>> {
        let places = self.query("SELECT place FROM change WHERE id = ?1", [id], |row| row.get(0))?;
        Ok(places.into_iter().next().flatten())
    }

    /// Moves all changes of a run that are in one state to another; returns how many.
    pub fn move_changes(&self, run_id: i64, from: ChangeState, to: ChangeState) -> Result<usize> {
        let sql = "UPDATE change SET state = ?3 WHERE run_id = ?1 AND state = ?2";
        self.execute(sql, params![run_id, from.name(), to.name()])
    }

    /// How many changes of a run are in one state.
    pub fn change_count(&self, run_id: i64, state: ChangeState) -> Result<u64> {
        let sql = "SELECT count(*) FROM change WHERE run_id = ?1 AND state = ?2";
        Ok(self.number(sql, params![run_id, state.name()])?.unsigned_abs())
    }

    /// Hands every change of a run in that state to `sink`, in their order, page by page.
    pub fn each_change(
        &self,
        state: ChangeState,
        run_id: i64,
        sink: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<()> {
        let mut after = 0;
        loop {
            let page = self.changes_in(state, Some(run_id), after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            page.into_iter().try_for_each(&mut *sink)?;
        }
    }

    /// Changes of one state with numbers above `after`, in their order; of one run, or of all.
    pub fn changes_in(
        &self,
        state: ChangeState,
        run_id: Option<i64>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Change>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM change WHERE state = ?1 AND id > ?2 AND (?3 IS NULL OR run_id = ?3) ORDER BY id LIMIT ?4"
        );
        let rows = self.query(&sql, params![state.name(), after, run_id, limit as i64], ChangeText::read)?;
        rows.into_iter().map(|text| text.parse(self)).collect()
    }

    /// The change of a recipient that a run has planned and not begun.
    pub fn pending_change(&self, anchor: &str, run_id: i64) -> Result<Option<Change>> {
        let sql =
            format!("SELECT {COLUMNS} FROM change WHERE anchor = ?1 AND run_id = ?2 AND state = 'Pending'");
        let rows = self.query(&sql, params![anchor, run_id], ChangeText::read)?;
        rows.into_iter().next().map(|text| text.parse(self)).transpose()
    }

    /// Changes by filter, the newest first, with numbers below `before`.
    pub fn changes(&self, filter: &ChangeFilter, before: i64, limit: usize) -> Result<Vec<Change>> {
        let states =
            filter.states.iter().map(|state| format!("'{}'", state.name())).collect::<Vec<_>>().join(",");
        let states = if states.is_empty() { String::new() } else { format!("AND state IN ({states})") };
        let sql = format!(
            "SELECT {COLUMNS} FROM change WHERE id < ?1 AND (?2 IS NULL OR run_id = ?2) {states} ORDER BY id DESC LIMIT ?3"
        );
        let rows = self.query(&sql, params![before, filter.run_id, limit as i64], ChangeText::read)?;
        rows.into_iter().map(|text| text.parse(self)).collect()
    }
}

struct ChangeText {
    change: Change,
    record: String,
}

impl ChangeText {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let kind: String = row.get(4)?;
        let change = Change {
            id: row.get(0)?,
            run_id: row.get(1)?,
            profile_name: String::new(),
            anchor: row.get(2)?,
            recipient: row.get(3)?,
            display_name: None,
            change: ChangeKind::from_name(&kind).ok_or_else(|| unknown(4, "kind of a change", &kind))?,
            replacement: false,
            state: state_of(row, 5)?,
            before: Vec::new(),
            after: Vec::new(),
            reasons: Vec::new(),
            findings: Vec::new(),
            attempts: row.get(6)?,
            next_try: row.get(7)?,
            error: row.get(8)?,
            time: row.get(9)?,
        };
        Ok(Self { change, record: row.get(10)? })
    }

    fn parse(self, state: &State) -> Result<Change> {
        let planned: Planned = state.stored(&self.record)?;
        Ok(Change {
            profile_name: state.profile_name(),
            display_name: planned.display_name,
            before: planned.before,
            after: planned.after,
            reasons: planned.reasons,
            findings: planned.findings,
            replacement: planned.replacement,
            ..self.change
        })
    }
}

fn state_of(row: &Row<'_>, column: usize) -> rusqlite::Result<ChangeState> {
    let name: String = row.get(column)?;
    ChangeState::from_name(&name).ok_or_else(|| unknown(column, "state of a change", &name))
}

fn unknown(column: usize, what: &str, name: &str) -> rusqlite::Error {
    let what = format!("the {what} '{name}' is not known");
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
}

//! What the guard remembers of earlier runs.

use rusqlite::params;

use super::State;
use crate::{
    error::Result,
    model::{ChangeKind, Named, Timestamp},
};

/// Days that removals and populations are remembered: longer than the guard may look back, so that a clock that was
/// ahead for a while forgets nothing.
const REMEMBERED_DAYS: i64 = 2 * 366;

impl State {
    /// Marks changes that count for the guard over time once they are exported.
    pub fn mark_counting(&self, changes: &[i64]) -> Result<()> {
        let sql = "UPDATE change SET counts = 1 WHERE id = ?1";
        changes.iter().try_for_each(|id| self.execute(sql, [id]).map(drop))
    }

    /// Remembers a removal that was exported, if it counts. One that was approved counts no more, nor does what the
    /// same recipient lost before.
    pub(super) fn note_removal(&self, change: i64, now: Timestamp) -> Result<()> {
        let remove = ChangeKind::Remove.name();
        self.execute(
            "DELETE FROM removal WHERE anchor IN (SELECT anchor FROM change WHERE id = ?1 AND kind = ?2)",
            params![change, remove],
        )?;
        self.execute(
            "INSERT INTO removal(anchor, time)
             SELECT anchor, ?3 FROM change WHERE id = ?1 AND kind = ?2 AND counts = 1",
            params![change, remove, now.0],
        )
        .map(drop)
    }

    /// Recipients that lost what was published for them after `since`. A time that has yet to come was written under
    /// another clock: it counts.
    pub fn removals_since(&self, since: Timestamp) -> Result<u64> {
        Ok(self.number("SELECT count(*) FROM removal WHERE time > ?1", [since.0])?.unsigned_abs())
    }

    /// Recipients whose last exported change, after `since`, is a replacement that counts, and that the pending plan of
    /// `run_id` does not replace again.
    pub fn replacements_since(&self, since: Timestamp, run_id: i64) -> Result<u64> {
        let sql = "SELECT count(*) FROM (SELECT max(id), anchor, kind, counts, time FROM change
                       WHERE state = 'Exported' GROUP BY anchor) AS last
                   WHERE kind = ?1 AND counts = 1 AND time > ?2 AND NOT EXISTS (SELECT 1 FROM change AS new
                       WHERE new.anchor = last.anchor AND new.state <> 'Exported' AND new.state = 'Pending'
                           AND new.run_id = ?3)";
        Ok(self.number(sql, params![ChangeKind::Update.name(), since.0, run_id])?.unsigned_abs())
    }

    /// Forgets the removals of whoever has managed values again.
    pub fn forget_republished(&self) -> Result<()> {
        self.execute("DELETE FROM removal WHERE anchor IN (SELECT anchor FROM managed)", []).map(drop)
    }

    /// Forgets the removals of those whom the import of `run_id` shows with a usable encryption certificate again.
    pub fn forget_usable_again(&self, run_id: i64) -> Result<()> {
        self.execute(
            "DELETE FROM removal WHERE anchor IN
                 (SELECT i.anchor FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                  WHERE i.run_id = ?1 AND e.desired <> '[]')",
            [run_id],
        )
        .map(drop)
    }

    /// Forgets all removals and populations: they were another target's.
    pub(super) fn forget_removals(&self) -> Result<()> {
        self.execute("DELETE FROM removal", [])?;
        self.execute("DELETE FROM population", []).map(drop)
    }

    /// The highest number of recipients with something published after `since` and until `now`.
    pub fn highest_population(&self, since: Timestamp, now: Timestamp) -> Result<Option<u64>> {
        let sql = "SELECT coalesce(max(recipients), -1) FROM population WHERE time > ?1 AND time <= ?2";
        Ok(u64::try_from(self.number(sql, [since.0, now.0])?).ok())
    }

    /// Remembers how many recipients had something published at `now`. What is from a time that has yet to come is set
    /// right: a removal was made now at the latest, and a population tells nothing of any time.
    pub fn note_population(&self, recipients: u64, now: Timestamp) -> Result<()> {
        let recipients = i64::try_from(recipients).unwrap_or(i64::MAX);
        // Less at an earlier time is never the highest.
        let moot = "DELETE FROM population WHERE time > ?1 OR (time <= ?1 AND recipients <= ?2) OR time < ?3";
        let forgotten = now.plus(-REMEMBERED_DAYS * 24 * 3600);
        self.execute(moot, params![now.0, recipients, forgotten.0])?;
        // Of two runs within one second, the higher number.
        let add = "INSERT OR IGNORE INTO population(time, recipients) VALUES (?1, ?2)";
        self.execute(add, [now.0, recipients])?;
        self.execute("UPDATE removal SET time = ?1 WHERE time > ?1", [now.0])?;
        self.execute("DELETE FROM removal WHERE time < ?1", [forgotten.0]).map(drop)
    }
}

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

/// Where somebody loses the last certificate: each is guarded by itself, since who lost it in the directory may have it at
/// the target until the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    /// Where the profile publishes.
    Target = 1,
    /// Where the values are put right in place.
    Directory = 2,
}

impl State {
    /// Marks changes that count for the guard over time once they are exported.
    pub fn mark_counting(&self, changes: &[i64], place: Guarded) -> Result<()> {
        let sql = "UPDATE change SET counts = ?2 WHERE id = ?1";
        changes.iter().try_for_each(|id| self.execute(sql, [*id, place as i64]).map(drop))
    }

    /// Remembers a removal that was exported, if it counts. One that was approved counts no more, nor does what the
    /// same recipient lost before.
    pub(super) fn note_removal(&self, change: i64, now: Timestamp) -> Result<()> {
        let remove = ChangeKind::Remove.name();
        self.execute(
            "DELETE FROM removal WHERE EXISTS (SELECT 1 FROM change AS c WHERE c.id = ?1 AND c.kind = ?2
                 AND c.anchor = removal.anchor AND c.counts IN (0, removal.place))",
            params![change, remove],
        )?;
        self.execute(
            "INSERT INTO removal(anchor, place, time)
             SELECT anchor, counts, ?3 FROM change WHERE id = ?1 AND kind = ?2 AND counts > 0",
            params![change, remove, now.0],
        )
        .map(drop)
    }

    /// Recipients that lost what they had there after `since`, but those that the pending plan of `run_id` takes it from
    /// again: nobody loses the last one twice. A time that has yet to come was written under another clock: it counts.
    pub fn removals_since(&self, since: Timestamp, run_id: i64, place: Guarded) -> Result<u64> {
        let sql = "SELECT count(*) FROM removal WHERE time > ?1 AND place = ?2 AND NOT EXISTS
                       (SELECT 1 FROM change AS new WHERE new.anchor = removal.anchor AND new.kind = ?3
                           AND new.state = 'Pending' AND new.run_id = ?4)";
        let remove = ChangeKind::Remove.name();
        Ok(self.number(sql, params![since.0, place as i64, remove, run_id])?.unsigned_abs())
    }

    /// Recipients whose last exported change, after `since`, is a replacement that counts, and that the pending plan of
    /// `run_id` does not replace again.
    pub fn replacements_since(&self, since: Timestamp, run_id: i64) -> Result<u64> {
        let sql = "SELECT count(*) FROM (SELECT max(id), anchor, kind, counts, time FROM change
                       WHERE state = 'Exported' GROUP BY anchor) AS last
                   WHERE kind = ?1 AND counts <> 0 AND time > ?2 AND NOT EXISTS (SELECT 1 FROM change AS new
                       WHERE new.anchor = last.anchor AND new.state = 'Pending'
                           AND new.run_id = ?3)";
        Ok(self.number(sql, params![ChangeKind::Update.name(), since.0, run_id])?.unsigned_abs())
    }

    /// Forgets the removals of whoever has something again: managed values at the target, and in the directory, as the
    /// import of `run_id` shows it, a usable encryption certificate.
    pub fn forget_regained(&self, run_id: i64) -> Result<()> {
        let republished = "DELETE FROM removal WHERE place = ?1
                               AND EXISTS (SELECT 1 FROM managed WHERE anchor = removal.anchor)";
        self.execute(republished, [Guarded::Target as i64])?;
        self.execute(
            "DELETE FROM removal WHERE place = ?1 AND EXISTS
                 (SELECT 1 FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                  WHERE i.run_id = ?2 AND i.anchor = removal.anchor AND e.has_desired)",
            [Guarded::Directory as i64, run_id],
        )
        .map(drop)
    }

    /// Forgets all removals and populations at the target: they were another one's.
    pub(super) fn forget_removals(&self) -> Result<()> {
        let target = [Guarded::Target as i64];
        self.execute("DELETE FROM removal WHERE place = ?1", target)?;
        self.execute("DELETE FROM population WHERE place = ?1", target).map(drop)
    }

    /// The highest number of recipients that had something there after `since` and until `now`.
    pub fn highest_population(
        &self,
        since: Timestamp,
        now: Timestamp,
        place: Guarded,
    ) -> Result<Option<u64>> {
        let sql = "SELECT coalesce(max(recipients), -1) FROM population
                   WHERE time > ?1 AND time <= ?2 AND place = ?3";
        Ok(u64::try_from(self.number(sql, [since.0, now.0, place as i64])?).ok())
    }

    /// How many recipients of the import in force have a usable encryption certificate.
    pub fn imported_with_usable(&self) -> Result<u64> {
        let Some(current) = self.current_run()? else { return Ok(0) };
        let sql = "SELECT count(*) FROM evaluation AS e INDEXED BY evaluation_kept
                       CROSS JOIN import AS i ON i.run_id = ?1 AND i.anchor = e.anchor
                   WHERE e.has_desired";
        Ok(self.number(sql, [current])?.unsigned_abs())
    }

    /// Remembers how many recipients had something there at `now`. What is from a time that has yet to come is set
    /// right: a removal was made now at the latest, and a population tells nothing of any time.
    pub fn note_population(&self, recipients: u64, now: Timestamp, place: Guarded) -> Result<()> {
        let recipients = i64::try_from(recipients).unwrap_or(i64::MAX);
        // Less at an earlier time is never the highest.
        let moot = "DELETE FROM population WHERE place = ?4
                        AND (time > ?1 OR (time <= ?1 AND recipients <= ?2) OR time < ?3)";
        let forgotten = now.plus(-REMEMBERED_DAYS * 24 * 3600);
        self.execute(moot, params![now.0, recipients, forgotten.0, place as i64])?;
        // Of two runs within one second, the higher number.
        let add = "INSERT OR IGNORE INTO population(time, recipients, place) VALUES (?1, ?2, ?3)";
        self.execute(add, [now.0, recipients, place as i64])?;
        self.execute("UPDATE removal SET time = ?1 WHERE time > ?1", [now.0])?;
        self.execute("DELETE FROM removal WHERE time < ?1", [forgotten.0]).map(drop)
    }

    /// How many recipients with values the import of `run_id` shows beyond one an address.
    pub fn sharing_addresses(&self, run_id: i64) -> Result<u64> {
        let sql = "SELECT count(*) - count(DISTINCT i.address) FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                   WHERE i.run_id = ?1 AND i.missing_since IS NULL AND e.has_values AND i.address IN
                       (SELECT address FROM import WHERE run_id = ?1 GROUP BY address HAVING count(*) > 1)";
        Ok(self.number(sql, [run_id])?.unsigned_abs())
    }
}

//! Who was as desired when a run planned everybody, and of whom nothing has been kept since: triggers of the schema forget
//! whoever has another evaluation, link, managed value or change by now, or was looked for in vain.

use super::State;
use crate::error::Result;

/// A recipient that was as desired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsDesired {
    /// Its anchor in the source.
    pub anchor: String,
    /// The target's own key for it.
    pub key: String,
}

impl State {
    /// Keeps that the recipient `anchor` is as desired.
    pub fn note_as_desired(&self, anchor: &str) -> Result<()> {
        self.execute("INSERT OR IGNORE INTO as_desired(anchor) VALUES (?1)", [anchor]).map(drop)
    }

    /// The recipient `anchor` may not be as desired any more.
    pub fn forget_as_desired(&self, anchor: &str) -> Result<()> {
        self.execute("DELETE FROM as_desired WHERE anchor = ?1", [anchor]).map(drop)
    }

    /// Nobody is known to be as desired.
    pub fn forget_all_as_desired(&self) -> Result<()> {
        self.execute("DELETE FROM as_desired", []).map(drop)
    }

    /// Forgets those whom the import of `run_id` does not show, and those whose primary address another one has, too.
    pub fn narrow_as_desired(&self, run_id: i64) -> Result<()> {
        self.execute(
            "DELETE FROM as_desired WHERE NOT EXISTS (SELECT 1 FROM import AS i WHERE i.run_id = ?1
                 AND i.anchor = as_desired.anchor AND i.missing_since IS NULL AND i.gone IS NULL)",
            [run_id],
        )?;
        self.execute(
            "DELETE FROM as_desired WHERE anchor IN (SELECT anchor FROM import WHERE run_id = ?1 AND address IN
                 (SELECT address FROM import WHERE run_id = ?1 AND address IS NOT NULL GROUP BY address HAVING count(*) > 1))",
            [run_id],
        )
        .map(drop)
    }

    /// Those after the anchor `after`, in the order of their anchors.
    pub fn as_desired_after(&self, after: &str, limit: usize) -> Result<Vec<AsDesired>> {
        let sql = "SELECT d.anchor, l.target FROM as_desired AS d JOIN link AS l ON l.anchor = d.anchor
                   WHERE d.anchor > ?1 ORDER BY d.anchor LIMIT ?2";
        self.query(sql, rusqlite::params![after, limit as i64], |row| {
            Ok(AsDesired { anchor: row.get(0)?, key: row.get(1)? })
        })
    }

    /// How many there are.
    pub fn as_desired_count(&self) -> Result<u64> {
        Ok(self.number("SELECT count(*) FROM as_desired", [])?.unsigned_abs())
    }
}

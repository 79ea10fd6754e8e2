//! What is published and nobody in the source wants, and no run of this state has published: a state was lost, and
//! meanwhile people left. It goes by approval only.

use rusqlite::params;

use super::{State, import::Gone};
use crate::{error::Result, model::Named};

/// What the import of a run knows of an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// The source shows the recipient.
    pub present: bool,
    /// It has values.
    pub has_values: bool,
    /// Something of it is to be published.
    pub has_desired: bool,
}

impl State {
    /// How many recipients count as gone for this reason in the import of `run_id`.
    pub fn gone_count(&self, run_id: i64, gone: Gone) -> Result<u64> {
        let sql = "SELECT count(*) FROM import WHERE run_id = ?1 AND gone = ?2";
        Ok(self.number(sql, params![run_id, gone.name()])?.unsigned_abs())
    }

    /// Notes that a recipient of the target is wanted by nobody in the source.
    pub fn add_orphan(&self, anchor: &str) -> Result<()> {
        self.execute("INSERT OR IGNORE INTO orphan(anchor) VALUES (?1)", [anchor]).map(drop)
    }

    /// Forgets those for whom nothing is published any more, and those for whom the import of `run_id` has something
    /// to publish again.
    pub fn sweep_orphans(&self, run_id: i64) -> Result<()> {
        self.execute(
            "DELETE FROM orphan WHERE anchor NOT IN (SELECT anchor FROM link) OR anchor IN
                 (SELECT o.anchor FROM orphan AS o JOIN import AS i ON i.run_id = ?1 AND i.anchor = o.anchor
                      JOIN evaluation AS e ON e.anchor = o.anchor
                  WHERE i.missing_since IS NULL AND e.has_desired)",
            [run_id],
        )
        .map(drop)
    }

    /// How many there are.
    pub fn orphan_count(&self) -> Result<u64> {
        Ok(self.number("SELECT count(*) FROM orphan", [])?.unsigned_abs())
    }

    /// The target's own keys of those after the key `after`, in their order.
    pub fn orphan_keys(&self, after: &str, limit: usize) -> Result<Vec<String>> {
        let sql = "SELECT l.target FROM orphan AS o JOIN link AS l ON l.anchor = o.anchor
                   WHERE l.target > ?1 ORDER BY l.target LIMIT ?2";
        self.query(sql, params![after, limit as i64], |row| row.get(0))
    }

    /// Whether a recipient is one of them.
    pub fn is_orphan(&self, anchor: &str) -> Result<bool> {
        Ok(self.number("SELECT count(*) FROM orphan WHERE anchor = ?1", [anchor])? > 0)
    }

    /// What the import of `run_id` knows of an anchor; `None`: nothing.
    pub fn sight_of(&self, run_id: i64, anchor: &str) -> Result<Option<Sight>> {
        let sql = "SELECT i.missing_since IS NULL, e.has_values, e.desired <> '[]' FROM import AS i
                       JOIN evaluation AS e ON e.anchor = i.anchor WHERE i.run_id = ?1 AND i.anchor = ?2";
        let rows = self.query(sql, params![run_id, anchor], |row| {
            Ok(Sight { present: row.get(0)?, has_values: row.get(1)?, has_desired: row.get(2)? })
        })?;
        Ok(rows.into_iter().next())
    }

    /// The primary address and the user principal name of each recipient of the import of `run_id` after the anchor
    /// `after`, in lower case, with the anchor.
    pub fn names_after(&self, run_id: i64, after: &str, limit: usize) -> Result<Vec<(String, Vec<String>)>> {
        let sql = "SELECT i.anchor, i.address, json_extract(e.recipient, '$.user_principal_name')
                   FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                   WHERE i.run_id = ?1 AND i.anchor > ?2 ORDER BY i.anchor LIMIT ?3";
        self.query(sql, params![run_id, after, limit as i64], |row| {
            let names = [row.get::<_, Option<String>>(1)?, row.get::<_, Option<String>>(2)?];
            Ok((row.get(0)?, names.into_iter().flatten().map(|name| name.to_lowercase()).collect()))
        })
    }

    /// Anchors of linked recipients that the import of `run_id` shows: `many` of them from the place `from` on in the
    /// order of the anchors, and from the first again after the last.
    pub fn links_from(&self, run_id: i64, from: u64, many: u64) -> Result<Vec<String>> {
        let linked = "FROM link AS l JOIN import AS i ON i.run_id = ?1 AND i.anchor = l.anchor
                      WHERE i.missing_since IS NULL";
        let all = self.number(&format!("SELECT count(*) {linked}"), [run_id])?.unsigned_abs();
        let sql = format!("SELECT l.anchor {linked} ORDER BY l.anchor LIMIT ?2 OFFSET ?3");
        let place = from.checked_rem(all).unwrap_or(0);
        let many = many.min(all);
        let until_the_last = many.min(all - place);
        let mut anchors = Vec::new();
        for (place, some) in [(place, until_the_last), (0, many - until_the_last)] {
            let [some, place] = [some, place].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
            anchors.extend(self.query(&sql, [run_id, some, place], |row| row.get::<_, String>(0))?);
        }
        Ok(anchors)
    }
}

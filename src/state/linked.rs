//! Recipients of whom the state knows where they are at the target.

use super::State;
use crate::{error::Result, model::RecipientRecord};

/// A recipient that an earlier run has linked.
#[derive(Debug, Clone, PartialEq)]
pub struct Linked {
    /// Its anchor in the source.
    pub anchor: String,
    /// The target's own key.
    pub key: String,
    /// What is known of it.
    pub recipient: RecipientRecord,
}

impl State {
    /// A few recipients whose key at the target begins with `prefix`: those of whom most is published come first.
    pub fn linked(&self, prefix: &str, limit: usize) -> Result<Vec<Linked>> {
        let sql = "SELECT l.anchor, l.target, e.recipient FROM link AS l JOIN evaluation AS e ON e.anchor = l.anchor
                   WHERE substr(l.target, 1, length(?1)) = ?1
                   ORDER BY (SELECT count(DISTINCT attribute) FROM managed AS m WHERE m.anchor = l.anchor) DESC, l.target
                   LIMIT ?2";
        let rows = self.query(sql, rusqlite::params![prefix, limit as i64], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))
        })?;
        let linked = |(anchor, key, text): (String, String, String)| {
            Ok(Linked { anchor, key, recipient: self.stored(&text)? })
        };
        rows.into_iter().map(linked).collect()
    }
}

//! Who was looked for at the target, and is not written there, or has nothing of ours there: until when nobody is looked
//! for again.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row};

use super::State;
use crate::{
    error::Result,
    model::{Exclusion, Fingerprint, Named, Timestamp},
};

/// What came of looking for a recipient at the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// A hash over what was looked for.
    pub asked: Fingerprint,
    /// Why it is not written; `None`: it is there, with nothing of ours.
    pub reason: Option<Exclusion>,
    /// How often it was looked for, with the same answer.
    pub tries: u32,
    /// When it is looked for again.
    pub next_try: Timestamp,
}

/// Every row, for [`read`].
pub(super) const ALL: &str = "SELECT asked, reason, tries, next_try, anchor FROM unmet";

/// Numbers, from the lowest to the highest that can be right.
pub(super) const RANGES: [(&str, &str, i64, i64); 1] = [("unmet", "tries", 1, u32::MAX as i64)];

/// A row as its columns hold it.
pub(super) type Text = ([u8; 32], Option<String>, i64, Timestamp);

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Text> {
    row.get::<_, String>(4)?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

impl State {
    /// What came of looking for the recipient `anchor`, if nothing else is known of it since.
    pub fn unmet(&self, anchor: &str) -> Result<Option<Unmet>> {
        let sql = "SELECT asked, reason, tries, next_try, anchor FROM unmet WHERE anchor = ?1";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        let found = statement.query_row([anchor], read).optional().map_err(|e| self.failed(e))?;
        found.map(|text| self.unmet_of(text)).transpose()
    }

    /// The same of recipients from the anchor `first` up to `last`, by their anchors.
    pub fn unmet_within(&self, first: &str, last: &str) -> Result<HashMap<String, Unmet>> {
        let sql = "SELECT asked, reason, tries, next_try, anchor FROM unmet WHERE anchor BETWEEN ?1 AND ?2";
        let rows = self.query(sql, [first, last], |row| Ok((row.get(4)?, read(row)?)))?;
        rows.into_iter().map(|(anchor, text)| Ok((anchor, self.unmet_of(text)?))).collect()
    }

    pub(super) fn unmet_of(&self, (asked, reason, tries, next_try): Text) -> Result<Unmet> {
        let reason = reason.map(|name| self.known(&name, "reason to skip a recipient")).transpose()?;
        let tries = u32::try_from(tries).unwrap_or(u32::MAX);
        Ok(Unmet { asked: Fingerprint(asked), reason, tries, next_try })
    }

    /// Keeps what came of looking for a recipient.
    pub fn put_unmet(&self, anchor: &str, unmet: &Unmet) -> Result<()> {
        self.execute(
            "INSERT OR REPLACE INTO unmet(anchor, asked, reason, tries, next_try) VALUES (?1, ?2, ?3, ?4, ?5)",
            rusqlite::params![
                anchor,
                unmet.asked.0,
                unmet.reason.map(Exclusion::name),
                unmet.tries,
                unmet.next_try.0
            ],
        )
        .map(drop)
    }

    /// Something else is known of a recipient since.
    pub fn forget_unmet(&self, anchor: &str) -> Result<()> {
        self.execute("DELETE FROM unmet WHERE anchor = ?1", [anchor]).map(drop)
    }

    /// Another target has other people.
    pub(super) fn forget_all_unmet(&self) -> Result<()> {
        self.execute("DELETE FROM unmet", []).map(drop)
    }

    /// Forgets those whom no import shows.
    pub(super) fn sweep_unmet(&self) -> Result<()> {
        self.execute("DELETE FROM unmet WHERE anchor NOT IN (SELECT anchor FROM import)", []).map(drop)
    }
}

//! Since when something of a recipient at the target is not as it should be, for what only time can tell.
//!
//! Kept among the settings: there is hardly ever any.

use std::collections::BTreeMap;

use super::State;
use crate::{error::Result, model::Timestamp};

/// What lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// Values were taken away, and the target still shows them. Forgotten with the change.
    Removing,
    /// The recipient was to lose its values, and was not at the target. Forgotten with the values.
    Absent,
}

impl Lasting {
    /// How the names of the settings begin that say so of a recipient; its anchor follows.
    fn prefix(self) -> &'static str {
        match self {
            Self::Removing => "removing ",
            Self::Absent => "absent ",
        }
    }
}

impl State {
    /// Since when that is so of a recipient; `None`: it is not.
    pub fn since(&self, lasting: Lasting, anchor: &str) -> Result<Option<Timestamp>> {
        self.read_setting(&name(lasting, anchor), Timestamp::parse)
    }

    /// Keeps that it is so since `now`, or since earlier, where that is known. Returns since when.
    pub fn note_since(&self, lasting: Lasting, anchor: &str, now: Timestamp) -> Result<Timestamp> {
        // A time to come was kept by a clock that was ahead.
        if let Some(since) = self.since(lasting, anchor)?.filter(|since| *since <= now) {
            return Ok(since);
        }
        self.set_setting(&name(lasting, anchor), &now.rfc3339())?;
        Ok(now)
    }

    /// It is no longer so.
    pub fn forget_since(&self, lasting: Lasting, anchor: &str) -> Result<()> {
        match self.setting(&name(lasting, anchor))? {
            Some(_) => self.remove_setting(&name(lasting, anchor)),
            None => Ok(()),
        }
    }

    /// All of whom it is so, with the time.
    pub fn all_since(&self, lasting: Lasting) -> Result<BTreeMap<String, Timestamp>> {
        let sql = "SELECT name, substr(name, length(?1) + 1), value FROM setting WHERE substr(name, 1, length(?1)) = ?1";
        let settings: Vec<(String, String, String)> =
            self.query(sql, [lasting.prefix()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let read = |(name, anchor, text): (String, String, String)| {
            Ok((anchor, self.read_text(&name, text, Timestamp::parse)?))
        };
        settings.into_iter().map(read).collect()
    }

    /// A recipient has another anchor.
    pub(super) fn rename_since(&self, old: &str, new: &str) -> Result<()> {
        for lasting in [Lasting::Removing, Lasting::Absent] {
            if let Some(since) = self.since(lasting, old)? {
                self.forget_since(lasting, old)?;
                self.set_setting(&name(lasting, new), &since.rfc3339())?;
            }
        }
        Ok(())
    }

    /// Another target has other people.
    pub(super) fn forget_all_since(&self) -> Result<()> {
        for lasting in [Lasting::Removing, Lasting::Absent] {
            let sql = "DELETE FROM setting WHERE substr(name, 1, length(?1)) = ?1";
            self.execute(sql, [lasting.prefix()])?;
        }
        Ok(())
    }

    /// Forgets it of those of whom nothing is left that it was said of.
    pub fn sweep_since(&self) -> Result<()> {
        let of = |lasting: Lasting, which: &str| {
            let sql = format!(
                "DELETE FROM setting WHERE substr(name, 1, length(?1)) = ?1
                     AND substr(name, length(?1) + 1) NOT IN ({which})"
            );
            self.execute(&sql, [lasting.prefix()]).map(drop)
        };
        of(Lasting::Removing, "SELECT anchor FROM change WHERE state <> 'Exported'")?;
        of(Lasting::Absent, "SELECT anchor FROM managed")
    }
}

fn name(lasting: Lasting, anchor: &str) -> String {
    format!("{}{anchor}", lasting.prefix())
}

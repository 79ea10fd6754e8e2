//! What could not be seen at the target, until a run has seen it: not to be read is neither whole nor gone.
//!
//! Kept among the settings: there is hardly ever any.

use std::collections::BTreeSet;

use super::State;
use crate::error::Result;

/// How the names of the settings begin that say so of a recipient; its anchor follows.
const UNSEEN: &str = "unseen ";
/// The setting that says so of somebody at the target whom the state does not know.
const STRANGERS: &str = "strangers_unseen";

impl State {
    /// Keeps whether what is published for a recipient could not be seen.
    pub fn note_unseen(&self, anchor: &str, unseen: bool) -> Result<()> {
        match (unseen, self.is_unseen(anchor)?) {
            (true, false) => self.set_setting(&name(anchor), ""),
            (false, true) => self.remove_setting(&name(anchor)),
            _ => Ok(()),
        }
    }

    /// Whether what is published for a recipient could not be seen, and was not since.
    fn is_unseen(&self, anchor: &str) -> Result<bool> {
        Ok(self.setting(&name(anchor))?.is_some())
    }

    /// All recipients of whom that is so.
    pub fn unseen_anchors(&self) -> Result<BTreeSet<String>> {
        let sql = "SELECT substr(name, length(?1) + 1) FROM setting WHERE substr(name, 1, length(?1)) = ?1";
        Ok(self.query(sql, [UNSEEN], |row| row.get(0))?.into_iter().collect())
    }

    /// Keeps whether somebody whom the state does not know could not be seen.
    pub fn note_strangers_unseen(&self, unseen: bool) -> Result<()> {
        if unseen { self.set_setting(STRANGERS, "") } else { self.remove_setting(STRANGERS) }
    }

    /// Whether somebody whom the state does not know could not be seen, and was not since.
    pub fn has_unseen_strangers(&self) -> Result<bool> {
        Ok(self.setting(STRANGERS)?.is_some())
    }

    /// A recipient has another anchor: what is not seen of it stays so.
    pub(super) fn rename_unseen(&self, old: &str, new: &str) -> Result<()> {
        let unseen = self.is_unseen(old)?;
        self.forget_unmet(old)?;
        self.rename_since(old, new)?;
        self.note_unseen(old, false)?;
        if unseen { self.note_unseen(new, true) } else { Ok(()) }
    }

    /// Another target shows what it has.
    pub(super) fn forget_unseen(&self) -> Result<()> {
        self.note_strangers_unseen(false)?;
        self.forget_all_unmet()?;
        self.forget_all_since()?;
        self.execute("DELETE FROM setting WHERE substr(name, 1, length(?1)) = ?1", [UNSEEN]).map(drop)
    }
}

fn name(anchor: &str) -> String {
    format!("{UNSEEN}{anchor}")
}

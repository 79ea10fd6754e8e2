//! What the source in memory tells of changes, in each way that a directory can.

use std::collections::BTreeMap;

use smime_sync::{
    directory::{Since, Told},
    error::Result,
    model::{Fingerprint, Mark, Recipient},
};

/// How a source tells what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Telling {
    /// Not at all.
    #[default]
    Nothing,
    /// Whoever changed or is gone.
    Everything,
    /// Whoever changed and is there still; who is gone shows only where everybody is told.
    Present,
    /// The version of everybody who is there.
    Versions,
}

/// The memory of a source for what was when.
#[derive(Clone, Debug, Default)]
pub struct Past {
    pub telling: Telling,
    /// Which copy of the directory is asked.
    pub place: String,
    /// Who answers after the next read.
    pub moves_to: Option<String>,
    /// What can't be told, though it could be before.
    pub lost: Option<String>,
    /// How everybody was at each mark.
    marks: Vec<BTreeMap<String, String>>,
    /// Those whose change shows in nothing that is told: rights are no part of an object.
    pub silent: BTreeMap<String, String>,
    /// How often each was changed: who is as before again has another version all the same.
    pub changed: BTreeMap<String, u64>,
    /// How often it was asked what changed, and with everybody.
    pub asked: (usize, usize),
}

impl Past {
    pub fn telling(telling: Telling) -> Self {
        Self { telling, ..Self::default() }
    }

    /// A version of the recipient: another one after each change.
    pub fn version(&self, recipient: &Recipient) -> String {
        let known = self.silent.get(&recipient.anchor);
        let changed = self.changed.get(&recipient.anchor).copied().unwrap_or_default();
        let text = format!("{changed} {recipient:?}");
        known.cloned().unwrap_or_else(|| Fingerprint::of(text.as_bytes()).to_string())
    }

    /// Counts who is another than `before`.
    pub fn count_changes(&mut self, before: &[Recipient], now: &[Recipient]) {
        for one in now.iter().filter(|one| !before.contains(one)) {
            *self.changed.entry(one.anchor.clone()).or_default() += 1;
        }
    }

    fn now(&self, recipients: &[Recipient]) -> BTreeMap<String, String> {
        recipients.iter().map(|one| (one.anchor.clone(), self.version(one))).collect()
    }

    pub fn mark(&mut self, recipients: &[Recipient]) -> Option<Mark> {
        if self.telling == Telling::Nothing {
            return None;
        }
        self.marks.push(self.now(recipients));
        Some(Mark { place: self.place.clone(), position: (self.marks.len() - 1).to_string() })
    }

    pub fn changes(
        &mut self,
        recipients: &[Recipient],
        mark: &Mark,
        enumerate: bool,
        sink: &mut dyn FnMut(Told) -> Result<()>,
    ) -> Result<Since> {
        self.asked.0 += 1;
        self.asked.1 += usize::from(enumerate);
        if let Some(why) = self.lost.take() {
            return Ok(Since::Unknown { why, is_lost: true });
        }
        if mark.place != self.place {
            return Ok(Since::Unknown { why: "another server answers".into(), is_lost: true });
        }
        let next = self.mark(recipients).unwrap();
        let before = &self.marks[mark.position.parse::<usize>().unwrap()];
        let now = self.now(recipients);
        if self.telling != Telling::Versions {
            for (anchor, _) in now.iter().filter(|(anchor, version)| before.get(*anchor) != Some(version)) {
                sink(Told::Changed(anchor.clone()))?;
            }
        }
        if self.telling == Telling::Everything {
            for anchor in before.keys().filter(|anchor| !now.contains_key(*anchor)) {
                sink(Told::ChangedElsewhere(anchor.clone()))?;
            }
            return Ok(Since::Told { mark: next, shows_all: false });
        }
        let shows_all = enumerate || self.telling == Telling::Versions;
        if shows_all {
            for one in recipients {
                let version = (self.telling == Telling::Versions).then(|| self.version(one));
                sink(Told::There(one.anchor.clone(), version))?;
            }
        }
        Ok(Since::Told { mark: next, shows_all })
    }
}

//! What tells the time in a run besides this machine's clock.

use super::Timestamp;

/// The dates that a run has seen. They are not kept with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// Whether a clock of the source or of the target shows the same time as this machine's.
    pub clock_confirmed: bool,
    /// When the source's file was written last.
    pub source_modified: Option<Timestamp>,
    /// When one of the recipients that were read was changed last (`whenChanged`), and which one.
    pub newest_change: Option<(Timestamp, String)>,
}

impl Witnesses {
    /// Takes over that the recipient `label` changed at `time`, where that is newer than what is known.
    pub fn note_change(&mut self, time: Timestamp, label: &str) {
        if self.newest_change.as_ref().is_none_or(|(newest, _)| *newest < time) {
            self.newest_change = Some((time, label.to_owned()));
        }
    }
}

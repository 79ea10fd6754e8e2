//! A change on its way: what is to be written, and what is there.

use super::{
    hidden,
    job::Job,
    mode::Material,
    moves::{self, Room},
};
use crate::{
    error::Result,
    model::{Change, Finding, RecipientRecord, Timestamp, Value, without},
    targets::{TargetQuery, TargetRecipient, TargetWrite},
};

/// A change with everything that writing it needs.
pub(super) struct Work {
    pub(super) change: Change,
    pub(super) recipient: RecipientRecord,
    pub(super) material: Material,
    /// The bytes of the values that shall be there, best first.
    ours: Vec<Value>,
    /// What is managed and goes, where the target may have it without showing it.
    goes: Vec<Value>,
    /// What the target had right before the write (`Some(None)`: nothing); `None`: it is not written.
    pub(super) current: Option<Option<TargetRecipient>>,
    /// Somebody else has to make room first.
    pub(super) waits: bool,
    /// What the target shows after the write, where something is left that was to go.
    pub(super) left: Option<TargetRecipient>,
}

/// Reads what a change needs from the state.
pub(super) fn gather(job: &Job<'_>, change: Change) -> Result<Work> {
    let lost = || job.state.damaged(&format!("it has lost the evaluation of {}", change.recipient));
    let evaluation = job.state.evaluation(&change.anchor)?.ok_or_else(lost)?;
    let material = job.mode.material(job.state, &change)?;
    let mut ours = Vec::with_capacity(material.ours.len());
    for published in &material.ours {
        ours.push(Value::new(published.attribute, job.state.needed_value(published.value)?));
    }
    let mut goes = Vec::new();
    if job.target.hides_values() {
        for one in without(&material.managed, &material.ours) {
            goes.push(Value::new(one.attribute, job.state.needed_value(one.value)?));
        }
    }
    Ok(Work {
        recipient: evaluation.recipient,
        material,
        ours,
        goes,
        current: None,
        waits: false,
        left: None,
        change,
    })
}

impl Work {
    pub(super) fn query(&self) -> TargetQuery<'_> {
        self.material.link.query(&self.change.anchor, &self.recipient)
    }

    /// Whether the recipient of the target is to be had; where we say where it is, its write finds out.
    pub(super) fn room(&self, job: &Job<'_>, current: &TargetRecipient, may_wait: bool) -> Result<Room> {
        if job.target.key(&self.query()).is_some() {
            return Ok(Room::Free);
        }
        moves::room(job, &self.change, current, may_wait)
    }

    /// Ours first, then what others put there and keep. `None`: it is not to be written.
    pub(super) fn write(&self) -> Option<TargetWrite<'_>> {
        let current = self.current.clone()?;
        // What is managed goes, and so does what the change takes away from values that nobody manages.
        let goes = |value: &Value| {
            let removed = self.change.before.iter().any(|one| one.is(value))
                && !self.change.after.iter().any(|one| one.is(value));
            removed || self.material.managed.iter().any(|one| one.is(value)) || self.ours.contains(value)
        };
        let there = current.as_ref().map(|current| current.values.as_slice()).unwrap_or_default();
        let foreign = there.iter().filter(|value| self.material.keeps_others && !goes(value)).cloned();
        let values = self.ours.iter().cloned().chain(foreign).collect();
        let unseen = self.goes.iter().filter(|value| current.is_some() && !there.contains(value));
        let unseen = unseen.cloned().collect();
        Some(TargetWrite { query: self.query(), current, values, unseen })
    }

    pub(super) fn hidden(&self, write: &TargetWrite<'_>, now: Timestamp) -> Option<Finding> {
        let foreign = write.values.get(self.ours.len()..).unwrap_or_default();
        if self.ours.is_empty() {
            return None;
        }
        hidden::by_foreign(&self.change.after, &self.ours, foreign, now)
    }
}

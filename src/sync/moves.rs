//! Who has to make room before a recipient can be where it belongs: names at a target are used again by others.

use std::collections::HashSet;

use super::{first_contact, job::Job};
use crate::{
    error::{Error, Result},
    model::{Change, ChangeState, Run},
    targets::{TargetQuery, TargetRecipient},
};

/// Adds to `changes` those planned changes of the run by which others make room for them, and for one another, where
/// the target names the places: they are written together.
pub(super) fn with_those_in_the_way(
    job: &Job<'_>,
    run: &Run,
    mut changes: Vec<Change>,
) -> Result<Vec<Change>> {
    let mut known: HashSet<i64> = changes.iter().map(|change| change.id).collect();
    let mut place = 0;
    while let Some(change) = changes.get(place) {
        place += 1;
        if let Some(other) = in_the_way(job, run, change)?
            && known.insert(other.id)
        {
            changes.push(other);
        }
    }
    Ok(changes)
}

/// The planned change of whoever was left by an earlier run where this change goes to.
fn in_the_way(job: &Job<'_>, run: &Run, change: &Change) -> Result<Option<Change>> {
    if change.after.is_empty() {
        return Ok(None);
    }
    let Some(recipient) = job.state.recipient(&change.anchor)? else { return Ok(None) };
    let anchor = &change.anchor;
    let query = TargetQuery { fresh: true, ..TargetQuery::of(anchor, &recipient) };
    let Some(key) = job.target.key(&query) else { return Ok(None) };
    match job.state.linked_anchor(&key)? {
        Some(other) if other != *anchor => job.state.pending_change(&other, run.id),
        _ => Ok(None),
    }
}

/// What comes of a recipient whose place, as the target tells it, an earlier run gave to somebody else.
pub(super) enum Room {
    /// Nobody else has it.
    Free,
    /// The other one's change of this run has to come first.
    Later,
    /// The other one keeps it.
    Taken(Error),
}

/// Whether the recipient of the target that a change was matched with is to be had. `waits`: a change that comes later
/// in the run may make room.
pub(super) fn room(job: &Job<'_>, change: &Change, current: &TargetRecipient, waits: bool) -> Result<Room> {
    let Some(other) = first_contact::other_at(job.state, &current.key, &change.anchor)? else {
        return Ok(Room::Free);
    };
    let comes = |state| matches!(state, ChangeState::Pending | ChangeState::InFlight);
    if waits && job.state.open_change(&other)?.is_some_and(|open| comes(open.state)) {
        return Ok(Room::Later);
    }
    Ok(Room::Taken(first_contact::linked(job.state, &current.key, &other)?))
}

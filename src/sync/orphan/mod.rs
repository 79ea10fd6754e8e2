//! What is published, and nobody in the source accounts for it: a state was lost, and meanwhile people left.
//!
//! A run with a new state looks for them, and so does `-Verify`, a run that finds an index of another time, and each run
//! until all that is there could be read. Where the target shows anchors they are known for certain: they become managed, stay in the index, are told by every full run, and go by an approved plan. Where it
//! shows none, they are told, and stay.

mod seek;
mod tell;
mod unmatched;

use super::{first_contact, job::Job, wiped};
use crate::{
    error::Result,
    model::{ChangeKind, ChangeState, Run},
    state::change::Outcome,
};
pub(super) use seek::Found;
use unmatched::Strangers;

/// After the import: from now on those whom the source does not show are known, where looking for them is due.
pub(super) fn find(job: &mut Job<'_>, run: &mut Run) -> Result<Found> {
    let due = is_due(job, run)?;
    let looks = due || (is_full(job, run) && job.state.has_unseen_strangers()?);
    let mut found = if looks { seek::run(job, run)? } else { Found::default() };
    found.due = due;
    Ok(found)
}

fn is_full(job: &Job<'_>, run: &Run) -> bool {
    !job.is_partial() && run.numbers.recipients > 0
}

fn is_due(job: &Job<'_>, run: &Run) -> Result<bool> {
    // With an index of another time, anybody who was taken away may be there again.
    let asked = job.options.verify || first_contact::is_due(job.state)? || !wiped::index_is_known(job)?;
    Ok(is_full(job, run) && asked)
}

/// After the plan: holds the removals that were not approved, and tells.
pub(super) fn settle(job: &mut Job<'_>, run: &mut Run, found: &Found) -> Result<()> {
    if !is_full(job, run) {
        return tell::new_state(job, run, run.numbers.others);
    }
    seek::settle(job, run, found)?;
    let Strangers { unmatched, idle } =
        if found.due { unmatched::run(job, run)? } else { Strangers::default() };
    job.state.sweep_orphans(run.id)?;
    let held = hold(job, run)?;
    let kept = job.state.orphan_count()?.saturating_sub(held.approved);
    run.numbers.orphaned = kept + unmatched.len() as u64;
    let of_idle: u64 = idle.iter().map(|one| one.others).sum();
    let is_new = first_contact::is_due(job.state)?;
    tell::new_state(job, run, found.others + run.numbers.others + of_idle)?;
    tell::kept(job, run, kept, held.held)?;
    tell::unmatched(job, &unmatched)?;
    tell::idle(job, &idle, is_new)
}

/// What became of the removals that this run has planned for them.
#[derive(Default)]
struct Held {
    held: u64,
    approved: u64,
}

/// Holds the removals that nobody has approved; everything else of the plan goes on.
fn hold(job: &Job<'_>, run: &Run) -> Result<Held> {
    let mut held = Held::default();
    if job.state.orphan_count()? == 0 {
        return Ok(held);
    }
    let mut to_hold = Vec::new();
    job.state.each_change(ChangeState::Pending, run.id, &mut |change| {
        if change.change != ChangeKind::Remove || !job.state.is_orphan(&change.anchor)? {
            return Ok(());
        }
        if job.state.is_approved(&change)? {
            held.approved += 1;
        } else {
            held.held += 1;
            to_hold.push((change.id, change.attempts));
        }
        Ok(())
    })?;
    job.state.transaction(|state| {
        to_hold.iter().try_for_each(|(id, attempts)| {
            let outcome =
                Outcome { state: ChangeState::Held, attempts: *attempts, next_try: None, error: None };
            state.set_outcome(*id, &outcome, job.now)
        })
    })?;
    Ok(held)
}

/// Hands over the removals that were held, where the rest of the plan was not.
pub(super) fn hand_over(job: &Job<'_>, run: &Run) -> Result<()> {
    if job.options.pass_thru { job.hand_over_changes(run, ChangeState::Held) } else { Ok(()) }
}

//! What is published, and nobody in the source accounts for it: a state was lost, and meanwhile people left.
//!
//! A run with a new state looks for them, and so does `-Verify`. Where the target shows anchors they are known for
//! certain: they become managed, stay in the index, are told by every full run, and go by an approved plan. Where it
//! shows none, they are told, and stay.

mod seek;
mod tell;

use super::job::Job;
use crate::{
    error::Result,
    model::{ChangeKind, ChangeState, Run},
    state::change::Outcome,
};
use seek::Found;

/// After the plan of a full run: finds them where that is due, holds their removal until it is approved, and tells.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    if job.is_partial() || run.numbers.recipients == 0 {
        return tell::new_state(job, run, 0);
    }
    job.state.sweep_orphans(run.id)?;
    let Found { unmatched, others } =
        if run.new_state || job.options.verify { seek::run(job, run)? } else { Found::default() };
    let held = hold(job, run)?;
    let kept = job.state.orphan_count()?.saturating_sub(held.approved);
    run.numbers.orphaned = kept + unmatched.len() as u64;
    tell::new_state(job, run, others)?;
    tell::kept(job, run, kept, held.held)?;
    tell::unmatched(job, &unmatched)
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

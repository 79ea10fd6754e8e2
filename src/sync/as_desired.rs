//! Who was as desired in the last run, and of whom nothing is another by now, is not planned again: what a plan comes to
//! depends on nothing but the profile, what the state keeps of the recipient, and what was seen of it at the target.

use super::{first_contact, job::Job, wiped::Watch, witness};
use crate::{
    error::Result,
    model::{PolicyType, Run},
    state::{State, published::PlanRow, since::Lasting},
};

/// Recipients of one page.
const PAGE: usize = 5_000;

/// What a plan does with those who are as desired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AsDesired {
    /// Those of earlier runs are left out.
    pub(super) left_out: bool,
    /// Those of this one are kept in mind.
    kept: bool,
}

impl AsDesired {
    /// Before the plan: whom it leaves out. They are counted, and the state knows them.
    pub(super) fn begin(job: &mut Job<'_>, run: &mut Run, watch: Watch) -> Result<Self> {
        if job.is_partial() || !witness::holds(job, run)?.is_empty() {
            return Ok(Self { left_out: false, kept: false });
        }
        // The import has made sure that the profile is the one of the last run.
        let left_out = run.policy_type == PolicyType::Delta
            && watch == Watch::Gone
            && !job.options.verify
            && !first_contact::is_due(job.state)?;
        if left_out {
            job.state.transaction(|_| narrow(job.state, run))?;
            forget_gone(job)?;
            run.numbers.unchanged += job.state.as_desired_count()?;
        } else {
            job.state.forget_all_as_desired()?;
        }
        Ok(Self { left_out, kept: true })
    }

    /// Keeps that a recipient needs nothing, where only what the state keeps of it says so.
    pub(super) fn keep(self, job: &Job<'_>, row: &PlanRow) -> Result<()> {
        let is_lasting = row.link.is_some()
            && !row.managed.is_empty()
            && row.former.is_empty()
            && row.address.is_some()
            && !(row.missing || row.address_shared || row.drifted);
        if self.kept && is_lasting { job.state.note_as_desired(&row.anchor) } else { Ok(()) }
    }
}

/// Leaves those whom the import shows as they were, and whom no look is for.
fn narrow(state: &State, run: &Run) -> Result<()> {
    state.narrow_as_desired(run.id)?;
    let absent = state.all_since(Lasting::Absent)?.into_keys();
    absent.chain(state.unseen_anchors()?).try_for_each(|anchor| state.forget_as_desired(&anchor))
}

/// Leaves those who are not known to be gone from the target.
fn forget_gone(job: &mut Job<'_>) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = job.state.as_desired_after(&after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.anchor);
        job.context.check()?;
        for one in &page {
            match job.target.has(&one.key)? {
                Some(true) => {}
                Some(false) => job.state.forget_as_desired(&one.anchor)?,
                // It tells of nobody.
                None => return Ok(()),
            }
        }
    }
}

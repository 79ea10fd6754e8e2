//! Recipients that are skipped: counted, and summed up in one warning for each reason.

use super::job::Job;
use crate::{
    error::Result,
    event::LogLevel,
    model::{ChangeState, Exclusion, Run},
    state::published::PlanRow,
};

/// Counts a recipient that the target skips.
pub(super) fn exclude(job: &Job<'_>, run: &mut Run, row: PlanRow, why: Exclusion) -> Result<()> {
    // What was declined stays declined.
    if job.state.open_change(&row.anchor)?.is_some_and(|open| open.state != ChangeState::Declined) {
        job.state.drop_open_change(&row.anchor)?;
    }
    run.exclude(why);
    job.verbose(why.skips_one(&row.evaluation.recipient.label))
}

/// One warning for each reason for which the target skips recipients.
pub(super) fn tell(job: &Job<'_>, run: &Run) -> Result<()> {
    run.exclusions.iter().try_for_each(|count| {
        let what = format!("{} {}", count.reason.skips(count.recipients), count.advice);
        job.context.log(LogLevel::Warning, what)
    })
}

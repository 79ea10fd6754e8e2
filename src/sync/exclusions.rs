//! Recipients that are left alone: counted, and summed up in one warning for each reason.

use super::job::Job;
use crate::{
    error::Result,
    event::LogLevel,
    model::{ChangeState, Exclusion, Run},
    state::published::PlanRow,
};

/// Counts a recipient that the target leaves alone.
pub(super) fn exclude(job: &Job<'_>, run: &mut Run, row: PlanRow, why: Exclusion) -> Result<()> {
    // What was declined stays declined.
    if job.state.open_change(&row.anchor)?.is_some_and(|open| open.state != ChangeState::Declined) {
        job.state.drop_open_change(&row.anchor)?;
    }
    run.exclude(why);
    job.verbose(format!(
        "{} is left alone: such recipients {}.",
        row.evaluation.recipient.label,
        why.reason()
    ))
}

/// One warning for each reason for which the target leaves recipients alone.
pub(super) fn tell(job: &Job<'_>, run: &Run) -> Result<()> {
    run.exclusions.iter().try_for_each(|count| {
        let recipients = match count.recipients {
            1 => "1 recipient: it is".to_owned(),
            many => format!("{many} recipients: they are"),
        };
        let what = format!(
            "{recipients} left alone, since such recipients {}. {}",
            count.reason.reason(),
            count.advice
        );
        job.context.log(LogLevel::Warning, what)
    })
}

//! Recipients that are skipped: counted, and summed up in one warning for each reason.

use super::job::Job;
use crate::{
    error::Result,
    event::LogLevel,
    model::{ChangeState, Exclusion, ExclusionCount, Run, Timestamp},
    state::published::PlanRow,
};

/// Counts a recipient that the target skips.
pub(super) fn exclude(job: &Job<'_>, run: &mut Run, row: PlanRow, why: Exclusion) -> Result<()> {
    count(job, run, &row, why)?;
    job.verbose(why.skips_one(&row.evaluation.recipient.label))
}

/// The same of one that is looked for again from `time` on; `looked`: this run has looked, too.
pub(super) fn exclude_until(
    job: &Job<'_>,
    run: &mut Run,
    row: PlanRow,
    why: Exclusion,
    time: Timestamp,
    looked: bool,
) -> Result<()> {
    count(job, run, &row, why)?;
    run.asks_again(why, time, looked);
    let skips = why.skips_one(&row.evaluation.recipient.label);
    job.verbose(format!("{skips} Runs look for it again from {time} on."))
}

fn count(job: &Job<'_>, run: &mut Run, row: &PlanRow, why: Exclusion) -> Result<()> {
    // What was declined stays declined.
    if job.state.open_change(&row.anchor)?.is_some_and(|open| open.state != ChangeState::Declined) {
        job.state.drop_open_change(&row.anchor)?;
    }
    run.exclude(why);
    Ok(())
}

/// One warning for each reason for which the target skips recipients.
pub(super) fn tell(job: &Job<'_>, run: &Run) -> Result<()> {
    run.exclusions.iter().try_for_each(|count| {
        let what = format!("{} {}{}", count.reason.skips(count.recipients), count.advice, not_asked(count));
        job.context.log(LogLevel::Warning, what)
    })
}

/// How many of those who were skipped this run did not look for.
fn not_asked(count: &ExclusionCount) -> String {
    let Some(time) = count.asked_again.filter(|_| count.not_asked > 0) else { return String::new() };
    let (who, them) = match (count.not_asked, count.recipients) {
        (1, 1) => ("It was".to_owned(), "it"),
        (some, all) if some == all => ("They were".to_owned(), "them"),
        (1, _) => ("1 of them was".to_owned(), "it"),
        (some, _) => (format!("{some} of them were"), "them"),
    };
    format!(
        " {who} not looked for in this run, since earlier ones had; runs look again from {time} on, and with -Identity at \
         once for {them}."
    )
}

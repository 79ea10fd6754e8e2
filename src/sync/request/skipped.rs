//! Whom the directory would skip: they are out of the plan before it is judged or shown.

use crate::{
    error::Result,
    model::{ChangeState, Run},
    sync::job::Job,
    targets::{Match, TargetQuery},
};

/// Takes those out of the plan whom the target skips now, as the export would.
pub(super) fn leave_out(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let mut after = 0;
    loop {
        let size = job.target.batch_size().max(1);
        let changes = job.state.changes_in(ChangeState::Pending, Some(run.id), after, size)?;
        let Some(last) = changes.last() else { return Ok(()) };
        after = last.id;
        job.context.check()?;
        let mut known = Vec::with_capacity(changes.len());
        for change in &changes {
            if let Some(evaluation) = job.state.evaluation(&change.anchor)? {
                known.push((change, evaluation.recipient));
            }
        }
        let queries: Vec<_> =
            known.iter().map(|(change, recipient)| TargetQuery::of(&change.anchor, recipient)).collect();
        let found = job.target.read(&queries, job.context)?;
        for ((change, recipient), found) in known.iter().zip(found) {
            let why = match found {
                Ok(Match::Excluded(why, _)) => why,
                // The export tells of it, where there is one.
                Err(error) if job.options.what_if => {
                    job.report(run, error)?;
                    continue;
                }
                _ => continue,
            };
            job.state.drop_open_change(&change.anchor)?;
            run.numbers.uncount(change);
            run.exclude(why);
            job.verbose(why.skips_one(&recipient.label))?;
        }
    }
}

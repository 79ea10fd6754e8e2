//! Contact with the target before anything is planned: the looks that the mode wants, batch by batch.

use super::{
    exclusions::exclude,
    job::Job,
    look::{Look, Verdict},
    wiped::Watch,
};
use crate::{
    error::{Error, ErrorId, Result},
    model::Run,
    state::published::PlanRow,
    targets::{Match, TargetQuery},
};

/// Looks at those recipients of a page at the target that have to be looked at. Those that can't be planned are
/// taken out, with an error each or counted.
pub(super) fn run(
    job: &mut Job<'_>,
    run: &mut Run,
    rows: &mut Vec<PlanRow>,
    watch: Watch,
) -> Result<Vec<Error>> {
    let mode = job.mode;
    for index in (0..rows.len()).rev() {
        if let Some(why) = rows.get(index).and_then(|row| mode.leaves_alone(row)) {
            exclude(job, run, rows.remove(index), why)?;
        }
    }
    let mut errors = Vec::new();
    let watched = watch.over(rows, job.target, job.state)?;
    for look in mode.looks(job.state, watched)? {
        errors.extend(take(job, run, rows, look.as_ref())?);
    }
    Ok(errors)
}

fn take(job: &mut Job<'_>, run: &mut Run, rows: &mut Vec<PlanRow>, look: &dyn Look) -> Result<Vec<Error>> {
    let mut errors = Vec::new();
    for (anchor, found) in read(job, rows, look)? {
        let Some(index) = rows.iter().position(|row| row.anchor == anchor) else { continue };
        let Some(row) = rows.get_mut(index) else { continue };
        let verdict = look.meet(&job.desk(), run, row, found)?;
        errors.extend(settle(job, run, rows, index, verdict)?);
    }
    Ok(errors)
}

/// Reads the rows that the look is at, with the anchor of each.
fn read(job: &mut Job<'_>, rows: &[PlanRow], look: &dyn Look) -> Result<Vec<(String, Result<Match>)>> {
    let wanted: Vec<&PlanRow> = rows.iter().filter(|row| look.wants(row)).collect();
    let mut matches = Vec::with_capacity(wanted.len());
    for batch in wanted.chunks(job.target.batch_size().max(1)) {
        let queries: Vec<TargetQuery<'_>> = batch.iter().map(|row| row.query(look.is_thorough())).collect();
        matches.extend(job.target.read(&queries, job.context)?);
    }
    Ok(wanted.iter().map(|row| row.anchor.clone()).zip(matches).collect())
}

/// Carries out a verdict on the row at `index`; the error to report, if there is one.
/// Fails where the verdict ends the run.
fn settle(
    job: &Job<'_>,
    run: &mut Run,
    rows: &mut Vec<PlanRow>,
    index: usize,
    verdict: Verdict,
) -> Result<Option<Error>> {
    match verdict {
        Verdict::Plan => Ok(None),
        Verdict::Exclude(why) => exclude(job, run, rows.remove(index), why).map(|()| None),
        Verdict::Fail(error) if error.id.is_of_state() || error.id == ErrorId::Internal => Err(error),
        Verdict::Fail(error) => {
            let row = rows.remove(index);
            Ok(Some(error.target(row.evaluation.recipient.label)))
        }
    }
}

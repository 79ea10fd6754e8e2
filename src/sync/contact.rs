//! Contact with the target before anything is planned: the looks that the mode wants, batch by batch.

use std::collections::BTreeSet;

use super::{
    exclusions::{exclude, exclude_until},
    first_contact,
    job::Job,
    look::{Look, Verdict},
    renamed,
    unmet::{self, Shown},
    wiped::Watch,
};
use crate::{
    error::{Error, ErrorId, Result},
    model::{Run, Timestamp},
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
    let profile = job.profile_text()?;
    let resting = rest(job, run, rows, &profile)?;
    let mut errors = Vec::new();
    let watched = watch.over(rows, job.target, job.state)?;
    for look in mode.looks(job.state, watched)? {
        errors.extend(take(job, run, rows, look.as_ref(), &resting, &profile)?);
    }
    Ok(errors)
}

/// Takes out those whom an earlier run did not find, or found to be left alone, and whom this one does not look for.
/// Returns the anchors of those who stay and are not looked for, either.
fn rest(job: &Job<'_>, run: &mut Run, rows: &mut Vec<PlanRow>, profile: &str) -> Result<BTreeSet<String>> {
    let mut resting = BTreeSet::new();
    if first_contact::is_due(job.state)? {
        return Ok(resting);
    }
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(resting) };
    let mut known = job.state.unmet_within(&first.anchor, &last.anchor)?;
    for index in (0..rows.len()).rev() {
        let Some(row) = rows.get(index) else { continue };
        let Some(unmet) = known.remove(&row.anchor).filter(|one| unmet::rests(job, row, one, profile)) else {
            continue;
        };
        match unmet.reason {
            Some(why) if is_written(row) => {
                exclude_until(job, run, rows.remove(index), why, unmet.next_try, false)?;
            }
            // Nothing would be written for it anyway.
            _ => drop(resting.insert(row.anchor.clone())),
        }
    }
    Ok(resting)
}

/// Whether anything is, or is to be, at the target.
fn is_written(row: &PlanRow) -> bool {
    row.link.is_some() || !row.evaluation.desired.is_empty()
}

fn take(
    job: &mut Job<'_>,
    run: &mut Run,
    rows: &mut Vec<PlanRow>,
    look: &dyn Look,
    resting: &BTreeSet<String>,
    profile: &str,
) -> Result<Vec<Error>> {
    let mut errors = Vec::new();
    let mut wanted = Vec::new();
    for row in rows.iter() {
        let rests = look.is_remembered() && resting.contains(&row.anchor);
        if !rests && look.wants(row) && !look.is_settled(&job.desk(), run, row, job.target)? {
            wanted.push(row);
        }
    }
    for (anchor, found) in read(job, &wanted, look.is_thorough())? {
        let Some(index) = rows.iter().position(|row| row.anchor == anchor) else { continue };
        let Some(row) = rows.get_mut(index) else { continue };
        let shown = Shown::of(&found);
        let verdict = look.meet(&job.desk(), run, row, found)?;
        if let Some(left) = row.left.take() {
            errors.extend(renamed::plan_left(job, run, &left)?);
        }
        let Some(row) = rows.get(index) else { continue };
        let again = if look.is_remembered() { unmet::note(job, row, shown, profile)? } else { None };
        errors.extend(settle(job, run, rows, index, verdict, again)?);
    }
    Ok(errors)
}

/// Reads recipients, with the anchor of each.
fn read(job: &mut Job<'_>, wanted: &[&PlanRow], thorough: bool) -> Result<Vec<(String, Result<Match>)>> {
    let mut matches = Vec::with_capacity(wanted.len());
    for batch in wanted.chunks(job.target.batch_size().max(1)) {
        let queries: Vec<TargetQuery<'_>> = batch.iter().map(|row| row.query(thorough)).collect();
        matches.extend(job.target.read(&queries, job.context)?);
    }
    Ok(wanted.iter().map(|row| row.anchor.clone()).zip(matches).collect())
}

/// Carries out a verdict on the row at `index`; `again`: when it is looked for again. The error to report, if there is
/// one.
/// Fails where the verdict ends the run.
fn settle(
    job: &Job<'_>,
    run: &mut Run,
    rows: &mut Vec<PlanRow>,
    index: usize,
    verdict: Verdict,
    again: Option<Timestamp>,
) -> Result<Option<Error>> {
    match verdict {
        Verdict::Plan => Ok(None),
        Verdict::Exclude(why) => {
            let row = rows.remove(index);
            match again {
                Some(time) => exclude_until(job, run, row, why, time, true)?,
                None => exclude(job, run, row, why)?,
            }
            Ok(None)
        }
        Verdict::Fail(error) if error.id.is_of_state() || error.id == ErrorId::Internal => Err(error),
        Verdict::Fail(error) => {
            let row = rows.remove(index);
            Ok(Some(error.target(row.evaluation.recipient.label)))
        }
    }
}

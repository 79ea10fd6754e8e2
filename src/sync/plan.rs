//! Plan: what each recipient needs, recipient by recipient.

use super::{
    as_desired::AsDesired,
    change::{Draft, digest},
    contact, export,
    job::Job,
    progress::Meter,
    rival::Names,
    same_errors::SameErrors,
    wiped::Watch,
};
use crate::{
    error::{Error, Result},
    model::{ChangeState, Run, Timestamp, of_each_kind},
    state::{change::OpenChange, published::PlanRow},
};

/// Recipients of one page.
const PAGE: usize = 500;

/// Plans everybody of the import. Returns how many of those that were to be looked at could not be.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run, watch: Watch) -> Result<usize> {
    let mut meter = Meter::new(job.context, "Plan", Some(run.numbers.recipients + run.numbers.missing))?;
    let as_desired = AsDesired::begin(job, run, watch)?;
    meter.add(usize::try_from(run.numbers.unchanged).unwrap_or(usize::MAX))?;
    let mut failed = SameErrors::default();
    let planned = pages(job, run, watch, as_desired, &mut meter, &mut failed);
    // Also before what ends the run.
    failed.report(job, run)?;
    let unseen = planned?;
    let numbers = &run.numbers;
    let planned =
        of_each_kind(&[(numbers.add, "Add"), (numbers.update, "Update"), (numbers.remove, "Remove")]);
    let planned = if planned.is_empty() { "no changes" } else { &planned };
    // Those who are missing keep what they have, but nobody desires that.
    let as_desired = numbers.unchanged.saturating_sub(numbers.missing_kept);
    let are = if as_desired == 1 { "recipient is as desired" } else { "recipients are as desired" };
    let parts = [(as_desired, are), (numbers.missing_kept, "missing from the source")];
    job.verbose(meter.summary(&format!("Planned {planned}"), &parts))?;
    Ok(unseen)
}

/// Plans everybody, page by page. Returns how many could not be looked at; why, is among `failed`.
fn pages(
    job: &mut Job<'_>,
    run: &mut Run,
    watch: Watch,
    as_desired: AsDesired,
    meter: &mut Meter<'_>,
    failed: &mut SameErrors,
) -> Result<usize> {
    let names = Names::of(job, run)?;
    let (mut after, mut unseen) = (String::new(), 0);
    loop {
        let mut rows = job.state.plan_rows(run.id, &after, PAGE, as_desired.left_out)?;
        let Some(last) = rows.last() else { return Ok(unseen) };
        after.clone_from(&last.anchor);
        meter.add(rows.len())?;
        for row in &mut rows {
            row.rival = names.rival(job, row)?;
        }
        for error in contact::run(job, run, &mut rows, watch)? {
            unseen += 1;
            failed.push(error);
        }
        let planned = job.state.transaction(|_| {
            let plan = |row: &PlanRow| {
                let before = run.numbers.unchanged;
                let error = plan_one(job, run, row)?;
                if run.numbers.unchanged > before {
                    as_desired.keep(job, row)?;
                }
                Ok(error)
            };
            rows.iter().map(plan).collect::<Result<Vec<_>>>()
        })?;
        for error in planned.into_iter().flatten() {
            job.report(run, error)?;
        }
    }
}

/// Plans one recipient; an error is that recipient's alone.
pub(super) fn plan_one(job: &Job<'_>, run: &mut Run, row: &PlanRow) -> Result<Option<Error>> {
    // Until it is read back, nobody knows what of ours is at the target.
    let open = job.state.open_change(&row.anchor)?;
    if open.as_ref().is_some_and(|open| open.state == ChangeState::InFlight) {
        run.numbers.waiting += 1;
        job.verbose(format!(
            "{} is left for a later run, since its last change was interrupted.",
            label(row)
        ))?;
        return Ok(None);
    }
    let moot = || open.as_ref().map_or(Ok(()), |_| job.state.drop_open_change(&row.anchor));
    let Some(planned) = job.mode.plan(row, job.target) else {
        run.numbers.unchanged += 1;
        return moot().map(|()| None);
    };
    if let Some(error) = job.mode.objection(row, &planned) {
        return moot().map(|()| Some(error));
    }
    let desired = digest(&planned.after);
    let open = open.filter(|open| open.desired == desired);
    if let Some(open) = open.as_ref().filter(|open| skips(job, open)) {
        let (counter, why) = match open.state {
            ChangeState::Declined => (&mut run.numbers.declined, "its change was declined"),
            _ => (&mut run.numbers.waiting, "its change failed and waits for its next try"),
        };
        *counter += 1;
        job.verbose(format!("{} is left out, since {why}.", label(row)))?;
        return Ok(None);
    }
    let draft = Draft {
        anchor: &row.anchor,
        recipient: &row.evaluation.recipient,
        planned,
        findings: row.evaluation.findings.clone(),
        attempts: open.map_or(0, |open| open.attempts),
    };
    draft.keep(job.state, run, job.now)?;
    Ok(None)
}

/// Whether the next try is still to come. A wait that is longer than any was given by a clock that was ahead.
fn waits(job: &Job<'_>, open: &OpenChange, next_try: Timestamp) -> bool {
    next_try > job.now && next_try <= job.now.plus(export::backoff(open.attempts))
}

fn label(row: &PlanRow) -> &str {
    &row.evaluation.recipient.label
}

/// Whether an open change with the same goal is left as it is by this run.
fn skips(job: &Job<'_>, open: &OpenChange) -> bool {
    match open.state {
        ChangeState::Declined => !job.options.confirm,
        ChangeState::Rejected => {
            !job.is_partial() && open.next_try.is_some_and(|next| waits(job, open, next))
        }
        _ => false,
    }
}

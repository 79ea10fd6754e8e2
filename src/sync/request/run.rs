//! One run that carries out a request.

use super::skipped;
use crate::{
    error::Result,
    model::{Change, Run, RunResult},
    sync::{clocks, exclusions, export, guard, job::Job, record::carry_out, recover, sweep, witness},
};

/// Does one run whose changes `plan` stages, and hands it over as a `Run` result, whatever its end.
/// Fails with the error that stopped the run.
pub(super) fn run(job: Job<'_>, plan: impl FnOnce(&mut Job<'_>, &mut Run) -> Result<()>) -> Result<Run> {
    carry_out(job, |job, run| steps(job, run, plan))
}

fn steps(
    job: &mut Job<'_>,
    run: &mut Run,
    plan: impl FnOnce(&mut Job<'_>, &mut Run) -> Result<()>,
) -> Result<RunResult> {
    job.state.note_asked(run.id)?;
    clocks::check(job, run)?;
    witness::look_back(job, run)?;
    recover::in_flight_of_request(job, run)?;
    plan(job, run)?;
    skipped::leave_out(job, run)?;
    let passes = guard::run_of_request(job, run, takes_the_last)?;
    witness::keep(job, run, passes)?;
    if !passes {
        return Ok(RunResult::Held);
    }
    if !job.options.what_if {
        recover::as_request(job, run, export::run)?;
        guard::note_emptied(job, run)?;
        sweep::after_export(job, run)?;
    }
    for skipped in &mut run.exclusions {
        skipped.advice = skipped.reason.advice_on_request().to_owned();
    }
    exclusions::tell(job, run)?;
    let numbers = &run.numbers;
    // Who is asked for by name and skipped is not as the caller wants it.
    let open = numbers.errors + numbers.rejected + numbers.waiting + numbers.excluded;
    Ok(if open == 0 { RunResult::Success } else { RunResult::CompletedWithErrors })
}

/// Whether a Remove takes the last usable encryption certificate; who had none loses none.
fn takes_the_last(job: &Job<'_>, change: &Change) -> Result<bool> {
    Ok(job.state.evaluation(&change.anchor)?.is_some_and(|one| !one.desired.is_empty()))
}

//! One run that carries out a request.

use crate::{
    error::Result,
    model::{ChangeKind, ChangeState, Run, RunResult},
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
    clocks::check(job, run)?;
    witness::look_back(job, run)?;
    recover::in_flight_of_request(job, run)?;
    plan(job, run)?;
    let facts = facts(job, run)?;
    let passes = guard::verdict(job, run, &facts)?;
    witness::keep(job, run, passes)?;
    if !passes {
        return Ok(RunResult::Held);
    }
    if !job.options.what_if {
        recover::as_request(job, run, export::run)?;
        guard::note_emptied(job, run)?;
        sweep::after_export(job, run)?;
    }
    exclusions::tell(job, run)?;
    let numbers = &run.numbers;
    // Who is asked for by name and skipped is not as the caller wants it.
    let open = numbers.errors + numbers.rejected + numbers.waiting + numbers.excluded;
    Ok(if open == 0 { RunResult::Success } else { RunResult::CompletedWithErrors })
}

/// What the guard looks at: recipients that would lose their last usable encryption certificate.
fn facts(job: &Job<'_>, run: &Run) -> Result<guard::Facts> {
    let mut removes = 0;
    job.state.each_change(ChangeState::Pending, run.id, &mut |change| {
        if change.change == ChangeKind::Remove {
            let has_one = job.state.evaluation(&change.anchor)?.is_some_and(|one| !one.desired.is_empty());
            removes += u64::from(has_one && !job.state.is_approved(&change)?);
        }
        Ok(())
    })?;
    let limits = &job.profile.limits;
    let (removal_limit, removal_percent) = (limits.removal_limit, limits.removal_percent);
    Ok(guard::Facts { removes, partial: true, removal_limit, removal_percent, ..guard::Facts::default() })
}

//! One run of a profile's own: import, plan, guard, export.

use super::{
    anchor_change, clocks, exclusions, export, guard, import, job::Job, plan, record::carry_out, recover,
    sweep, verify,
};
use crate::{
    error::Result,
    model::{Run, RunResult},
};

/// Does one run and hands it over as a `Run` result, whatever its end; also keeps it in the state.
/// Fails with the error that stopped the run.
pub fn run(job: Job<'_>) -> Result<Run> {
    carry_out(job, steps)
}

fn steps(job: &mut Job<'_>, run: &mut Run) -> Result<RunResult> {
    clocks::check(job)?;
    recover::in_flight(job, run)?;
    import::run(job, run)?;
    anchor_change::run(job, run)?;
    plan::run(job, run)?;
    verify::tell_drift(job.profile.target.drift(), &run.numbers, job.context)?;
    if !guard::run(job, run)? {
        exclusions::tell(job, run)?;
        sweep::after_import(job, run)?;
        return Ok(RunResult::Held);
    }
    if !job.options.what_if {
        export::run(job, run)?;
        sweep::after_import(job, run)?;
    }
    exclusions::tell(job, run)?;
    let numbers = &run.numbers;
    let all_right = numbers.errors == 0 && numbers.rejected == 0;
    Ok(if all_right { RunResult::Success } else { RunResult::CompletedWithErrors })
}

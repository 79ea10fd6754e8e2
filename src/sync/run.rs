//! One run of a profile's own: import, plan, guard, export.

use super::{
    anchor_change, clocks, export, guard, import, job::Job, plan, record::carry_out, recover, sweep, undone,
    verify, witness,
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
    clocks::check(job, run)?;
    witness::look_back(job, run)?;
    recover::in_flight(job, run)?;
    import::run(job, run)?;
    witness::tell(job, run)?;
    anchor_change::run(job, run)?;
    plan::run(job, run)?;
    verify::tell_drift(job.profile.target.drift(), &run.numbers, job.context)?;
    let passes = guard::run(job, run)?;
    witness::keep(job, run, passes)?;
    if !passes {
        undone::tell(job, run)?;
        sweep::after_import(job, run)?;
        return Ok(RunResult::Held);
    }
    if !job.options.what_if {
        export::run(job, run)?;
        sweep::after_import(job, run)?;
    }
    undone::tell(job, run)?;
    Ok(undone::result(&run.numbers))
}
